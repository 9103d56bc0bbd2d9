# SPDX-License-Identifier: MIT
"""The feed: what came, as rows; the status; actions in one queue, from any thread; a board that goes and comes back."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import wire
from deeplomath import Device, KernelError, Model, TransportError, Verdict, spec
from deeplomath.mirror.network import Network
from deeplomath.monitor import feed as feeds
from deeplomath.monitor.feed import Feed
from deeplomath.monitor.shown import AWAY, CONNECTED, ENDED, WAITS, History
from deeplomath.monitor.sources import Live
from sources import Chunks, LiveLine
from watched import HOP, PART, Clock, done, ended, feed, part, parts, went


def mirrored(it, names):
    """The Events of the same parts on the mirror, taught as the feed's source teaches."""
    model, met, taught = it.naming.model, 0, {}
    twin = Model(model.text)
    found = []
    for name, samples in names:
        met = 0
        for start in range(0, PART, HOP):
            if met >= 1 and name in it.source.only and taught.get(name, 0) < it.source.shots:
                twin.teach(name, 1)
            events = twin.push(samples[start : start + HOP])
            met += len(events)
            taught[name] = taught.get(name, 0) + sum(event.learned is not None for event in events)
            found += events
    return found, twin


def test_rows_are_what_the_mirror_says_and_what_the_recording_says():
    names = ["slow", "fast", "loud", "slow", "odd", "fast"]
    it = ended(feed(names, shots=4, only=("slow", "fast", "loud")))
    expected, twin = mirrored(it, parts(names))
    rows = it.rows.since()
    assert [row.at for row in rows] == [event.at for event in expected] == list(range(39, 6 * PART, HOP))
    assert [row.said for row in rows] == [names[row.at // PART] for row in rows]
    for row, event in zip(rows, expected, strict=True):
        assert row.name == (event.name or "class 0" if event.answer is None or event.answer.label >= 0 else "unknown")
        assert row.kind == ("learned" if event.learned else "answered")
        if event.answer:
            assert (row.label, row.probability) == (event.answer.label, event.answer.probability)
            assert row.voted == event.voted_name and row.verdict == Verdict(event.answer.verdict).name.lower()
            assert [number for number, _ in row.nearest] == list(event.answer.nearest)
            assert (row.novelty > 1) == (event.answer.verdict == Verdict.UNKNOWN) or event.answer.label < 0
        assert row.x == tuple(event.x.tolist())
    status = it.status
    assert (status.events, status.learned) == (len(rows), 12) and status.digest == twin.net.digest()
    assert status.info == twin.net.info() and status.names == ("slow", "fast", "loud")
    assert status.unknowns == twin.net.unknowns() and status.samples == 6 * PART and not status.running
    assert dict(rows[-1].nearest).keys() <= set(range(12)) and {name for _, name in rows[-1].nearest} <= set(names)


def test_every_action_does_what_it_says_and_says_what_it_did():
    it = feed(["slow", "odd", "slow", "fast"])
    went(it, 350)  # nothing is learned
    assert {row.name for row in it.rows.since()} == {"unknown"}
    before = it.device.digest()
    outcome = done(it, "gather", "slow")
    assert outcome.ok and outcome.words.startswith("8 unknowns are slow now: ")
    assert outcome.words.endswith(f"digest {it.device.digest():08x}") and it.device.names == ("swing", "slow")
    named = it.device.digest()
    assert named != before
    went(it, 40)
    assert done(it, "correct", "slow").words.startswith("the last event is learned as slow: ")
    assert done(it, "undo").words.endswith(f"digest {named:08x}")
    assert done(it, "rename", "slow", "swing low").words == "slow is called swing low now"
    assert it.device.names == ("swing", "swing low") and it.naming.model.names == ["swing low"]
    assert done(it, "teach", "odd", 3).words == "the next 3 events are learned as odd"
    went(it, 100)
    assert it.status.names == ("swing low", "odd")
    learned = [row for row in it.rows.since() if row.kind == "learned"]
    assert [row.name for row in learned] == ["odd"] * 3
    assert len(learned) == 3
    assert done(it, "drop").words.startswith("the last event is dropped: ")
    assert done(it, "freeze", True).ok and it.status.info.frozen
    refused = done(it, "correct", "odd")
    assert not refused.ok and "frozen" in refused.words
    assert done(it, "freeze", False).ok
    assert done(it, "run", False).words == "the samples rest" and not it.status.running
    refused = done(it, "save")
    assert not refused.ok and "store" in refused.words
    assert [said.words for said in it.said.since()][-1] == refused.words and not it.said.since()[-1].ok


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (("gather", "x"), "unknowns: none is remembered"),
        (("undo",), "undo"),
        (("teach", "slow", 1001), "events: 1001 given, 0..1000 allowed"),
        (("teach", "7", 1), "class: 7 given, 0..3 allowed"),
        (("teach", "unknown", 1), "other than unknown"),
        (("teach", "\x1b[2J", 1), "a name of 1..64 characters"),
        (("rename", "9", "x"), "class: 9 given"),
        (("rename", "slow", ""), "a name of 1..64"),
    ],
)
def test_what_is_refused_is_said_and_changes_nothing(action, words):
    it = feed([])
    it.step()
    before = it.device.digest(), it.device.names, list(it.naming.names)
    outcome = done(it, *action)
    assert not outcome.ok and words in outcome.words, outcome
    assert (it.device.digest(), it.device.names, it.naming.names) == before
    assert it.fault is None and it.step() is False


