# SPDX-License-Identifier: MIT
"""MODEL, SAMPLES, TEACH, FRONT: the events of a stream are the mirror's, however it is cut, lost, sent again or refused."""

import itertools
import struct
import zlib
from types import SimpleNamespace

import numpy as np
import pytest

import wire
from deeplomath import Device, DeviceError, FrontEnd, KernelError, Model, Network, spec
from deeplomath.audit.lockstep import Lockstep, same_event
from deeplomath.errors import ProtocolError, TransportError
from deeplomath.link import frame, layout
from streaming import Side, cuts, samples, statistics
from talk import Talk, configure_payload
from wire import BadLine, Line

LINES, N = 2, 400
PROGRAM = statistics(LINES)
CONFIG = dict(features=6, classes=3, events=12, layers=2, background=True)
VOTES = dict(over=3, by="majority", hold=1), dict(over=5, by="mean", hold=0)


def Mirror(program=PROGRAM, config=CONFIG, **vote):  # noqa: N802
    """The mirror with the face of a Device."""
    return Side(Network(**config), program, **vote)


def device(line=None, vote=None, config=CONFIG, program=PROGRAM, **options):
    made = Device(line or Line(), **options)
    made.configure(**config)
    made.model(program, **(vote or {}))
    return made


def assert_same(found, expected):
    assert [it.at for it in found] == [it.at for it in expected]
    for ours, theirs in zip(found, expected, strict=True):
        assert same_event(ours, theirs), (ours, theirs)


def lessons(side, values, ends, seed):
    """Streams in chunks, and teaches, freezes, skips, takes back and asks between some; the events."""
    draw, found = np.random.default_rng(seed), []
    network = getattr(side, "network", side)
    for start, end in zip(ends[:-1], ends[1:], strict=True):
        act = int(draw.integers(8))
        if act < 4:
            side.teach(int(draw.integers(3)), int(draw.integers(0, 9)), not draw.integers(3))
        elif act == 4:
            side.skip(int(draw.integers(1, 40)))
        elif act == 5 and found and found[-1].answer:
            network.correct(1)
        elif act == 6:
            network.digest()
        found += side.stream(values[start:end])
    return found


@pytest.mark.parametrize("seed", range(12))
def test_a_board_makes_the_mirrors_events_of_any_stream(seed):
    vote = VOTES[seed % 2]
    ends, values = cuts(seed, N), samples(N, LINES, seed)
    board, mirror = device(vote=vote), Mirror(**vote)
    assert_same(lessons(board, values, ends, seed), lessons(mirror, values, ends, seed))
    assert board.digest() == mirror.network.digest()
    assert board.front().overruns == mirror.front.overruns
    assert board.unknowns() == mirror.network.unknowns()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("taught", [0, 7, 500])
def test_the_events_do_not_depend_on_how_the_stream_is_cut(seed, taught):
    values = samples(N, LINES, 1)
    whole, cut = device(vote=VOTES[1]), device(vote=VOTES[1])
    for it in (whole, cut):
        it.teach(2, 5)
        it.stream(values[::-1])
        it.teach(1, taught)
    ends = cuts(seed, N)
    found = [it for start, end in zip(ends[:-1], ends[1:], strict=True) for it in cut.stream(values[start:end])]
    assert_same(found, whole.stream(values))
    assert cut.digest() == whole.digest() and cut.front() == whole.front()
    one = device(vote=VOTES[1])
    one.teach(2, 5)
    one.stream(values[::-1])
    one.teach(1, taught)
    assert_same([it for row in values[:100] for it in one.stream(row[None])], [it for it in found if it.at < N + 100])


@pytest.mark.parametrize("seed", range(8))
def test_a_bad_line_changes_no_event_and_doubles_no_lesson(seed):
    ends, values = cuts(seed, N), samples(N, LINES, seed)
    board = device(BadLine(seed), VOTES[0], timeout=0.002, attempts=11)
    mirror = Mirror(**VOTES[0])
    assert_same(lessons(board, values, ends, seed), lessons(mirror, values, ends, seed))
    assert (board.digest(), board.info().clock) == (mirror.network.digest(), mirror.network.info().clock)


