# SPDX-License-Identifier: MIT
"""The service: each opcode answers as the mirror does, each mistake has its status, and nothing is executed twice."""

import struct
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deeplomath
from deeplomath import spec
from deeplomath.link import client, frame
from deeplomath.mirror import network
from deeplomath.signal.features import window_features
from wire import BOARD_MODULE, BoardNetwork, dlm_frame, dlm_service, replies_of

CONFIG = dict(features=3, classes=2, events=6, layers=2, false_reject_permille=50, regression=False, background=True)
EVENTS = [((100, -200, 300), 1), ((-5, 7, 32767), 0), ((90, -210, 310), 1), ((-32768, 0, 1), 0)]


def pack(x):
    return np.array(x, "<i2").tobytes()


def learn_payload(label=0, x=(1, 2, 3), flags=0):
    return struct.pack("<hH", label, flags) + pack(x)


def configure_payload(config=CONFIG, **changes):
    return struct.pack("<HBHBHBB", *dict(config, **changes).values())


def ids(*numbers):
    return struct.pack(f"<{len(numbers)}I", *numbers)


class Talk:
    """A service and its requests by name, each with the next sequence number."""

    def __init__(self, module=BOARD_MODULE, config=CONFIG):
        self.service, self.sequence = dlm_service.Service(module), 0
        if config:
            self.done("configure", configure_payload(config))

    def send(self, wire):
        replies = b"".join(bytes(it) for it in replies_of(self.service, wire))
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

    def learn(self, x, label, flags=0):
        return self.done("learn", learn_payload(label, x, flags))[0]


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
        assert_learned(got, learned)
        assert (got["building"], got["digest"]) == (0, mirror.digest())
        got, rest = talk.done("infer", pack(EVENTS[0][0]))
        answer = mirror.infer(np.array(EVENTS[0][0], np.int16))
        assert [got[name] for name in answer._fields[:-2]] == list(answer[:-2])
        assert got["n_nearest"] == len(answer.nearest)
        assert rest == ids(*answer.nearest) + np.array(answer.outputs, "<i4").tobytes()


def assert_learned(got, learned):
    assert [got[name] for name in learned._fields[:-1]] == list(learned[:-1])
    assert got["evicted"] == (learned.evicted if learned.reason else 0)


def test_an_eviction_is_told_with_its_reason(talk, mirror):
    draw, reasons = np.random.default_rng(1), set()
    for i in range(20):
        x = draw.integers(-9000, 9000, 3)
        assert_learned(talk.learn(x, i % 2), learned := mirror.learn(x.astype(np.int16), i % 2))
        reasons.add(learned.reason)
    assert reasons > {spec.REASON_NONE}


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
    config = dict(CONFIG, features=20, classes=3, events=64, layers=1)
    talk = Talk(config=config)
    draw = np.random.default_rng(2)
    for i in range(40):
        talk.learn(draw.integers(-3000, 3000, 20), i % 2)
    talk.done("infer", pack([32767] * 20))
    assert talk.done("unknowns")[1] == ids(0)
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


BREAKERS = {
    "learn": learn_payload(x=range(20)),
    "correct": struct.pack("<h", 0),
    "name": struct.pack("<hI", 0, 0),
    "undo": b"",
    "drop": b"",
    "forget": ids(3),
    "relabel": struct.pack("<Ih", 3, 1),
    "rename_class": struct.pack("<hh", 0, 2),
    "drop_class": struct.pack("<h", 0),
    "freeze": b"\1",
    "hello": b"",
    "configure": configure_payload(),
}


@pytest.mark.parametrize("breaker", BREAKERS)
def test_a_transfer_ends_where_something_else_begins(breaker):
    talk, _ = long_talk()
    talk.done("export", ids(0))
    talk.done(breaker, BREAKERS[breaker])
    assert talk.refused("export", ids(1024))[0] == spec.ERROR_OFFSET


def test_a_request_that_fails_ends_no_transfer():
    talk, _ = long_talk()
    state, (first, *rest) = talk.service.network.export(), chunks(talk.service.network.export())
    talk.done("export", ids(0))
    talk.refused("learn", learn_payload(label=9, x=range(20)))
    talk.refused("configure", configure_payload(layers=9))
    assert talk.done("export", ids(1024))[1] == state[1024:2048]
    talk.done("load", first)
    talk.refused("forget", ids(9999))
    for it in rest:
        talk.done("load", it)


