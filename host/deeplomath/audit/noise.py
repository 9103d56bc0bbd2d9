# SPDX-License-Identifier: MIT
"""Noise mixed into recordings at a stated signal-to-noise ratio, so that a model can be taught under it.

The ratio is that of powers, line by line, each line's mean taken off. The signal's is taken over the samples that have a label,
where some have one, else over all. A line in which nothing moves gets no noise.
"""

import numpy as np

from ..errors import DataError
from ..integers import HIGHEST, LOWEST
from .recording import SAMPLES, Recording

KINDS = "white", "pink"
SNR = -60.0, 120.0  # dB


def noisy(recording, snr, kind="white", copies=1, seed=0):
    """A Recording of `copies` of another, one behind the other, each with other noise mixed in.

    snr: dB, a number, or (low, high), from which each copy draws its own; kind: "white", "pink", or the Recording of a
    noise, of which each copy gets a piece from a random place, repeated where it is too short. DataError.
    """
    low, high = (snr, snr) if isinstance(snr, int | float) else snr
    for value in (low, high):
        if not SNR[0] <= value <= SNR[1]:
            raise DataError(f"snr: {value:g} dB given, {SNR[0]:g}..{SNR[1]:g} allowed")
    if copies < 1 or copies * recording.samples.size > SAMPLES:
        most = SAMPLES // max(recording.samples.size, 1)
        raise DataError(f"copies: {copies} given, 1..{most} allowed")
    random = np.random.default_rng(seed)
    levels = [random.uniform(low, high) if high > low else low for _ in range(copies)]
    parts = [mixed(recording, noise(kind, recording.samples.shape, random), level) for level in levels]
    labels = recording.labels * copies if recording.labels else None
    return recording._replace(samples=np.concatenate(parts), labels=labels)


def mixed(recording, added, snr):
    """Samples int16 of a Recording with noise [n, lines] added at this ratio, in dB; rounded and saturated."""
    samples = recording.samples.astype(float)
    heard = np.array([bool(label) for label in recording.labels]) if recording.labels else np.zeros(0, bool)
    signal = samples[heard] if heard.any() else samples
    powers, added = signal.var(0), added - added.mean(0)
    gain = np.sqrt(powers / 10 ** (snr / 10) / np.maximum(added.var(0), 1e-30))
    return np.clip(np.rint(samples + gain * added), LOWEST, HIGHEST).astype(np.int16)


def noise(kind, shape, random):
    """Noise [n, lines] of a kind, of any power."""
    if isinstance(kind, Recording):
        return _piece(kind, shape, random)
    if kind not in KINDS:
        raise DataError(f"kind: {kind!r} given, one of {', '.join(KINDS)} or a recording needed")
    white = random.normal(size=shape)
    if kind == "white":
        return white
    spectrum = np.fft.rfft(white, axis=0)
    spectrum[0] = 0
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))[:, None]
    return np.fft.irfft(spectrum, shape[0], axis=0)


def _piece(recording, shape, random):
    """A piece of a recorded noise, of one line for all or of as many lines."""
    samples = recording.samples.astype(float)
    if samples.shape[1] not in (1, shape[1]):
        raise DataError(f"noise: {samples.shape[1]} lines given, 1 or {shape[1]} needed")
    if not samples.var(0).all():
        raise DataError("noise: a line of it stands still")
    start = int(random.integers(len(samples)))
    rows = (start + np.arange(shape[0])) % len(samples)
    return np.broadcast_to(samples[rows], shape)