def test_two_events_of_one_chunk_of_which_one_is_taught():
    board, mirror = device(), Mirror()
    for side in (board, mirror):
        side.teach(1, 1)
    values = samples(12, LINES)
    found = board.stream(values)
    assert [bool(it.learned) for it in found] == [True, False]
    assert_same(found, mirror.stream(values))


def test_features_come_on_demand():
    board, other = device(), device()
    values = samples(64, LINES)
    for side in (board, other):
        side.teach(0, 3)
    with_x, without = board.stream(values), other.stream(values, features=False)
    assert all(it.x is None for it in without) and with_x[0].x.dtype == np.int16
    assert [it._replace(x=None, ticks=None) for it in with_x] == [it._replace(ticks=None) for it in without]


def test_a_model_in_the_midst_of_a_stream_begins_anew_and_keeps_the_network():
    board, mirror = device(vote=VOTES[0]), Mirror(**VOTES[0])
    values = samples(150, LINES)
    for side in (board, mirror):
        side.teach(1, 100)
    assert_same(board.stream(values[:70]), mirror.stream(values[:70]))
    other = statistics(LINES, 5, 5)
    board.model(other, **VOTES[1])
    again = Mirror(other, **VOTES[1])
    again.network = mirror.network
    found = board.stream(values[70:])
    assert_same(found, again.stream(values[70:]))
    assert found[0].at == 4 and found[0].answer and board.digest() == mirror.network.digest()


def test_a_refused_model_leaves_the_stream_as_it_is():
    board, mirror = device(vote=VOTES[0]), Mirror(**VOTES[0])
    values = samples(150, LINES)
    for side in (board, mirror):
        side.teach(1, 3)
    found = board.stream(values[:17])
    for bad in (PROGRAM[:-1], PROGRAM[:2] + b"\x02" + PROGRAM[3:]):
        with pytest.raises(KernelError) as error:
            board.model(bad, over=9)
        assert error.value.code == spec.ERROR_PROGRAM
    assert_same(found + board.stream(values[17:]), mirror.stream(values))


def test_the_same_model_again_begins_anew_in_the_same_memory():
    board = device()
    feed = board._transport.session.handlers._feed
    front = feed.front
    first = board.stream(samples(50, LINES))
    board.skip(3)
    board.model(PROGRAM, over=4)
    assert feed.front is front and board.front().index == board.front().overruns == 0
    assert_same([it._replace(answer=None, voted=None) for it in board.stream(samples(50, LINES))],
                [it._replace(answer=None, voted=None) for it in first])  # fmt: skip


def test_a_program_of_another_number_of_features_waits_for_its_network():
    board = device(program=statistics(LINES, flags=0b11))
    before = board.digest(), board.front()
    with pytest.raises(KernelError, match="features: 4 made, 6 needed") as error:
        board.stream(samples(50, LINES))
    assert error.value.code == spec.ERROR_FEATURES and (board.digest(), board.front()) == before
    config = dict(CONFIG, features=4)
    board.configure(**config)
    assert_same(
        board.stream(samples(50, LINES)), Mirror(statistics(LINES, flags=0b11), config).stream(samples(50, LINES))
    )


def test_without_a_network_events_are_made():
    board = Device(Line())
    board.model(PROGRAM)
    made = FrontEnd(PROGRAM).push(samples(50, LINES))
    found = board.stream(samples(50, LINES))
    assert [(it.at, it.x.tolist()) for it in found] == [(at, x.tolist()) for at, x in made]
    assert {it[2:] for it in found} == {(None,) * 8}


def test_without_a_front_end_there_is_no_stream():
    for board in (Device(Line()), device()):
        board.model(None)
        for call in (lambda: board.stream(samples(9, LINES)), lambda: board.skip(2)):  # noqa: B023
            with pytest.raises(DeviceError, match="front-end: none yet, MODEL first") as error:
                call()
            assert error.value.code == spec.ERROR_FRONT
        assert set(board.front()) == {0}
    with pytest.raises(DeviceError, match="front-end: none yet, MODEL first"):
        board.teach(1, 2)


def test_a_board_that_was_reset_has_lost_its_front_end():
    board = device()
    board._transport.session = wire.dlm_session.Session(wire.BOARD_MODULE)
    with pytest.raises(DeviceError, match="the board has lost its front-end: it was reset; give it the model again"):
        board.stream(samples(9, LINES))


