# SPDX-License-Identifier: MIT
"""The service: each opcode answers as the mirror does, each mistake has its status, and nothing is executed twice."""

import struct
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deeplomath
from deeplomath import client, frame, network, spec
from deeplomath.features import window_features
from wire import BOARD_MODULE, BoardNetwork, dlm_frame, dlm_service

CONFIG = dict(features=3, classes=2, events=6, layers=2, false_reject_permille=50)
EVENTS = [((100, -200, 300), 1), ((-5, 7, 32767), 0), ((90, -210, 310), 1), ((-32768, 0, 1), 0)]


def pack(x):
    return np.array(x, "<i2").tobytes()


class Talk:
    """A service and its requests by name, each with the next sequence number."""

    def __init__(self, module=BOARD_MODULE, config=CONFIG):
        self.service, self.sequence = dlm_service.Service(module), 0
        if config:
            self.done("configure", struct.pack("<HBHBH", *config.values()))

    def send(self, wire):
        replies = b"".join(bytes(it) for it in self.service.receive(bytearray(wire)))
        return frame.Decoder().feed(replies)

    def say(self, name, payload=b"", **options):
        self.sequence += 1
        opcode = getattr(spec, "OPCODE_" + name.upper())
        (reply,) = self.send(frame.encode(opcode, self.sequence, payload, **options))
        assert reply[:3] == (spec.VERSION_PROTOCOL, opcode | spec.WIRE_REPLY, self.sequence)
        return struct.unpack_from("<b", reply.payload)[0], reply.payload[1:]

    def done(self, name, payload=b""):
        status, body = self.say(name, payload)
        assert status == 0, body.decode()
        names, form = client._layout(client.REPLIES[getattr(spec, "OPCODE_" + name.upper())])
        return dict(zip(names, form.unpack_from(body), strict=True)), body[form.size :]

    def refused(self, name, payload=b""):
        """Status and text, after making sure that the network has not changed."""
        before = self.service.network and self.service.network.digest()
        status, body = self.say(name, payload)
        assert status < 0
        assert (self.service.network and self.service.network.digest()) == before
        return status, body.decode()

    def learn(self, x, label):
        return self.done("learn", struct.pack("<h", label) + pack(x))[0]


@pytest.fixture
def talk():
    return Talk()


@pytest.fixture
def mirror():
    return network.Network(**CONFIG)


def test_learn_and_infer_answer_as_the_mirror_does(talk, mirror):
    for x, label in EVENTS:
        got = talk.learn(x, label)
        learned = mirror.learn(np.array(x, np.int16), label)
        assert [got[name] for name in learned._fields] == list(learned)
        assert got["digest"] == mirror.digest()
        got, rest = talk.done("infer", pack(EVENTS[0][0]))
        answer = mirror.infer(np.array(EVENTS[0][0], np.int16))
        assert [got[name] for name in answer._fields[:-1]] == list(answer[:-1])
        assert struct.unpack(f"<{len(rest) // 4}i", rest) == answer.outputs


def test_hello_tells_versions_limits_and_configuration(talk):
    got, texts = talk.done("hello")
    assert (got["protocol"], got["spec"], got["state"]) == (
        spec.VERSION_PROTOCOL,
        spec.VERSION_SPEC,
        spec.VERSION_STATE,
    )
    assert (got["frame_max"], got["chunk"]) == (spec.WIRE_FRAME_MAX, spec.WIRE_CHUNK)
    limits = [got["limit_" + name] for name in ("features", "classes", "events", "layers")]
    assert limits == [spec.LIMIT_FEATURES, spec.LIMIT_CLASSES, spec.LIMIT_EVENTS, spec.LIMIT_LAYERS]
    assert {name: got[name] for name in CONFIG} == CONFIG
    assert (got["configured"], got["footprint"]) == (1, talk.service.network.footprint())
    assert texts.startswith(bytes([len(spec.VERSION_LIBRARY)]) + spec.VERSION_LIBRARY.encode())
    assert Talk(config=None).done("hello")[0]["configured"] == 0


