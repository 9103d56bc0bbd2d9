# SPDX-License-Identifier: MIT
"""dlm_state.c and state.py: export, import, digest."""

import numpy as np
import pytest

from deeplomath import KernelError, spec
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
@cases("state")
def test_a_refused_state_leaves_the_unknowns_and_the_undo_and_what_was_seen_last(make, case):
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
@cases("state")
def test_a_part_beyond_every_state_is_refused(make, case):
    net = learned(make, case)
    largest = 34 + case["config"]["events"] * (12 + 2 * case["config"]["features"]) + 128 * 8
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
def test_an_event_that_stands_for_as_many_as_the_limit_is_loaded_and_stands_for_no_more():
    mirror, kernel = (make(features=1, classes=2, events=6) for make in (MIRROR, KERNEL))
    for i, x in enumerate((0, 9000, 40, 9050)):
        mirror.learn(np.array([x], np.int16), i % 2)
    mirror.memory.events = [event._replace(count=65535) for event in mirror.memory.events]
    mirror._changed()
    kernel.load(mirror.export())
    for net in (mirror, kernel):
        assert net.learn(np.array([20], np.int16), 0).action == 1
    assert kernel.digest() == mirror.digest()
    assert mirror.memory.events[0].count == 65535