def test_while_learning_is_frozen_lessons_are_refused_event_by_event():
    board, mirror = device(), Mirror()
    values = samples(90, LINES)
    for side in (board, mirror):
        side.teach(1, 4)
        side.stream(values[:16])
        getattr(side, "network", side).freeze()
    found = board.stream(values[16:50])
    assert_same(found, mirror.stream(values[16:50]))
    assert {it.refused.code for it in found} == {spec.ERROR_FROZEN} and board.front().teaching == 1
    with pytest.raises(KernelError, match="learning is frozen"):
        board.teach(0, 1)
    assert board.front().teaching == 1
    for side in (board, mirror):
        getattr(side, "network", side).freeze(False)
    found = board.stream(values[50:])
    assert_same(found, mirror.stream(values[50:]))
    assert found[0].learned and found[1].answer
    board.freeze()
    board.teach(0, 0)  # nothing more is no lesson


def test_a_full_budget_refuses_the_event_and_no_sample_is_lost():
    config = dict(CONFIG, events=2)
    board, mirror = device(config=config), Mirror(config=config)
    values = samples(200, LINES, 5)
    for side in (board, mirror):
        side.teach(0, 1)
        side.stream(values[:8])
        side.teach(1, 1)
        side.stream(values[8:12])
        side.teach(2, 50)
    found = board.stream(values[12:])
    assert_same(found, mirror.stream(values[12:]))
    assert spec.ERROR_FULL in {it.refused.code for it in found if it.refused}
    assert board.front().teaching == mirror.lesson.left


def test_lessons_may_go_on_ahead_of_their_rebuilds():
    board, mirror = device(), Mirror()
    values = samples(100, LINES)
    for side in (board, mirror):
        side.teach(1, 6)
        side.stream(values[:28])
        side.teach(0, 2, False)
    found = board.stream(values[28:33])
    assert_same(found, mirror.stream(values[28:33]))
    assert found[0].digest is None and board.info().building and board.last_digest is None
    assert_same(board.stream(values[33:36]), mirror.stream(values[33:36]))  # the second finishes the first
    assert_same(board.stream(values[36:50]), mirror.stream(values[36:50]))  # answered from the network before
    while board.build_step(1000):
        pass
    mirror.network.build_step(2**31)
    assert_same(board.stream(values[50:]), mirror.stream(values[50:]))
    plain = device(config=dict(CONFIG, background=False))
    with pytest.raises(KernelError, match="mode: build=False asked of a network without background") as error:
        plain.teach(0, 1, False)
    assert error.value.code == spec.ERROR_MODE


@pytest.mark.parametrize("features", [True, False])
def test_more_events_than_a_reply_holds_come_in_several(features):
    program = statistics(LINES, 4, 1)
    line = Line()
    board, mirror = device(line, program=program), Mirror(program)
    asked = []
    write, line.write = line.write, lambda data: (asked.append(data), write(data))
    values = samples(100, LINES)
    found = board.stream(values, features=features)
    assert_same(found, mirror.stream(values))
    assert len(found) == 97
    requests = [frame.decode(bytes(it).strip(b"\0")) for it in asked]
    taken = [it for it in requests if it.opcode == spec.OPCODE_SAMPLES]
    assert len(taken) == 3 and [len(it.payload) for it in taken] == sorted({len(it.payload) for it in taken})[::-1]


def test_the_longest_events_fit_a_reply():
    config = dict(features=160, classes=16, events=20, layers=1)
    program = statistics(16, 4, 1, 0b1111111 >> 2)
    program = program[: 12 + 4 + 20] + struct.pack("<BBH", spec.OPERATION_STATS, 0b11111, 0) * 2
    program = program[:8] + struct.pack("<HH", 3, 160) + program[12:]
    board, mirror = device(config=config, program=program), Mirror(program, config)
    values = samples(40, 16)
    for side in (board, mirror):
        for label in range(16):
            side.teach(label, 1)
            side.stream(values[label : label + 4])
    assert_same(board.stream(values), mirror.stream(values))


def test_the_room_of_a_reply_is_that_of_a_frame():
    room = layout.ROOM - 1
    assert spec.TAILS[spec.OPCODE_SAMPLES] == room - layout.REPLIES[spec.OPCODE_SAMPLES].form.size


