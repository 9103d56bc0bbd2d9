# SPDX-License-Identifier: MIT
"""dlm_bands.c and bands.py: power in bands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplomath.signal import bands
from front_ends import kernel_bands, kernel_power
from vectors import cases


def mirror_bands(power, edges, triangles):
    return bands.bands(np.array([power], np.uint64), edges, triangles)[0]


@pytest.mark.parametrize("found", [mirror_bands, kernel_bands], ids=["mirror", "kernel"])
@cases("bands")
def test_each_power_has_the_vectors_bands(found, case):
    assert found(case["power"], case["edges"], case["triangles"]).tolist() == case["values"]


@pytest.mark.kernel
@given(st.integers(0, 2**32 - 1), st.sampled_from([16, 64, 256]), st.integers(3, 20), st.integers(0, 1))
def test_kernel_mirror_and_unbounded_run_agree_on_any_edges(seed, n, count, triangles):
    draw = np.random.default_rng(seed)
    power = kernel_power(draw.integers(-3000, 3000, n))
    edges = np.sort(draw.integers(0, 16 * (n // 2 + 1) + 1, count)).tolist()
    wanted = bands.bands(np.array([power.tolist()], object), edges, triangles)[0].tolist()
    assert kernel_bands(power, edges, triangles).tolist() == mirror_bands(power, edges, triangles).tolist() == wanted


def test_triangles_that_share_their_edges_share_out_each_bin():
    weights = bands.weights_q6([16, 160, 320, 480, 640, 1000], 1, 129)
    whole = weights[:, 10:41].sum(0)
    assert whole.max() <= bands.ONE and whole.min() >= bands.ONE - 1


def test_a_tone_is_in_its_band_at_its_amplitude():
    x = np.rint(8000 * np.sin(2 * np.pi * 20.3 * np.arange(256) / 256)).astype(np.int64)
    values = mirror_bands(kernel_power(x), [0, 160, 480, 2064], 0) / 2048
    assert abs(values[1] - np.log2(8000 * np.sqrt(3 / 8) / 2)) < 0.01
    assert values[0] < values[1] - 6 > values[2]
