# SPDX-License-Identifier: MIT
"""LIVE and LISTEN: a board's own samples go the way of sent ones, its answers wait for a host, and a host changes nothing."""

import struct
from types import SimpleNamespace

import numpy as np
import pytest

import wire
from deeplomath import Device, DeviceError, KernelError, Model, Network, spec
from deeplomath.audit.lockstep import same_event
from deeplomath.errors import ProtocolError, TransportError
from deeplomath.link import frame, layout
from sources import Chunks, LiveLine, Milliseconds
from streaming import Side, samples, statistics
from talk import Talk
from wire import BadLine, dlm_keeper, dlm_live, dlm_main, dlm_store

LINES, N = 2, 400
PROGRAM = statistics(LINES)
CONFIG = dict(features=6, classes=3, events=12, layers=2, background=True)
VOTE = dict(over=3, by="majority", hold=1)


def board_of(source, config=CONFIG, program=PROGRAM, line=None, steps=0, **options):
    """(line, Device) of a board with this source, which rests."""
    line = LiveLine(source, steps, **options)
    device = Device(line)
    device.configure(**config)
    device.model(program, **VOTE)
    return line, device


def mirror_of(config=CONFIG, program=PROGRAM):
    return Side(Network(**config), program, **VOTE)


def assert_same(found, expected):
    assert [it.at for it in found] == [it.at for it in expected]
    for ours, theirs in zip(found, expected, strict=True):
        assert same_event(ours, theirs), (ours, theirs)


@pytest.mark.parametrize("seed", range(12))
def test_live_events_are_the_mirrors_of_the_same_recording(seed):
    values = samples(N, LINES, seed)
    line, board = board_of(Chunks(values[:200], seed), queue=1 << 15)
    mirror = mirror_of()
    for side in (board, mirror):
        side.teach(1, 5)
    board.live()
    line.run()
    expected = mirror.stream(values[:200])
    assert_same(board.listen(), expected)
    for side, network in ((board, board), (mirror, mirror.network)):
        network.correct(2)
        network.undo()
        side.teach(0, 4)
    line.live.source.values = values
    line.run()
    assert_same(board.listen(), mirror.stream(values[200:]))
    assert board.digest() == mirror.network.digest() and board.unknowns() == mirror.network.unknowns()
    if board.unknowns():
        board.name(board.unknowns(), 2)
        mirror.network.name(mirror.network.unknowns(), 2)
    assert board.digest() == mirror.network.digest()
    assert board.heard == (len(board.listen(0)), 0, 0, N, 0)


def lived(polls, seed, bad=0.0):
    """The answers and the digest of a live board that is polled ahead of each so many steps; by nobody where 0."""
    values = samples(N, LINES, seed)
    line, board = board_of(Chunks(values, seed, gaps={90: 7}), queue=1 << 15)
    board.teach(1, 6)
    board.live()
    other = Device(BadLine(seed, bad, line), timeout=0.002, attempts=11) if polls else None
    for step in range(3000):
        line.live.step()
        if polls and step % polls == 0:
            other.listen()
            other.info(), other.front(), other.health()
    return [it._replace(x=tuple(it.x), ticks=None) for it in board.listen(0)], board.digest(), board.front()


@pytest.mark.parametrize("seed", range(4))
def test_a_host_that_is_there_or_not_changes_nothing(seed):
    alone = lived(0, seed)
    assert len(alone[0]) > 80 and alone[2].overruns == 7
    assert lived(1, seed) == lived(17, seed) == alone
    assert lived(40, seed, 0.3) == alone


def test_samples_that_the_source_lost_are_overruns_and_no_window_spans_them():
    values = samples(N, LINES, 3)
    line, board = board_of(Chunks(values, 3, gaps={0: 5, 133: 40, 300: 1}), queue=1 << 15)
    mirror = mirror_of()
    for side in (board, mirror):
        side.teach(1, 9)
    board.live()
    line.run()
    expected = []
    for start, end, lost in ((0, 133, 5), (133, 300, 40), (300, N, 1)):
        mirror.skip(lost)
        expected += mirror.stream(values[start:end])
    assert_same(board.listen(), expected)
    assert (board.heard.overruns, board.heard.index) == (46, N + 46) == (board.front().overruns, board.front().index)


