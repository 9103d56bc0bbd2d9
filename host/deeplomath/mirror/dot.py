# SPDX-License-Identifier: MIT
"""Sums of products, exact. Twin of firmware/kernel/dlm_dot.h. NUMERICS.md, Metric and Solver."""


def squared_distances(a_q8, b_q8):
    """Squared distances Q16 [n, m] of a_q8 [n, D] and b_q8 [m, D]."""
    return (a_q8 * a_q8).sum(1)[:, None] + (b_q8 * b_q8).sum(1)[None, :] - 2 * (a_q8 @ b_q8.T)


def mixed_products(a, rows):
    """Sums of floor(a b / 2^16) over the products of a [n] and of each row of rows [r, n]."""
    return ((rows * a) >> 16).sum(1)
