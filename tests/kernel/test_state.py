# SPDX-License-Identifier: MIT
"""dlm_state.c and state.py: export, import, digest."""

import numpy as np
import pytest

import states
from deeplomath import KernelError, spec
from deeplomath.mirror import memory
from implementations import KERNEL, MIRROR, UNBOUNDED
from vectors import cases

every = pytest.mark.parametrize("make", [MIRROR, UNBOUNDED, KERNEL], ids=["mirror", "unbounded", "kernel"])


def learned(make, case):
    net = make(**case["config"])
    for x, label in zip(case["x"], case["labels"]):
        net.learn(np.array(x, np.int16), label)
    return net


@every
@cases("state")
def test_the_exported_bytes_are_the_vectors(make, case):
    assert bytes(learned(make, case).export()).hex() == case["state"]


@every
@cases("state")
def test_a_loaded_state_gives_the_network_back(make, case):
    source, net = learned(make, case), make(**case["config"])
    net.load(bytes.fromhex(case["state"]))
    assert (net.digest(), net.info(), bytes(net.export()).hex()) == (source.digest(), source.info(), case["state"])


@every
@cases("state")
def test_a_damaged_state_is_refused_with_its_code(make, case):
    for refused in case["refused"]:
        net = learned(make, case)
        before = net.digest()
        with pytest.raises(KernelError) as error:
            net.load(bytes.fromhex(refused["state"]))
        assert (error.value.code, net.digest()) == (refused["code"], before), refused["name"]


@every
def test_a_refused_state_leaves_the_unknowns_and_the_undo_and_what_was_seen_last(make):
    (case,) = [case for case in cases("state").args[1] if case["name"] == "five events"]
    for refused in case["refused"]:
        net, twin = learned(make, case), learned(make, case)
        far = [np.array([value, -value, value], np.int16) for value in (30000, 31000)]
        for each in (net, twin):
            assert each.infer(far[0]).verdict == each.infer(far[1]).verdict == spec.VERDICT_UNKNOWN
        with pytest.raises(KernelError):
            net.load(bytes.fromhex(refused["state"]))
        assert net.unknowns() == twin.unknowns() == (0, 1)
        assert all((net.unknown(i) == far[i]).all() for i in range(2))
        for change in (lambda net: net.drop(), lambda net: net.undo()):
            change(net), change(twin)
            assert (net.digest(), net.info(), net.unknowns()) == (twin.digest(), twin.info(), (0,)), refused["name"]


@every
@cases("state")
def test_a_state_goes_out_and_comes_in_by_parts(make, case):
    source, net = learned(make, case), make(**case["config"])
    size = source.state_size()
    for step in (1, 7, size, size + 5):
        for offset in range(0, size, step):
            part = bytearray(b"." * step)
            n = source.export_part(offset, part)
            assert n == min(step, size - offset) and part[n:] == b"." * (step - n)
            assert part[:n].hex() == case["state"][2 * offset : 2 * (offset + n)]
            net.load_part(offset, part[:n])
        net.load_staged(size)
        assert net.digest() == source.digest()


@every
@pytest.mark.parametrize("digest_at", [None, -8], ids=["taken", "refused"])
def test_nothing_of_a_state_that_was_used_up_completes_the_next_one(make, digest_at):
    (case,) = [case for case in cases("state").args[1] if case["name"] == "five events"]
    net, state = learned(make, case), bytearray.fromhex(case["state"])
    if digest_at:
        state[digest_at] ^= 1
        state = bytearray(states.sealed(bytes(state[:-4])))
    size = len(state)
    net.load_part(0, state)
    if digest_at:
        with pytest.raises(KernelError) as error:
            net.load_staged(size)
        assert error.value.code == spec.ERROR_STATE_DIGEST
    else:
        net.load_staged(size)
    for first, code in (
        (0, spec.ERROR_STATE_MAGIC),
        (26, spec.ERROR_STATE_CHECKSUM),
        (size - 9, spec.ERROR_STATE_CHECKSUM),
    ):
        net.load_part(0, state[:first])
        with pytest.raises(KernelError) as error:
            net.load_staged(size)
        assert error.value.code == code, first


