# SPDX-License-Identifier: MIT
"""dlm_answer.c and answer.py: what a network says of an event."""

import ctypes

import numpy as np
import pytest

from deeplomath import spec
from implementations import KERNEL, MIRROR, library

both = pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])


@pytest.mark.kernel
def test_outputs_are_clipped_to_8():
    net = KERNEL(features=1, classes=2, events=2)
    for i in range(2):
        net.learn(np.array([i], np.int16), i)
    library().probe_layer_array.restype = ctypes.c_void_p
    alpha = (ctypes.c_int16 * 4).from_address(library().probe_layer_array(net.net, 0, 2))
    alpha[:] = [2**15 - 1] * 2 + [-(2**15) + 1] * 2
    library().probe_set_alpha_shift(net.net, 0, 16)
    assert net.infer(np.array([0], np.int16)).outputs == (524287, -524287)


@both
def test_a_regression_follows_a_smooth_function_and_says_unknown_beyond_it(make):
    draw = np.random.default_rng(15)
    net = make(features=2, classes=1, events=60, regression=True)
    for _ in range(150):
        x = draw.uniform(-1, 1, 2)
        net.learn(np.round(x * 1000).astype(np.int16), int(8000 * np.sin(2 * x[0]) * x[1]))
    points = draw.uniform(-0.9, 0.9, (60, 2))
    answers = [net.infer(np.round(p * 1000).astype(np.int16)) for p in points]
    wanted = np.array([8000 * np.sin(2 * p[0]) * p[1] for p in points])
    misses = np.array([a.value / 256 for a in answers]) - wanted
    assert np.sqrt(np.mean(misses**2)) < 0.2 * wanted.std()
    assert net.infer(np.array([9000, -9000], np.int16)).verdict == spec.VERDICT_UNKNOWN


@both
def test_the_nearest_events_are_named_nearest_first(make):
    net = make(features=1, classes=2, events=6)
    for i, x in enumerate((0, 1000, 300, 5000)):
        net.learn(np.array([x], np.int16), i % 2)
    assert net.infer(np.array([290], np.int16)).nearest == (2, 0, 1)