def test_a_request_learns_one_event_at_the_most():
    line = Line()
    board, asked = device(line), []
    board.teach(1, 5)
    write, line.write = line.write, lambda data: (asked.append(data), write(data))
    found = board.stream(samples(40, LINES))
    assert [bool(it.learned) for it in found] == [True] * 5 + [False] * 4 and len(asked) == 6


def samples_payload(values, skipped=0, features=1):
    return struct.pack("<IH", skipped, features) + values.astype("<i2").tobytes()


def model_payload(program=PROGRAM, over=1, by=0, hold=0):
    return struct.pack("<BBB", over, by, hold) + program


@pytest.fixture
def talk():
    made = Talk(config=dict(features=6, classes=3, events=12, layers=2, false_reject_permille=50, regression=False,
                            background=True))  # fmt: skip
    made.done("model", model_payload(over=5))
    return made


def test_a_retry_is_answered_from_memory_and_takes_nothing(talk):
    talk.done("teach", struct.pack("<hHI", 1, 0, 9))
    wire_bytes = frame.encode(spec.OPCODE_SAMPLES, 9000, samples_payload(samples(40, LINES)))
    first = talk.send(wire_bytes)
    clock = talk.done("info")[0]["clock"]
    (again,) = talk.send(wire_bytes)[:1]
    assert clock == 1 and talk.done("front")[0]["index"] == 12  # INFO took the memory: it was executed anew
    second = frame.encode(spec.OPCODE_SAMPLES, 9001, samples_payload(samples(40, LINES)))
    replies = [talk.send(second) for _ in range(3)]
    assert replies[0] == replies[1] == replies[2] and first != [again]
    assert talk.done("front")[0]["index"] == 16


def test_front_tells_what_runs(talk):
    talk.done("teach", struct.pack("<hHI", 2, 0, 9))
    talk.done("samples", samples_payload(samples(8, LINES), 300))
    got, rest = talk.done("front")
    front = FrontEnd(PROGRAM)
    assert rest == b"" and got == dict(
        features=6, lines=2, rate=50000, footprint=front.footprint, work=front.work, bytes=len(PROGRAM),
        crc=zlib.crc32(PROGRAM), over=5, by=0, hold=0, index=308, overruns=300, label=2, teaching=8,
    )  # fmt: skip


REFUSALS = [
    ("program", "model", model_payload(PROGRAM[:-1]), "program: length: 3 given, 4 needed"),
    ("argument", "model", model_payload(over=0), "over: 0 given, 1..64 allowed"),
    ("argument", "model", model_payload(over=65), "over: 65 given, 1..64 allowed"),
    ("argument", "model", model_payload(by=2), "by: 2 given, 0..1 allowed"),
    ("argument", "samples", samples_payload(np.zeros(3, np.int16)), "samples: 3 values given, a multiple of 2 needed"),
    ("label", "teach", struct.pack("<hHI", 3, 0, 1), "label: 3 given, 0..2 allowed"),
    ("label", "teach", struct.pack("<hHI", -1, 0, 1), "label: -1 given, 0..2 allowed"),
]


@pytest.mark.parametrize("error, name, payload, text", REFUSALS)
def test_what_is_refused_is_told_and_changes_nothing(talk, error, name, payload, text):
    talk.done("samples", samples_payload(samples(21, LINES)))
    before = talk.done("front")
    status, said = talk.refused(name, payload)
    assert status == getattr(spec, "ERROR_" + error.upper()) and (said == text or error == "program")
    assert talk.done("front") == before


@pytest.mark.parametrize("name", ["configure", "load", "model"])
def test_another_network_or_front_end_ends_lessons_and_votes(talk, name):
    handlers = talk.handlers
    state = handlers.network.export()
    talk.done("teach", struct.pack("<hHI", 1, 0, 1))
    talk.done("samples", samples_payload(samples(24, LINES)))
    talk.done("samples", samples_payload(samples(24, LINES)))
    assert handlers._feed.stream.vote._taken
    talk.done("teach", struct.pack("<hHI", 1, 0, 99))
    config = dict(
        features=6, classes=3, events=12, layers=2, false_reject_permille=50, regression=False, background=True
    )
    payloads = {"configure": configure_payload(config), "model": model_payload(over=5)}
    talk.done(name, payloads.get(name) or struct.pack("<II", 0, len(state)) + state)
    assert talk.done("front")[0]["teaching"] == 0 and handlers._feed.stream.vote._taken == 0