def test_info_and_digest_tell_what_the_mirror_tells(talk, mirror):
    for x, label in EVENTS:
        talk.learn(x, label)
        mirror.learn(np.array(x, np.int16), label)
    talk.send(b"noise\0more noise\0")
    got, _ = talk.done("info")
    info = mirror.info()
    assert [got[name] for name in info._fields] == list(info)
    assert (got["footprint"], got["digest"], got["dropped"]) == (mirror.footprint(), mirror.digest(), 2)
    assert talk.done("digest")[0]["digest"] == mirror.digest()


def test_features_are_those_of_the_mirror(talk):
    samples = np.arange(60, dtype=np.int16).reshape(20, 3) ** 2
    _, rest = talk.done("features", struct.pack("<H", 3) + samples.astype("<i2").tobytes())
    assert rest == window_features(samples).astype("<i2").tobytes()


def long_talk():
    config = dict(CONFIG, features=20, events=64, layers=1)
    talk = Talk(config=config)
    for i in range(50):
        talk.learn(np.arange(20) * (i % 7) + i, i % 2)
    return talk, config


def export(talk):
    state, total = b"", 1
    while len(state) < total:
        got, chunk = talk.done("export", struct.pack("<I", len(state)))
        total, state = got["total"], state + chunk
    return state


def chunks(state, size=spec.WIRE_CHUNK):
    return [struct.pack("<II", at, len(state)) + state[at : at + size] for at in range(0, len(state), size)]


def test_a_state_goes_out_and_in_chunk_by_chunk():
    talk, config = long_talk()
    state = export(talk)
    assert state == talk.service.network.export() and len(chunks(state)) == 3
    other = Talk(config=config)
    replies = [other.done("load", it)[0] for it in chunks(state)]
    assert [it["next"] for it in replies] == [1024, 2048, len(state)]
    assert [it["digest"] for it in replies] == [0, 0, talk.service.network.digest()]
    assert other.service.network.export() == state


def test_chunks_out_of_order_are_refused():
    talk, config = long_talk()
    first, second, third = chunks(export(talk))
    assert talk.refused("export", struct.pack("<I", 1024)) == (spec.ERROR_OFFSET, "offset: 1024 given, 0 needed")
    talk.done("export", struct.pack("<I", 0))
    assert talk.refused("export", struct.pack("<I", 2048)) == (spec.ERROR_OFFSET, "offset: 2048 given, 1024 needed")
    assert talk.refused("load", second) == (spec.ERROR_OFFSET, "offset: 1024 given, 0 needed")
    other = Talk(config=config)
    assert other.refused("load", third) == (spec.ERROR_OFFSET, "offset: 2048 given, 0 needed")
    other.done("load", first)
    assert other.refused("load", third) == (spec.ERROR_OFFSET, "offset: 2048 given, 1024 needed")
    assert other.refused("export", struct.pack("<I", 1024))[0] == spec.ERROR_OFFSET
    other.done("load", second)
    assert other.refused("load", second) == (spec.ERROR_OFFSET, "offset: 1024 given, 2048 needed")
    assert other.refused("load", struct.pack("<II", 2048, 9999)) == (
        spec.ERROR_OFFSET,
        f"total: 9999 given, {len(export(talk))} begun",
    )
    other.done("load", third)
    assert other.service.network.digest() == talk.service.network.digest()


@pytest.mark.parametrize("breaker", ["learn", "hello", "configure"])
def test_a_transfer_ends_where_something_else_begins(breaker):
    talk, config = long_talk()
    payload = {
        "learn": struct.pack("<h", 0) + pack(range(20)),
        "hello": b"",
        "configure": struct.pack("<HBHBH", *config.values()),
    }
    talk.done("export", struct.pack("<I", 0))
    talk.done(breaker, payload[breaker])
    assert talk.refused("export", struct.pack("<I", 1024))[0] == spec.ERROR_OFFSET


def raising(error):
    """A module whose network, once made, raises on every learn."""

    class Network(BoardNetwork):
        def learn(self, x, label):
            raise error

    return SimpleNamespace(Network=Network, window_features=None)