@every
@cases("state")
def test_a_part_beyond_every_state_is_refused(make, case):
    net = learned(make, case)
    largest = (
        34 + 4 * case["config"]["classes"] + case["config"]["events"] * (12 + 2 * case["config"]["features"]) + 128 * 8
    )
    net.load_part(largest, b"")
    net.load_part(largest - 2, b"ab")
    for offset, part in ((largest - 2, b"abc"), (largest + 1, b""), (2**32 - 1, b"a"), (0, bytes(largest + 1))):
        with pytest.raises(KernelError) as error:
            net.load_part(offset, part)
        assert error.value.code == spec.ERROR_STATE_SIZE
    with pytest.raises(KernelError) as error:
        net.load_staged(2**32 - 1)
    assert error.value.code in (spec.ERROR_STATE_MAGIC, spec.ERROR_STATE_SIZE)


@every
@cases("state")
def test_a_frozen_network_takes_no_state_and_stays_frozen(make, case):
    net = learned(make, case)
    net.freeze()
    before = net.digest()
    state = bytes.fromhex(case["state"])
    for change in (lambda: net.load(state), lambda: net.load_part(0, state), lambda: net.load_staged(len(state))):
        with pytest.raises(KernelError) as error:
            change()
        assert error.value.code == spec.ERROR_FROZEN
    assert (net.digest(), net.info().frozen) == (before, True)


SMALL = {"features": 2, "classes": 3, "events": 4, "false_reject_permille": 500}
ID, TOUCHED, LABEL, COUNT = range(4)
EVENT, NOVELTY, MARGIN = range(3)


def small(config=SMALL, clock=9, frozen=0, record=(), entry=(), class_clock=None):
    """A sound state of two events, in the second of which the fields `record`, pairs, are set; entry: of the experience."""
    records = [[2, 5, 1, 3, (100, -7)], [6, 8, 2 % config["classes"], 1, (5, 900)]]
    experience = [[0, 4000, 77 | states.HIT], [6, 12, 100]]
    for at, value in record:
        records[1][at] = value
    for at, value in entry:
        experience[1][at] = value
    entries = tuple(states.Entry(*e) for e in experience)
    class_clock = class_clock or (9,) * config["classes"]
    return states.State(config, clock, tuple(states.Record(*r) for r in records), entries, frozen, class_clock)


REGRESSION = {**SMALL, "classes": 1, "regression": True}
MARGINS = 0, 256, states.INSERTED, states.INSERTED | 256
# What each field may be at its limits, and what it may not beyond them: the table of NUMERICS.md, State.
ALLOWED = {
    "frozen": [{"frozen": 0}, {"frozen": 1}],
    "clock": [{"clock": 9}, {"clock": spec.LIMIT_CLOCK}],
    "id": [{"record": [(ID, 3)]}, {"record": [(ID, 8)]}],
    "class clock": [{"class_clock": (0, 6, 9)}, {"class_clock": (0, spec.LIMIT_CLOCK, spec.LIMIT_CLOCK)}],
    "touched": [{"record": [(TOUCHED, 0)]}, {"record": [(TOUCHED, 8)]}, {"record": [(TOUCHED, 5)]}],
    "label": [{"record": [(LABEL, 0)]}, {"record": [(LABEL, 2)]}],
    "value": [{"config": REGRESSION, "record": [(LABEL, v)]} for v in (-32768, 32767)],
    "count": [{"record": [(COUNT, 1)]}, {"record": [(COUNT, 65535)]}],
    "x": [{"record": [(4, (-32768, 32767))]}],
    "event": [{"entry": [(EVENT, 0)]}, {"entry": [(EVENT, 8)]}],
    "novelty": [{"entry": [(NOVELTY, 0)]}, {"entry": [(NOVELTY, 65535)]}],
    "margin": [{"entry": [(MARGIN, m)]} for m in (*MARGINS, *(states.HIT | m for m in MARGINS))],
}
REFUSED = {
    "frozen": [{"frozen": 2}, {"frozen": 255}],
    "clock": [{"clock": 6}, {"clock": spec.LIMIT_CLOCK + 1}, {"clock": 2**32 - 1}],
    "id": [{"record": [(ID, 2)]}, {"record": [(ID, 9)]}, {"record": [(ID, 0)]}, {"record": [(ID, 2**32 - 1)]}],
    "class clock": [{"class_clock": of} for of in ((9, 5, 9), (9, 9, 8), (2**31, 9, 9), (9, 2**32 - 1, 9))],
    "touched": [{"record": [(TOUCHED, 9)]}, {"record": [(TOUCHED, 2**32 - 1)]}, {"record": [(TOUCHED, 5), (LABEL, 1)]}],
    "value": [{"config": REGRESSION, "record": [(TOUCHED, 5)]}],
    "label": [{"record": [(LABEL, label)]} for label in (-1, 3, -32768, 32767)],
    "count": [{"record": [(COUNT, 0)]}],
    "event": [{"entry": [(EVENT, 9)]}, {"entry": [(EVENT, 2**32 - 1)]}],
    "margin": [{"entry": [(MARGIN, m)]} for m in (257, 512, 0x2000, 0x3FFF, 0x7FFF, states.HIT | 257, 0x4101, 0xFFFF)],
}


