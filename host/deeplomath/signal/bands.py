# SPDX-License-Identifier: MIT
"""Power in bands, as logarithms. Twin of firmware/signal/dlm_bands.c. SIGNAL.md, Bands."""

import numpy as np

from .. import spec
from .fft import guard
from .stats import OCTAVE, logs

ONE = 1 << spec.SIGNAL_WEIGHT_BITS
BIN = 1 << spec.SIGNAL_EDGE_BITS


def bands(power, edges, triangles):
    """log2 of the amplitude in each band [..., band] of power [..., bin], Q11; int16 by its range.

    edges: in 1/16 bin, not falling. triangles: each band rises from an edge to the next and falls to the one behind;
    else a band goes from an edge to the next, that one left out.
    """
    n = 2 * (power.shape[-1] - 1)
    weights = weights_q6(edges, triangles, power.shape[-1]).astype(power.dtype)
    least = power.dtype.type(1 << (2 * guard(n) + spec.SIGNAL_WEIGHT_BITS))  # that of 1 LSB
    energy = np.maximum(power @ weights.T, least)
    return (logs(energy) >> 1) - (spec.SIGNAL_GUARD + spec.SIGNAL_WEIGHT_BITS // 2) * OCTAVE


def weights_q6(edges, triangles, bins):
    """Weights [band, bin] in Q6. A band that would be empty has the bin next to its middle."""
    position = np.arange(bins) * BIN
    found = np.array(
        [_triangle(position, *at) for at in zip(edges, edges[1:], edges[2:])]
        if triangles
        else [np.where((low <= position) & (position < high), ONE, 0) for low, high in zip(edges, edges[1:])]
    )
    for band in np.flatnonzero(~found.any(1)):
        middle = 2 * edges[band + 1] if triangles else edges[band] + edges[band + 1]
        found[band, min((middle + BIN) // (2 * BIN), bins - 1)] = ONE
    return found


def _triangle(position, low, middle, high):
    rising = (position >= low) & (position <= middle)
    falling = (position > middle) & (position < high)
    up = ONE * (position - low) // max(middle - low, 1)
    down = ONE * (high - position) // max(high - middle, 1)
    return np.where(rising, np.minimum(up, ONE) if middle > low else ONE, np.where(falling, down, 0))
