# SPDX-License-Identifier: MIT
"""Event files: what is written is read again, and what cannot be read is refused with its line and its limit."""

import io
import tempfile
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplomath.audit import eventfile
from deeplomath.errors import DataError
from deeplomath.scale import Scale, to_int16

EVENTS = [(None, [1, 2, 3]), (0, [-32768, 32767, 0]), (15, [4, 5, 6])]


@pytest.mark.parametrize("name", ["events.csv", "events.npz", "EVENTS.NPZ", "events[old].csv"])
def test_what_is_written_is_read_again(tmp_path, name):
    eventfile.write(tmp_path / name, [(label, np.array(x, np.int16)) for label, x in EVENTS])
    read = eventfile.read(tmp_path / name)
    assert [(event.label, event.x.tolist()) for event in read] == EVENTS
    assert all(event.x.dtype == np.int16 for event in read)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert zipfile.is_zipfile(tmp_path / name) == name.lower().endswith("npz")
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
        ("0,1,2.5\n0,1,nan\n", "line 2: feature 2 'nan' given, a number needed"),
        ("walking,nan\n", "line 1: feature 1 'nan' given, a number needed"),
        ("walking,-Inf\n", "line 1: feature 1 '-Inf' given, a number needed"),
        ("walking,1e999\n", "line 1: feature 1 '1e999' given, a number needed"),
        ("0,1\nwalking,1\n", "line 2: label 'walking' given, an integer needed"),
        ("0,1,\n", "line 1: feature 2 '' given, a number needed"),
        ("label,a,b\nx,1\n", "line 2: 1 features given, 2 in the names of the columns"),
        ("label,a,b\nlabel,a,b\n", "line 2: feature 1 'a' given, a number needed"),
        ("label,a,b\n", "no events"),
        ("".join(f"n{i},1\n" for i in range(17)), "line 17: names of classes: 17 given, 16 allowed"),
        (
            "n" * 65 + ",1\n",
            f"line 1: name '{'n' * 40}'... of 65 characters given, 1..64 characters that print",
        ),
        ('0,1\n"",1\n', "line 2: label '\"\"' given, an integer needed"),
        ("3\n", "line 1: number of features 0 given, 1..160 allowed"),
        ("0" + ",1" * 161 + "\n", "line 1: number of features 161 given, 1..160 allowed"),
        ("# nothing\n", "no events"),
        ("\x00\x81,1", "line 1: name '\\x00\\x81' given, 1..64 characters that print allowed"),
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
            dict(x=np.zeros((2, 3), np.int32), y=np.zeros(2, int)),
            "x int32 [2, 3], y int64 [2]; int16 or decimals [n, d], integers or names [n] needed",
        ),
        (dict(x=np.array([[1, 2.0], [3, np.inf]]), y=np.zeros(2, int)), "a.npz: row 2, column 2: inf given, a finite"),
        (dict(x=np.zeros((1, 3), np.int16), y=np.array(["a\n"])), "event 1: name 'a\\n' given, 1..64 characters"),
        (dict(x=np.zeros((2, 3), np.int16), y=np.zeros(3, int)), "y int64 [3]"),
        (
            dict(x=np.zeros((2, 3), np.int16), y=np.array([0, -2])),
            "event 2: label -2 given, 0..15 allowed, or -1 for an event that is only",
        ),
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