def test_answers_that_nobody_fetched_go_for_newer_ones_and_are_counted():
    line, board = board_of(Chunks(samples(N, LINES)), queue=1024)
    board.live()
    line.run()
    kept = board.listen()
    whole = mirror_of().stream(samples(N, LINES))
    assert board.heard.lost == len(whole) - len(kept) > 50 and board.heard.next == len(whole)
    assert_same(kept, whole[-len(kept) :])
    assert board.listen() == [] and board.heard.lost == 0
    assert_same(board.listen(len(whole) - 2), whole[-2:])


def test_more_answers_than_a_reply_holds_come_in_several_and_without_features_where_the_board_keeps_none():
    values = samples(N, LINES)
    line, board = board_of(Chunks(values), queue=1 << 16, features=False)
    board.live()
    line.run()
    asked = []
    write, line.write = line.write, lambda data: (asked.append(data), write(data))
    found = board.listen()
    assert len(asked) > 2 and {it.x for it in found} == {None}
    assert_same(found, mirror_of().stream(values))


def test_without_a_network_events_are_made():
    line = LiveLine(Chunks(samples(50, LINES)))
    board = Device(line)
    board.model(PROGRAM)
    board.live()
    line.run()
    assert [(it.at, it.answer, it.learned) for it in board.listen()] == [(7 + 4 * i, None, None) for i in range(11)]


def test_a_board_without_a_source_says_so():
    board = Device(LiveLine())
    assert board.hello.live == 0
    for call in (board.live, board.listen, lambda: board.live(False)):
        with pytest.raises(DeviceError, match="source: none on this board, its main.py gives it one") as error:
            call()
        assert error.value.code == spec.ERROR_SOURCE


def test_hello_and_live_tell_whether_it_runs():
    line, board = board_of(Chunks(samples(50, LINES)))
    assert Device(line).hello.live == 1
    assert board.live() == (True, 0, 0, "") == board.live()
    assert Device(line).hello.live == 2
    line.run()
    assert board.live(False) == (False, 11, 0, "") == board.live(False)
    assert Device(line).hello.live == 1


def test_while_it_runs_what_would_disturb_it_is_refused_and_changes_nothing():
    line, board = board_of(Chunks(samples(N, LINES)))
    board.live()
    for _ in range(30):
        line.live.step()
    before = board.front(), board.digest()
    for name, call in (("samples", lambda: board.stream(samples(9, LINES))), ("samples", lambda: board.skip(1)),
                       ("model", lambda: board.model(PROGRAM)), ("model", lambda: board.model(None))):  # fmt: skip
        with pytest.raises(DeviceError, match=f"{name}: the board's own source runs, LIVE 0 first") as error:
            call()
        assert error.value.code == spec.ERROR_LIVE
    with pytest.raises(KernelError, match="features: 5 given, 6 made by the source that runs") as error:
        board.configure(**dict(CONFIG, features=5))
    assert error.value.code == spec.ERROR_FEATURES and (board.front(), board.digest()) == before
    board.configure(**CONFIG)  # a new network of its features may come
    line.run()
    board.live(False)
    assert board.stream(samples(8, LINES))[0].at == 7


def test_each_run_is_a_stream_of_its_own_and_what_is_taught_and_the_numbers_go_on():
    values = samples(100, LINES)
    line, board = board_of(Chunks(values[:50], gaps={20: 3}))
    board.teach(1, 30)
    board.live()
    line.run()
    first = board.listen()
    board.live(False)
    assert board.listen() == [] and (board.heard.overruns, board.heard.index) == (3, 53)
    assert board.front()[10:] == (0, 0, 1, 30 - len(first))
    line.live.source.values = values
    board.live()
    line.run()
    again = board.listen()
    assert again[0].at == 7 and again[0].learned and board.heard.next == len(first) + len(again)
    assert (board.heard.overruns, board.heard.index) == (0, 50)


@pytest.mark.parametrize("lines, program, text", [
    (3, PROGRAM, "lines: 2 of the front-end, 3 of the source"),
    (2, statistics(LINES, flags=0b11), "features: 4 made, 6 needed"),
    (2, None, "front-end: none yet, MODEL first"),
])  # fmt: skip
def test_a_source_that_does_not_fit_does_not_run(lines, program, text):
    line, board = board_of(Chunks(samples(9, lines)), program=program)
    with pytest.raises((KernelError, DeviceError), match=text):
        board.live()
    assert not line.live.running and Device(line).hello.live == 1