def learn_payload(label=0, x=(1, 2, 3)):
    return struct.pack("<h", label) + pack(x)


def configure_payload(**changes):
    return struct.pack("<HBHBH", *dict(CONFIG, **changes).values())


KERNEL_REFUSALS = [
    ("features", "learn", learn_payload(x=(1, 2)), "features: 2 given, 3 needed"),
    ("features", "infer", pack((1, 2, 3, 4)), "features: 4 given, 3 needed"),
    ("features", "infer", b"", "features: 0 given, 3 needed"),
    ("features", "configure", configure_payload(features=161), "features: 161 given, 1..160 allowed"),
    ("classes", "configure", configure_payload(classes=0), "classes: 0 given, 1..16 allowed"),
    ("events", "configure", configure_payload(events=513), "events: 513 given, 1..512 allowed"),
    ("layers", "configure", configure_payload(layers=5), "layers: 5 given, 1..4 allowed"),
    ("false_reject", "configure", configure_payload(false_reject_permille=501),
     "false_reject_permille: 501 given, 1..500 allowed"),
    ("label", "learn", learn_payload(2), "label: 2 given, 0..1 allowed"),
    ("label", "learn", learn_payload(-1), "label: -1 given, 0..1 allowed"),
    ("window", "features", struct.pack("<H", 54) + bytes(2 * 54 * 2), "channels: 54 given, 1..53 allowed"),
]  # fmt: skip


@pytest.mark.parametrize("error, name, payload, text", KERNEL_REFUSALS)
def test_a_kernel_error_comes_back_with_its_code_and_text(talk, error, name, payload, text):
    talk.learn(*EVENTS[0])
    assert talk.refused(name, payload) == (getattr(spec, "ERROR_" + error.upper()), text)


def test_a_full_budget_is_said_and_changes_nothing(talk):
    for i in range(CONFIG["events"]):
        talk.learn((i, i, -i), i % 2)
    assert talk.refused("learn", learn_payload()) == (spec.ERROR_FULL, "events: budget of 6 is full")


def damaged_states():
    talk, config = long_talk()
    state = talk.service.network.export()
    spoilt_magic = b"x" + state[1:]
    yield "state_size", state[:-1], config
    yield "state_size", b"", config
    yield "state_size", state + bytes(100000), config
    yield "state_magic", spoilt_magic, config
    yield "state_config", state, dict(config, classes=3)


@pytest.mark.parametrize("error, state, config", list(damaged_states()))
def test_a_damaged_state_is_refused_and_the_network_kept(error, state, config):
    talk = Talk(config=config)
    talk.learn(np.arange(20), 1)
    *first, last = chunks(state) or [struct.pack("<II", 0, 0)]
    for it in first:
        status, text = talk.say("load", it)
        if status:
            break
    else:
        status, text = talk.refused("load", last)
    assert status == getattr(spec, "ERROR_" + error.upper()), text
    assert talk.done("digest")[0]["digest"] == talk.service.network.digest()


SERVICE_REFUSALS = [
    ("payload", "learn", b"\0", "payload: 1 bytes given, 2 and a multiple of 2 more needed"),
    ("payload", "infer", b"\0\0\0", "payload: 3 bytes given, 0 and a multiple of 2 more needed"),
    ("payload", "configure", bytes(7), "payload: 7 bytes given, 8 needed"),
    ("payload", "configure", bytes(9), "payload: 9 bytes given, 8 needed"),
    ("payload", "digest", b"\0", "payload: 1 bytes given, 0 needed"),
    ("payload", "info", b"\0", "payload: 1 bytes given, 0 needed"),
    ("payload", "hello", b"\0", "payload: 1 bytes given, 0 needed"),
    ("payload", "exit", b"\0", "payload: 1 bytes given, 0 needed"),
    ("payload", "export", bytes(3), "payload: 3 bytes given, 4 needed"),
    ("payload", "load", bytes(7), "payload: 7 bytes given, 8 and a multiple of 1 more needed"),
    ("payload", "load", struct.pack("<II", 0, 3) + bytes(4), "state: chunk up to 4 given, 3 in all"),
    ("payload", "features", bytes(3), "payload: 3 bytes given, 2 and a multiple of 2 more needed"),
]


