# SPDX-License-Identifier: MIT
"""dlm_stats.c and stats.py: statistics of windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kurtosis

from deeplomath import spec
from deeplomath.signal import stats
from front_ends import kernel_stats
from vectors import cases


def mirror_stats(x, flags):
    return stats.stats(np.array([x], np.int64), flags)[:, 0]


@pytest.mark.parametrize("found", [mirror_stats, kernel_stats], ids=["mirror", "kernel"])
@cases("stats")
def test_each_window_has_the_vectors_statistics(found, case):
    assert found(case["pattern"] * case["repeat"], 127).tolist() == case["values"]


@pytest.mark.kernel
@given(st.integers(0, 2**32 - 1), st.integers(2, 300), st.sampled_from([0, 1, 3, 100, 32767]), st.integers(1, 127))
def test_kernel_mirror_and_unbounded_run_agree_on_any_window(seed, n, size, flags):
    x = np.random.default_rng(seed).integers(-size - 1, size + 1, n)
    wanted = stats.stats(np.array([x.tolist()], object), flags)[:, 0].tolist()
    assert kernel_stats(x, flags).tolist() == mirror_stats(x, flags).tolist() == wanted
    assert all(-32768 <= value <= 32767 for value in wanted)


def test_statistics_follow_what_they_are_called():
    draw = np.random.default_rng(7)
    x = np.rint(draw.normal(size=4000) * 1000).astype(np.int64)
    peaked = np.rint(draw.laplace(size=4000) * 700).astype(np.int64)
    values = dict(
        zip(("mean", "deviation", "step", "range", "crossings", "kurtosis", "absolute"), mirror_stats(x, 127))
    )
    assert abs(values["deviation"] / 2048 - np.log2(x.std())) < 0.001
    assert abs(values["absolute"] / 2048 - np.log2(abs(x - x.mean()).mean())) < 0.002
    assert abs(values["range"] / 2048 - np.log2(np.ptp(x) + 1)) < 0.001
    assert abs(values["crossings"] / 32768 - 0.5) < 0.02
    for each in (x, peaked, peaked * 4, peaked // 60):
        exact = np.log2(kurtosis(each, fisher=False))
        assert abs(mirror_stats(each, 1 << spec.STATISTIC_KURTOSIS)[0] / 2048 - exact) < 0.02