@pytest.mark.parametrize(
    "number", ["1_0", "+5", "0x10", "1e3", "5.0", "٣", "²", "５", "--1", "- 1", '"1"', "1 2", "\x0b1", "1\xa0"]
)
def test_only_decimal_integers_are_integers_and_only_decimals_are_decimals(tmp_path, number):
    file = tmp_path / "a.csv"
    for line, name, needed in ((f"{number},3\n", "label", "an integer"), (f"0,{number}\n", "feature 1", "a number")):
        file.write_text("0,1\n" + line, encoding="utf-8")
        if name == "feature 1" and number in ("1e3", "5.0"):
            assert eventfile.load(file).scale.center == ((1 + float(number)) / 2,)
            continue
        with pytest.raises(DataError) as caught:
            eventfile.read(file)
        assert str(caught.value) == f"{file}, line 2: {name} {number!r} given, {needed} needed"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_first_line_may_name_the_columns_and_labels_may_be_names(tmp_path, end):
    file = tmp_path / "ä b.csv"
    lines = ["# of one day", "mean,Label,peak", "", "1,walk,2", '3,"run",4', "5,,6", "7,walk,8"]
    file.write_bytes(end.join(lines).encode("utf-8-sig"))
    found = eventfile.load(file)
    assert (found.names, found.columns, found.scale) == (("walk", "run"), ("mean", "peak"), None)
    assert [(it.where, it.label, it.x.tolist()) for it in found.events] == [
        ("line 4", 0, [1, 2]),
        ("line 5", 1, [3, 4]),
        ("line 6", None, [5, 6]),
        ("line 7", 0, [7, 8]),
    ]
    assert eventfile.config(found.events)["classes"] == 2
    file.write_text("class,a\n3,-7\n")
    assert eventfile.load(file).columns == ("a",) and eventfile.read(file)[0].label == 3


def test_decimals_are_scaled_by_a_scale_that_is_kept(tmp_path):
    file, random = tmp_path / "a.csv", np.random.default_rng(5)
    x = random.normal([0.2, 9e4], [0.01, 3e3], (50, 2))
    x[7] = 5, 40000  # an integer beyond int16 beside decimals is a number like any other
    file.write_text("".join(f"{i % 2},{a},{b:.0f}\n" for i, (a, b) in enumerate(x)))
    found = eventfile.load(file)
    wanted, scale = to_int16(np.array([[a, float(f"{b:.0f}")] for a, b in x]))
    assert [it.x.tolist() for it in found.events] == wanted.tolist() and found.scale == scale
    other = Scale((0.0, 0.0), (100.0, 0.001))
    assert eventfile.load(file, other).events[7].x.tolist() == [500, 40] and eventfile.load(file, other).scale == other
    with pytest.raises(DataError, match="a.csv: columns: 2 given, 1 in the scale"):
        eventfile.load(file, Scale((0.0,), (1.0,)))
    np.savez(tmp_path / "a.npz", x=x, y=np.array(["n", "m"] * 25))
    found = eventfile.load(tmp_path / "a.npz")
    assert found.names == ("n", "m") and found.events[1].label == 1 and found.scale == to_int16(x)[1]
    assert found.events[7].x.tolist() == to_int16(x)[0][7].tolist()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_ends_a_line_and_nothing_else_does(tmp_path, end):
    file = tmp_path / "a.csv"
    file.write_bytes(f"0,1{end}1,-0002{end},3".encode())
    assert [(e.where, e.x.tolist()) for e in eventfile.read(file)] == [
        ("line 1", [1]),
        ("line 2", [-2]),
        ("line 3", [3]),
    ]
    file.write_text("0,1\x0c0,2\n")
    with pytest.raises(DataError, match="line 1: feature 1 .* given, a number needed"):
        eventfile.read(file)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0,1\n" * 100_001, "line 100001: events: 100001 given, 100000 allowed"),
        ("\n" * 1_000_000 + "0,1\n", "line 1000001: lines: 1000001 given, 1000000 allowed"),
        ("0,1\n0," + "1" * 5_000_000, "line 2: characters: 4097 given, 4096 allowed"),
        ("#" * 5000, "line 1: characters: 4097 given, 4096 allowed"),
        ("0," + "9" * 4000, "line 1: feature 1 of 4000 digits given, -32768..32767 allowed"),
        ("0," + "x" * 4000, "line 1: feature 1 '" + "x" * 40 + "'... of 4000 characters given, a number needed"),
    ],
    ids=["events", "lines", "line", "comment", "digits", "letters"],
)
def test_a_csv_without_measure_is_refused_with_its_limit(tmp_path, text, words):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        eventfile.read(tmp_path / "a.csv")
    assert words in str(caught.value)


