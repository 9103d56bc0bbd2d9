# SPDX-License-Identifier: MIT
"""Logarithms of the front-end. Twin of firmware/signal/dlm_log2.c. NUMERICS.md, Roots and logarithms."""

from .. import spec


def log2_q11(value):
    """Floor of log2(value) in Q11, by repeated squaring of the mantissa. value: a Python int, 1 <= value < 2^64."""
    exponent = value.bit_length() - 1
    mantissa = (value << 31) >> exponent  # Q31, in [1, 2)
    result = exponent
    for _ in range(spec.FEATURE_LOG_BITS):
        mantissa = (mantissa * mantissa) >> 31
        bit = mantissa >> 32
        mantissa >>= bit
        result = 2 * result + bit
    return result