@pytest.mark.parametrize("error, name, payload, text", SERVICE_REFUSALS)
def test_a_wrong_length_is_refused_with_the_length_needed(talk, error, name, payload, text):
    assert talk.refused(name, payload) == (getattr(spec, "ERROR_" + error.upper()), text)


@pytest.mark.parametrize("opcode", [0, spec.OPCODE_EXIT + 1, 127])
def test_an_unknown_opcode_is_refused(talk, opcode):
    (reply,) = talk.send(frame.encode(opcode, 500))
    assert reply.opcode == opcode | spec.WIRE_REPLY
    assert reply.payload == struct.pack("<b", spec.ERROR_OPCODE) + b"opcode: %d given, 1..10 known" % opcode


@pytest.mark.parametrize("name", ["learn", "infer", "digest", "info", "export", "load"])
def test_without_a_network_a_request_for_it_is_refused(name):
    least = {"learn": 2, "export": 4, "load": 8}.get(name, 0)
    text = "network: none yet, CONFIGURE first"
    assert Talk(config=None).refused(name, bytes(least)) == (spec.ERROR_UNCONFIGURED, text)


def test_another_protocol_version_is_refused_with_both_named(talk):
    status, text = talk.say("learn", learn_payload(), version=spec.VERSION_PROTOCOL + 1)
    assert (status, text) == (spec.ERROR_PROTOCOL, b"protocol: version 2 given, the board speaks 1")
    assert talk.done("info")[0]["neurons"] == 0


FAILURES = [
    (ValueError("one: 1 given"), spec.ERROR_ARGUMENT, "one: 1 given"),
    (ValueError("label: 9 given", spec.ERROR_LABEL), spec.ERROR_LABEL, "label: 9 given"),
    (ValueError("odd", "code"), spec.ERROR_INTERNAL, "odd"),
    (ValueError("odd", -99), spec.ERROR_INTERNAL, "odd"),
    (ValueError(), spec.ERROR_ARGUMENT, "ValueError"),
    (MemoryError("memory allocation failed, allocating 40000 bytes"), spec.ERROR_MEMORY,
     "memory allocation failed, allocating 40000 bytes"),
    (MemoryError(), spec.ERROR_MEMORY, "MemoryError"),
    (KeyError("x"), spec.ERROR_INTERNAL, "KeyError: x"),
    (TypeError("x"), spec.ERROR_INTERNAL, "TypeError: x"),
    (ValueError("é" * 9000), spec.ERROR_ARGUMENT, "é" * 1095),
]  # fmt: skip


FAILURES += [(ValueError(name, code), code, name) for code, name in spec.ERRORS.items()]


@pytest.mark.parametrize("error, status, text", FAILURES)
def test_every_exception_becomes_a_reply(error, status, text):
    got, said = Talk(raising(error)).say("learn", learn_payload())
    assert (got, said.decode("utf-8", "ignore")) == (status, text)


def module_with_room(n_bytes):
    """A board whose networks share a heap of n_bytes."""
    alive = []

    class Network(BoardNetwork):
        def __init__(self, **config):
            super().__init__(**config)
            if sum(alive) + self.footprint() > n_bytes:
                raise MemoryError(f"memory allocation failed, allocating {self.footprint()} bytes")
            self.share = self.footprint()
            alive.append(self.share)

        def __del__(self):
            if hasattr(self, "share"):
                alive.remove(self.share)

    return SimpleNamespace(Network=Network, window_features=None)


def test_a_new_network_takes_the_place_of_the_old_one_where_there_is_no_room_for_both():
    room = network.Network(**CONFIG).footprint()
    talk = Talk(module_with_room(room))
    talk.learn(*EVENTS[0])
    assert talk.done("configure", configure_payload())[0]["footprint"] == room
    assert talk.done("info")[0]["neurons"] == 0
    status, text = talk.say("configure", configure_payload(events=12))
    assert status == spec.ERROR_MEMORY and text.startswith(b"memory allocation failed")
    assert talk.refused("digest")[0] == spec.ERROR_UNCONFIGURED
    talk.done("configure", configure_payload())