def test_a_source_that_fails_is_asked_again_after_a_while_and_loses_nothing():
    values = samples(N, LINES)
    line, board = board_of(Chunks(values, faults=(3, 4, 9)), queue=1 << 15)
    board.live()
    for _ in range(4000):
        line.live.step()
        calls = line.live.source.calls
        if calls in (3, 4, 9):
            for _ in range(5):
                line.live.step()
            assert line.live.source.calls == calls
            line.live._clock.now += 100
    assert board.live() == (True, board.listen() and board.heard.next, 3, "OSError: 5")
    assert_same(board.listen(0), mirror_of().stream(values))


class Broken(Chunks):
    """A source that is no good: what it does is `act`."""

    def __init__(self, act):
        super().__init__(samples(9, LINES))
        self.readinto = act


@pytest.mark.parametrize("act, text", [
    (lambda buffer: 193, "ValueError: source: 193 samples given, 0..192 allowed"),
    (lambda buffer: -1, "ValueError: source: -1 samples given, 0..192 allowed"),
    (lambda buffer: {}["x"], "KeyError: x"),
])  # fmt: skip
def test_a_source_that_is_wrong_ends_its_stream_and_not_the_service(act, text):
    line, board = board_of(Broken(act))
    board.live()
    line.live.step()
    assert board.live(False) == (False, 0, 1, text) and board.digest() == mirror_of().network.digest()


def test_a_panel_that_fails_is_counted_and_told_and_the_service_goes_on():
    class Panel:
        def look(self, live):
            raise OSError(5)

    line, board = board_of(Chunks(samples(40, 2)), panel=Panel(), steps=30)
    state = board.live()
    assert (state.running, state.faults >= 30, state.fault) == (True, True, "OSError: 5")
    assert [it.at for it in board.listen()] == [it.at for it in mirror_of().stream(samples(40, 2))]


@pytest.mark.parametrize(
    ("start", "fault"), [(lambda: open("/none/such"), "FileNotFoundError: 2"), (lambda: len(5), "TypeError: object")]
)
def test_a_source_that_does_not_start_says_why(start, fault):
    source = Chunks(samples(9, LINES))
    source.start = start
    _, board = board_of(source)
    with pytest.raises(DeviceError, match=f"source: {fault}") as error:
        board.live()
    assert error.value.code == spec.ERROR_SOURCE and board.live(False)[1:3] == (0, 1)


def test_a_front_end_taken_away_by_other_means_ends_the_stream():
    line, board = board_of(Chunks(samples(N, LINES)))
    board.live()
    for _ in range(30):
        line.live.step()
    line.session.handlers._feed.model(b"", 1, 0, 0)
    for _ in range(9):
        line.live.step()
    assert not board.live(False).running and board.live(False).fault


@pytest.mark.parametrize("seed", range(3))
def test_want_of_memory_loses_no_sample_and_no_answer(monkeypatch, seed):
    values = samples(N, LINES, seed)
    line, board = board_of(Chunks(values, seed), queue=1 << 15)
    board.teach(1, 5)
    board.live()
    draw, failed = np.random.default_rng(seed), []

    def scarce(size):
        if draw.integers(2):
            failed.append(size)
            raise MemoryError
        return bytes(size)

    monkeypatch.setattr(dlm_live, "bytearray", scarce, raising=False)
    for _ in range(5000):
        try:
            line.live.step()
        except MemoryError:
            pass
    monkeypatch.undo()
    mirror = mirror_of()
    mirror.teach(1, 5)
    assert len(failed) > 50
    assert_same(board.listen(), mirror.stream(values))


def test_while_learning_is_frozen_lessons_are_refused_event_by_event():
    line, board = board_of(Chunks(samples(50, LINES)))
    mirror = mirror_of()
    for side, network in ((board, board), (mirror, mirror.network)):
        side.teach(1, 4)
        network.freeze()
    board.live()
    line.run()
    found = board.listen()
    assert_same(found, mirror.stream(samples(50, LINES)))
    assert {it.refused.code for it in found} == {spec.ERROR_FROZEN} and board.front().teaching == 4


