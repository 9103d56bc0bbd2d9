# SPDX-License-Identifier: MIT
"""Noise: it has the ratio that was asked for, the colour, and the same bits from the same seed."""

import numpy as np
import pytest

from deeplomath.audit import noise
from deeplomath.audit.recording import Recording
from deeplomath.errors import DataError

TIME = np.arange(20_000)
CLEAN = Recording(
    np.rint(np.stack([1000 + 3000 * np.sin(TIME / 9), 500 * np.cos(TIME / 7), 0 * TIME], 1)).astype(np.int16),
    8000.0,
    ("a", "b", "still"),
)


def ratio(noisy, clean, heard=slice(None)):
    """Signal to noise of each line, dB."""
    added = noisy.astype(float) - clean
    return 10 * np.log10(clean[heard].astype(float).var(0) / added.var(0))


@pytest.mark.parametrize("kind", [*noise.KINDS, CLEAN._replace(samples=CLEAN.samples[::-1, :1] // 3)])
@pytest.mark.parametrize("snr", [0, 12.5])
def test_the_ratio_is_what_was_asked_for_in_each_line_and_a_still_line_stays_so(kind, snr):
    found = noise.noisy(CLEAN, snr, kind)
    assert found[1:] == CLEAN[1:] and found.samples.dtype == np.int16
    assert ratio(found.samples, CLEAN.samples)[:2] == pytest.approx([snr, snr], abs=0.1)
    assert not found.samples[:, 2].any()


def test_the_signal_is_what_has_a_label():
    samples = CLEAN.samples.copy()
    samples[5000:] = 0
    labelled = CLEAN._replace(samples=samples, labels=("word",) * 5000 + ("",) * 15_000)
    found = noise.noisy(labelled, 6)
    assert found.labels == labelled.labels
    assert ratio(found.samples, samples, slice(0, 5000))[:2] == pytest.approx([6, 6], abs=0.1)


def test_pink_has_as_much_in_each_octave_and_white_twice_as_much_in_the_next():
    for kind, growth in (("pink", 0), ("white", 3)):
        power = abs(np.fft.rfft(noise.noise(kind, (1 << 18, 1), np.random.default_rng(1))[:, 0])) ** 2
        octaves = [10 * np.log10(power[1 << i : 2 << i].sum()) for i in range(8, 16)]
        assert np.diff(octaves) == pytest.approx([growth] * 7, abs=1)


def test_each_copy_has_noise_and_a_ratio_of_its_own_and_a_seed_gives_the_same_again():
    found = noise.noisy(CLEAN._replace(labels=("x",) * 20_000), (3, 12), "white", copies=4, seed=5)
    parts = found.samples.reshape(4, 20_000, 3)
    ratios = [ratio(part, CLEAN.samples)[0] for part in parts]
    assert len(found.labels) == 80_000 and len({round(one, 1) for one in ratios}) == 4
    assert all(2.9 < one < 12.1 for one in ratios)
    again, other = (noise.noisy(CLEAN, (3, 12), "white", copies=4, seed=seed).samples for seed in (5, 6))
    assert (again == found.samples).all() and (other != found.samples).any()


def test_loud_noise_saturates():
    found = noise.noisy(CLEAN, -20).samples
    assert found.min() == -32768 and found.max() == 32767


def test_a_short_noise_is_repeated():
    piece = Recording(np.array([[1], [-1], [2]], np.int16))
    added = noise.noise(piece, (10, 2), np.random.default_rng(0))
    assert added.shape == (10, 2) and (added[3:] == added[:-3]).all() and (added[:, 0] == added[:, 1]).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: noise.noisy(CLEAN, 200), "snr: 200 dB given, -60..120 allowed"),
        (lambda: noise.noisy(CLEAN, 0, copies=0), "copies: 0 given, 1..66 allowed"),
        (lambda: noise.noisy(CLEAN, 0, copies=67), "copies: 67 given, 1..66 allowed"),
        (lambda: noise.noisy(CLEAN, 0, "brown"), "kind: 'brown' given, one of white, pink or a recording needed"),
        (lambda: noise.noisy(CLEAN, 0, CLEAN), "a line of it stands still"),
        (lambda: noise.noisy(CLEAN, 0, CLEAN._replace(samples=CLEAN.samples[:, :2])), "2 lines given, 1 or 3 needed"),
    ],
)
def test_what_cannot_be_mixed_is_refused(call, words):
    with pytest.raises(DataError, match=words):
        call()