@pytest.mark.parametrize("taught", [0, 1])
def test_an_event_that_is_learned_ends_an_export(talk, taught):
    for label in (0, 1, 2):
        talk.done("teach", struct.pack("<hHI", label, 0, 4))
        talk.done("samples", samples_payload(samples(40, LINES, label)))
    transfer = talk.handlers._transfer
    transfer.go_on(100, 1000, False)
    talk.done("teach", struct.pack("<hHI", 0, 0, taught))
    talk.done("samples", samples_payload(samples(8, LINES)))
    assert transfer._next == (0 if taught else 100)


def test_a_session_that_begins_again_finds_the_stream(talk):
    talk.done("teach", struct.pack("<hHI", 1, 0, 5))
    talk.done("samples", samples_payload(samples(10, LINES)))
    before = talk.done("front")
    talk.done("hello")
    assert talk.done("front") == before


def test_want_of_memory_comes_ahead_of_the_first_sample(monkeypatch):
    board, mirror = device(), Mirror()
    assert_same(board.stream(samples(10, LINES)), mirror.stream(samples(10, LINES)))
    before = board.front()

    def none(size):
        raise MemoryError(f"memory allocation failed, allocating {size} bytes")

    monkeypatch.setattr(wire.dlm_feed, "bytearray", none, raising=False)
    with pytest.raises(DeviceError, match="memory allocation failed") as error:
        board.stream(samples(10, LINES))
    assert error.value.code == spec.ERROR_MEMORY and board.front() == before
    with pytest.raises(DeviceError) as error:
        board.model(statistics(LINES, 9))
    assert error.value.code == spec.ERROR_MEMORY and board.front() == before
    monkeypatch.undo()
    assert_same(board.stream(samples(20, LINES)), mirror.stream(samples(20, LINES)))


def test_a_regression_streams_too():
    config = dict(features=6, classes=1, events=8, regression=True)
    board, mirror = device(config=config), Mirror(config=config)
    values = samples(100, LINES)
    for side in (board, mirror):
        side.teach(-700, 4)
    assert_same(board.stream(values[:40]), mirror.stream(values[:40]))
    for side in (board, mirror):
        side.teach(900, 4)
    assert_same(board.stream(values[40:]), mirror.stream(values[40:]))


def test_a_board_with_a_model_has_its_names_and_its_vote():
    board, model = Device(Line()), Model("motion")
    board.configure(**model.config())
    board.model(Model("motion"))
    values = samples(2000, 6)
    for side, push in ((board, board.stream), (model, model.push)):
        side.teach("walk", 4)
        found = push(values[:640])
        side.teach("run", 4)
        found += push(values[640:])
        if side is board:
            ours = found
    assert_same(ours, found)
    assert {it.name for it in ours} >= {"walk", "run"} and {it.voted_name for it in ours} >= {None, "run"}
    front = board.front()
    assert (front.over, front.hold, front.crc) == (model.vote.over, model.vote.hold, zlib.crc32(model.program))


@pytest.mark.parametrize("locked", [False, True], ids=["device", "lockstep"])
def test_a_teaching_that_is_refused_takes_no_name(locked):
    model = Model("motion")
    side = Lockstep(Device(Line()), **model.config()) if locked else Device(Line())
    board = side.board if locked else side
    if not locked:
        board.configure(**model.config())
    side.model(model)
    side.teach("new", 0)  # ends it
    for events in (-1, 2**32):
        with pytest.raises((DeviceError, KernelError)):
            side.teach("new", events)
    board.freeze()
    with pytest.raises(KernelError, match="frozen"):
        side.teach("new", 3)
    assert model.names == []
    board.freeze(False)
    side.teach("new", 3)
    assert model.names == ["new"] and board.front().teaching == 3


