# SPDX-License-Identifier: MIT
"""Shifts, rounding, roots and powers of two in integers. Twin of firmware/common/dlm_fixed.h and dlm_fixed.c.

Every function takes arrays of int64 or of unbounded Python ints (dtype object) and keeps the dtype it was given: on
unbounded ints nothing can overflow, so a run on them shows every bit that a 64-bit run would have lost.
"""

import math

import numpy as np

from . import spec

EXP2_Q30 = np.array(spec.EXP2_Q30, dtype=np.int64)
# A chord a step: where it begins, and by how much it falls over 2^4, both below 2^31.
_CHORDS = EXP2_Q30[:-1].astype(np.uint32), (EXP2_Q30[:-1] - EXP2_Q30[1:] >> 4).astype(np.uint32)
_ISQRT = np.frompyfunc(math.isqrt, 1, 1)


def round_shift(value, bits):
    """value / 2^bits, rounded to the nearest, halves up (NUMERICS.md, Rounding). bits >= 1."""
    return (value + (1 << (bits - 1))) >> bits


def q15(value_q30):
    """A value of 0..1 in Q30 as Q15, 1 as 32767."""
    return np.minimum(value_q30 >> 15, (1 << 15) - 1)


def saturate(value, limit):
    """value clipped to -limit..limit."""
    return np.minimum(np.maximum(value, -limit), limit)


def int16(value):
    """value clipped to -32768..32767."""
    return np.minimum(np.maximum(value, -(1 << 15)), (1 << 15) - 1)


def isqrt(value):
    """Floor of the square root, element by element. value >= 0, below 2^63."""
    return _ISQRT(value).astype(value.dtype) if isinstance(value, np.ndarray) else math.isqrt(value)


def exp2_neg(x_q18):
    """2^-x in Q30 for x in Q18, 0 <= x; 0 from x = 30 on (NUMERICS.md, Powers of two). Floor of the chord, then of the shift."""
    x = np.minimum(x_q18, spec.KERNEL_EXPONENT_MAX << 18).astype(np.uint32)
    low_bits = 18 - spec.KERNEL_EXPONENT_STEP_BITS
    step, low = (x & 0x3FFFF) >> low_bits, x & ((1 << low_bits) - 1)
    high, fall = (chord[step] for chord in _CHORDS)
    value = (high - ((fall * low) >> (low_bits - 4))) >> (x >> 18)  # fall * low < 2^32
    value *= x < spec.KERNEL_EXPONENT_MAX << 18
    return value.astype(x_q18.dtype)