def test_a_wrong_configuration_leaves_the_network_as_it_is(talk):
    talk.learn(*EVENTS[0])
    talk.refused("configure", configure_payload(layers=9))
    assert talk.done("info")[0]["neurons"] == 1


def test_a_retry_is_answered_again_and_not_learned_twice(talk):
    wire = frame.encode(spec.OPCODE_LEARN, 77, learn_payload())
    first = talk.send(wire)
    assert talk.send(wire) == first and talk.send(wire + wire) == first + first
    assert talk.done("info")[0]["neurons"] == 1


def test_a_retry_is_recognised_behind_a_frame_of_another_version(talk):
    wire = frame.encode(spec.OPCODE_LEARN, 77, learn_payload())
    first = talk.send(wire)
    talk.send(frame.encode(spec.OPCODE_LEARN, 78, learn_payload(), version=9))
    assert talk.send(wire) == first
    assert talk.done("info")[0]["neurons"] == 1


def test_the_same_sequence_with_another_request_is_executed(talk):
    talk.send(frame.encode(spec.OPCODE_LEARN, 77, learn_payload(0)))
    talk.send(frame.encode(spec.OPCODE_LEARN, 77, learn_payload(1)))
    assert talk.done("info")[0]["neurons"] == 2


def test_the_same_request_with_another_sequence_is_executed(talk):
    talk.learn(*EVENTS[0])
    assert talk.learn(*EVENTS[0])["neurons"] == 2


def test_a_new_session_may_use_the_last_sequence_again(talk):
    wire = frame.encode(spec.OPCODE_LEARN, 77, learn_payload())
    talk.send(wire)
    talk.done("hello")
    talk.send(wire)
    assert talk.done("info")[0]["neurons"] == 2


def test_a_reply_that_comes_back_by_an_echo_is_not_answered(talk):
    wire = bytes(next(iter(talk.service.receive(bytearray(frame.encode(spec.OPCODE_DIGEST, 7))))))
    assert talk.send(wire) == [] and talk.done("info")[0]["dropped"] == 1


def test_ctrl_c_and_repl_text_between_frames_change_nothing(talk):
    talk.send(b"\x03\x03\x02\r\nimport dlm_main; dlm_main.serve()\r\n>>> \x04" + frame.encode(spec.OPCODE_DIGEST, 7))
    assert talk.learn((0x0303, 0x0303, 0x0403), 1)["neurons"] == 1


def test_exit_ends_the_service(talk):
    assert talk.service.running
    assert talk.done("exit") == ({}, b"")
    assert not talk.service.running


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40), st.booleans()), max_size=12))
def test_whatever_arrives_the_service_answers_and_goes_on(requests):
    talk = Talk()
    talk.learn(*EVENTS[0])
    for opcode, payload, whole in requests:
        wire = frame.encode(opcode, 1000, payload)
        replies = talk.send(wire if whole else wire[:-3])
        assert all(it.opcode == opcode | spec.WIRE_REPLY for it in replies)
        assert len(replies) == (whole and opcode < spec.WIRE_REPLY)
    (reply,) = talk.send(b"\0" + frame.encode(spec.OPCODE_HELLO, 2000))
    assert reply.payload[0] == 0


def test_payloads_of_int16_are_aligned_in_the_receive_buffer():
    assert dlm_frame.PAYLOAD % 2 == 0
    for opcode, (form, item) in dlm_service.REQUESTS.items():
        assert item != 2 or struct.calcsize(form) % 2 == 0, spec.OPCODES[opcode]


def test_the_device_constants_are_the_host_constants():
    for opcode in spec.OPCODES:
        assert client._layout(client.REQUESTS[opcode])[1].format == dlm_service.REQUESTS[opcode][0]
        assert client._layout(client.REPLIES[opcode])[1].format == dlm_service.REPLIES[opcode]
    assert deeplomath.errors.KernelError(-7, "text").args == ("text", -7)