def test_what_is_no_model_is_refused_by_its_type():
    board = Device(Line())
    board.configure(**CONFIG)
    board.model(PROGRAM)
    for wrong in ("motion", 5, -1, 10**12, [1, 2]):
        with pytest.raises(TypeError, match=f"model: {type(wrong).__name__} given, a Model or the bytes"):
            board.model(wrong)
        with pytest.raises(TypeError, match=f"program: {type(wrong).__name__} given, bytes needed"):
            FrontEnd(wrong)
    assert board.model(np.frombuffer(PROGRAM, np.uint8)) == FrontEnd(PROGRAM).footprint
    lockstep = Lockstep(board, **CONFIG)
    assert lockstep.model(None) == 0 == board.front().features


def test_a_stream_that_fails_on_the_way_hands_over_what_came_before(monkeypatch):
    board, whole = Device(Line()), Device(Line())
    for side in (board, whole):
        side.configure(**CONFIG)
        side.model(PROGRAM)
    values, ask, calls = samples(N, LINES), board._samples, itertools.count()

    def cut(*arguments):
        if next(calls) == 2:
            raise TransportError("no reply")
        return ask(*arguments)

    monkeypatch.setattr(board, "_samples", cut)
    with pytest.raises(TransportError) as failed:
        board.stream(values)
    assert_same(failed.value.events + board.stream(values[board.front().index :]), whole.stream(values))


@pytest.mark.parametrize("seed", range(6))
def test_a_lockstep_streams_and_compares_event_by_event(seed):
    lockstep = Lockstep(Device(Line()), **CONFIG)
    assert lockstep.model(PROGRAM, **VOTES[seed % 2]) == FrontEnd(PROGRAM).footprint
    values, draw, n = samples(N, LINES, seed), np.random.default_rng(seed), 0
    ends = cuts(seed, N)
    for start, end in zip(ends[:-1], ends[1:], strict=True):
        lockstep.teach(int(draw.integers(3)), int(draw.integers(6)), bool(draw.integers(2)))
        n += len(lockstep.stream(values[start:end]))
        if draw.integers(2):
            lockstep.skip(3)
    assert lockstep.events == n and lockstep.comparisons > n
    lockstep.finish()


def test_a_lockstep_follows_a_board_that_finishes_its_rebuild_by_itself():
    line = Line()
    lockstep = Lockstep(Device(line), **CONFIG)
    lockstep.model(PROGRAM)
    values = samples(N, LINES)
    for label in range(3):
        lockstep.teach(label, 4)
        lockstep.stream(values[20 * label : 20 * label + 20])
    lockstep.teach(0, 1, False)
    lockstep.stream(values[60:64])
    while line.session.handlers.building:
        line.session.handlers.work(1000)
    lockstep.stream(values[64:200])
    lockstep.finish()


def spoilt(name, **fields):
    """A Line whose replies to SAMPLES have other values in these fields."""

    class Spoilt(Line):
        def write(self, data):
            before = len(self.inbox)
            super().write(data)
            for it in frame.Decoder().feed(bytes(self.inbox[before:])):
                if it.opcode & ~spec.WIRE_REPLY == spec.OPCODE_SAMPLES and it.payload[0] == 0:
                    form = layout.REPLIES[spec.OPCODE_SAMPLES]
                    got = form.unpack(it.payload[1:]) | fields
                    payload = it.payload[:1] + form.form.pack(*got.values()) + it.payload[1 + form.form.size :]
                    del self.inbox[before:]
                    self.inbox += frame.encode(it.opcode, it.sequence, payload)

    return Spoilt()


@pytest.mark.parametrize(
    "fields", [dict(taken=0), dict(taken=51), dict(n_events=10), dict(n_events=12), dict(taken=65535)], ids=str
)
def test_a_reply_that_counts_wrong_is_a_protocol_error(fields):
    with pytest.raises(ProtocolError, match="samples: "):
        device(spoilt("samples", **fields)).stream(samples(50, LINES))


def test_a_module_without_room_for_the_front_end_keeps_the_one_before(monkeypatch):
    board = device()

    def none(program):
        raise MemoryError("memory: 90000 bytes needed")

    monkeypatch.setattr(wire.dlm_feed, "deeplomath_signal", SimpleNamespace(FrontEnd=none))
    before = board.front()
    with pytest.raises(DeviceError, match="90000 bytes needed") as error:
        board.model(statistics(LINES, 9))
    assert error.value.code == spec.ERROR_MEMORY and board.front() == before
