# SPDX-License-Identifier: MIT
"""The direct solver: Gram matrix, Cholesky factor, its inverse, alpha and leave-one-out. Twin of firmware/kernel/dlm_solve.c.

m events, C targets. Integers are int64 or unbounded (fixed.py). NUMERICS.md, Solver.
"""

from typing import NamedTuple

import numpy as np

from . import spec
from .fixed import exp2_neg, isqrt, round_shift, saturate


class Width(NamedTuple):
    """1 / h^2 as mantissa / 2^shift: x in Q18 = (squared distance in Q16 * mantissa) >> shift."""

    mantissa: int
    shift: int


def base_width(n_q8):
    """The Width of h^2 = D_mean / 2 over scaled coordinates n_q8 [m, D]; mantissa 0 where all events coincide."""
    m = len(n_q8)
    total = n_q8.sum(0)
    spread = int(m * (n_q8 * n_q8).sum() - (total * total).sum())  # the sum of squared distances over all pairs
    if spread == 0:
        return Width(0, 0)
    pairs2 = m * (m - 1)
    down = max(0, spread.bit_length() - 40)
    spread >>= down
    up = max(18 - down, 16 + spread.bit_length() - pairs2.bit_length())
    return Width((pairs2 << up) // spread, up + down - 18)


def widen(width):
    """The second candidate: h^2 times 2^WIDTH_SHIFT."""
    return Width(width.mantissa, width.shift + spec.KERNEL_WIDTH_SHIFT)


def squared_distances(a_q8, b_q8):
    """Squared distances Q16 [n, m] of a_q8 [n, D] and b_q8 [m, D]."""
    return (a_q8 * a_q8).sum(1)[:, None] + (b_q8 * b_q8).sum(1)[None, :] - 2 * (a_q8 @ b_q8.T)


def kernel(distance2_q16, width):
    """K = 2^(-distance2 / h^2) in Q30, any shape."""
    return exp2_neg((distance2_q16 * width.mantissa) >> width.shift)


def inverse_factor(a_q30):
    """W = L^-1 in Q26, lower triangular [m, m], of the positive definite A = L L^T in Q30."""
    m = len(a_q30)
    factor = np.zeros_like(a_q30)  # Q30, without its diagonal
    inverse = np.zeros_like(a_q30)  # Q26
    for j in range(m):
        rest_q60 = (a_q30[j:, j] << 30) - factor[j:, :j] @ factor[j, :j]
        reciprocal = (1 << 56) // int(isqrt(int(rest_q60[0])))
        inverse[j, j] = reciprocal
        factor[j + 1 :, j] = round_shift(round_shift(rest_q60[1:], 30) * reciprocal, 26)
    for i in range(1, m):
        sums_q26 = round_shift(factor[i, :i] @ inverse[:i, :i], 30)
        inverse[i, :i] = round_shift(-sums_q26 * inverse[i, i], 26)
    return inverse


class Solution(NamedTuple):
    alpha_q20: np.ndarray  # [m, C]
    residual_q16: np.ndarray  # [m, C] leave-one-out residuals, clipped to +-8
    error_q32: int  # sum of residual^2


def solve(kernel_q30, targets_q16):
    """alpha = (K + lambda)^-1 T and its leave-one-out residuals: kernel_q30 [m, m], targets_q16 [m, C]."""
    a_q30 = kernel_q30 + np.diag(np.full(len(kernel_q30), spec.KERNEL_RIDGE, kernel_q30.dtype))
    w = inverse_factor(a_q30)
    moment_q20 = round_shift(w @ targets_q16, 22)
    alpha_q20 = saturate(round_shift(w.T @ moment_q20, 26), (1 << 31) - 1)
    diagonal_q20 = round_shift((w * w).sum(0), 32)
    reciprocal_q30 = (1 << 50) // diagonal_q20
    residual_q16 = saturate(round_shift(alpha_q20 * reciprocal_q30[:, None], 34), spec.KERNEL_ANSWER_MAX)
    error_q32 = int((residual_q16 * residual_q16).sum())
    return Solution(alpha_q20, residual_q16, error_q32)


def answer(kernel_q30, alpha_q20):
    """A layer's outputs Q16 [n, C], clipped to +-8, from kernel_q30 [n, m] and alpha_q20 [m, C]."""
    return saturate(round_shift((kernel_q30 >> 6) @ alpha_q20, 28), spec.KERNEL_ANSWER_MAX)