def test_main_py_gives_front_end_and_network_unless_one_is_there():
    line = LiveLine(Chunks(samples(50, LINES)))
    for classes in (3, 2):
        line.live.model(PROGRAM, over=3, hold=1, **dict(CONFIG, classes=classes))
    board = Device(line)
    assert board.hello.classes == 3 and board.front()[7:10] == (3, 0, 1)
    line.live.teach(2, 3)
    line.live.run()
    line.run()
    mirror = mirror_of()
    mirror.teach(2, 3)
    assert_same(board.listen(), mirror.stream(samples(50, LINES)))
    for call in ("correct", 0), ("undo",):
        getattr(line.live, call[0])(*call[1:])
        getattr(mirror.network, call[0])(*call[1:])
        assert board.digest() == mirror.network.digest()


def test_a_change_of_the_board_itself_ends_an_export():
    line, board = board_of(Chunks(samples(50, LINES)))
    board.teach(1, 2)
    board.live()
    line.run()
    transfer = line.session.handlers._transfer
    transfer.go_on(100, 1000, False)
    line.live.undo()
    assert transfer._next == 0


def test_a_retry_is_answered_from_memory_though_the_source_runs():
    line, board = board_of(Chunks(samples(N, LINES)), steps=10)
    board.live()
    board.listen()
    asked = frame.encode(spec.OPCODE_LISTEN, 9000, struct.pack("<I", 0))
    replies = []
    for _ in range(3):
        line.write(asked)
        replies.append(line.read(0))
    assert replies[0] == replies[1] == replies[2] and len(replies[0]) > 100


def test_a_board_that_was_reset_has_no_such_answer():
    line, board = board_of(Chunks(samples(N, LINES)))
    board.live()
    line.run()
    assert board.listen()
    other = LiveLine(Chunks(samples(N, LINES)))
    board._transport.session = other.session
    with pytest.raises(DeviceError, match="listen: the service began anew, .*: the next call begins at 0") as error:
        board.listen()
    assert error.value.code == spec.ERROR_HELLO
    assert board.listen() == []
    with pytest.raises(DeviceError, match="since: 99 given, 0 is the next answer") as error:
        board.listen(99)
    assert error.value.code == spec.ERROR_ANSWER


def test_a_listening_that_fails_on_the_way_hands_over_what_came_before(monkeypatch):
    line, board = board_of(Chunks(samples(N, LINES)), queue=1 << 15)
    board.live()
    line.run()
    fetch = board._fetched

    def cut(since):
        if since:
            raise TransportError("no reply")
        return fetch(since)

    monkeypatch.setattr(board, "_fetched", cut)
    with pytest.raises(TransportError) as failed:
        board.listen()
    monkeypatch.undo()
    assert failed.value.events
    assert_same(failed.value.events + board.listen(), mirror_of().stream(samples(N, LINES)))


@pytest.mark.parametrize("fields", [dict(next=5), dict(lost=1), dict(n_events=3), dict(n_events=200)], ids=str)
def test_a_reply_that_counts_wrong_is_a_protocol_error(fields):
    line, board = board_of(Chunks(samples(50, LINES)))
    board.live()
    line.run()
    answer = line.session.handlers.listen
    form = layout.REPLIES[spec.OPCODE_LISTEN]

    def spoilt(opcode, payload):
        size = answer(opcode, payload)
        buffer = line.session._encoder.buffer
        got = form.form.unpack_from(buffer, wire.dlm_handlers.FIELDS)
        changed = dict(zip(form.names, got, strict=True)) | fields
        form.form.pack_into(buffer, wire.dlm_handlers.FIELDS, *changed.values())
        return size

    line.session.handlers.listen = spoilt
    with pytest.raises(ProtocolError, match="listen: "):
        board.listen()


def test_a_host_fetches_no_more_at_once_than_it_says():
    """A board that always has more to give does not keep it for ever."""
    line, board = board_of(Chunks(samples(50, LINES)))
    board.live()
    line.run()
    asked = []

    def endless(since):
        asked.append(since)
        return SimpleNamespace(next=since + 1, lost=0, waiting=9, _replace=lambda **it: it), [since]

    board._fetched = endless
    assert board.listen(0) == list(range(64)) == asked