def raising(error):
    """A module whose network, once made, raises on every learn."""

    class Network(BoardNetwork):
        def learn(self, x, label, build=True):
            raise error

    return SimpleNamespace(Network=Network)


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
    ("mode", "configure", configure_payload(regression=True), "classes: 2 given, 1 needed in a regression"),
    ("mode", "cost", struct.pack("<HBHBBB", 3, 2, 4, 4, 1, 0), "classes: 2 given, 1 needed in a regression"),
    ("events", "cost", struct.pack("<HBHBBB", 3, 2, 0, 4, 0, 0), "events: 0 given, 1..512 allowed"),
    ("argument", "build", ids(0), "budget: 0 given, 1..4294967295 allowed"),
    ("event", "forget", ids(7), "event: 7 given, no such event kept"),
    ("event", "relabel", struct.pack("<Ih", 7, 0), "event: 7 given, no such event kept"),
    ("label", "relabel", struct.pack("<Ih", 0, 2), "label: 2 given, 0..1 allowed"),
    ("event", "unknown", ids(0xFFFFFFFF), "unknown: 4294967295 given, no such unknown remembered"),
    ("event", "name", struct.pack("<hI", 0, 7), "unknown: 7 given, no such unknown remembered"),
    ("count", "name", struct.pack("<h", 0), "unknowns: 0 given, 1..8 allowed"),
    ("count", "name", struct.pack("<h9I", 0, *range(9)), "unknowns: 9 given, 1..8 allowed"),
    ("present", "rename_class", struct.pack("<hh", 0, 1), "label: 1 given, a class that has events"),
    ("label", "rename_class", struct.pack("<hh", 0, 2), "label: 2 given, 0..1 allowed"),
    ("label", "drop_class", struct.pack("<h", -1), "label: -1 given, 0..1 allowed"),
    ("window", "features", struct.pack("<H", 54) + bytes(2 * 54 * 2), "channels: 54 given, 1..53 allowed"),
]  # fmt: skip


@pytest.mark.parametrize("error, name, payload, text", KERNEL_REFUSALS)
def test_a_kernel_error_comes_back_with_its_code_and_text(talk, error, name, payload, text):
    talk.learn(*EVENTS[0])
    assert talk.refused(name, payload) == (getattr(spec, "ERROR_" + error.upper()), text)


def test_a_budget_of_last_pairs_is_said_to_be_full_and_nothing_changes():
    talk = Talk(config=dict(CONFIG, events=4))
    for i in range(4):
        talk.learn((9000 * i, -9000 * i, 9000 * (i % 3)), i % 2)
    assert talk.refused("learn", learn_payload(0, (-9000, -9000, 1))) == (
        spec.ERROR_FULL,
        "events: budget of 4 is full",
    )


def test_a_network_without_background_and_a_regression_refuse_what_they_cannot_do():
    talk = Talk(config=dict(CONFIG, background=False))
    text = "mode: build=False asked of a network without background"
    assert talk.refused("learn", learn_payload(flags=1)) == (spec.ERROR_MODE, text)
    talk = Talk(config=dict(CONFIG, classes=1, regression=True))
    talk.learn((1, 2, 3), -32768)
    text = "mode: classes asked of a regression"
    assert talk.refused("drop_class", struct.pack("<h", 0)) == (spec.ERROR_MODE, text)


def test_where_nothing_was_it_cannot_be_taken_back(talk):
    talk.learn(*EVENTS[0])
    talk.done("undo")
    unseen = "no event was seen since the last change"
    assert talk.refused("undo") == (spec.ERROR_NOTHING, "undo: nothing to undo")
    assert talk.refused("correct", struct.pack("<h", 0)) == (spec.ERROR_NOTHING, f"correct: {unseen}")
    assert talk.refused("drop") == (spec.ERROR_NOTHING, f"drop: {unseen}")


CHANGES = {
    "learn": learn_payload(0, (7, 7, 7)),
    "forget": ids(1),
    "relabel": struct.pack("<Ih", 1, 1),
    "correct": struct.pack("<h", 1),
    "undo": b"",
    "drop": b"",
    "name": struct.pack("<hI", 0, 0),
    "rename_class": struct.pack("<hh", 0, 2),
    "drop_class": struct.pack("<h", 0),
    "freeze": b"\1",
}


def mirror_change(mirror, name):
    """What CHANGES[name] is in the mirror."""
    arguments = {
        "learn": (np.array((7, 7, 7), np.int16), 0),
        "forget": (1,),
        "relabel": (1, 1),
        "correct": (1,),
        "name": ([0], 0),
        "rename_class": (0, 2),
        "drop_class": (0,),
        "freeze": (True,),
    }
    return getattr(mirror, name)(*arguments.get(name, ()))


