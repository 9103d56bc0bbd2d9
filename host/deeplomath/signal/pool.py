# SPDX-License-Identifier: MIT
"""From the rows of an event to its features. Twin of firmware/signal/dlm_pool.c. SIGNAL.md, Pool and map."""

import numpy as np

from ..fixed import int16, round_shift


def pool(rows, parts):
    """Means [parts, value] over equal parts of rows [row, value]; of few rows, parts share some."""
    n = len(rows)
    pooled = []
    for part in range(parts):
        low = n * part // parts
        high = max(n * (part + 1) // parts, low + 1)
        pooled.append((2 * rows[low:high].sum(0) + (high - low)) // (2 * (high - low)))
    return np.stack(pooled)


def map_rows(rows, matrix):
    """Each row [value] times matrix [out, value] in Q15, rounded, saturated. Without a matrix: less the mean of all."""
    if len(matrix) == 0:
        return int16(rows - rows.sum() // rows.size)
    return int16(round_shift(rows @ np.array(matrix, rows.dtype).T, 15))