@every
@pytest.mark.parametrize("field", ALLOWED)
def test_every_field_of_a_state_is_taken_at_its_limits(make, field):
    for changes in ALLOWED[field]:
        made = small(**changes)
        net, data = make(**made.config), made.sound()
        net.load(data)
        assert bytes(net.export()) == data, changes
        net.freeze(False)
        if made.clock < spec.LIMIT_CLOCK:
            net.learn(np.array([40, 50], np.int16), 0)
            net.undo()


@every
@pytest.mark.parametrize("field", REFUSED)
def test_every_field_of_a_state_is_refused_beyond_its_limits(make, field):
    for changes in REFUSED[field]:
        net = make(**small(**changes).config)
        net.learn(np.array([40, 50], np.int16), 0)
        before = net.digest(), net.info()
        with pytest.raises(KernelError) as error:
            net.load(small(**changes).pack())
        assert error.value.code == spec.ERROR_STATE_EVENT, changes
        assert (net.digest(), net.info()) == before, changes
        net.undo()


@every
def test_experience_without_events_is_taken(make):
    net, data = make(**SMALL), states.State(SMALL, 9, (), small().experience).sound()
    net.load(data)
    assert bytes(net.export()) == data and net.infer(np.array([1, 2], np.int16)).label == -1


def test_what_is_refused_of_a_field_names_it_with_its_value_and_its_limits():
    said = {
        "state: experience 1: margin 257 given, 0..256 allowed": {"entry": [(MARGIN, 257)]},
        "state: experience 1: event 9 given, 0..8 allowed": {"entry": [(EVENT, 9)]},
        "state: record 1: label 3 given, 0..2 allowed": {"record": [(LABEL, 3)]},
        "state: record 1: id 2 given, 3..8 allowed": {"record": [(ID, 2)]},
        "state: record 1: touched 9 given, 0..8 allowed": {"record": [(TOUCHED, 9)]},
        "state: record 1: touched 5 given, twice in class 1": {"record": [(TOUCHED, 5), (LABEL, 1)]},
        "state: class 2: clock 2147483648 given, 0..2147483647 allowed": {"class_clock": (9, 9, 2**31)},
        "state: clock 2147483648 given, 0..2147483647 allowed": {"clock": 2**31},
    }
    for words, changes in said.items():
        with pytest.raises(KernelError) as error:
            MIRROR(**SMALL).load(small(**changes).pack())
        assert str(error.value) == words


@every
def test_any_change_of_an_event_changes_the_digest(make):
    def digest(x, label):
        net = make(features=2, classes=3, events=2)
        net.learn(np.array([5, 6], np.int16), 0)
        net.learn(np.array(x, np.int16), label)
        return net.digest()

    changed = [([50, 60], 1), ([51, 60], 1), ([50, 61], 1), ([50, 60], 2), ([50, 60], 0)]
    assert len({digest(*event) for event in changed}) == len(changed)


@pytest.mark.kernel
def test_an_event_that_stands_for_as_many_as_the_limit_stands_for_no_more():
    mirror, kernel = (make(features=1, classes=2, events=6) for make in (MIRROR, KERNEL))
    for i, x in enumerate((0, 9000, 40, 9050)):
        mirror.learn(np.array([x], np.int16), i % 2)
    mirror.memory.events = [event._replace(count=65534) for event in mirror.memory.events]
    memory.rebuilt(mirror)
    kernel.load(mirror.export())
    for net in (mirror, kernel) * 2:
        assert net.learn(np.array([20], np.int16), 0).action == 1
    assert kernel.digest() == mirror.digest()
    assert max(event.count for event in mirror.memory.events) == 65535
