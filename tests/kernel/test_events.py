# SPDX-License-Identifier: MIT
"""dlm_events.c and events.py: labels, the ring of unknowns and their ids."""

import numpy as np
import pytest

from deeplomath import KernelError, spec
from implementations import KERNEL, MIRROR, UNBOUNDED, library

both = pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])
every = pytest.mark.parametrize("make", [MIRROR, UNBOUNDED, KERNEL], ids=["mirror", "unbounded", "kernel"])


@every
@pytest.mark.parametrize("label", [-1, 2, 255, 2**31 - 1])
def test_a_label_outside_the_classes_is_refused_and_nothing_changes(make, label):
    net = make(features=1, classes=2, events=3)
    net.learn(np.array([5], np.int16), 1)
    before = net.digest()
    with pytest.raises(KernelError) as refused:
        net.learn(np.array([9], np.int16), label)
    assert refused.value.code == spec.ERROR_LABEL and net.digest() == before


FAR = ((9000, 0), (-9000, 0), (0, 9000), (0, -9000), (20000, 0), (0, 12000), (0, 20000), (0, -20000))


def with_unknowns(make):
    """A network of one event that remembers as many unknowns as it can, those of FAR."""
    net = make(features=2, classes=3, events=16)
    net.learn(np.array([0, 0], np.int16), 0)
    for x in FAR:
        net.infer(np.array(x, np.int16))
    return net


@both
def test_where_room_is_needed_the_unknowns_that_were_named_go_first_the_oldest_of_them_ahead(make):
    net = with_unknowns(make)
    newer = [[30000, 30000], [-30000, 30000], [30000, -30000]]
    before = net.digest()
    net.name((5, 2), 1)
    rest = tuple(i for i in range(8) if i not in (2, 5))
    for n, left in ((1, rest), (2, rest), (3, rest[1:])):
        assert net.infer(np.array(newer[n - 1], np.int16)).verdict == spec.VERDICT_UNKNOWN
        assert net.unknowns() == (*left, *range(8, 8 + n)), n
    net.undo()
    assert (net.digest(), net.unknowns()) == (before, (*rest[1:], 8, 9, 10))


@both
def test_an_unknown_that_was_named_and_did_not_have_to_go_is_the_same_after_undo(make):
    net = with_unknowns(make)
    net.name((5, 2), 1)
    net.infer(np.array([30000, 30000], np.int16))  # number 2 goes, and number 5 moves up
    net.undo()
    assert net.unknowns() == (0, 1, 3, 4, 5, 6, 7, 8)
    assert net.unknown(5).tolist() == list(FAR[5]) and net.unknown(8).tolist() == [30000, 30000]


@both
def test_the_ids_of_unknowns_go_on_at_0_after_the_largest(make):
    net = make(features=1, classes=2, events=4)
    if make is MIRROR:
        net.memory.unknowns_met = 2**32 - 3
    else:
        library().probe_set_unknowns_met(net.net, 2**32 - 3)
    for i in range(9):
        net.infer(np.array([1000 + i], np.int16))
    assert net.unknowns() == (2**32 - 2, 2**32 - 1, 0, 1, 2, 3, 4, 5)
    net.name((2**32 - 1, 0), 1)
    assert net.unknowns() == (2**32 - 2, 1, 2, 3, 4, 5)


@both
def test_a_remembered_unknown_can_be_asked_about_again(make):
    net = make(features=1, classes=2, events=4)
    net.learn(np.array([0], np.int16), 0)
    for i in range(10):
        net.infer(np.array([1000 * (i + 1)], np.int16))
    oldest = net.unknowns()[0]
    net.infer(net.unknown(oldest))
    assert net.unknown(net.unknowns()[-1]).tolist() == [1000 * (oldest + 1)]
