# SPDX-License-Identifier: MIT
"""Filters and edges as numbers of a program: Butterworth filters by scipy, edges on log and mel scales, the DCT.

These are floats, of the host alone. A result must be the same on every machine, though the last bits of its floats are not:
so it is rounded twice, first to DIGITS decimals (errors of floats are far below), then to the nearest integer, halves up.
"""

import math

import numpy as np

from ..errors import ModelError

COEFFICIENT_BITS = 29
DIGITS = 3
FILTERS = {"lowpass": 1, "highpass": 1, "bandpass": 2, "bandstop": 2}  # how many frequencies each has
CLOSE = 0.1  # decibels by which coefficients may miss the filter that they stand for
DEEP = -50.0  # decibels below which they are not compared


def nearest(value):
    """The nearest integer, halves up, the same from floats that differ in their last bits."""
    return math.floor(round(value, DIGITS) + 0.5)


def butterworth(kind, order, frequencies, rate):
    """Sections (b0, b1, b2, a1, a2) in Q29 of a Butterworth filter, each with gain 1 where the whole filter passes best.

    ModelError where scipy is not there, or a coefficient does not fit.
    """
    try:
        from scipy.signal import butter
    except ModuleNotFoundError as error:
        raise ModelError("scipy designs it, which is not here: `pip install scipy`, or give its sections") from error
    wanted = frequencies[0] if FILTERS[kind] == 1 else list(frequencies)
    sections = butter(order, wanted, kind, fs=rate, output="sos")
    z = np.exp(-2j * np.pi * _best(kind, frequencies, rate) / rate)
    found = []
    for b0, b1, b2, _, a1, a2 in sections:
        gain = abs((1 + a1 * z + a2 * z * z) / (b0 + b1 * z + b2 * z * z))
        first = nearest(b0 * gain * 2**COEFFICIENT_BITS)  # the others by their ratio to it: a zero stays where it was
        poles = (nearest(a * 2**COEFFICIENT_BITS) for a in (a1, a2))
        found.append([first, nearest(first * (b1 / b0)), nearest(first * (b2 / b0)), *poles])
        if max(map(abs, found[-1])) >= 1 << 31 or not first:
            raise ModelError(
                f"its coefficients do not fit Q{COEFFICIENT_BITS}; a rate nearer to its frequency is needed"
            )
    return found


def _best(kind, frequencies, rate):
    """The frequency at which a filter passes all."""
    if kind == "bandpass":
        low, high = (math.tan(math.pi * f / rate) for f in frequencies)
        return math.atan(math.sqrt(low * high)) * rate / math.pi
    return rate / 2 if kind == "highpass" else 0.0


def misses(sections, kind, order, frequencies, rate):
    """By how many decibels, and at which frequency, sections in Q29 miss this Butterworth filter the most.

    The filter is taken from its closed form, |H|^2 = 1 / (1 + w^(2 order)), so no scipy is needed.
    """
    edges = [f * scale for f in frequencies for scale in (0.5, 0.9, 1, 1.1, 2)]
    asked = np.array(sorted(f for f in (*edges, *np.linspace(0, 0.499 * rate, 200)) if 0 <= f < rate / 2))
    z, response = np.exp(-2j * np.pi * asked / rate), 1.0
    for b0, b1, b2, a1, a2 in np.array(sections, float) / 2**COEFFICIENT_BITS:
        response = response * (b0 + b1 * z + b2 * z * z) / (1 + a1 * z + a2 * z * z)
    with np.errstate(divide="ignore"):
        found = 20 * np.log10(abs(response))
        wanted = -10 * np.log10(1 + _warped(kind, asked, frequencies, rate) ** (2.0 * order))
    lack = np.maximum(found, DEEP) - np.maximum(wanted, DEEP)
    worst = int(np.argmax(abs(lack)))
    return abs(float(lack[worst])), float(asked[worst])


def _warped(kind, asked, frequencies, rate):
    """The frequencies of a low-pass whose edge is 1, in the place of those of a filter."""
    w, edges = np.tan(np.pi * asked / rate), [math.tan(math.pi * f / rate) for f in frequencies]
    with np.errstate(divide="ignore"):
        if kind == "lowpass":
            return w / edges[0]
        if kind == "highpass":
            return edges[0] / w
        band = abs(w * w - edges[0] * edges[1]) / (w * (edges[1] - edges[0]))
        return band if kind == "bandpass" else 1 / band


# Edges of bands, in 1/16 bin


def log_edges(count, low, high):
    """count + 1 whole bins from low to high (bins), at even ratios as far as each band has a bin of its own; in 1/16 bin."""
    low, high = max(1, nearest(low)), nearest(high)
    ratio = high / low
    edges = [nearest(low * ratio ** (i / count)) for i in range(count + 1)]
    for i in range(1, count + 1):
        edges[i] = max(edges[i], edges[i - 1] + 1)
    for i in range(count, 0, -1):
        edges[i] = min(edges[i], high - (count - i))
    return [16 * edge for edge in edges]


def mel_edges(count, low, high, hertz_per_bin):
    """Edges from low to high (Hz) at even steps of the mel scale, 1127 ln(1 + f / 700); in 1/16 bin."""
    low, high = (1127 * math.log1p(f / 700) for f in (low, high))
    mels = (low + (high - low) * i / (count - 1) for i in range(count))
    return [nearest(700 * math.expm1(mel / 1127) / hertz_per_bin * 16) for mel in mels]


def linear_edges(count, low, high, hertz_per_bin):
    """Edges from low to high (Hz) at even steps; in 1/16 bin."""
    return [nearest((low + (high - low) * i / (count - 1)) / hertz_per_bin * 16) for i in range(count)]


def dct_rows(count, first, inputs):
    """Rows first, first + 1, ... of the DCT-II of `inputs` values in Q15; the absolute values of a row sum to 2^15 at most."""
    rows = range(first, first + count)
    angles = [[math.pi * row * (2 * i + 1) / (2 * inputs) for i in range(inputs)] for row in rows]
    return [[math.trunc(round(32768 / inputs * math.cos(angle), DIGITS)) for angle in row] for row in angles]
