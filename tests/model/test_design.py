# SPDX-License-Identifier: MIT
"""Filters and edges: what they are in numbers, that they do not hang on a machine's last bits, and where they are refused."""

import sys

import numpy as np
import pytest
from scipy import signal

from deeplomath.errors import ModelError
from deeplomath.model import design, text
from deeplomath.signal.front import FrontEnd

DESIGNS = [
    ("lowpass", 2, [400], 8192),
    ("lowpass", 5, [10], 1000),
    ("lowpass", 1, [100], 1000),
    ("highpass", 2, [1], 8000),
    ("highpass", 8, [100], 1000),
    ("bandpass", 2, [2200, 3600], 8192),
    ("bandpass", 4, [10, 20], 1000),
    ("bandstop", 2, [48, 52], 1000),
]


@pytest.mark.parametrize("of", DESIGNS)
def test_sections_are_the_filter_that_scipy_designs(of):
    kind, order, frequencies, rate = of
    sections = np.array(design.butterworth(*of), float) / 2**29
    sos = np.insert(sections, 3, 1, 1)
    wanted = signal.butter(order, frequencies[0] if len(frequencies) == 1 else frequencies, kind, fs=rate, output="sos")
    at = np.linspace(0, 0.49 * rate, 300)
    found, needed = (abs(signal.freqz_sos(one, at, fs=rate)[1]) for one in (sos, wanted))
    assert abs(found - needed).max() < 0.002


@pytest.mark.parametrize("of", DESIGNS)
def test_each_section_passes_what_the_filter_passes_best(of):
    kind, order, frequencies, rate = of
    best = {"lowpass": 0, "bandstop": 0, "highpass": rate / 2}.get(kind)
    if best is None:
        best = np.arctan(np.sqrt(np.prod(np.tan(np.pi * np.array(frequencies) / rate)))) * rate / np.pi
    for section in design.butterworth(*of):
        sos = np.insert(np.array([section], float) / 2**29, 3, 1, 1)
        assert abs(signal.freqz_sos(sos, [best], fs=rate)[1])[0] == pytest.approx(1, abs=0.02)


def test_the_zeros_of_a_high_pass_stand_at_0_exactly():
    for of in DESIGNS:
        if of[0] == "highpass":
            assert all(b0 + b1 + b2 == 0 for b0, b1, b2, _, _ in design.butterworth(*of))


@pytest.mark.parametrize("of", DESIGNS)
def test_the_closed_form_knows_the_filter_and_tells_another_from_it(of):
    kind, order, frequencies, rate = of
    sections = design.butterworth(*of)
    assert design.misses(sections, *of)[0] < design.CLOSE
    assert design.misses(sections, kind, order + 1, frequencies, rate)[0] > design.CLOSE
    assert design.misses(sections, kind, order, [1.05 * f for f in frequencies], rate)[0] > design.CLOSE


BIQUAD = """[source]
lines = ["a"]
rate = 8192
[[front_end]]
op = "biquad"
of = "a"
new = "f"
filter = "lowpass"
order = 2
frequency = FREQUENCY
SECTIONS
[[front_end]]
op = "window"
of = ["f"]
samples = 64
[[front_end]]
op = "stats"
values = ["mean"]
"""


def biquad(frequency, sections=None):
    given = "" if sections is None else f"sections = {sections}"
    return text.parsed(BIQUAD.replace("FREQUENCY", str(frequency)).replace("SECTIONS", given), "m.toml")


def test_sections_beside_a_filter_are_taken_where_they_are_that_filter():
    sections = design.butterworth("lowpass", 2, [400], 8192)
    assert biquad(400, sections).program == biquad(400).program
    assert biquad(400, sections).steps[0].designed is None and biquad(400).steps[0].designed == sections
    with pytest.raises(ModelError, match=r"m.toml:11: front_end 1, biquad: sections: at .* Hz they miss the filter by"):
        biquad(500, sections)
    with pytest.raises(ModelError, match="they miss the filter"):
        biquad(400, [[0, 0, 0, 0, 0]])


def test_sections_need_no_scipy_and_a_filter_says_that_it_does(monkeypatch):
    sections = design.butterworth("lowpass", 2, [400], 8192)
    monkeypatch.setitem(sys.modules, "scipy.signal", None)
    monkeypatch.setitem(sys.modules, "scipy", None)
    assert FrontEnd(biquad(400, sections).program).features == 1
    with pytest.raises(
        ModelError, match="m.toml:8: front_end 1, biquad: filter: scipy designs it, which is not here: `pip"
    ):
        biquad(400)


def test_rounding_does_not_hang_on_the_last_bits():
    for value in (0.5, 1.5, -2.5, 1234567.5):
        near = [value, np.nextafter(value, np.inf), np.nextafter(value, -np.inf), value - 1e-7, value + 1e-7]
        assert len({design.nearest(float(one)) for one in near}) == 1
    assert [design.nearest(value) for value in (0.5, 0.4, -0.5, -0.6)] == [1, 0, 0, -1]


@pytest.mark.parametrize(
    ("count", "low", "high"), [(16, 4, 1024), (8, 1, 128), (10, 1, 12), (11, 1, 12), (1, 5, 6), (5, 0, 9)]
)
def test_log_edges_rise_and_keep_their_ends(count, low, high):
    edges = [edge / 16 for edge in design.log_edges(count, low, high)]
    assert len(edges) == count + 1 and edges[0] == max(low, 1) and edges[-1] == high
    assert all(b - a >= 1 for a, b in zip(edges, edges[1:], strict=False))


def test_mel_edges_are_even_on_their_scale():
    mels = [1127 * np.log1p(edge / 16 * 31.25 / 700) for edge in design.mel_edges(14, 100, 3900, 31.25)]
    assert np.diff(mels) == pytest.approx(np.full(13, (mels[-1] - mels[0]) / 13), abs=4)


def test_the_rows_of_a_dct_stay_within_their_sum():
    for inputs in (1, 2, 7, 16, 40):
        rows = np.array(design.dct_rows(inputs, 0, inputs))
        assert (abs(rows).sum(1) <= 32768).all()
        gram = (rows / 32768 * inputs) @ (rows / 32768 * inputs).T
        off = gram - np.diag(gram.diagonal())
        assert abs(off).max() < 0.01 * inputs
