# SPDX-License-Identifier: MIT
"""dlm_lines.c and lines.py: lines of lines; filters beside float64."""

import struct

import numpy as np
import pytest
from scipy import signal

from deeplomath import spec
from deeplomath.signal import lines
from front_ends import kernel_lines
from vectors import cases


def mirror_lines(kind, flags, n, body, given):
    given = np.array(given, np.int64)
    if kind == spec.OPERATION_MIX:
        return lines.mix(given, np.frombuffer(body, np.int8).reshape(n, -1).tolist(), flags)
    if kind == spec.OPERATION_NORM:
        return lines.norm(given[list(body)])[None]
    return lines.Biquad(list(struct.iter_unpack("<5i", body[4:]))).run(given[0])[None]


def library_lines(kind, flags, n, body, given):
    return kernel_lines(kind, flags, 0, n, body, given)


@pytest.mark.parametrize("make", [mirror_lines, library_lines], ids=["mirror", "kernel"])
@cases("lines")
def test_each_operation_makes_the_vectors_lines(make, case):
    kind = getattr(spec, f"OPERATION_{case['operation'].upper()}")
    made = make(kind, case["flags_of_it"], case["n"], bytes.fromhex(case["body"]), case["lines"])
    assert np.asarray(made).tolist() == case["made"]


# Designs (sos, sample rate) as people use them.
DESIGNS = {
    "high-pass 1 Hz at 8 kHz": (signal.butter(2, 1, "highpass", fs=8000, output="sos")),
    "high-pass 0.3 Hz at 50 Hz": (signal.butter(2, 0.3, "highpass", fs=50, output="sos")),
    "low-pass 20 Hz at 8 kHz": (signal.butter(4, 20, "lowpass", fs=8000, output="sos")),
    "low-pass 400 Hz at 8192 Hz": (signal.butter(2, 400, "lowpass", fs=8192, output="sos")),
    "band-pass 2.2 to 3.6 kHz at 8192 Hz": (signal.butter(2, [2200, 3600], "bandpass", fs=8192, output="sos")),
    "notch 50 Hz at 1 kHz": (signal.tf2sos(*signal.iirnotch(50, 30, fs=1000))),
    "Chebyshev low-pass 1 kHz at 8 kHz": (signal.cheby1(6, 0.5, 1000, fs=8000, output="sos")),
    "elliptic band-pass 300 to 3400 Hz at 16 kHz": (
        signal.ellip(4, 0.5, 40, [300, 3400], "bandpass", fs=16000, output="sos")
    ),
}


def balanced(sos):
    """The same filter with its amplification shared out: no section is much quieter or louder than the others."""
    peaks = [abs(signal.freqz(section[:3], section[3:], 8192)[1]).max() for section in sos]
    shared, sos = np.prod(peaks) ** (1 / len(sos)), sos.copy()
    sos[:, :3] *= (shared / np.array(peaks))[:, None]
    return sos


def rounded_sections(sos):
    """Sections in Q29; a numerator whose parts are as 1 to -+2 to 1 stays so, which is a zero exactly at 0 or the end."""
    sections = []
    for b0, b1, b2, _, a1, a2 in sos:
        section = [round(v * 2**29) for v in (b0, b1, b2, a1, a2)]
        if np.allclose([abs(b1), b2], [2 * abs(b0), b0], 1e-9, 0):
            section[1:3] = round(np.sign(b1 * b0)) * 2 * section[0], section[0]
        sections.append(section)
    return sections


@pytest.mark.parametrize("name", DESIGNS)
def test_a_filter_is_as_near_to_float64_as_rounding_to_int16_is(name):
    sections = rounded_sections(balanced(DESIGNS[name]))
    x = np.rint(np.random.default_rng(3).normal(size=40_000) * 6000).clip(-32768, 32767).astype(np.int64)
    exact = np.array([[s[0], s[1], s[2], 2**29, s[3], s[4]] for s in sections]) / 2**29
    ideal = signal.sosfilt(exact, x.astype(float))
    assert abs(ideal).max() < 32767
    found = lines.Biquad([tuple(s) for s in sections]).run(x)
    rounding = np.rint(ideal) - ideal
    error = found - ideal
    print(name, np.std(error) / np.std(rounding), abs(error).max())
    assert np.sqrt((error**2).mean()) <= 1.02 * np.sqrt((rounding**2).mean())
    assert abs(error).max() < 1
    designed = signal.sosfilt(DESIGNS[name], x.astype(float))
    assert 10 * np.log10((designed**2).sum() / ((ideal - designed) ** 2).sum()) > 60, "what rounding the design costs"


def test_a_filter_that_is_not_stable_is_clipped_and_a_stable_one_behind_it_goes_on():
    unstable = (2**29, 0, 0, -(2**30) - 2**20, 2**29 + 2**20)
    x = np.full(3000, 32767)
    made = lines.Biquad([unstable]).run(x)
    assert set(made[2000:].tolist()) <= {-32768, 32767}
    body = struct.pack("<4x5i", *unstable)
    assert kernel_lines(spec.OPERATION_BIQUAD, 0, 0, 1, body, [x.tolist()])[0].tolist() == made.tolist()


@pytest.mark.kernel
@pytest.mark.parametrize("sections", [[(2**31 - 1,) * 3 + (-(2**31),) * 2] * 8, [(-(2**31),) * 5] * 8])
def test_the_largest_coefficients_do_not_overflow(sections):
    x = np.tile([32767, 32767, -32768, -32768, 0], 40)
    wide, unbounded = (lines.Biquad(sections).run(x.astype(dtype)).tolist() for dtype in (np.int64, object))
    body = struct.pack("<4x40i", *sum(sections, ()))
    assert wide == unbounded == kernel_lines(spec.OPERATION_BIQUAD, 0, 0, 8, body, [x.tolist()])[0].tolist()
