# SPDX-License-Identifier: MIT
"""Sums of products, exact. Twin of firmware/kernel/dlm_dot.h. NUMERICS.md, Metric and Solver."""

import numpy as np

BLOCK = 32  # rows that are worked on at a time: what they take then stays in a cache
_TEMPORARY = 1 << 16  # numbers that are made at a time, for the same reason


def products(a, b):
    """a @ b, exact. Sums below 2^53 are taken in float64, which holds each of them, as whole numbers: so NumPy is fastest."""
    if a.dtype == object or not a.size or not b.size:
        return a @ b
    most = _largest(a) * _largest(b) * a.shape[-1]
    return (a.astype(float) @ b.astype(float)).astype(a.dtype) if most < 1 << 53 else a @ b


def _largest(values):
    """The largest absolute value."""
    return max(int(values.max()), -int(values.min()))


def squared_distances(a_q8, b_q8):
    """Squared distances Q16 [n, m] of a_q8 [n, D] and b_q8 [m, D]."""
    return (a_q8 * a_q8).sum(1)[:, None] + (b_q8 * b_q8).sum(1)[None, :] - 2 * products(a_q8, b_q8.T)


def mixed_products(a, lower):
    """Sums [n, r] of floor(a b / 2^16) over the products of a [n, r], 16 bits, and lower [r, r], 32 bits, 0 above its diagonal."""
    found = np.zeros_like(a)
    for at in range(0, len(lower), BLOCK):
        end = at + BLOCK
        found[:, :end] += _mixed_products(a[:, at:end], lower[at:end, :end])
    return found


def _mixed_products(a, b):
    """The same of a [n, k] and b [k, r], k <= BLOCK: [n, r].

    The floors sum up to (sum of a b - sum of low) / 2^16, with low = a b modulo 2^16. The sum of low is known modulo 2^16 by
    the first, and up to less than 2^16 by that of the upper bytes of low, which lies below it by less than 2^8 k.
    """
    if a.dtype == object:
        return ((a[:, :, None] * b) >> 16).sum(1)
    whole, uppers = products(a, b), np.empty((len(a), b.shape[1]), np.uint16)
    a, b = a.astype(np.uint16)[:, :, None], b.astype(np.uint16)
    step = max(1, _TEMPORARY // b.size)
    for at in range(0, len(a), step):
        low = a[at : at + step] * b
        low >>= 8
        np.add.reduce(low, 1, np.uint16, uppers[at : at + step])
    return (whole >> 16) - (((uppers.astype(np.int64) << 8) - (whole & 0xFFFF) + 0xFFFF) >> 16)