def both_lives(flags=0):
    """A talk and a mirror that have learned the same, and have an unknown behind them; the last learn with these flags."""
    config = dict(CONFIG, classes=3)
    talk, mirror = Talk(config=config), network.Network(**config)
    for i, (x, label) in enumerate(EVENTS):
        last = i == len(EVENTS) - 1
        if last:
            talk.done("infer", pack((32767, -32768, 32767)))
            mirror.infer(np.array((32767, -32768, 32767), np.int16))
        talk.learn(x, label, flags if last else 0)
        mirror.learn(np.array(x, np.int16), label, not (last and flags))
    assert mirror.unknowns() == (0,)
    return talk, mirror


@pytest.mark.parametrize("flags", [0, 1])
@pytest.mark.parametrize("name", CHANGES)
def test_each_change_gives_what_it_gives_the_mirror(name, flags):
    talk, mirror = both_lives(flags)
    got, _ = talk.done(name, CHANGES[name])
    learned = mirror_change(mirror, name)
    if learned:
        assert_learned(got, learned)
        assert got["building"] == 0
    assert got["digest"] == mirror.digest()
    assert talk.done("unknowns")[1] == ids(*mirror.unknowns())


def test_what_is_frozen_stays():
    talk, _ = both_lives()
    talk.done("freeze", b"\1")
    assert talk.done("info")[0]["frozen"] == 1
    for name, payload in {**CHANGES, "configure": configure_payload()}.items():
        if name != "freeze":
            assert talk.refused(name, payload) == (spec.ERROR_FROZEN, "learning is frozen")
    talk.done("freeze", b"\0")
    assert talk.done("undo")


def test_an_unknown_is_listed_and_shown(talk):
    talk.learn(*EVENTS[0])
    for x in ((32767, 1, 2), (-32768, 3, 4)):
        talk.done("infer", pack(x))
    assert talk.done("unknowns") == ({}, ids(0, 1))
    assert talk.done("unknown", ids(1)) == ({}, pack((-32768, 3, 4)))


def begun():
    """A talk with a rebuild under way, and the mirrors of before and after it."""
    talk, before = both_lives()
    _, after = both_lives()
    got = talk.learn((20000, 9000, -20000), 0, flags=1)
    learned = after.learn(np.array((20000, 9000, -20000), np.int16), 0)
    assert (got["event"], got["neurons"]) == (learned.event, learned.neurons)
    assert (got["depth"], got["error"]) == (before.info().depth, before.info().error)
    assert (got["building"], got["digest"]) == (1, 0)
    return talk, before, after


def test_until_a_rebuild_is_whole_the_network_before_answers():
    talk, before, after = begun()
    x, steps = (90, -210, 310), 0
    while True:
        got, _ = talk.done("info")
        assert (got["building"], got["digest"], got["depth"]) == (1, 0, before.info().depth)
        assert talk.done("infer", pack(x))[0]["margin"] == before.infer(np.array(x, np.int16)).margin
        got, _ = talk.done("build", ids(1))
        steps += 1
        if not got["building"]:
            break
        assert got["digest"] == 0
    assert steps > 10
    assert got["digest"] == after.digest() == talk.done("info")[0]["digest"]
    assert talk.done("infer", pack(x))[0]["margin"] == after.infer(np.array(x, np.int16)).margin


def test_work_finishes_a_rebuild_and_then_there_is_none():
    talk, _, after = begun()
    assert talk.service.building
    steps = 0
    while talk.service.building:
        talk.service.work(20)
        steps += 1
    assert steps > 3 and talk.service.network.info().building is False
    assert talk.done("info")[0]["digest"] == after.digest()
    talk.service.work(20)
    assert not talk.service.building


@pytest.mark.parametrize("name, payload", [("digest", b""), ("export", ids(0))])
def test_what_needs_a_whole_network_finishes_the_rebuild(name, payload):
    talk, _, after = begun()
    got, rest = talk.done(name, payload)
    assert talk.done("info")[0]["building"] == 0
    assert got.get("digest", after.digest()) == after.digest() and (not rest or rest == after.export())


def test_a_new_configuration_gives_a_rebuild_up():
    talk, _, _ = begun()
    talk.done("configure", configure_payload())
    got, _ = talk.done("info")
    assert (got["building"], got["neurons"], talk.service.building) == (0, 0, False)


