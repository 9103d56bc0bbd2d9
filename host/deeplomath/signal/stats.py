# SPDX-License-Identifier: MIT
"""Statistics of windows. Twin of firmware/signal/dlm_stats.c. SIGNAL.md, Statistics.

Each takes x [..., n], int64 or unbounded, 2 <= n <= 32768, and gives [...].
"""

import numpy as np

from .. import spec
from .log2 import log2_q11

STILL = spec.FEATURE_STILL_BITS
OCTAVE = 1 << spec.FEATURE_LOG_BITS
KURTOSIS_BITS = 11  # of the largest distance to the mean, for the fourth powers


def stats(x, flags):
    """The statistics asked for [..., statistic, line] of x [..., line, n], a bit of flags each; int16 by their ranges."""
    return np.stack([STATISTICS[i](x) for i in range(len(STATISTICS)) if flags >> i & 1], -2)


def mean(x):
    n = x.shape[-1]
    return (2 * x.sum(-1) + n) // (2 * n)


def deviation(x):
    n = x.shape[-1]
    total, squares = x.sum(-1), (x * x).sum(-1)
    variance_q8 = ((n * squares - total * total) // n << 2 * STILL) // n
    return (logs(variance_q8) - 2 * STILL * OCTAVE) >> 1


def step(x):
    steps = abs(x[..., 1:] - x[..., :-1]).sum(-1)
    return logs((steps << STILL) // (x.shape[-1] - 1)) - STILL * OCTAVE


def range_(x):
    return np.minimum(logs(x.max(-1) - x.min(-1) + 1), 32767)


def crossings(x):
    above = centred(x) >= 0
    return ((above[..., 1:] != above[..., :-1]).sum(-1).astype(x.dtype) << 15) // x.shape[-1]


def kurtosis(x):
    c = centred(x)
    peak = abs(c).max(-1)
    shift = np.maximum(_bit_length(peak) - KURTOSIS_BITS, 0)[..., None].astype(x.dtype)
    squares = ((c + (1 << shift >> 1)) >> shift) ** 2
    found = logs((squares * squares).sum(-1)) + log2_q11(x.shape[-1]) - 2 * logs(squares.sum(-1))
    return np.where(peak > 0, found, 0)


def absolute(x):
    return logs((abs(centred(x)).sum(-1) << STILL) // x.shape[-1]) - STILL * OCTAVE


STATISTICS = mean, deviation, step, range_, crossings, kurtosis, absolute


def centred(x):
    """x less its mean, which is rounded."""
    return x - mean(x)[..., None]


def logs(value):
    """log2_q11 of each value, of 1 where it is less."""
    return np.frompyfunc(log2_q11, 1, 1)(np.maximum(value, value.dtype.type(1))).astype(_signed(value.dtype))


def _signed(dtype):
    return np.dtype(object) if dtype.kind == "O" else np.int64


_bit_length = np.frompyfunc(lambda value: int(value).bit_length(), 1, 1)
