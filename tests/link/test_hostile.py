# SPDX-License-Identifier: MIT
"""A board that answers whatever it likes: nothing but this package's own errors leaves a method, in bounded time and room."""

import copy
import functools
import struct
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import streaming
import watch
from deeplomath import Device, spec
from deeplomath.audit import lockstep
from deeplomath.errors import DeeplomathError, ProtocolError
from deeplomath.link import frame, layout, replies
from sources import Chunks
from wire import BoardNetwork, Line
from wire import dlm_live as board

CONFIG = dict(features=4, classes=2, events=8, layers=2, background=True)
X = np.array([100, -200, 300, 9000], np.int16)
PROGRAM = streaming.statistics(2, 4, 4, 0b11)
SAMPLES = streaming.samples(12, 2)
CALLS = {
    spec.OPCODE_CONFIGURE: lambda net: net.configure(**CONFIG),
    spec.OPCODE_LEARN: lambda net: net.learn(X, 1),
    spec.OPCODE_INFER: lambda net: net.infer(X),
    spec.OPCODE_DIGEST: lambda net: net.digest(),
    spec.OPCODE_INFO: lambda net: (net.info(), net.health(), net.footprint()),
    spec.OPCODE_EXPORT: lambda net: net.export(),
    spec.OPCODE_LOAD: lambda net: net.load(trained().export()),
    spec.OPCODE_MODEL: lambda net: net.model(PROGRAM),
    spec.OPCODE_SAMPLES: lambda net: (net.stream(SAMPLES), net.skip(3)),
    spec.OPCODE_TEACH: lambda net: (net.teach(1, 1), net.stream(SAMPLES)),
    spec.OPCODE_FRONT: lambda net: net.front(),
    spec.OPCODE_LISTEN: lambda net: net.listen(0),
    spec.OPCODE_LIVE: lambda net: (net.live(), net.live(False)),
    spec.OPCODE_EXIT: lambda net: net.exit(),
    spec.OPCODE_BUILD: lambda net: net.build_step(5),
    spec.OPCODE_UNDO: lambda net: net.undo(),
    spec.OPCODE_FORGET: lambda net: net.forget(0),
    spec.OPCODE_RELABEL: lambda net: net.relabel(0, 1),
    spec.OPCODE_CORRECT: lambda net: net.correct(1),
    spec.OPCODE_DROP: lambda net: net.drop(),
    spec.OPCODE_UNKNOWNS: lambda net: net.unknowns(),
    spec.OPCODE_UNKNOWN: lambda net: net.unknown(0),
    spec.OPCODE_NAME: lambda net: net.name((0,), 1),
    spec.OPCODE_RENAME_CLASS: lambda net: (net.drop_class(1), net.rename_class(0, 1)),
    spec.OPCODE_DROP_CLASS: lambda net: net.drop_class(1),
    spec.OPCODE_FREEZE: lambda net: net.freeze(),
    spec.OPCODE_COST: lambda net: net.cost(features=4, classes=2, events=8),
}


class Hostile(Line):
    """A board whose replies `spoil` makes: of the opcode, and of the payload of the right one."""

    spoil = staticmethod(lambda opcode, payload: payload)
    armed = False

    def write(self, data):
        for it in frame.Decoder().feed(bytes(data)):
            before = len(self.inbox)
            super().write(frame.encode(*it[1:], version=it.version))
            (right,) = frame.Decoder().feed(bytes(self.inbox[before:])) or [None]
            if self.armed and right:
                del self.inbox[before:]
                payload = bytes(self.spoil(it.opcode, right.payload))[: spec.WIRE_FRAME_MAX - 8]
                self.inbox += frame.encode(right.opcode, right.sequence, payload)


@functools.cache
def trained():
    network = BoardNetwork(**CONFIG)
    for i in range(6):
        network.learn((X + 3000 * i).astype("<i2").tobytes(), i % 2)
    network.infer((X - 30000).astype("<i2").tobytes())
    return network