@pytest.mark.parametrize("regression, background", [(0, 0), (0, 1), (1, 0)])
def test_the_cost_is_known_without_a_network(regression, background):
    classes = 1 if regression else 7
    got, _ = Talk(config=None).done("cost", struct.pack("<HBHBBB", 18, classes, 64, 2, regression, background))
    sizes = dict(features=18, classes=classes, events=64, layers=2)
    cost = network.cost(**sizes, regression=bool(regression), background=bool(background))
    assert tuple(got.values()) == cost


def damaged_states():
    talk, config = long_talk()
    state = talk.service.network.export()
    spoilt_magic = b"x" + state[1:]
    yield "state_size", state[:-1], config
    yield "state_size", b"", config
    yield "state_size", state + bytes(100000), config
    yield "state_magic", spoilt_magic, config
    yield "state_config", state, dict(config, classes=2)


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
    ("payload", "learn", bytes(3), "payload: 3 bytes given, 4 and a multiple of 2 more needed"),
    ("payload", "name", bytes(4), "payload: 4 bytes given, 2 and a multiple of 4 more needed"),
    ("payload", "forget", bytes(2), "payload: 2 bytes given, 4 needed"),
    ("argument", "learn", learn_payload(flags=2), "flags: 2 given, 0..1 allowed"),
    ("argument", "freeze", b"\2", "frozen: 2 given, 0..1 allowed"),
    ("argument", "configure", configure_payload(regression=2), "regression: 2 given, 0..1 allowed"),
    ("argument", "configure", configure_payload(background=2), "background: 2 given, 0..1 allowed"),
    ("argument", "cost", struct.pack("<HBHBBB", 3, 2, 4, 4, 0, 9), "background: 9 given, 0..1 allowed"),
    ("payload", "infer", b"\0\0\0", "payload: 3 bytes given, 0 and a multiple of 2 more needed"),
    ("payload", "configure", bytes(8), "payload: 8 bytes given, 10 needed"),
    ("payload", "configure", bytes(11), "payload: 11 bytes given, 10 needed"),
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


@pytest.mark.parametrize("opcode", [0, max(spec.OPCODES) + 1, 127])
def test_an_unknown_opcode_is_refused(talk, opcode):
    (reply,) = talk.send(frame.encode(opcode, 500))
    assert reply.opcode == opcode | spec.WIRE_REPLY
    assert reply.payload == struct.pack("<b", spec.ERROR_OPCODE) + b"opcode: %d given, 1..23 known" % opcode


@pytest.mark.parametrize("opcode", set(spec.OPCODES) - set(dlm_service.UNBOUND))
def test_without_a_network_a_request_for_it_is_refused(opcode):
    least = struct.calcsize(dlm_service.REQUESTS[opcode][0])
    text = "network: none yet, CONFIGURE first"
    assert Talk(config=None).refused(spec.OPCODES[opcode], bytes(least)) == (spec.ERROR_UNCONFIGURED, text)


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


class OneSize(BoardNetwork):
    """A board's network that finds no memory for more than 6 events."""

    def configure(self, **sizes):
        if sizes["events"] > 6:
            raise MemoryError(f"memory: 9000 bytes needed for {sizes['events']} events, 6 events fit")
        super().configure(**sizes)


def test_a_configuration_that_does_not_fit_leaves_the_network_with_its_unknowns_and_its_undo():
    talk = Talk(SimpleNamespace(Network=OneSize))
    talk.learn(*EVENTS[0])
    talk.done("infer", pack((32767, 1, 2)))
    talk.learn(*EVENTS[1])
    text = "memory: 9000 bytes needed for 12 events, 6 events fit"
    assert talk.refused("configure", configure_payload(events=12)) == (spec.ERROR_MEMORY, text)
    assert talk.done("unknowns") == ({}, ids(0))
    talk.done("undo")
    assert talk.done("configure", configure_payload(events=5))
    assert talk.done("info")[0]["neurons"] == 0


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
    assert talk.done("info")[0]["clock"] == 2


def test_the_same_request_with_another_sequence_is_executed(talk):
    talk.learn(*EVENTS[0])
    talk.learn(*EVENTS[0])
    assert talk.done("info")[0]["clock"] == 2


def test_a_new_session_may_use_the_last_sequence_again(talk):
    wire = frame.encode(spec.OPCODE_LEARN, 77, learn_payload())
    talk.send(wire)
    talk.done("hello")
    talk.send(wire)
    assert talk.done("info")[0]["clock"] == 2


def test_a_reply_that_comes_back_by_an_echo_is_not_answered(talk):
    wire = bytes(next(replies_of(talk.service, frame.encode(spec.OPCODE_DIGEST, 7))))
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