def bomb(file, method, n_bytes):
    """An .npz whose x unpacks to this many bytes."""
    header = io.BytesIO()
    shape = n_bytes // 320, 160
    np.lib.format.write_array_header_1_0(header, dict(descr="<i2", fortran_order=False, shape=shape))
    with zipfile.ZipFile(file, "w", method) as archive, archive.open("x.npy", "w") as member:
        member.write(header.getvalue())
        for _ in range(n_bytes >> 20):
            member.write(bytes(1 << 20))


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("announced", [None, 100_000])
def test_an_archive_unpacks_to_no_more_than_events_take(tmp_path, method, announced):
    file, n_bytes = tmp_path / "a.npz", 64 << 20
    bomb(file, method, n_bytes)
    words = f"a.npz, x.npy: bytes: {n_bytes + 128} given, 32065536 allowed"
    if announced:  # the archive lies on its size
        content = bytearray(file.read_bytes())
        at = content.rindex(b"PK\1\2") + 24
        content[at : at + 4] = announced.to_bytes(4, "little")
        file.write_bytes(content)
        words = "a.npz, x.npy: not an .npz of x and y"
    tracemalloc.start()
    with pytest.raises(DataError) as caught:
        eventfile.read(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert words in str(caught.value) and peak < 40 << 20


def npz(compressed=True):
    """The bytes of a right .npz of 20 events."""
    file = io.BytesIO()
    arrays = dict(x=np.arange(60, dtype=np.int16).reshape(20, 3), y=np.arange(20) % 4)
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"PK\1\2-\x03-\0\0\0", b"PK\1\2-\x03-\0\1\0"),  # encrypted
        (b"PK\1\2-\x03-\0\0\0\0\0", b"PK\1\2-\x03-\0\0\0\x63\0"),  # a method that is none
        (b"'shape': (20, 3)", b"'shape': (2**9,)"),
        (b"'shape': (20, 3)", b"'shape': ((((((("),
        (b"'shape': (20, 3)", b"'shape': (20,99)"),
        (b"'descr': '<i2'", b"'descr': '|O2'"),
        (b"NUMPY\1\0", b"NUMPY\3\0"),
        (b"NUMPY\1\0", b"NUMPY\xff\0"),
    ],
)
def test_a_damaged_npz_is_refused_with_its_member(tmp_path, old, new):
    content = npz(compressed=False)
    assert old in content and len(old) == len(new)
    (tmp_path / "a.npz").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        right = archive.read("x.npy")
    content = content.replace(old, new, 1)
    wrong = right.replace(old, new, 1)
    content = content.replace(crc(right), crc(wrong))  # else the archive's own sum says it
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match="a.npz, x.npy: "):
        eventfile.read(tmp_path / "a.npz")


def crc(content):
    return zlib.crc32(content).to_bytes(4, "little")


@st.composite
def damaged(draw):
    """A right .npz with some bytes changed, cut out or put in."""
    content = bytearray(npz(draw(st.booleans())))
    for _ in range(draw(st.integers(1, 5))):
        at, size = draw(st.integers(0, len(content))), draw(st.integers(0, 4))
        content[at : at + size] = draw(st.binary(max_size=4))
    return bytes(content)


@settings(max_examples=400, deadline=None)
@given(content=damaged() | st.binary(max_size=200), name=st.sampled_from(["a.npz", "a.csv"]))
def test_nothing_but_a_data_error_comes_of_any_bytes(content, name):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.write_bytes(content)
        try:
            assert eventfile.read(file)
        except DataError as error:
            assert str(file) in str(error)


STRANGE = ["1_0", "٣", "9" * 50, "\0", "\ufeff", '"', "#", "\r", "\n", "\x85", "\u2028"]
FIELDS = st.sampled_from(["0", "1", "-1", "", " ", "2.5", "walk", "nan", "1e300", "label", *STRANGE])


@settings(max_examples=300, deadline=None)
@given(
    lines=st.lists(st.lists(FIELDS, max_size=4).map(",".join), max_size=4), end=st.sampled_from(["\n", "\r", "\r\n"])
)
def test_nothing_but_a_data_error_comes_of_any_text(lines, end):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "a.csv")
        file.write_bytes(end.join(lines).encode())
        try:
            assert all(event.x.dtype == np.int16 for event in eventfile.read(file))
        except DataError as error:
            assert str(file) in str(error)


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(DataError, match="null"):
        eventfile.read("a\0.csv")
