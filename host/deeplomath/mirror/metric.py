# SPDX-License-Identifier: MIT
"""Features to coordinates: the first metric, and the metric that a layer hands to the next. Twin of firmware/kernel/dlm_metric.c.

m events, d features, D >= d coordinates of a layer. Integers are int64 or unbounded (fixed.py). NUMERICS.md, Metric.
"""

from typing import NamedTuple

import numpy as np

from .. import spec
from ..fixed import isqrt, q15, round_shift, saturate


class FirstMetric(NamedTuple):
    """z = (x - mean) * mantissa / 2^shift, each [d]."""

    mean_q8: np.ndarray
    mantissa: np.ndarray  # 2^15 < mantissa <= 2^16
    shift: np.ndarray  # 10..32


class TargetScale(NamedTuple):
    """T = (value - mean) * mantissa / 2^shift of a regression."""

    mean_q8: int
    mantissa: int
    shift: int


NO_SCALE = TargetScale(0, 0, 0)  # of a network of classes


def coordinate_max(d):
    """What coordinates of d features are clipped to, Q8: so that each squared distance fits 32 bits."""
    wide = d >= spec.KERNEL_FEATURES_WIDE
    return spec.KERNEL_COORDINATE_MAX_WIDE if wide else spec.KERNEL_COORDINATE_MAX


def _scatter_q12(x):
    """Sum of squared deviations from the mean, per column of x [n, d], in Q12."""
    n = len(x)
    return ((n * (x * x).sum(0) - x.sum(0) ** 2) << 12) // n


def _reciprocal_root(variance_q12):
    """(mantissa, shift) with 1 / sqrt(variance) = mantissa / 2^shift."""
    even = (62 - variance_q12.bit_length()) // 2
    root = int(isqrt(variance_q12 << (2 * even)))  # in [2^30, 2^31)
    return (1 << 46) // root, 40 - even


def scale_target(values):
    """The TargetScale of a regression's values (a list): their mean is 0, the one farthest from it at 1 or -1."""
    m = len(values)
    mean_q8 = ((sum(values) + (m << 15)) * 256 + m // 2) // m - (1 << 23)
    largest_q12 = max((value * 256 - mean_q8) ** 2 >> 4 for value in values)
    return TargetScale(mean_q8, *_reciprocal_root(largest_q12 or 1 << 12))


def first_metric(x, labels):
    """The FirstMetric of events x [m, d] (int16 range) with labels [m]."""
    m = len(x)
    total_q12 = _scatter_q12(x)
    within_q12 = np.zeros_like(total_q12)
    present = sorted(set(int(label) for label in labels))
    for label in present:
        within_q12 = within_q12 + _scatter_q12(x[labels == label])
    freedom = m - len(present)
    prior = spec.KERNEL_METRIC_PRIOR
    variance_q12 = (within_q12 + prior * total_q12 // m) // (freedom + prior)
    largest = variance_q12.max()
    unmoved = largest if largest > 0 else 1 << 12
    variance_q12 = np.where(variance_q12 > 0, variance_q12, unmoved)
    mean_q8 = ((x.sum(0) + (m << 15)) * 256 + m // 2) // m - (1 << 23)
    mantissa, shift = zip(*(_reciprocal_root(int(v)) for v in variance_q12))
    return FirstMetric(mean_q8, np.array(mantissa, x.dtype), np.array(shift, x.dtype))


def first_coordinates(metric, x):
    """z Q8 [n, d], clipped, of features x [n, d]."""
    scaled = ((x << 8) - metric.mean_q8) * metric.mantissa
    return saturate((scaled + (1 << (metric.shift - 1))) >> metric.shift, coordinate_max(x.shape[1]))


def layer_coordinates(z, answers_q16, s_q12, s_answer_q12):
    """A further layer's scaled coordinates Q8 [n, d + C] from z [n, d] and the answers of the layer below [n, C]."""
    seen = round_shift(z * s_q12, 12)
    lifted = round_shift(answers_q16 * s_answer_q12, 20)
    return saturate(np.hstack([seen, lifted]), coordinate_max(z.shape[1]))


def next_metric(z, s2_q16, kernel_q30, alpha, labels):
    """s^2 in Q16 [d] for the next layer, from the slopes of this one (NUMERICS.md, Layer metric: P, S, E, g).

    z [m, d] first coordinates, s2_q16 [d] this layer's, kernel_q30 [m, m], alpha [m, C] of 16 bits, labels [m].
    """
    m, d = z.shape
    shift = max(0, int(np.abs(alpha).max()).bit_length() + m.bit_length() - 18)
    weight = (alpha >> shift)[:, labels].T * q15(kernel_q30)
    slope = round_shift(weight, 15)  # [i, j]: what event j adds to the own output of event i
    gradient = (z * slope.sum(1)[:, None] - slope @ z) >> 6
    energy = _to_31_bits((gradient * gradient).sum(0))
    for _ in range(2):
        energy = _to_31_bits((energy * s2_q16) >> 16)
    total = int(energy.sum())
    if total == 0:
        return np.full(d, 1 << 16, z.dtype)
    mean_one_q16 = ((energy * d) << 16) // total
    own = spec.KERNEL_METRIC_FEATURES * d
    return (m * mean_one_q16 + (own << 16)) // (m + own)


def _to_31_bits(values):
    return values >> max(0, int(values.max()).bit_length() - 31)
