# SPDX-License-Identifier: MIT
"""dlm_fft.c and fft.py: power spectra, beside float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplomath import spec
from deeplomath.signal import fft
from front_ends import kernel_power
from vectors import cases

LENGTHS = [16, 32, 64, 128, 256, 512, 1024, 2048]


def mirror_power(x):
    return fft.power(np.array([x], np.int64))[0]


def spectrum(x):
    """The transform [.., n/2 + 1] of windows [.., n] whose guard bits are in, in units of 1 LSB, as complex floats."""
    n = x.shape[-1]
    re, im = fft.split(*fft.transform(x[..., 0::2], x[..., 1::2]))
    return (re + 1j * im) / 2.0 ** fft.guard(n)


def snr(x):
    """Signal to noise in dB of the transform alone of windows [.., n] of int16, beside float64."""
    exact = np.fft.rfft(x)
    error = abs(spectrum(x * 2 ** fft.guard(x.shape[-1])) - exact) ** 2
    return 10 * np.log10((abs(exact) ** 2).sum(-1) / np.maximum(error.sum(-1), 1e-9))


@pytest.mark.parametrize("power", [mirror_power, kernel_power], ids=["mirror", "kernel"])
@cases("fft")
def test_each_window_has_the_vectors_power(power, case):
    assert power(case["x"]).tolist() == case["power"]


@pytest.mark.kernel
@given(st.integers(0, 2**32 - 1), st.sampled_from(LENGTHS), st.sampled_from([0, 1, 100, 32767]), st.booleans())
def test_kernel_and_mirror_agree_on_any_window(seed, n, size, square):
    draw = np.random.default_rng(seed)
    x = draw.integers(-size - 1, size + 1, n)
    x = np.where(x < 0, -size - 1, size) if square else x
    assert kernel_power(x).tolist() == mirror_power(x).tolist()


@pytest.mark.parametrize("n", LENGTHS)
def test_nothing_is_beyond_its_bound_at_the_rails(n):
    time = np.arange(n)
    rails = [
        np.where(np.sin(2 * np.pi * k * (time + 0.5) / n + phase) < 0, -32768, 32767)
        for k in range(n // 2)
        for phase in (0, 1)
    ]
    z = fft.round_shift(fft.centred(np.array(rails)) * fft.hann_q15(n), 15 - fft.guard(n))
    assert abs(z).sum(-1).max() < 0.613 * 2**29 + 2**10
    re, im = z[:, 0::2], z[:, 1::2]
    assert all(abs(part).max() < 0.62 * 2**29 for part in fft.transform(re, im))
    assert int(fft.power(np.array(rails)).sum(-1).max()) < 7 * 2**55


def test_the_transform_of_256_is_near_that_of_float64():
    draw = np.random.default_rng(11)
    loud = snr(draw.integers(-32768, 32768, (400, 256)))
    quiet = snr(draw.integers(-33, 33, (400, 256)))
    impulses = np.zeros((3 * 256, 256), np.int64)
    for i, height in enumerate((32767, 1000, 33)):
        impulses[256 * i + np.arange(256), np.arange(256)] = height
    print(loud.min(), quiet.min(), snr(impulses).min())
    assert loud.min() > 90 and quiet.min() > 60 and snr(impulses).min() > 45


def test_the_transform_of_1024_is_near_that_of_float64():
    assert snr(np.random.default_rng(12).integers(-32768, 32768, (100, 1024))).min() > 85


def mfcc(logs):
    """Cosine transform of log-mel values [.., bands] without the first."""
    bands = logs.shape[-1]
    k = np.arange(1, bands)[:, None]
    return logs @ np.cos(np.pi * k * (2 * np.arange(bands) + 1) / (2 * bands)).T


@pytest.mark.parametrize(("lower", "least"), [(0, 0.9999), (48, 0.9998)])
def test_mel_cepstra_of_speech_like_sound_go_with_those_of_float64(lower, least):
    from deeplomath.signal.bands import bands

    draw = np.random.default_rng(5)
    time = np.arange(16000) / 8000
    pitch = np.cumsum(2 * np.pi * (120 + 40 * np.sin(3 * time)) / 8000)
    voiced = sum(np.sin(k * pitch) / k * (1 + np.sin(2 * np.pi * (k / 9 + time))) for k in range(1, 25))
    sound = voiced * (0.3 + abs(np.sin(4 * time))) + 0.05 * draw.normal(size=16000)
    x = np.rint(sound / abs(sound).max() * 30000 / 10 ** (lower / 20)).astype(np.int64)
    frames = np.lib.stride_tricks.sliding_window_view(x, 256)[::128]
    mel = 700 * np.expm1(np.linspace(1127 * np.log1p(100 / 700), 1127 * np.log1p(3900 / 700), 14) / 1127)
    edges = np.rint(mel * 256 / 8000 * 16).astype(int).tolist()
    found = mfcc(bands(fft.power(frames), edges, 1) / 2048)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    power = abs(np.fft.rfft((frames - frames.mean(-1, keepdims=True)) * hann)) ** 2
    position = 16 * np.arange(129)
    weights = np.array([np.interp(position, at, [0, 1, 0], 0, 0) for at in zip(edges, edges[1:], edges[2:])])
    exact = mfcc(np.log2(np.maximum(power @ weights.T, 1)) / 2)
    correlation = np.corrcoef(found.ravel(), exact.ravel())[0, 1]
    print(correlation)
    assert correlation > least


def test_the_table_is_that_of_a_cosine():
    exact = 32768 * np.cos(2 * np.pi * np.arange(spec.SIGNAL_TURN) / spec.SIGNAL_TURN)
    assert abs(fft.cosine_q15(np.arange(spec.SIGNAL_TURN)) - exact).max() <= 0.5
    assert (fft.sine_q15(np.arange(2048)) == fft.cosine_q15((np.arange(2048) + 1536) % 2048)).all()
