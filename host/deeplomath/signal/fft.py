# SPDX-License-Identifier: MIT
"""The power spectrum of real windows: Hann, transform, squares. Twin of firmware/signal/dlm_fft.c. SIGNAL.md, Power."""

import numpy as np

from .. import spec
from ..fixed import round_shift
from .stats import centred

COSINE = np.array(spec.COSINE_Q15, np.int64)
QUARTER = spec.SIGNAL_TURN // 4


def power(x):
    """Power [..., n/2 + 1] of windows x [..., n], in Q(2 guard) of LSB^2; uint64, or unbounded where x is.

    n: a power of two, 16..2048. guard: 14 - log2 n.
    """
    n = x.shape[-1]
    windowed = round_shift(centred(x) * hann_q15(n), 15 - guard(n))
    re, im = transform(windowed[..., 0::2], windowed[..., 1::2])
    re, im = split(re, im)
    squares = re * re + im * im
    return squares if squares.dtype == object else squares.astype(np.uint64)


def guard(n):
    """Fractional bits of the transform of n samples."""
    return spec.SIGNAL_GUARD + 1 - n.bit_length()


def cosine_q15(phase):
    """cos of phases in steps of the table, 0 <= phase < a turn; 1 is 32768."""
    quadrant, rest = phase // QUARTER, phase % QUARTER
    from_end = COSINE[QUARTER - rest]
    return np.choose(quadrant, [COSINE[rest], -from_end, -COSINE[rest], from_end])


def sine_q15(phase):
    return cosine_q15((phase + 3 * QUARTER) % spec.SIGNAL_TURN)


def hann_q15(n):
    """(1 - cos) / 2 of n samples, periodic."""
    return round_shift(32768 - cosine_q15(np.arange(n) * (spec.SIGNAL_TURN // n)), 1)


def transform(re, im):
    """The complex Fourier transform over the last axis, whose length is a power of two; radix 2, decimated in time."""
    m = re.shape[-1]
    order = _reversed(m)
    re, im = re[..., order], im[..., order]
    size = 2
    while size <= m:
        half = size // 2
        phase = np.arange(half) * (spec.SIGNAL_TURN // size)
        a, b = (v.reshape(*re.shape[:-1], m // size, size) for v in (re, im))
        tr, ti = turn(a[..., half:], b[..., half:], phase)
        re = np.concatenate([a[..., :half] + tr, a[..., :half] - tr], -1).reshape(re.shape)
        im = np.concatenate([b[..., :half] + ti, b[..., :half] - ti], -1).reshape(im.shape)
        size *= 2
    return re, im


def turn(re, im, phase):
    """(re + i im) exp(-i phase), each part rounded once."""
    cos, sin = cosine_q15(phase), sine_q15(phase)
    return round_shift(re * cos + im * sin, 15), round_shift(im * cos - re * sin, 15)


def split(zr, zi):
    """The transform of n real samples, bins 0..n/2, from that of their pairs: even samples real, odd ones imaginary."""
    m = zr.shape[-1]
    k = np.arange(m // 2 + 1)
    ar, ai, br, bi = zr[..., k], zi[..., k], zr[..., (m - k) % m], zi[..., (m - k) % m]
    even_r, even_i, odd_r, odd_i = ar + br, ai - bi, ai + bi, br - ar  # twice each
    phase = k * (spec.SIGNAL_TURN // (2 * m))
    cos, sin = cosine_q15(phase), sine_q15(phase)
    tr, ti = odd_r * cos + odd_i * sin, odd_i * cos - odd_r * sin
    re, im = (np.empty((*zr.shape[:-1], m + 1), zr.dtype) for _ in range(2))
    re[..., m - k], im[..., m - k] = round_shift(even_r * 2**15 - tr, 16), -round_shift(even_i * 2**15 - ti, 16)
    re[..., k], im[..., k] = round_shift(even_r * 2**15 + tr, 16), round_shift(even_i * 2**15 + ti, 16)
    return re, im


def _reversed(m):
    """0..m-1 with their bits reversed."""
    order = np.zeros(1, np.int64)
    while len(order) < m:
        order = np.concatenate([2 * order, 2 * order + 1])
    return order
