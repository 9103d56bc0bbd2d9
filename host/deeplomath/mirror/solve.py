# SPDX-License-Identifier: MIT
"""The direct solver: Gram matrix, Cholesky factor, its inverse, alpha and leave-one-out. Twin of firmware/kernel/dlm_solve.c.

m events, C targets. Integers are int64 or unbounded (fixed.py). NUMERICS.md, Solver.
"""

from typing import NamedTuple

import numpy as np

from .. import spec
from ..fixed import exp2_neg, isqrt, round_shift, saturate
from .dot import BLOCK, mixed_products, products
from .layout import ONE_Q16


class Width(NamedTuple):
    """1 / h^2 as mantissa / 2^shift: x in Q18 = (squared distance in Q16 * mantissa) >> shift."""

    mantissa: int
    shift: int


def base_width(scaled_q8):
    """The Width of h^2 = D_mean / 2 over scaled coordinates scaled_q8 [m, D]; mantissa 0 where all events coincide."""
    m = len(scaled_q8)
    total = scaled_q8.sum(0)
    spread = int(
        m * (scaled_q8 * scaled_q8).sum() - (total * total).sum()
    )  # the sum of squared distances over all pairs
    if spread == 0:
        return Width(0, 0)
    pairs2 = m * (m - 1)
    down = max(0, spread.bit_length() - 32)
    spread >>= down
    up = 29 + spread.bit_length() - pairs2.bit_length()
    return Width((pairs2 << up) // spread, up + down - 18)


def kernel(distance2_q16, width):
    """K = 2^(-distance2 / h^2) in Q30, any shape."""
    return exp2_neg((distance2_q16 * width.mantissa) >> width.shift)


class Factor(NamedTuple):
    """A = L L^T."""

    l_q15: np.ndarray  # [m, m] lower triangular, without its diagonal
    root_q28: np.ndarray  # [m]: 1 / L_ii


def with_ridge(kernel_q30):
    """A = K + lambda, Q30 [m, m]."""
    return kernel_q30 + np.diag(np.full(len(kernel_q30), spec.KERNEL_RIDGE, kernel_q30.dtype))


def factor(a_q30):
    """The Factor of the positive definite A, Q30 [m, m]."""
    lower, root = np.zeros_like(a_q30), np.zeros_like(a_q30[0])
    for begin in range(0, len(a_q30), BLOCK):
        end = begin + BLOCK
        left_q30 = a_q30[begin:, begin:end] - products(lower[begin:, :begin], lower[begin:end, :begin].T)
        for j, column_q30 in enumerate(left_q30.T, begin):
            rest_q30 = column_q30[j - begin :] - lower[j:, begin:j] @ lower[j, begin:j]
            root[j] = root_q28 = (1 << 58) // isqrt(int(rest_q30[0]) << 30)
            lower[j + 1 :, j] = _times_root(rest_q30[1:], root_q28)
    return Factor(lower, root)


def inverse(factor):
    """W = L^-1, Q26 [m, m], lower triangular."""
    l_q15, root_q28 = factor
    w_q26 = np.zeros_like(l_q15)
    for begin in range(0, len(l_q15), BLOCK):
        end = min(begin + BLOCK, len(l_q15))
        before_q25 = mixed_products(l_q15[begin:end, :begin], w_q26[:begin, :begin])
        for i in range(begin, end):
            sums_q25 = np.add.reduce((l_q15[i, begin:i, None] * w_q26[begin:i, :i]) >> 16, 0)
            sums_q25[:begin] += before_q25[i - begin]
            w_q26[i, :i] = (-sums_q25 * root_q28[i]) >> 27
            w_q26[i, i] = root_q28[i] >> 2
    return w_q26


def value_target(scale, value):
    """T Q16 of a value of a regression, within -1..1: the value less their mean, in the largest deviation."""
    scaled = (value * 256 - scale.mean_q8) * scale.mantissa
    return max(-ONE_Q16, min(ONE_Q16, round_shift(scaled, scale.shift - 8)))


def value(scale, output_q16):
    """Value Q8 of a regression whose output is this."""
    return scale.mean_q8 + (output_q16 << (scale.shift - 8)) // scale.mantissa


def substitute(factor, targets_q16):
    """V = L^-1 T, Q11 [m, C], clipped to +-16."""
    v = np.zeros_like(targets_q16)
    for i, (row_q15, root_q28) in enumerate(zip(factor.l_q15, factor.root_q28)):
        rest_q26 = _to_32_bits(targets_q16[i] * 1024 - row_q15[:i] @ v[:i])
        v[i] = saturate(_times_root(rest_q26, root_q28), (1 << 15) - 1)
    return v


def _times_root(rest, root_q28):
    """rest * root, rounded: the two have 43 fractional bits more than the result."""
    return round_shift(rest * root_q28, 43)


class Solution(NamedTuple):
    alpha_q21: np.ndarray  # [m, C]
    residual_q16: np.ndarray  # [m, C] leave-one-out residuals, clipped to +-8


def solve(factor, v_q11):
    """alpha = (K + lambda)^-1 T = W^T V and its leave-one-out residuals: v_q11 [m, C] of substitute."""
    w_q26 = inverse(factor)
    halves = np.arange(len(v_q11), 0, -1) // 2  # half a bit is lost a product
    sums_q21 = _to_32_bits(mixed_products(v_q11.T, w_q26).T)
    alpha_q21 = _to_32_bits(sums_q21 + np.where(sums_q21 != 0, halves[:, None], 0))
    w_q12 = round_shift(w_q26, 14)
    reciprocal_q30 = (1 << 54) // (w_q12 * w_q12).sum(0)
    residual_q16 = saturate(round_shift(alpha_q21 * reciprocal_q30[:, None], 35), spec.KERNEL_ANSWER_MAX)
    return Solution(alpha_q21, residual_q16)


def _to_32_bits(values):
    """Modulo 2^32, as int32: of no effect but where V was clipped."""
    if values.dtype == object:
        return (values + (1 << 31)) % (1 << 32) - (1 << 31)
    return values.astype(np.int32).astype(values.dtype)


def to_16_bits(alpha_q21):
    """(alpha of 16 bits, shift): alpha_q21 / 2^shift, rounded, with the least shift that brings all below 2^15."""
    shift = max(0, int(np.abs(alpha_q21).max()).bit_length() - 15)
    return np.minimum((alpha_q21 + ((1 << shift) >> 1)) >> shift, (1 << 15) - 1), shift


def mix(outputs, answers, share_q16):
    """Outputs with a further layer's answers, of this share, in them."""
    return outputs + ((answers - outputs) * share_q16 >> 16)
