# SPDX-License-Identifier: MIT
"""The presets give the same events in C, in the mirror and on unbounded integers, however the stream is cut."""

import numpy as np
import pytest

from deeplomath.model.model import PRESETS, Model
from front_ends import KERNEL, MIRROR, UNBOUNDED, run

SAMPLES = {"motion": 400, "keywords": 14_000, "vibration": 4500, "current": 700}
KINDS = ("word", "full noise", "lowest", "square")


def stream(kind, n, lines):
    """Samples int16 [n, lines]."""
    random = np.random.default_rng(3)
    if kind == "lowest":
        return np.full((n, lines), -32768, np.int16)
    if kind == "square":
        return np.where(np.arange(n)[:, None] // 50 % 2, 32767, -32768).repeat(lines, 1).astype(np.int16)
    noise = random.normal(size=(n, lines))
    if kind == "word":  # a loud part between two quiet ones
        noise *= np.where(abs(np.arange(n) / n - 0.4) < 0.2, 4000, 15)[:, None]
    else:
        noise *= 40_000
    return np.clip(noise, -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_gives_the_unbounded_runs_events_in_any_chunks(make, name, kind):
    code = Model(name).program
    front = make(code)
    samples = stream(kind, SAMPLES[name], front.lines)
    expected = run(UNBOUNDED(code), samples)
    assert expected or name == "keywords" and kind != "word"
    for chunks in (None, [7, 1, 300], [64], [1000, 3]):
        assert run(make(code), samples, chunks) == expected
    planned = Model(name).front_end()
    assert (front.features, front.footprint, front.work) == (planned.features, planned.footprint, planned.work)
