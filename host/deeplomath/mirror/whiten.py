# SPDX-License-Identifier: MIT
"""Coordinates in which features that move together within a class no longer do. Twin of firmware/kernel/dlm_whiten.c.

m events, d features. Integers are int64 or unbounded (fixed.py). NUMERICS.md, Whitening.
"""

import numpy as np

from .. import spec
from ..fixed import isqrt, round_shift, saturate
from . import solve
from .dot import products
from .layout import ONE_Q16
from .metric import coordinate_max


def residuals(z_q8, classes):
    """z Q8 [m, d] less the mean of the class, rounded; classes: an array [m]."""
    r_q8 = np.empty_like(z_q8)
    for c in set(classes.tolist()):
        own = z_q8[classes == c]
        r_q8[classes == c] = own - (2 * own.sum(0) + len(own)) // (2 * len(own))
    return r_q8


def covariance(r_q8):
    """C Q28 [d, d] of residuals r_q8 [m, d]: their scatter, scaled to mean diagonal 1, shrunk to the identity."""
    m, d = r_q8.shape
    to_q20 = _scaled_to_mean_one(int((r_q8 * r_q8).sum()), d)
    p_q20 = to_q20(products(r_q8.T, r_q8))
    u_q20 = to_q20((r_q8 * r_q8).sum(1))
    a_q16 = _shrinkage(int((p_q20 * p_q20).sum()), int((u_q20 * u_q20).sum()), m, d)
    c_q28 = ((ONE_Q16 - a_q16) * p_q20) >> 8
    c_q28[np.diag_indices(d)] += a_q16 << 12
    return c_q28


def _scaled_to_mean_one(trace, d):
    """The function that takes sums of squared residuals, Q16, to Q20 such that the diagonal, of this trace, has mean 1."""
    down = max(0, trace.bit_length() - 9)
    reciprocal = (d << 46) // (trace << 22 >> down) if trace else 0
    return lambda sums: ((sums << 22 >> down) * reciprocal) >> 26


def _shrinkage(squares_q40, squared_norms_q40, m, d):
    """a Q16, WHITENING_LEAST..1, as Ledoit and Wolf (2004) estimate it: from |P|^2, and the sum of |R_i|^4."""
    spread_q24 = (squares_q40 - (d << 40)) >> 16
    if spread_q24 <= 0:
        return ONE_Q16
    a_q16 = (squared_norms_q40 - squares_q40 // m) // spread_q24
    return min(max(a_q16, spec.KERNEL_WHITENING_LEAST), ONE_Q16)


def whitening(z_q8, classes):
    """W Q10 [d, d], lower triangular, of coordinates z_q8 [m, d] of events of these classes, an array [m]."""
    c_q28 = covariance(residuals(z_q8, classes))
    t_q16 = (1 << 30) // isqrt(np.diag(c_q28).copy())  # to deviation 1
    r_q30 = ((c_q28 * t_q16[:, None]) >> 14) * t_q16 >> 16
    r_q30 = np.tril(r_q30, -1) + np.tril(r_q30, -1).T + np.diag(np.full_like(t_q16, 1 << 30))
    return round_shift(solve.inverse(solve.factor(solve.with_ridge(r_q30))) * t_q16, 32)


def whiten(w_q10, z_q8):
    """v Q8 [n, d] of z_q8 [n, d], clipped as z is."""
    return saturate(round_shift(products(z_q8, w_q10.T), 10), coordinate_max(z_q8.shape[1]))
