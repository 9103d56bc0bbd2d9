# SPDX-License-Identifier: MIT
"""Each opcode answers as the mirror does, and each mistake has its status and changes nothing."""

import struct
from types import SimpleNamespace

import numpy as np
import pytest

import deeplomath
from deeplomath import spec
from deeplomath.link import frame, layout
from deeplomath.mirror import network
from talk import CONFIG, EVENTS, Talk, configure_payload, ids, learn_payload, pack
from wire import BoardNetwork, dlm_frame, dlm_handlers, dlm_session, dlm_spec


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
    assert (got["configured"], got["footprint"]) == (1, talk.handlers.network.footprint())
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
    assert talk.handlers.building
    steps = 0
    while talk.handlers.building:
        talk.handlers.work(20)
        steps += 1
    assert steps > 3 and talk.handlers.network.info().building is False
    assert talk.done("info")[0]["digest"] == after.digest()
    talk.handlers.work(20)
    assert not talk.handlers.building


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
    assert (got["building"], got["neurons"], talk.handlers.building) == (0, 0, False)


@pytest.mark.parametrize("regression, background", [(0, 0), (0, 1), (1, 0)])
def test_the_cost_is_known_without_a_network(regression, background):
    classes = 1 if regression else 7
    got, _ = Talk(config=None).done("cost", struct.pack("<HBHBBB", 18, classes, 64, 2, regression, background))
    sizes = dict(features=18, classes=classes, events=64, layers=2)
    cost = network.cost(**sizes, regression=bool(regression), background=bool(background))
    assert tuple(got.values()) == cost


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
    ("payload", "samples", bytes(7), "payload: 7 bytes given, 6 and a multiple of 2 more needed"),
    ("payload", "model", bytes(2), "payload: 2 bytes given, 3 and a multiple of 1 more needed"),
    ("payload", "teach", bytes(7), "payload: 7 bytes given, 8 needed"),
    ("payload", "front", b"\0", "payload: 1 bytes given, 0 needed"),
    ("argument", "teach", struct.pack("<hHI", 0, 2, 1), "flags: 2 given, 0..1 allowed"),
    ("argument", "samples", struct.pack("<IH", 0, 2), "with_features: 2 given, 0..1 allowed"),
]


@pytest.mark.parametrize("error, name, payload, text", SERVICE_REFUSALS)
def test_a_wrong_length_is_refused_with_the_length_needed(talk, error, name, payload, text):
    assert talk.refused(name, payload) == (getattr(spec, "ERROR_" + error.upper()), text)


@pytest.mark.parametrize("opcode", [0, 9, max(spec.OPCODES) + 1, 127])
def test_an_unknown_opcode_is_refused(talk, opcode):
    (reply,) = talk.send(frame.encode(opcode, 500))
    assert reply.opcode == opcode | spec.WIRE_REPLY
    assert reply.payload == struct.pack("<b", spec.ERROR_OPCODE) + b"opcode: %d given, 1..%d known" % (
        opcode,
        max(spec.OPCODES),
    )


@pytest.mark.parametrize("opcode", set(spec.OPCODES) - set(spec.UNBOUND))
def test_without_a_network_a_request_for_it_is_refused(opcode):
    least = layout.REQUESTS[opcode].form.size
    text = "network: none yet, CONFIGURE first"
    assert Talk(config=None).refused(spec.OPCODES[opcode], bytes(least)) == (spec.ERROR_UNCONFIGURED, text)


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


def test_exit_ends_the_service(talk):
    assert talk.handlers.running
    assert talk.done("exit") == ({}, b"")
    assert not talk.handlers.running


def test_payloads_of_int16_are_aligned_in_the_receive_buffer():
    assert dlm_frame.PAYLOAD % 2 == 0
    for name, _, form, item, _ in filter(None, dlm_spec.LAYOUTS):
        assert item != 2 or struct.calcsize(form) % 2 == 0, name


def test_every_opcode_has_a_handler_of_its_name_or_is_a_change_of_the_network():
    for opcode, name in spec.OPCODES.items():
        if opcode in dlm_session.GUARDED:  # the session's
            continue
        own = getattr(dlm_handlers.Handlers, name, None)
        assert own or (spec.REPLIES[opcode] == spec.CHANGED and callable(getattr(BoardNetwork, name))), name


def test_the_layouts_of_the_board_are_those_of_the_host():
    assert dlm_spec.CONFIG == tuple(name for name, *_ in spec.CONFIG)
    assert dlm_spec.UNBOUND == spec.UNBOUND and set(dlm_spec.ERRORS) == set(spec.ERRORS)
    assert {opcode: it[0] for opcode, it in enumerate(dlm_spec.LAYOUTS) if it} == spec.OPCODES
    for opcode in spec.OPCODES:
        _, names, form, _, reply = dlm_spec.LAYOUTS[opcode]
        assert (names, form) == (layout.REQUESTS[opcode].names, layout.REQUESTS[opcode].form.format)
        assert reply == layout.REPLIES[opcode].form.format
    assert deeplomath.errors.KernelError(-7, "text").args == ("text", -7)
