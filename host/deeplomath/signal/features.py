# SPDX-License-Identifier: MIT
"""A sensor window to features: mean, log2 of the deviation, log2 of the mean step. Twin of firmware/signal/dlm_features.c."""

import numpy as np

from .. import spec
from ..errors import KernelError
from ..integers import as_int16
from .log2 import log2_q11


def window_features(samples):
    """Features int16 [3 * channels] of a window of samples [n, channels], integers that fit int16: NUMERICS.md, Features.

    Channel by channel blocks: all means (LSB), then log2 of each standard deviation (Q11), then log2 of each mean
    absolute difference of neighbours (Q11). A channel that stands still has the deviation and the step of 2^-4 LSB.
    n: 2..32768, channels: 1..53; else KernelError with ERROR_WINDOW.

    >>> window_features(np.array([[0, 0], [4, 0], [0, 0], [4, 0]], np.int16))
    array([    2,     0,  2048, -8192,  4096, -8192], dtype=int16)
    """
    samples = as_int16(samples, "samples", ("sample", "channel"))
    n, channels = samples.shape
    if not spec.LIMIT_WINDOW_SAMPLES_MIN <= n <= spec.LIMIT_WINDOW_SAMPLES:
        limits = f"{spec.LIMIT_WINDOW_SAMPLES_MIN}..{spec.LIMIT_WINDOW_SAMPLES}"
        raise KernelError(spec.ERROR_WINDOW, f"samples: {n} given, {limits} allowed")
    if not 1 <= channels <= spec.LIMIT_CHANNELS:
        raise KernelError(spec.ERROR_WINDOW, f"channels: {channels} given, 1..{spec.LIMIT_CHANNELS} allowed")
    wide = samples.astype(np.int64)
    total, squares = wide.sum(0), (wide * wide).sum(0)
    steps = np.abs(np.diff(wide, axis=0)).sum(0)
    mean = (2 * total + n) // (2 * n)
    still, log_bits = spec.FEATURE_STILL_BITS, spec.FEATURE_LOG_BITS
    variance_q8 = ((n * squares - total * total) // n << 2 * still) // n
    deviation = [(log2_q11(max(int(v), 1)) - (2 * still << log_bits)) >> 1 for v in variance_q8]
    step = [log2_q11(max((int(s) << still) // (n - 1), 1)) - (still << log_bits) for s in steps]
    return np.concatenate([mean, deviation, step]).astype(np.int16)
