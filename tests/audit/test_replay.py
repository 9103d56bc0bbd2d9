# SPDX-License-Identifier: MIT
"""A log replayed on the mirror: each digest proved, the first difference found, whatever the log can and cannot know."""

import numpy as np
import pytest

import watch
from deeplomath import Device
from deeplomath.audit import replay
from deeplomath.audit.follow import follow
from deeplomath.audit.lockstep import Mismatch
from deeplomath.audit.log import open_log
from sessions import CONFIG, events, session, streamed
from sources import Chunks, LiveLine
from streaming import samples, statistics
from wire import Line


def replayed(path):
    """The Replay of a log, walked to its end."""
    found = replay.Replay(open_log(path), asks=True)
    found.done = list(found.steps())
    return found


def test_each_digest_of_a_session_is_proved(tmp_path):
    with Device(Line(), log=tmp_path / "a.mcap") as device:
        digests = session(device)
        told = streamed(device)
        last, state = device.digest(), device.export()
    found = replayed(tmp_path / "a.mcap")
    assert not found.unproved and found.digest == last and found.proved > len(digests) + 5
    assert found.twin.network.export() == state
    walked = [event for step in found.done for event in step.events if hasattr(event, "at")]
    assert [event.at for event in walked] == [event.at for event in told]
    before = [it for step in found.done for it in step.before if it]
    assert before and {it.label for it in before} >= {0, 1}


def test_a_log_that_was_cut_is_proved_up_to_the_cut(tmp_path):
    with Device(Line(), log=tmp_path / "a.mcap") as device:
        session(device, 12)
    whole, proved = (tmp_path / "a.mcap").read_bytes(), []
    for at in sorted(np.random.default_rng(3).integers(4000, len(whole), 12).tolist()):
        (tmp_path / "b.mcap").write_bytes(whole[:at])
        found = replayed(tmp_path / "b.mcap")
        assert not found.unproved and found.log.end == "cut"
        proved.append(found.proved)
    assert proved == sorted(proved) and proved[-1] > proved[0]


@pytest.mark.parametrize("event", [1, 4, 9])
def test_the_first_difference_is_found_with_the_state_around_it(event, tmp_path):
    board = watch.device(watch.flips_at(event))
    path = tmp_path / "a.mcap"
    with Device(board._transport, log=path) as device:
        device.configure(**CONFIG)
        for i, x in enumerate(events(12)):
            device.learn(x, i % 2)
    found = replay.Replay(open_log(path))
    with pytest.raises(Mismatch) as error:
        list(found.steps())
    learns = [it.number for it in open_log(path) if it.exchanged.name == "learn"]
    assert error.value.event == learns[event - 1] and error.value.rows[0][0] == "digest"
    assert error.value.before[-1].startswith(f"request {learns[event - 1] - 1}, ") and error.value.findings
    assert len(list(replay.Replay(open_log(path)).steps(until=learns[event - 1] - 1))) == learns[event - 1] - 1


def test_what_a_board_knew_before_the_log_is_replayed_from_its_state(tmp_path):
    line = Line()
    before = Device(line)
    before.configure(**CONFIG)
    for i, x in enumerate(events(8)):
        before.learn(x, i % 2)
    strange = before.infer(np.full(3, 32000, np.int16))
    assert strange.verdict == 0
    with Device(line, log=tmp_path / "a.mcap") as device:
        device.correct(2)  # of what was seen before the log
        device.learn(events(1, 4)[0], 0)
        device.undo()
        device.infer(np.full(3, -32000, np.int16))
        device.name(device.unknowns(), 3)
        last = device.digest()
    found = replayed(tmp_path / "a.mcap")
    assert found.digest == last and found.unproved == {"correct of what was before the log": 1}


def test_a_request_without_a_reply_is_tried_where_a_digest_asks_for_it(tmp_path):
    for lost in ("request", "reply"):
        line, path = Losing(lost), tmp_path / f"{lost}.mcap"
        device = Device(line, log=path, timeout=0.02, attempts=2)
        device.configure(**CONFIG)
        device.learn(events(1)[0], 0)
        line.loses = True
        with pytest.raises(Exception, match="no answer"):
            device.learn(events(2)[1], 1)
        line.loses = False
        device.digest()
        device.learn(events(3)[2], 0)
        last = device.digest()
        device.close()
        found = replayed(path)
        assert found.digest == last and found.unproved == {"a request without a reply": 1}


class Losing(Line):
    """A line that may lose requests, or the replies to them."""

    loses = False

    def __init__(self, what):
        super().__init__()
        self.what = what

    def write(self, data):
        if not (self.loses and self.what == "request"):
            super().write(data)

    def read(self, timeout):
        data = super().read(timeout)
        return b"" if self.loses else data


def test_a_board_follows_a_replay(tmp_path):
    with Device(Line(), log=tmp_path / "a.mcap") as device:
        session(device, 12)
        streamed(device)
        last = device.digest()
    other = Device(Line())
    for step in replay.Replay(open_log(tmp_path / "a.mcap")).steps():
        follow(step, other)
    assert other.digest() == last


@pytest.mark.parametrize("between", [False, True])
def test_what_a_board_learned_by_itself_is_proved_though_it_was_fetched_later(between, tmp_path):
    values = samples(400, 2, 3)
    line = LiveLine(Chunks(values[:200], 3), queue=1 << 15)
    with Device(line, log=tmp_path / "a.mcap") as device:
        device.configure(features=6, classes=3, events=12, background=True)
        device.model(statistics(2), over=3, by="majority", hold=1)
        device.live()
        device.teach(1, 5)
        line.run()
        if between:  # the board learned ahead of this, and nobody has fetched it yet
            device.learn(np.arange(6, dtype=np.int16), 0)
        heard = device.listen()
        line.live.teach(2, 4)  # as a button does
        line.live.source.values = values
        line.run()
        heard += device.listen()
        device.listen(0)  # once more
        device.learn(np.arange(6, dtype=np.int16), 2)
        last = device.digest()
    assert sum(it.learned is not None for it in heard) == 9
    found = replayed(tmp_path / "a.mcap")
    assert found.digest == last and not found.unproved


def test_events_without_their_features_are_not_proved_until_the_next_state(tmp_path):
    values = samples(200, 2, 3)
    line = LiveLine(Chunks(values, 3), queue=1 << 15, features=False)
    with Device(line, log=tmp_path / "a.mcap") as device:
        device.configure(features=6, classes=3, events=12)
        device.model(statistics(2), over=3, by="majority", hold=1)
        device.live()
        device.teach(1, 5)
        line.run()
        device.listen()
        device.learn(np.arange(6, dtype=np.int16), 0)
        device.export()
        device.learn(np.arange(6, dtype=np.int16) * 100, 0)
        last = device.digest()
    found = replayed(tmp_path / "a.mcap")
    assert found.digest == last and "an event that came without its features" in found.unproved
