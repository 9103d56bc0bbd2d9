# SPDX-License-Identifier: MIT
"""dlm_solve.c and solve.py: width, Gram matrix, inverse factor, alpha and leave-one-out."""

import ctypes

import numpy as np
import pytest

import clips
from deeplomath.mirror import dot, solve
from implementations import KERNEL, MIRROR, UNBOUNDED, fields, library
from vectors import cases

dtypes = pytest.mark.parametrize("dtype", [np.int64, object], ids=["mirror", "unbounded"])


@dtypes
@cases("solve")
def test_each_step_of_the_solver_is_the_vectors(dtype, case):
    scaled_q8 = np.array(case["n_q8"]).astype(dtype)
    width = solve.base_width(scaled_q8)
    kernel = solve.kernel(dot.squared_distances(scaled_q8, scaled_q8), width)
    assert list(width) == case["width"]
    assert kernel.tolist() == case["kernel_q30"]
    factor = solve.factor(solve.with_ridge(kernel))
    assert [part.tolist() for part in factor] == [case["l_q15"], case["root_q28"]]
    v_q11 = solve.substitute(factor, np.array(case["targets_q16"]).astype(dtype))
    assert v_q11.tolist() == case["v_q11"]
    assert solve.inverse(factor).tolist() == case["w_q26"]
    solution = solve.solve(factor, v_q11)
    assert solution.alpha_q21.tolist() == case["alpha_q21"]
    assert solution.residual_q16.tolist() == case["residual_q16"]