def hostile(spoil):
    """A Device of a trained network whose board answers so from now on."""
    line = Hostile()
    line.session.handlers.network = copy.deepcopy(trained())
    device = Device(line)
    device.model(PROGRAM)
    sampler = board.Live(Chunks(SAMPLES), line.session.handlers, clock=int)
    device.live()
    while sampler.queue.next < 2:
        sampler.step()
    device.live(False)
    device.timeout, device.attempts = 0.002, 2
    line.spoil, line.armed = spoil, True
    return device


def ends_in_our_errors(call, device):
    try:
        return call(device)
    except DeeplomathError as error:
        assert str(error).isprintable() and len(str(error)) < 1000
        return None


TEXTS = st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
PAYLOADS = st.binary(max_size=2192) | st.builds(
    lambda status, text: struct.pack("<b", status) + text, st.integers(-128, 127), TEXTS
)
PLACES = st.lists(st.tuples(st.integers(0, 300), st.sampled_from([0, 1, 127, 128, 254, 255])), max_size=6)


def mutated(payload, places, cut, more):
    data = bytearray(payload)
    for at, value in places:
        data[1 + at % max(len(data) - 1, 1) : 2 + at % max(len(data) - 1, 1)] = bytes([value])
    return bytes(data[: len(data) - cut if cut else None]) + more


MUTATIONS = st.builds(
    lambda *how: lambda payload: mutated(payload, *how),
    PLACES,
    st.sampled_from([0] * 6 + [1, 4]),
    st.binary(max_size=9),
)
FUZZ = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("opcode", CALLS, ids=lambda opcode: spec.OPCODES[opcode])
@FUZZ
@given(payload=PAYLOADS, mutation=MUTATIONS, cut=st.booleans())
def test_no_reply_gets_another_error_out_of_a_method(opcode, payload, mutation, cut):
    device = hostile(lambda _, right: mutation(right) if cut else payload)
    began = time.monotonic()
    for call in (CALLS[opcode], CALLS[spec.OPCODE_INFER], CALLS[opcode]):
        ends_in_our_errors(call, device)
    assert time.monotonic() - began < 30


@FUZZ
@given(payload=PAYLOADS, mutation=MUTATIONS, cut=st.booleans())
def test_no_reply_to_hello_gets_another_error_out(payload, mutation, cut):
    line = Hostile()
    line.spoil, line.armed = (lambda _, right: mutation(right) if cut else payload), True
    ends_in_our_errors(lambda _: Device(line, timeout=0.002, attempts=2), None)


@FUZZ
@given(payload=PAYLOADS, mutation=MUTATIONS, cut=st.booleans(), after=st.integers(0, 25))
def test_a_lockstep_with_a_hostile_board_ends_in_our_errors(payload, mutation, cut, after):
    line, asked = Hostile(), []

    def spoil(_, right):
        asked.append(1)
        return right if len(asked) <= after else mutation(right) if cut else payload

    device = Device(line)
    device.timeout, device.attempts = 0.002, 2
    line.spoil, line.armed = spoil, True
    try:
        walk = lockstep.Lockstep(device, **CONFIG)
        for i in range(6):
            walk.learn((X + 3000 * i).astype(np.int16), i % 2)
            walk.infer(X)
        walk.undo()
        walk.finish()
    except DeeplomathError:
        pass


@pytest.mark.parametrize("cut", range(0, 60, 3))
def test_a_state_cut_short_by_the_board_is_a_mismatch(cut):
    """Each part of a state that a mismatch is explained by may be missing."""

    class Cut(BoardNetwork):
        def export(self):
            return super().export()[: cut or None][: None if cut else -1]

        def digest(self):
            return super().digest() ^ (len(self.memory.events) > 2)

    walk = lockstep.Lockstep(watch.device(Cut), **CONFIG)
    with pytest.raises(DeeplomathError):
        for i in range(6):
            walk.learn((X + 3000 * i).astype(np.int16), i % 2)
        walk.finish()


def answering(opcode, **fields):
    """A spoil that puts these values in the fields of the replies to an opcode."""
    names, form = layout.REPLIES[opcode]

    def spoil(asked, right):
        if asked != opcode:
            return right
        values = dict(zip(names, form.unpack_from(right, 1), strict=True)) | fields
        return right[:1] + form.pack(*values.values()) + right[1 + form.size :]

    return spoil