def test_a_fifth_class_of_four_is_refused_and_its_name_forgotten():
    it = feed([])
    for name in ("a", "b", "c", "d"):
        assert done(it, "teach", name, 1).ok
    refused = done(it, "teach", "e", 1)
    assert not refused.ok and "all 4 classes have names: a, b, c, d" in refused.words
    assert it.device.names == ("swing", "a", "b", "c", "d")


def test_an_unknown_action_and_a_full_queue_are_refused_at_once():
    it = feed([])
    with pytest.raises(KernelError, match="action: 'exec' given, one of teach, correct"):
        it.ask("exec")
    waiting = [it.ask("undo") for _ in range(feeds.ACTIONS)]
    refused = it.ask("undo").result(timeout=0)
    assert not refused.ok and f"{feeds.ACTIONS} actions wait already" in refused.words
    it.step()
    assert all(future.done() for future in waiting) and it.status.waiting == 0


def test_actions_of_many_threads_go_one_after_the_other_and_all_are_answered():
    it = feed(["slow"] * 5)
    with it, ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda i: it.ask("teach", f"n{i % 3}", 1), range(24)))
        outcomes = [future.result(timeout=20) for future in asked]
    assert all(outcome.ok for outcome in outcomes) and sorted(it.naming.names) == ["n0", "n1", "n2"]
    assert it.status.line == ENDED and it.fault is None
    assert it.ask("undo").result(timeout=0) == (False, "the monitor is closed")
    assert "deeplomath-feed" not in {thread.name for thread in threading.enumerate()}


def test_closing_does_first_what_was_asked_before():
    it = feed([])
    future = it.ask("teach", "last words", 2)
    it.start()
    it.close()
    assert future.result(timeout=0).ok and it.device.front().teaching == 2


class Pulled(wire.Line):
    """A line whose plug is out now and then: what goes through it then fails, and so does opening it."""

    out = False

    def write(self, data):
        self._check()
        super().write(data)

    def read(self, timeout):
        self._check()
        return super().read(timeout)

    def reopen(self):
        self._check()

    def _check(self):
        if self.out:
            raise TransportError("a-port: no such device")


def test_a_board_unplugged_in_mid_stream_is_told_and_the_stream_goes_on(monkeypatch):
    monkeypatch.setattr(Device, "_patience", lambda self: 0)
    line = Pulled()
    it = feed(["slow", "fast"] * 10, line=line, rate=1000)
    for _ in range(10):
        it.clock.now += 0.1
        it.step()
    assert it.status.line == CONNECTED and it.status.events > 10
    digest = it.device.digest()
    line.out = True
    asked = it.ask("undo")
    for _ in range(20):
        it.clock.now += 0.1
        it.step()
    assert it.status.line == AWAY and "a-port: no such device" in it.said.since()[-1].words
    assert not asked.result(timeout=0).ok
    before = it.status.events
    assert len(it.said) == 2  # once, not each time: the action, and the board
    line.out = False
    for _ in range(40):
        it.clock.now += 0.1
        it.step()
    assert it.status.line == CONNECTED and it.said.since()[-1].words == "the board is here again"
    assert it.status.events > before + 10 and it.device.digest() == digest
    assert it.status.behind < 1


def test_a_board_that_lost_everything_is_prepared_again_and_it_is_said(monkeypatch):
    line = wire.Line()
    it = feed(["slow", "fast"] * 20, line=line, rate=1000, shots=3, only=("slow",))
    model = it.naming.model
    it.prepare = lambda: (it.device.configure(**model.config()), it.device.model(model))
    for _ in range(10):
        it.clock.now += 0.1
        it.step()
    assert it.status.info.neurons > 0
    line.session = wire.Line().session  # reset, without a store
    for _ in range(30):
        it.clock.now += 0.1
        it.step()
    said = [said.words for said in it.said.since()]
    assert any("what it had learned is lost" in words for words in said), said
    assert it.status.line == CONNECTED and it.status.info.clock < 3
    assert it.rows.since()[-1].at < 30 * PART and it.fault is None