def packed(square):
    """The packed lower triangle of a square matrix without its diagonal: four rows at a time of the same length, all four there."""
    rows = [[*row[:i], *[0] * (i // 4 * 4 + 4 - i)] for i, row in enumerate(square)]
    rows += [[0] * len(rows[-1])] * (-len(rows) % 4)
    return [value for row in rows for value in row]


def address(array):
    return array.ctypes.data_as(ctypes.c_void_p)


@pytest.mark.kernel
@cases("solve")
def test_the_kernels_width_gram_matrix_and_factor_are_the_vectors(case):
    m, n = np.shape(case["n_q8"])
    stride = n + n % 2
    scaled_q8 = np.zeros((m + 3, stride), np.int16)  # in a network, too, something lies behind the rows
    scaled_q8[:m, :n] = case["n_q8"]
    width, norm, kernel = np.zeros(2, np.uint32), np.zeros(m + 3, np.uint32), np.zeros((m + 1, m), np.int32)
    library().probe_width(address(scaled_q8), m, n, stride, address(width), address(norm))
    library().probe_gram(address(scaled_q8), m, n, stride, address(width), address(norm), address(kernel))
    assert width.tolist() == case["width"]
    kernel = np.tril(kernel[:m])
    assert kernel.tolist() == np.tril(case["kernel_q30"]).tolist()
    lower = np.zeros(len(packed(case["l_q15"])), np.int16)
    root, w = np.zeros(m, np.uint32), np.zeros(((m + 3) // 4, m, 4), np.int32)
    a_q30 = solve.with_ridge(kernel)
    library().probe_factor(address(a_q30), m, address(lower), address(root), address(w))
    assert root.tolist() == case["root_q28"]
    assert lower.tolist() == packed(case["l_q15"])
    assert np.tril(np.hstack(list(w))[:, :m]).tolist() == case["w_q26"]


def test_the_inverse_is_that_of_float64_to_three_digits():
    draw = np.random.default_rng(5)
    scaled_q8 = (draw.normal(size=(200, 18)) * 256).astype(np.int64)
    kernel = solve.kernel(dot.squared_distances(scaled_q8, scaled_q8), solve.base_width(scaled_q8))
    a_q30 = solve.with_ridge(kernel)
    w = solve.inverse(solve.factor(a_q30)) / 2.0**26
    exact = np.linalg.inv(a_q30 / 2.0**30)
    assert abs(w.T @ w - exact).max() < 2e-3


def test_the_closed_form_leave_one_out_is_that_of_leaving_each_event_out():
    draw = np.random.default_rng(6)
    scaled_q8 = (draw.normal(size=(20, 4)) * 256).astype(np.int64)
    targets = np.where(draw.random((20, 1)) < 0.5, 32768, -32768)
    kernel = solve.kernel(dot.squared_distances(scaled_q8, scaled_q8), solve.base_width(scaled_q8))
    factor = solve.factor(solve.with_ridge(kernel))
    residual = solve.solve(factor, solve.substitute(factor, targets)).residual_q16[:, 0]
    for i in range(20):
        rest = np.arange(20) != i
        a = kernel[np.ix_(rest, rest)] / 2.0**30 + np.eye(19) / 32
        left_out = kernel[i, rest] / 2.0**30 @ np.linalg.solve(a, targets[rest, 0])
        assert abs(targets[i, 0] - left_out - residual[i]) < 64  # 2^-10


def test_the_bounds_hold_where_they_are_tightest():
    """512 equal events: A is as near to singular as it gets (NUMERICS.md, Solver)."""
    m = 512
    found = solve.factor(solve.with_ridge(np.full((m, m), 1 << 30)))
    w_q26 = solve.inverse(found)
    assert 31 < (w_q26.astype(float) ** 2).sum(0).max() / 2**52 < 45
    assert abs(w_q26).max() < 6.7 * 2**26
    assert found.l_q15.max() < 0.99 * 2**15
    targets = np.where(np.arange(m) % 2, 1 << 16, -(1 << 16))[:, None]
    assert abs(solve.substitute(found, targets)).max() < 2**15 - 1  # not clipped, even so


@pytest.mark.kernel
def test_an_ill_conditioned_network_is_equal_in_kernel_mirror_and_unbounded():
    nets = [make(features=2, classes=2, events=24) for make in (MIRROR, UNBOUNDED, KERNEL)]
    for i in range(24):
        for net in nets:
            net.learn(np.array([i % 2, i // 12], np.int16), i * 7 % 3 % 2)
    assert fields(nets[0]) == fields(nets[1]) == nets[2].fields()
    assert len({net.digest() for net in nets}) == 1


@pytest.fixture(scope="module")
def crowded():
    """A regression of 512 events in kernel and mirror, and its factor: one layer, so that the kernel's is at hand, too."""
    draw = np.random.default_rng(12)
    mirror, kernel = (make(features=8, classes=1, events=512, layers=1, regression=True) for make in (MIRROR, KERNEL))
    mirror.learn_many((draw.normal(size=(512, 8)) * 900).astype(np.int16), draw.integers(-9000, 9000, 512))
    kernel.load(mirror.export())
    (layer,) = mirror.live.layers
    return mirror, kernel, solve.factor(solve.with_ridge(layer.kernel_q30))


@pytest.mark.kernel
def test_what_is_foretold_beyond_32_is_what_is_left_modulo_2_32_in_kernel_and_mirror(crowded):
    mirror, kernel, factor = crowded
    i = 511
    targets, row = mirror.live.targets.copy(), factor.l_q15[i, :i]
    for sign in (1, -1):
        wanted = (
            np.where(row < 0, -sign, sign) * 31000
        )  # of V, and so the sum of L V over the row is as large as it gets
        lower = factor.l_q15[:i, :i] + np.diag((1 << 43) // factor.root_q28[:i])
        targets[:i, 0] = (lower @ wanted) >> 10
        with clips.watched() as reached:
            v_q11 = solve.substitute(factor, targets)
        assert reached["v_wrap"] and abs(v_q11[:i]).max() < 32767
        found = library().probe_substitute(kernel.net, i, address(v_q11[:i, 0].astype(np.int16)))
        assert found == v_q11[i, 0]


@pytest.mark.kernel
def test_alpha_beyond_32_bits_is_what_is_left_modulo_2_32_in_kernel_and_mirror(crowded):
    _, kernel, factor = crowded
    columns = solve.inverse(factor).T
    at = int(abs(columns).sum(1).argmax())
    v_q11 = np.where(columns[at] < 0, -1, 1)[:, None] * 32767
    with clips.watched() as reached:
        alpha_q21 = solve.solve(factor, v_q11).alpha_q21[:, 0]
    assert reached["alpha_wrap"] and alpha_q21[at] < 0
    library().probe_alpha.restype = ctypes.POINTER(ctypes.c_int32)
    found = library().probe_alpha(kernel.net, address(v_q11[:, 0].astype(np.int16)))
    assert found[:512] == alpha_q21.tolist()


@pytest.mark.kernel
def test_alpha_that_rounds_up_to_16_bits_is_held_below_in_kernel_and_mirror(crowded):
    _, kernel, _ = crowded
    alpha_q21 = np.arange(-256, 256) * 77
    alpha_q21[9] = 0x7FFFF
    with clips.watched() as reached:
        wanted, shift = solve.to_16_bits(alpha_q21)
    assert reached["alpha_16"] and (wanted[9], shift) == (32767, 4)
    kept = np.zeros(512, np.int16)
    assert library().probe_keep(kernel.net, address(alpha_q21.astype(np.int32)), address(kept)) == shift
    assert kept.tolist() == wanted.tolist()
