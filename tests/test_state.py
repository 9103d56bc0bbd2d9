# SPDX-License-Identifier: MIT
"""dlm_state.c and state.py: export, import, digest."""

import numpy as np
import pytest

from deeplomath import KernelError
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
        assert error.value.code == refused["code"], refused["name"]
        if make is not KERNEL or error.value.code != -16:  # the kernel's contract: after STATE_DIGEST it is empty
            assert net.digest() == before, refused["name"]


@pytest.mark.kernel
def test_after_a_state_whose_digest_differs_the_kernel_is_empty():
    (case,) = [c for c in cases("state").args[1] if c["name"] == "five events"]
    (forged,) = [r for r in case["refused"] if r["name"] == "another digest"]
    net = learned(KERNEL, case)
    with pytest.raises(KernelError):
        net.load(bytes.fromhex(forged["state"]))
    assert net.digest() == KERNEL(**case["config"]).digest()


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