def test_a_room_of_a_reply_is_that_of_a_frame():
    room = layout.ROOM - 1
    assert spec.TAILS[spec.OPCODE_LISTEN] == room - layout.REPLIES[spec.OPCODE_LISTEN].form.size


def test_the_longest_event_fits_the_queue():
    config = dict(features=160, classes=16, events=20, layers=1)
    program = statistics(16, 4, 1, 0b11111)
    program = program[: 12 + 4 + 20] + struct.pack("<BBH", spec.OPERATION_STATS, 0b11111, 0) * 2
    program = program[:8] + struct.pack("<HH", 3, 160) + program[12:]
    values = samples(60, 16)
    line, board = board_of(Chunks(values), config, program, queue=512)
    mirror = mirror_of(config, program)
    for side in (board, mirror):
        side.teach(1, 9)
    board.live()
    line.run()
    (last,) = board.listen()
    assert_same([last], mirror.stream(values)[-1:])
    assert len(last.answer.nearest) == spec.LIMIT_NEAREST


def test_a_model_that_is_named_names_live_events_too():
    values = samples(1500, 6)
    line, model = LiveLine(Chunks(values), queue=1 << 15), Model("motion")
    board = Device(line)
    board.configure(**model.config())
    board.model(Model("motion"))
    for side in (board, model):
        side.teach("walk", 4)
    board.live()
    line.run()
    found = board.listen()
    assert_same(found, model.push(values))
    assert {it.name for it in found} >= {"walk"}


def test_bad_arguments_are_refused(talk):
    assert talk.refused("live", b"\2") == (spec.ERROR_ARGUMENT, "running: 2 given, 0..1 allowed")
    assert talk.refused("listen", struct.pack("<I", 1)) == (spec.ERROR_ANSWER, "since: 1 given, 0 is the next answer")
    with pytest.raises(KernelError, match="since: -1 given"):
        board_of(Chunks(samples(9, LINES)))[1].listen(-1)


@pytest.fixture
def talk():
    made = Talk()
    dlm_live.Live(Chunks(samples(9, LINES)), made.handlers, clock=int)
    return made


def test_samples_that_were_sent_before_are_no_part_of_a_live_stream():
    values = samples(50, LINES)
    line, board = board_of(Chunks(values))
    board.stream(samples(30, LINES, 9))
    board.live()
    line.run()
    assert_same(board.listen(), mirror_of().stream(values))
    assert board.heard.index == 50


def powered(folder, source):
    """(handlers, Live) of a board that main.py makes ready at power-up, its store in this folder."""
    dlm_main.forget()
    handlers = dlm_main.handlers(wire.BOARD_MODULE, store=dlm_store.Store(str(folder)))
    live = dlm_live.Live(source, handlers, queue=1 << 15, clock=Milliseconds())
    live.model(PROGRAM, over=3, hold=1, **CONFIG)
    live.run()
    return handlers, live


def test_what_a_board_learned_alone_is_there_after_a_power_cut(tmp_path):
    values = samples(100, LINES)
    handlers, live = powered(tmp_path, Chunks(values[:60]))
    live.teach(1, 6)
    changes = handlers.changes
    while live.source.at < 60 or not live.idle:
        live.step()
    assert handlers.changes == changes + 6 and handlers.keeper.saving() == spec.SAVING_DUE
    handlers.keeper.save()
    live.undo()
    assert handlers.keeper.saving() == spec.SAVING_DUE
    handlers.keeper.save()
    digest = handlers.network.digest()
    again, live = powered(tmp_path, Chunks(values[60:]))
    assert again is not handlers and again.keeper.restored == spec.RESTORED_NEWEST
    assert again.network.digest() == digest and live.running
    while live.source.at < 40 or not live.idle:
        live.step()
    assert live.queue.next == 9 and again.network.digest() == digest
    dlm_main.forget()


def test_while_it_runs_nothing_is_restored(tmp_path):
    line, board = board_of(Chunks(samples(50, LINES)))
    handlers = line.session.handlers
    handlers.keeper = dlm_keeper.Keeper(handlers, dlm_store.Store(str(tmp_path)))
    handlers.keeper.start()
    board.save()
    board.live()
    with pytest.raises(DeviceError, match="restore: the board's own source runs, LIVE 0 first") as error:
        board.restore()
    assert error.value.code == spec.ERROR_LIVE
    board.live(False)
    board.restore()
    board.live()
