# SPDX-License-Identifier: MIT
"""Event files: what is written is read again, and what cannot be read is refused with its line and its limit."""

import numpy as np
import pytest

from deeplomath import eventfile
from deeplomath.data import DataError

EVENTS = [(None, [1, 2, 3]), (0, [-32768, 32767, 0]), (15, [4, 5, 6])]


@pytest.mark.parametrize("name", ["events.csv", "events.npz"])
def test_what_is_written_is_read_again(tmp_path, name):
    eventfile.write(tmp_path / name, [(label, np.array(x, np.int16)) for label, x in EVENTS])
    read = eventfile.read(tmp_path / name)
    assert [(event.label, event.x.tolist()) for event in read] == EVENTS
    assert all(event.x.dtype == np.int16 for event in read)
    assert eventfile.config(read) == dict(features=3, classes=16, events=2)


def test_a_file_may_label_more_events_than_are_kept(tmp_path):
    (tmp_path / "a.csv").write_text(",1\n" + "0,1\n" * 513)
    read = eventfile.read(tmp_path / "a.csv")
    assert len(read) == 514 and eventfile.config(read) == dict(features=1, classes=1, events=512)


def test_comments_blank_lines_and_spaces_are_nothing(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"\xef\xbb\xbf# label,f1\r\n\r\n 2 , 7\r\n  # more\r\n,-8\r\n")
    assert [(e.where, e.label, e.x.tolist()) for e in eventfile.read(file)] == [
        ("line 3", 2, [7]),
        ("line 5", None, [-8]),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0,1,2\n1,3\n", "line 2: 1 features given, 2 in the events before"),
        ("0,1\n\n16,3\n", "line 3: label 16 given, 0..15 allowed"),
        ("-1,3\n", "line 1: label -1 given, 0..15 allowed"),
        ("0,1\n0,40000\n", "line 2: feature 1 40000 given, -32768..32767 allowed"),
        ("0,1,2.5\n", "line 1: feature 2 '2.5' given, an integer needed"),
        ("walking,1\n", "line 1: label 'walking' given, an integer needed"),
        ("0,1,\n", "line 1: feature 2 '' given, an integer needed"),
        ("3\n", "line 1: number of features 0 given, 1..160 allowed"),
        ("0" + ",1" * 161 + "\n", "line 1: number of features 161 given, 1..160 allowed"),
        ("# nothing\n", "no events"),
        ("\x00\x81,1", "line 1: label '\\x00\\x81' given, an integer needed"),
    ],
)
def test_a_bad_csv_is_refused_with_line_and_limit(tmp_path, text, words):
    file = tmp_path / "a.csv"
    file.write_text(text)
    with pytest.raises(DataError) as caught:
        eventfile.read(file)
    assert words in str(caught.value) and str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (dict(x=np.zeros((2, 3), np.int16)), "not an .npz of x and y"),
        (
            dict(x=np.zeros((2, 3)), y=np.zeros(2, int)),
            "x float64 [2, 3], y int64 [2]; int16 [n, d], integers [n] needed",
        ),
        (dict(x=np.zeros((2, 3), np.int16), y=np.zeros(3, int)), "y int64 [3]"),
        (dict(x=np.zeros((2, 3), np.int16), y=np.array([0, -2])), "event 2: label -2 given, 0..15 allowed"),
        (dict(x=np.zeros((2, 3), np.int16), y=np.array([None, 2])), "not an .npz of x and y"),
    ],
)
def test_a_bad_npz_is_refused(tmp_path, arrays, words):
    file = tmp_path / "a.npz"
    np.savez(file, **arrays)
    with pytest.raises(DataError) as caught:
        eventfile.read(file)
    assert words in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut"])
def test_a_file_that_is_no_npz_is_refused(tmp_path, content):
    file = tmp_path / "a.npz"
    file.write_bytes(content)
    with pytest.raises(DataError, match="not an .npz"):
        eventfile.read(file)
    np.save(tmp_path / "b.npy", np.zeros(3))
    (tmp_path / "b.npy").rename(tmp_path / "b.npz")
    with pytest.raises(DataError, match="not an .npz"):
        eventfile.read(tmp_path / "b.npz")


def test_a_missing_file_and_a_missing_folder_are_named(tmp_path):
    with pytest.raises(DataError, match="none.csv: No such file"):
        eventfile.read(tmp_path / "none.csv")
    for name in ("a.csv", "a.npz"):
        with pytest.raises(DataError, match="No such file"):
            eventfile.write(tmp_path / "none" / name, [(0, np.zeros(2, np.int16))])


def test_a_file_that_is_no_text_is_refused(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"\xff\xfe0,1\n")
    with pytest.raises(DataError, match="not text"):
        eventfile.read(file)
