# SPDX-License-Identifier: MIT
"""Recordings: what is written is read again, lines and units are those of the model, what cannot be read is refused in words."""

import struct
import wave
from types import SimpleNamespace

import numpy as np
import pytest

from deeplomath.audit import recording
from deeplomath.audit.recording import Recording
from deeplomath.errors import DataError

SAMPLES = np.array([[1, -2], [-32768, 32767], [0, 5], [7, 8]], np.int16)
WHOLE = Recording(SAMPLES, 50.0, ("ax", "gyro z"), ("", "walk", "walk", "run"))
SOURCE = SimpleNamespace(lines=("ax", "gyro z"), rate=50.0, lsb=None)


def equal(a, b):
    return np.array_equal(a.samples, b.samples) and a[1:] == b[1:] and a.samples.dtype == b.samples.dtype


@pytest.mark.parametrize("name", ["r.csv", "R.NPZ", "r.npz"])
@pytest.mark.parametrize("known", [WHOLE, WHOLE._replace(labels=None), WHOLE._replace(rate=31.25)])
def test_what_is_written_is_read_again(tmp_path, name, known):
    recording.write(tmp_path / name, known)
    assert equal(recording.read(tmp_path / name), known)


def test_a_wav_is_written_and_read_again(tmp_path):
    recording.write(tmp_path / "r.wav", Recording(SAMPLES, 8000.0))
    assert equal(recording.read(tmp_path / "r.wav"), Recording(SAMPLES, 8000.0))


@pytest.mark.parametrize(
    ("width", "content", "samples"),
    [
        (1, bytes([0, 128, 255]), [-32768, 0, 32512]),
        (3, b"\xff\x34\x12\xff\xff\xff\x00\x00\x80", [0x1234, -1, -32768]),
        (4, struct.pack("<3i", 0x12345678, -1, -(1 << 31)), [0x1234, -1, -32768]),
    ],
)
def test_a_wav_of_other_widths_keeps_its_16_highest_bits(tmp_path, width, content, samples):
    with wave.open(str(tmp_path / "r.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(width)
        file.setframerate(8000)
        file.writeframes(content)
    assert recording.read(tmp_path / "r.wav").samples[:, 0].tolist() == samples


def test_a_csv_needs_no_head(tmp_path):
    (tmp_path / "r.csv").write_text("# made by hand\n1,2\n\n3 , -4\n")
    assert equal(recording.read(tmp_path / "r.csv"), Recording(np.array([[1, 2], [3, -4]], np.int16)))


def test_lines_come_in_the_order_of_the_model_and_others_are_left_out(tmp_path):
    (tmp_path / "r.csv").write_text("time,gyro z,ax\n1,2,3\n2,4,5\n")
    read = recording.read(tmp_path / "r.csv", SOURCE)
    assert read.samples.tolist() == [[3, 2], [5, 4]] and read.lines == SOURCE.lines


def test_decimals_are_scaled_by_the_lsb_of_their_unit_and_saturate(tmp_path):
    (tmp_path / "r.csv").write_text("ax,gyro z\n0.5,-1\n9,1e-3\n")
    source = SimpleNamespace(lines=("ax", "gyro z"), rate=50.0, lsb=(4096, 100))
    assert recording.read(tmp_path / "r.csv", source).samples.tolist() == [[2048, -100], [32767, 0]]
    np.savez(tmp_path / "r.npz", samples=np.array([[0.5, -1], [9, 1e-3]]))
    assert recording.read(tmp_path / "r.npz", source).samples.tolist() == [[2048, -100], [32767, 0]]


def test_parts_are_runs_of_one_label():
    assert [(label, len(part)) for label, part in WHOLE.parts()] == [("", 1), ("walk", 2), ("run", 1)]
    assert [(label, len(part)) for label, part in Recording(SAMPLES).parts()] == [("", 4)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n3\n", "line 3: 1 values given, 2 needed"),
        ("label,a\nx,1\n1\n", "line 3: 0 values given, 1 needed beside the label"),
        ("1,2\n3,x\n", "line 2: value 2: 'x' given, a number needed"),
        ("1,2\n3,40000\n", "sample 2, line 2: 40000 given, -32768..32767 allowed"),
        ("1.5\n", "decimals given, and no `lsb`"),
        ("1\n1e999\n", "line 2: value 1: '1e999' given, a number needed"),
        ("a,a\n1,2\n", "line 1: each column needs a name of its own"),
        ("a," + "b" * 65 + "\n", f"line 1: '{'b' * 40}'... of 65 characters given, 0..64"),
        (",".join("1" * 65), "line 1: columns: 65 given, 64 allowed"),
        ("# nothing\n", "no samples"),
        ("1" * 5000, "line 1: characters: 4097 given, 4096 allowed"),
    ],
)
def test_a_bad_csv_is_refused_with_its_line_and_limit(tmp_path, text, words):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        recording.read(tmp_path / "r.csv")
    assert words in str(caught.value) and str(tmp_path / "r.csv") in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (dict(x=SAMPLES), "not an .npz of samples"),
        (dict(samples=np.zeros((2, 2, 2))), "samples float64 [2, 2, 2]; numbers [n, lines] needed"),
        (dict(samples=np.array([["a"]])), "numbers [n, lines] needed"),
        (dict(samples=np.array([[None]])), "it holds objects of Python"),
        (dict(samples=SAMPLES, rate=np.array([1, 2])), "one number of samples a second needed"),
        (dict(samples=SAMPLES, rate=np.array(-1)), "one number of samples a second needed"),
        (dict(samples=SAMPLES, lines=np.array(["a"])), "2 names needed"),
        (dict(samples=SAMPLES, labels=np.array(["a"])), "4 names needed"),
        (dict(samples=np.array([[1 << 20]])), "sample 1, line 1: 1048576 given"),
    ],
)
def test_a_bad_npz_is_refused(tmp_path, arrays, words):
    np.savez(tmp_path / "r.npz", **arrays)
    with pytest.raises(DataError) as caught:
        recording.read(tmp_path / "r.npz")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\3\0\1\0@\x1f\0\0\0}\0\0\4\0 \0data\0\0\0\0"]
)
def test_a_file_that_is_no_wav_of_pcm_is_refused(tmp_path, content):
    (tmp_path / "r.wav").write_bytes(content)
    with pytest.raises(DataError, match="not a WAV of PCM samples"):
        recording.read(tmp_path / "r.wav")


