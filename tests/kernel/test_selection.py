# SPDX-License-Identifier: MIT
"""dlm_selection.c and selection.py: which event goes; the vectors run in test_network.py."""

import numpy as np
import pytest

from deeplomath import spec
from implementations import KERNEL, MIRROR
from walks import stream

both = pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])


@both
def test_the_last_two_events_of_a_class_are_never_evicted(make):
    net = make(features=3, classes=3, events=8)
    for i in range(2):
        net.learn(np.array([9000 + 50 * i, 0, 0], np.int16), 2)
    for x, label in stream(9, 60, 3, 2, kind="uniform"):
        assert net.learn(x, label).evicted not in (0, 1)
    assert net.infer(np.array([9010, 0, 0], np.int16)).label == 2


@both
def test_what_is_no_longer_touched_goes_first(make):
    """Drift: class 0 moves on; after a while none of its events stands where it was."""
    net, draw = make(features=2, classes=2, events=6), np.random.default_rng(10)
    for step in range(120):
        centre = [0, 0] if step < 30 else [6000, 0]
        net.learn(np.array(centre + draw.normal(size=2) * 300, np.int16), 0)
        net.learn(np.array([3000, 9000] + draw.normal(size=2) * 300, np.int16), 1)
    assert net.infer(np.array([6000, 0], np.int16)).label == 0
    assert net.infer(np.array([0, 0], np.int16)).verdict == spec.VERDICT_UNKNOWN