def live(steps=40, n=2000):
    """A Feed on a board that samples by itself, as it is stepped."""
    names = ("slow", "fast", "loud", "slow", "fast")
    values = np.concatenate([part(name, n // 5) for name in names])
    model = feed([]).naming.model
    line = LiveLine(Chunks(values), steps, queue=1 << 15)
    device = Device(line, timeout=2, attempts=2, reconnect=True)
    device.configure(**model.config())
    device.model(model.program, over=3)
    device.names = "board", "left", "right"
    device.teach(1, 4)
    device.live()
    return line, Device(line, timeout=2, attempts=2, reconnect=True)


def test_a_board_that_samples_by_itself_is_heard_under_the_names_it_has():
    line, device = live()
    it = Feed(device, Live(device), clock=Clock())
    for _ in range(60):
        it.clock.now += 0.5
        it.step()
    rows = it.rows.since()
    assert [row.at for row in rows] == list(range(39, 2000, 20))
    assert [row.name for row in rows[:4]] == ["right"] * 4 and {row.kind for row in rows[4:]} == {"answered"}
    assert it.status.names == ("left", "right") and it.status.running
    assert done(it, "run", False).ok and not it.status.running and not line.live.running
    assert done(it, "teach", "third", 1).ok and device.names == ("board", "left", "right", "third")


def test_a_board_that_began_anew_gives_no_event_twice():
    line, device = live(steps=10)
    it = Feed(device, Live(device), clock=Clock())
    for _ in range(10):
        it.clock.now += 0.5
        it.step()
    assert it.rows.last > 20
    device._next = 0  # as after a service that began anew
    for _ in range(80):
        it.clock.now += 0.5
        it.step()
    assert [row.at for row in it.rows.since()] == list(range(39, 2000, 20))


def test_a_board_that_does_not_answer_is_told_while_the_request_waits(monkeypatch):
    it, lines = feed([]), []
    it.step()

    def slow():
        for seconds in (1, 3):
            it.clock.now += seconds
            lines.append(it.read()[0].line)
        return []

    monkeypatch.setattr(it.source, "take", slow)
    it.step()
    assert lines == [CONNECTED, WAITS] and it.read()[0].line == CONNECTED


def test_what_refuses_to_be_learned_is_a_row_with_the_reason():
    it = feed(["slow"])
    done(it, "teach", "slow", 2)
    it.device.freeze()
    ended(it)
    kinds = {row.kind for row in it.rows.since()}
    assert "refused" in kinds and it.status.refused > 0
    assert "frozen" in next(row.name for row in it.rows.since() if row.kind == "refused")


def test_the_whole_state_is_the_network_on_the_board_and_is_fetched_when_asked_for():
    it = ended(feed(shots=2, only=("slow", "fast")))
    digest, state = it.state()
    it.clock.now += 2
    it.step()
    digest, state = it.state()
    assert digest == it.device.digest() and Network.from_state(state).digest() == digest


def test_a_fault_of_this_program_ends_the_thread_and_is_kept(monkeypatch):
    it = feed()
    monkeypatch.setattr(it, "_take", lambda found: 1 / 0)
    it.start()
    it._thread.join(timeout=20)
    assert isinstance(it.fault, ZeroDivisionError) and it.status.line == ENDED
    it.close()


def test_a_history_gives_what_is_behind_a_number():
    from collections import namedtuple

    it, one = History(3), namedtuple("One", "number")
    assert it.since() == []
    for number in range(1, 6):
        it.add(one(number))
    assert [row.number for row in it.since()] == [3, 4, 5] == [row.number for row in it.since(2)]
    assert [row.number for row in it.since(4)] == [5] and it.since(5) == [] == it.since(99) and len(it) == 3


def test_nothing_grows_but_the_counts(monkeypatch):
    """The slice of `make soak-monitor`: many times as many events as are kept."""
    monkeypatch.setattr(feeds, "ROWS", 50)
    it = feed((("slow", part("slow", 200, i % 5)) for i in range(40)), rate=None, shots=2, only=("slow",))
    sizes = []
    for _ in range(60):
        it.clock.now += 0.5
        it.step()
        sizes.append((len(it.rows), len(it.said), len(it._labels), it._asked.qsize(), len(it.source._said)))
    assert it.status.events == it.rows.last > 300
    assert sizes[-1][0] == 50 and max(size[2] for size in sizes) <= 24 and {size[3] for size in sizes} == {0}
    with contextlib.suppress(IndexError):
        assert sizes[-1][1] <= feeds.WORDS
    assert it.status.names == ("slow",) and spec.LIMIT_EVENTS >= len(it._labels)