@pytest.mark.parametrize(
    "changed",
    [
        dict(lines=("1", "2"), labels=None),
        dict(lines=("#a", "b"), labels=None),
        dict(lines=("label", "b")),
        dict(lines=("a", "a")),
        dict(lines=("a,b", "c")),
        dict(labels=("#go", "x")),
        dict(labels=("go,on", "x")),
        dict(labels=(" go", "x")),
        dict(rate=1e-7),
    ],
)
def test_what_a_csv_would_read_otherwise_is_not_written(tmp_path, changed):
    whole = Recording(np.array([[1, 2], [3, 4]], np.int16), 50.0, ("a", "b"), ("go", "x"))
    with pytest.raises(DataError, match="a .csv does not hold these names, labels or this rate as they are; .npz does"):
        recording.write(tmp_path / "r.csv", whole._replace(**changed))
    assert not (tmp_path / "r.csv").exists()


def test_a_model_that_knows_no_rate_takes_any(tmp_path):
    recording.write(tmp_path / "r.npz", WHOLE)
    source = SimpleNamespace(lines=("ax",), rate=0.0, lsb=None)
    assert recording.read(tmp_path / "r.npz", source).rate == WHOLE.rate


def test_what_the_model_does_not_fit_is_refused(tmp_path):
    recording.write(tmp_path / "r.npz", WHOLE)
    for source, words in [
        (SimpleNamespace(lines=("ax", "az"), rate=50.0, lsb=None), "no line 'az', there are ax, gyro z"),
        (SimpleNamespace(lines=("ax",), rate=100.0, lsb=None), "50 samples a second, 100 needed by the model"),
    ]:
        with pytest.raises(DataError) as caught:
            recording.read(tmp_path / "r.npz", source)
        assert words in str(caught.value)
    (tmp_path / "r.csv").write_text("1,2,3\n")
    with pytest.raises(DataError, match="3 lines given, 2 needed: ax, gyro z"):
        recording.read(tmp_path / "r.csv", SOURCE)


def test_what_a_kind_cannot_hold_is_said(tmp_path):
    for known, words in [(WHOLE, "holds no labels"), (Recording(SAMPLES, 31.25), "whole number of samples a second")]:
        with pytest.raises(DataError, match=words):
            recording.write(tmp_path / "r.wav", known)
    for call in (lambda: recording.write(tmp_path / "r.txt", WHOLE), lambda: recording.read(tmp_path / "r.mp3")):
        with pytest.raises(DataError, match="a recording is one of .csv, .npz, .wav"):
            call()
    with pytest.raises(DataError, match="No such file"):
        recording.read(tmp_path / "none.csv")
