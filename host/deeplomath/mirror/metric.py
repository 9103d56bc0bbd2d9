# SPDX-License-Identifier: MIT
"""Features to coordinates: the first metric, that of the layers, and the next layer's. Twin of firmware/kernel/dlm_metric.c.

m events, d features, D >= d coordinates of a layer. Integers are int64 or unbounded (fixed.py). NUMERICS.md, Metric.
"""

from typing import NamedTuple

import numpy as np

from .. import spec
from ..fixed import isqrt, q15, round_shift, saturate
from .dot import products
from .layout import ONE_Q16


class FirstMetric(NamedTuple):
    """z = (x - mean) * mantissa / 2^shift, each [d]."""

    mean_q8: np.ndarray
    mantissa: np.ndarray  # 2^29 < mantissa <= 2^30
    shift: np.ndarray  # 26..50


class LayerMetric(NamedTuple):
    """What the layers see of the features: clipped to low..high, each [d], then scaled."""

    low: np.ndarray
    high: np.ndarray
    scale: FirstMetric


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
    """(mantissa, shift) with 1 / sqrt(variance) = mantissa / 2^shift; a variance below 2^-8 counts as that."""
    variance_q12 = max(variance_q12, spec.KERNEL_VARIANCE_LEAST)
    even = (62 - variance_q12.bit_length()) // 2
    root = int(isqrt(variance_q12 << (2 * even)))  # in [2^30, 2^31)
    return (1 << 60) // root, 54 - even