@pytest.mark.parametrize(
    ("opcode", "field", "value"),
    [
        (spec.OPCODE_LEARN, "action", 2),
        (spec.OPCODE_LEARN, "reason", 4),
        (spec.OPCODE_LEARN, "building", 2),
        (spec.OPCODE_INFER, "verdict", 3),
        (spec.OPCODE_INFER, "n_nearest", 4),
        (spec.OPCODE_INFER, "n_nearest", 255),
        (spec.OPCODE_INFER, "n_nearest", 2),
        (spec.OPCODE_INFER, "label", 2),
        (spec.OPCODE_INFER, "label", -2),
        (spec.OPCODE_INFO, "features", 0),
        (spec.OPCODE_INFO, "classes", 17),
        (spec.OPCODE_INFO, "events", 65535),
        (spec.OPCODE_INFO, "layers", 5),
        (spec.OPCODE_INFO, "frozen", 2),
        (spec.OPCODE_INFO, "regression", 255),
        (spec.OPCODE_BUILD, "building", 9),
        (spec.OPCODE_EXPORT, "total", 0),
        (spec.OPCODE_EXPORT, "total", 2**32 - 1),
        (spec.OPCODE_EXPORT, "total", 9000),
        (spec.OPCODE_LOAD, "next", 5),
        (spec.OPCODE_LIVE, "running", 2),
        (spec.OPCODE_LISTEN, "next", 9),
    ],
)
def test_a_field_out_of_its_range_is_a_protocol_error(opcode, field, value):
    with pytest.raises(ProtocolError, match=str(value)):
        CALLS[opcode](hostile(answering(opcode, **{field: value})))


@pytest.mark.parametrize("opcode", [it for it in CALLS if it != spec.OPCODE_EXPORT], ids=lambda it: spec.OPCODES[it])
@pytest.mark.parametrize("spoil", [lambda right: right + b"\1", lambda right: right[:-1], lambda right: b""])
def test_a_reply_of_another_length_is_a_protocol_error(opcode, spoil):
    device = hostile(lambda asked, right: spoil(right) if asked == opcode else right)
    with pytest.raises(ProtocolError, match=spec.OPCODES[opcode]):
        CALLS[opcode](device)


def test_an_export_is_bounded_by_what_the_network_can_have():
    """A board that announces 4 GB, or goes on for ever, takes no more than a state's room and a state's requests."""
    device, asked = hostile(lambda opcode, right: b"\0" + struct.pack("<I", 2**32 - 1) + b"x" * 1024), []
    tracemalloc.start()
    with pytest.raises(ProtocolError, match="export: a state of 4294967295 bytes announced, 1..[0-9]+ allowed"):
        device.export()
    most = replies.Network(4, 2, 8, device._network.footprint).largest_state

    def endless(opcode, right):
        asked.append(1)
        return b"\0" + struct.pack("<I", most) + b"x" * 1024

    device = hostile(endless)
    with pytest.raises(ProtocolError):
        device.export()
    assert len(asked) <= 1 + most // 1024 and tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


def test_the_largest_state_of_a_network_is_within_its_bound():
    device = hostile(lambda _, right: right)
    for i in range(80):
        device.learn(np.array([997 * i % 4001, 31 * i, -77 * i, i * i % 3000], np.int16), i % 2)
    state = device.export()
    known = device._network
    assert 0 < len(state) <= known.largest_state < known.footprint


def test_the_words_of_a_board_are_escaped_in_each_error():
    evil = "\x1b]0;owned\x07\u202e[red]\r\n".encode()
    for status in (-7, -31, -32, -36, -38, -34, 5):
        device = hostile(lambda _, right, status=status: struct.pack("<b", status) + evil + b"\xff" + b"A" * 1500)
        with pytest.raises(DeeplomathError) as error:
            device.digest()
        assert str(error.value).isprintable() and len(str(error.value)) < 400
