# SPDX-License-Identifier: MIT
"""dlm_solve.c and solve.py: width, Gram matrix, inverse factor, alpha and leave-one-out."""

import ctypes

import numpy as np
import pytest

from deeplomath import solve, spec
from implementations import KERNEL, MIRROR, UNBOUNDED, fields, library
from vectors import cases

kinds = pytest.mark.parametrize("kind", [np.int64, object], ids=["mirror", "unbounded"])


@kinds
@cases("solve")
def test_each_step_of_the_solver_is_the_vectors(kind, case):
    n_q8 = np.array(case["n_q8"]).astype(kind)
    width = solve.base_width(n_q8)
    kernel = solve.kernel(solve.squared_distances(n_q8, n_q8), width)
    solution = solve.solve(kernel, np.array(case["targets_q16"]).astype(kind))
    assert list(width) == case["width"]
    assert kernel.tolist() == case["kernel_q30"]
    ridge = np.diag(np.full(len(kernel), spec.KERNEL_RIDGE, kind))
    assert solve.inverse_factor(kernel + ridge).tolist() == case["inverse_q26"]
    assert solution.alpha_q20.tolist() == case["alpha_q20"]
    assert solution.residual_q16.tolist() == case["residual_q16"]
    assert solution.error_q32 == case["error_q32"]


def packed(square):
    """The packed lower triangle of a square matrix."""
    return np.array([square[i][j] for i in range(len(square)) for j in range(i + 1)], np.int32)


def address(array):
    return array.ctypes.data_as(ctypes.c_void_p)


@pytest.mark.kernel
@cases("solve")
def test_the_kernels_width_gram_matrix_and_inverse_factor_are_the_vectors(case):
    n_q8 = np.array(case["n_q8"], np.int16)
    m, n = n_q8.shape
    width, triangle = np.zeros(2, np.uint32), np.zeros(m * (m + 1) // 2, np.int32)
    library().dlm_base_width(address(n_q8), m, n, n, address(width))
    library().probe_gram(address(n_q8), m, n, address(width), address(triangle))
    assert width.tolist() == case["width"]
    assert triangle.tolist() == packed(case["kernel_q30"]).tolist()
    diagonal = np.cumsum(np.arange(1, m + 1)) - 1
    triangle[diagonal] += spec.KERNEL_RIDGE
    library().probe_inverse_factor(address(triangle), m)
    assert triangle.tolist() == packed(case["inverse_q26"]).tolist()


def test_the_inverse_is_that_of_float64_to_six_digits():
    draw = np.random.default_rng(5)
    n_q8 = (draw.normal(size=(200, 18)) * 256).astype(np.int64)
    kernel = solve.kernel(solve.squared_distances(n_q8, n_q8), solve.base_width(n_q8))
    a_q30 = kernel + np.diag(np.full(200, spec.KERNEL_RIDGE))
    w = solve.inverse_factor(a_q30) / 2.0**26
    exact = np.linalg.inv(a_q30 / 2.0**30)
    assert abs(w.T @ w - exact).max() < 2e-6


def test_the_closed_form_leave_one_out_is_that_of_leaving_each_event_out():
    draw = np.random.default_rng(6)
    n_q8 = (draw.normal(size=(20, 4)) * 256).astype(np.int64)
    targets = np.where(draw.random((20, 1)) < 0.5, 32768, -32768)
    kernel = solve.kernel(solve.squared_distances(n_q8, n_q8), solve.base_width(n_q8))
    residual = solve.solve(kernel, targets).residual_q16[:, 0]
    for i in range(20):
        rest = np.arange(20) != i
        a = kernel[np.ix_(rest, rest)] / 2.0**30 + np.eye(19) / 32
        left_out = kernel[i, rest] / 2.0**30 @ np.linalg.solve(a, targets[rest, 0])
        assert abs(targets[i, 0] - left_out - residual[i]) < 4


def test_the_bounds_hold_where_they_are_tightest():
    """512 equal events: A is as near to singular as it gets (NUMERICS.md, Solver)."""
    m = 512
    w = solve.inverse_factor(np.full((m, m), 1 << 30) + np.diag(np.full(m, spec.KERNEL_RIDGE)))
    assert 31 < (w.astype(object) ** 2).sum(0).max() / 2**52 < 36
    assert abs(w).max() < 6 * 2**26
    targets = np.where(np.arange(m) % 2, 1 << 16, -(1 << 16))[:, None]
    assert abs(w @ targets).max() < 136 * 2**42


@pytest.mark.kernel
def test_an_ill_conditioned_network_is_equal_in_kernel_mirror_and_unbounded():
    nets = [make(features=2, classes=2, events=24) for make in (MIRROR, UNBOUNDED, KERNEL)]
    for i in range(24):
        for net in nets:
            net.learn(np.array([i % 2, i // 12], np.int16), i * 7 % 3 % 2)
    assert fields(nets[0]) == fields(nets[1]) == nets[2].fields()
    assert len({net.digest() for net in nets}) == 1