def scale_target(values):
    """The TargetScale of a regression's values (a list): their mean is 0, the one farthest from it at 1 or -1."""
    m = len(values)
    mean_q8 = ((sum(values) + (m << 15)) * 256 + m // 2) // m - (1 << 23)
    largest_q12 = max((value * 256 - mean_q8) ** 2 >> 4 for value in values)
    return TargetScale(mean_q8, *_reciprocal_root(largest_q12 or 1 << 12))


def _scatters_q12(x, labels):
    """(total, within) scatter of x [m, d], each [d]: of all events, and summed over the classes present."""
    within_q12 = np.zeros_like(x[0])
    for label in set(labels.tolist()):
        within_q12 = within_q12 + _scatter_q12(x[labels == label])
    return _scatter_q12(x), within_q12


def _variance_q12(total_q12, within_q12, m, c, prior):
    """Variance [d] within c classes of m events, where that of all counts as much as prior / 4 events do.

    Of a feature that has not moved that of the one that moved most.
    """
    variance_q12 = (4 * within_q12 + prior * total_q12 // m) // (4 * (m - c) + prior)
    return np.where(variance_q12 > 0, variance_q12, variance_q12.max() or 1 << 12)


def _scale(x, variance_q12):
    """The FirstMetric of events x [m, d] with this variance [d]."""
    m = len(x)
    mean_q8 = ((x.sum(0) + (m << 15)) * 256 + m // 2) // m - (1 << 23)
    mantissa, shift = zip(*(_reciprocal_root(int(v)) for v in variance_q12))
    return FirstMetric(mean_q8, np.array(mantissa, x.dtype), np.array(shift, x.dtype))


def first_metric(x, labels):
    """The FirstMetric of events x [m, d] (int16 range) of classes labels [m]."""
    m, c = len(x), len(set(labels.tolist()))
    return _scale(x, _variance_q12(*_scatters_q12(x, labels), m, c, spec.CONTOUR_PRIOR))


def window(x):
    """(low, high), each [d]: median -+ WINDOW times the median deviation from it of x [m, d]; all of int16 where that is 0."""
    middle = np.sort(x, 0)[len(x) // 2]
    reach = spec.KERNEL_WINDOW * np.sort(abs(x - middle), 0)[len(x) // 2]
    low, high = np.maximum(middle - reach, -32768), np.minimum(middle + reach, 32767)
    return np.where(reach > 0, low, -32768), np.where(reach > 0, high, 32767)


def relevance(total_q12, within_q12, m, c):
    """s^2 Q16 [d]: how far c > 1 classes of m > c events differ in a feature, shrunk towards 1 by what chance would give."""
    d, f = len(total_q12), m - c
    ratio_q16 = np.minimum(
        (((total_q12 - within_q12) * f) << 2) // np.maximum(((c - 1) * within_q12) >> 14, 1), 1 << 28
    )
    root_q8, ratio_q8 = isqrt(ratio_q16), ratio_q16 >> 8
    chance = 2 * int(np.maximum(2 * ratio_q8 - 256, 256).sum()) * (f + c - 1) * d
    spread = int(d * (ratio_q8 * ratio_q8).sum() - ratio_q8.sum() ** 2) >> 8
    trust_q16 = max(0, ONE_Q16 - (chance << 16) // ((c - 1) * f * spread)) if spread else 0
    share_q16 = ((root_q8 * d) << 16) // max(1, int(root_q8.sum()))
    return np.maximum(ONE_Q16 + (trust_q16 * (share_q16 - ONE_Q16) >> 16), spec.KERNEL_RELEVANCE_LEAST)


def layer_metric(x, labels):
    """The LayerMetric of events x [m, d] (int16 range) of classes labels [m]."""
    m, c = len(x), len(set(labels.tolist()))
    low, high = window(x)
    inside = np.clip(x, low, high)
    scatters = _scatters_q12(inside, labels)
    variance_q12 = _variance_q12(*scatters, m, c, spec.KERNEL_METRIC_PRIOR)
    if 1 < c < m:
        variance_q12 = (variance_q12 << 16) // relevance(*scatters, m, c)
    return LayerMetric(low, high, _scale(inside, variance_q12))


def first_coordinates(metric, x):
    """z Q8 [n, d], clipped, of features x [n, d]."""
    scaled = ((x << 8) - metric.mean_q8) * metric.mantissa
    return saturate((scaled + (1 << (metric.shift - 1))) >> metric.shift, coordinate_max(x.shape[1]))


def base_coordinates(metric, x):
    """z Q8 [n, d] of features x [n, d], held in their windows, by a LayerMetric."""
    return first_coordinates(metric.scale, np.clip(x, metric.low, metric.high))


def layer_coordinates(z, answers_q16, s_q12, s_answer_q12):
    """A further layer's scaled coordinates Q8 [n, d + C] from base coordinates z [n, d] and the answers below it [n, C]."""
    seen = round_shift(z * s_q12, 12)
    lifted = round_shift(answers_q16 * s_answer_q12, 20)
    return saturate(np.hstack([seen, lifted]), coordinate_max(z.shape[1]))


def next_metric(z, s2_q16, kernel_q30, alpha, labels):
    """s^2 in Q16 [d] for the next layer, from the slopes of this one (NUMERICS.md, Layer metric: P, S, E, g).

    z [m, d] base coordinates of the next layer, s2_q16 [d] this layer's, kernel_q30 [m, m], alpha [m, C] of 16 bits, labels [m].
    """
    m, d = z.shape
    shift = max(0, int(np.abs(alpha).max()).bit_length() + m.bit_length() - 18)
    at = slope_events(m)
    weight = (alpha >> shift)[:, labels[at]].T * q15(kernel_q30[at])
    slope = round_shift(weight, 15)  # [i, j]: what event j adds to the own output of event i
    gradient = (z[at] * slope.sum(1)[:, None] - products(slope, z)) >> 6
    energy = _to_31_bits((gradient * gradient).sum(0))
    for _ in range(2):
        energy = _to_31_bits((energy * s2_q16) >> 16)
    total = int(energy.sum())
    if total == 0:
        return np.full(d, 1 << 16, z.dtype)
    mean_one_q16 = ((energy * d) << 16) // total
    own = spec.KERNEL_METRIC_FEATURES * d
    return (m * mean_one_q16 + (own << 16)) // (m + own)


def slope_events(m):
    """Neurons, evenly spread over all m, whose slopes stand for those of all: an odd number, since classes come in turn."""
    least = spec.KERNEL_SLOPE_EVENTS
    n = m if m <= least else (max(m // 4, least) - 1) | 1
    return np.arange(n) * m // n


def _to_31_bits(values):
    return values >> max(0, int(values.max()).bit_length() - 31)
