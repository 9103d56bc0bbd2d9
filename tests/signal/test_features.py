# SPDX-License-Identifier: MIT
"""dlm_features.c and features.py: sensor windows to features."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplomath import KernelError, window_features
from implementations import kernel_window_features
from vectors import cases

both = pytest.mark.parametrize("features", [window_features, kernel_window_features], ids=["mirror", "kernel"])


@both
@cases("features", "valid")
def test_each_window_gives_the_vectors_features(features, case):
    assert features(np.array(case["samples"], np.int16)).tolist() == case["features"]


@both
@cases("features", "error")
def test_a_window_outside_the_limits_is_refused_with_its_code(features, case):
    samples = np.array(case["samples"], np.int16).reshape(len(case["samples"]), -1)
    with pytest.raises(KernelError) as refused:
        features(samples)
    assert refused.value.code == case["code"]


@pytest.mark.kernel
@given(st.integers(0, 2**32 - 1), st.integers(2, 300), st.integers(1, 8), st.sampled_from([1, 3, 100, 32767]))
def test_kernel_and_mirror_agree_on_any_window(seed, n, channels, size):
    samples = np.random.default_rng(seed).integers(-size - 1, size + 1, (n, channels)).astype(np.int16)
    assert (kernel_window_features(samples) == window_features(samples)).all()


@both
def test_the_longest_window_at_the_rails_does_not_overflow(features):
    samples = np.full((32768, 1), -32768, np.int16)
    samples[::2] = 32767
    assert features(samples).tolist() == [0, 30719, 32767]


@pytest.mark.parametrize(
    "samples", [np.zeros((4, 2)), np.zeros(4, np.int16), np.zeros((4, 2), bool)], ids=["float", "flat", "bool"]
)
def test_samples_that_are_no_integers_are_refused(samples):
    with pytest.raises(TypeError, match="int16"):
        window_features(samples)


def test_samples_may_be_any_integers_that_fit():
    samples = [[-32768, 0], [32767, 1], [5, 2]]
    assert window_features(samples).tolist() == window_features(np.array(samples, np.int16)).tolist()
    with pytest.raises(KernelError, match="sample 1, channel 0: 32768 given, -32768..32767 allowed"):
        window_features([[1, 2], [32768, 3], [1, 2]])


def test_features_follow_what_they_are_called():
    time = np.arange(512)
    slow, fast = 1000 * np.sin(time / 40), 1000 * np.sin(time / 4)
    features = window_features(np.stack([slow + 300, fast], 1).astype(np.int16)).reshape(3, 2)
    assert abs(features[0, 0] - 300) < 200 > abs(features[0, 1])
    assert abs(features[1, 0] - features[1, 1]) < 500  # equal deviations
    assert 3.0 < (features[2, 1] - features[2, 0]) / 2048 < 3.6  # steps ten times as large: log2(10) = 3.3
