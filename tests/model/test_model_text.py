# SPDX-License-Identifier: MIT
"""Model files: what a text compiles to, byte for byte, and what is refused, with file, line and field."""

import struct

import pytest

from deeplomath.errors import ModelError
from deeplomath.model import text
from deeplomath.model.text import Source, Vote

HEAD = """[source]
lines = ["a", "b"]
rate = 100
"""
WINDOW = """[[front_end]]
op = "window"
of = ["a"]
samples = 32
hop = 8
"""
STATS = """[[front_end]]
op = "stats"
values = ["mean"]
"""
POWER = """[[front_end]]
op = "power"
"""


def operation(body, rest="", head=HEAD):
    """A file whose first operation is `body`, which begins in line 4."""
    return f"{head}[[front_end]]\n{body}\n{rest or WINDOW + STATS}"


def program(content):
    return text.parsed(content, "m.toml").program


def body_of(code, number):
    """(kind, flags, body) of an operation of a program, from 1 on."""
    at = 12
    for _ in range(number):
        kind, flags, length = struct.unpack_from("<BBH", code, at)
        body, at = code[at + 4 : at + 4 + length], at + 4 + length
    return kind, flags, body


def test_the_smallest_file_compiles_to_these_bytes():
    expected = struct.pack("<2sBBIHH", b"DF", 1, 2, 100_000, 2, 1)
    expected += struct.pack("<BBH", 5, 0, 5) + struct.pack("<HHB", 32, 8, 0) + struct.pack("<BBH", 6, 1, 0)
    found = text.parsed(HEAD + WINDOW + STATS)
    assert found.program == expected
    assert found.source == Source(("a", "b"), 100) and found.lines == ("a", "b")
    assert found.names == () and found.classes == 1 and found.vote == Vote(1, "majority", 0)
    assert found.network == dict(events=64, layers=2, false_reject_permille=50, background=False)


def test_all_that_goes_with_the_program_is_read():
    rest = """
[classes]
names = ["walk", "run"]
count = 5
[network]
events = 100
layers = 1
false_reject_permille = 10
background = true
[vote]
over = 7
by = "mean"
hold = 3
"""
    head = HEAD.replace("rate = 100", 'rate = 31.25\nlsb = [4096, 16.4]\nunits = "g"')
    found = text.parsed(head + WINDOW + STATS + rest)
    assert found.source == Source(("a", "b"), 31.25, (4096, 16.4), ("g", "g"))
    assert struct.unpack_from("<I", found.program, 4) == (31250,)
    assert found.names == ("walk", "run") and found.classes == 5 and found.vote == Vote(7, "mean", 3)
    assert found.network == dict(events=100, layers=1, false_reject_permille=10, background=True)


@pytest.mark.parametrize(
    ("fields", "rest", "expected"),
    [
        ('op = "mix"\nnew = ["s = a + b", "d = 2*a - b - b"]\nshift = 2', "", (1, 2, bytes([1, 1, 2, 256 - 2]))),
        ('op = "mix"\nnew = ["s = -128 * b"]', "", (1, 0, bytes([0, 128]))),
        ('op = "norm"\nof = ["b", "a"]\nnew = "n"', "", (2, 0, bytes([1, 0]))),
        (
            'op = "biquad"\nof = "b"\nnew = "f"\nsections = [[1, 2, 3, -4, 5]]',
            "",
            (3, 0, struct.pack("<4B5i", 1, 0, 0, 0, 1, 2, 3, -4, 5)),
        ),
        ('op = "keep"\nof = "b"\nnew = "k"\nevery = 4', "", (4, 0, bytes([1, 4]))),
    ],
)
def test_each_sample_operation_compiles_to_its_bytes(fields, rest, expected):
    assert body_of(program(operation(fields, rest)), 1) == expected


def bands(fields, window=WINDOW):
    return body_of(program(HEAD + window + POWER + f'[[front_end]]\nop = "bands"\n{fields}\n'), 3)


@pytest.mark.parametrize(
    ("fields", "flags", "edges"),
    [
        ("edges = [0, 3.125, 50]", 0, [0, 16, 256]),  # a bin is 3.125 Hz
        ("bins = [0, 1.25, 17]", 0, [0, 20, 272]),
        ('shape = "triangles"\nedges = [0, 25, 50]', 1, [0, 128, 256]),
        ('spacing = "log"\ncount = 4\nrange = [3.125, 50]', 0, [16, 32, 64, 128, 256]),
        ('spacing = "log"\ncount = 14\nrange = [0, 46.875]', 0, [16 * i for i in range(1, 16)]),
        ('spacing = "linear"\ncount = 2\nrange = [0, 50]', 0, [0, 128, 256]),
        ('shape = "triangles"\nspacing = "mel"\ncount = 1\nrange = [0, 50]', 1, [0, 126, 256]),
    ],
)
def test_edges_in_hertz_become_sixteenths_of_a_bin(fields, flags, edges):
    assert bands(fields) == (8, flags, struct.pack(f"<{len(edges)}H", *edges))


def test_edges_go_by_the_rate_of_the_line_behind_a_keep():
    keep = '[[front_end]]\nop = "keep"\nof = "a"\nnew = "k"\nevery = 2\n'
    window = keep + WINDOW.replace('["a"]', '["k"]')
    code = program(HEAD + window + POWER + '[[front_end]]\nop = "bands"\nedges = [0, 25]\n')
    assert body_of(code, 4) == (8, 0, struct.pack("<2H", 0, 256))


def test_gate_pool_and_map_compile_to_their_bytes():
    tail = """[[front_end]]
op = "bands"
bins = [1, 4, 8, 16]
[[front_end]]
op = "gate"
on = 1.0
off = 0.341796875
hang = 16
most = 96
pre = 12
trim = 5
least = 6
slow = 5
[[front_end]]
op = "pool"
parts = 8
[[front_end]]
op = "map"
dct = 2
[[front_end]]
op = "map"
matrix = [[32767, 1]]
[[front_end]]
op = "map"
subtract = "mean"
"""
    code = program(HEAD + WINDOW + POWER + tail)
    assert body_of(code, 4) == (9, 0, struct.pack("<HH6B", 2048, 700, 16, 96, 12, 5, 6, 5))
    assert body_of(code, 5) == (10, 8, b"")
    assert body_of(code, 6) == (11, 2, struct.pack("<6h", 10922, 10922, 10922, 9459, 0, -9459))
    assert body_of(code, 7) == (11, 1, struct.pack("<2h", 32767, 1))
    assert body_of(code, 8) == (11, 0, b"")
    assert struct.unpack_from("<H", code, 10) == (8,)


GATE = 'op = "gate"\non = 1\noff = 0.5\nhang = 4\nmost = 8\npre = 2\ntrim = 5\nleast = 2\nslow = 5'

REFUSED = [
    ("", "m.toml:1: source: missing"),
    ("a = \n", "m.toml:1: not TOML: Invalid value"),
    ("[source]\na = 1\na = 2\n", "m.toml:3: not TOML: Cannot overwrite a value"),
    ("[source]\nlines = [\n", "m.toml:3: not TOML"),
    ("source = 1\n", "m.toml:1: source: a table needed"),
    (HEAD, "m.toml:1: front_end: missing"),
    (HEAD + "[front_end]\n", "m.toml:4: front_end: one or more tables [[front_end]] needed"),
    (HEAD.replace("rate = 100", "") + WINDOW, "m.toml:1: source: rate: missing"),
    (HEAD.replace("100", "-1") + WINDOW, "m.toml:3: source: rate: -1 Hz given, 0..4294967.295 allowed"),
    (HEAD.replace("100", "nan") + WINDOW, "m.toml:3: source: rate: nan given, a number needed"),
    (HEAD.replace("100", "'x'") + WINDOW, "m.toml:3: source: rate: 'x' given, a number needed"),
    (HEAD + "rates = 1\n" + WINDOW, "m.toml:4: source: rates: no such field here, there are lines, lsb, rate, units"),
    (HEAD + "lsb = [1]\n" + WINDOW, "m.toml:4: source: lsb: 1 given, one or 2 needed"),
    (HEAD + "lsb = [1,\n0]\n" + WINDOW, "m.toml:5: source: lsb 2: 0 given, 1e-09..1000000000 allowed"),
    (HEAD.replace('"b"', '"a"') + WINDOW, "m.toml:2: source: lines 2: 'a' is there twice"),
    (HEAD.replace('"b"', '"b c"') + WINDOW, "m.toml:2: source: lines 2: 'b c' given, a name without space"),
    (HEAD.replace('"b"', '"2"') + WINDOW, "m.toml:2: source: lines 2: '2' given, a column's name needed"),
    (HEAD.replace('"b"', '"#b"') + WINDOW, "m.toml:2: source: lines 2: '#b' given, a column's name needed"),
    (HEAD.replace('"b"', '"b,c"') + WINDOW, "m.toml:2: source: lines 2: 'b,c' given, a column's name needed"),
    (HEAD.replace('"b"', '"label"') + WINDOW, "m.toml:2: source: lines 2: 'label' given, a column's name needed"),
    (HEAD + WINDOW + STATS + '[classes]\nnames = ["unknown"]', "names: 'unknown' given, which no class can be called"),
    (HEAD.replace('"a", "b"', "") + WINDOW, "m.toml:2: source: lines: 0 given, 1..16 allowed"),
    (operation('op = "fft"'), "m.toml:5: front_end 1: op: 'fft' given, one of mix, norm, biquad, keep, window"),
    (operation("of = 1"), "m.toml:4: front_end 1: op: missing"),
    (operation('op = "mix"\nnew = ["s = a + c"]'), "m.toml:6: front_end 1, mix: new: no line 'c', there are a, b"),
    (operation('op = "mix"\nnew = ["s = a",\n "t = a b"]'), "m.toml:7: front_end 1, mix: new 2: 't = a b' given, such"),
    (operation('op = "mix"\nnew = ["a + b"]'), "m.toml:6: front_end 1, mix: new 1: 'a + b' given, such as"),
    (operation('op = "mix"\nnew = ["s = a - a"]'), "m.toml:6: front_end 1, mix: new 1: every factor is 0"),
    (operation('op = "mix"\nnew = ["s = 128*a"]'), "new 1: factor of a: 128 given, -128..127 allowed"),
    (operation('op = "mix"\nnew = ["a = a"]'), "m.toml:6: front_end 1, mix: new: there is a line 'a' already"),
    (operation('op = "window"\nn = 4\nof = [["a"]]'), "window: of: ['a'] given, the name of a line needed"),
    (operation('op = "mix"\nnew = []'), "m.toml:6: front_end 1, mix: new: no lines given"),
    (
        operation('op = "mix"\nnew = ["s = a"]\nshift = 16'),
        "m.toml:7: front_end 1, mix: shift: 16 given, 0..15 allowed",
    ),
    (operation('op = "mix"\nnew = 3'), "m.toml:6: front_end 1, mix: new: 3 given, a list needed"),
    (operation('op = "norm"\nof = []\nnew = "n"'), "m.toml:6: front_end 1, norm: of: 0 given, 1..32 allowed"),
    (
        operation('op = "norm"\nof = ["a"]\nnew = "n m"'),
        "m.toml:7: front_end 1, norm: new: 'n m' given, a name without",
    ),
    (
        operation('op = "biquad"\nof = "a"\nnew = "f"\nfilter = "highpass"\norder = 2\nfrequency = 50'),
        "m.toml:10: front_end 1, biquad: frequency: 50 Hz given, below 50 allowed, above 0",
    ),
    (
        operation('op = "biquad"\nof = "a"\nnew = "f"\nfilter = "bandpass"\norder = 2\nfrequency = 20'),
        "m.toml:10: front_end 1, biquad: frequency: 1 given, two frequencies needed of a bandpass",
    ),
    (
        operation('op = "biquad"\nof = "a"\nnew = "f"\nfilter = "bandpass"\norder = 2\nfrequency = [20, 10]'),
        "frequency: [20, 10] given, the lower one first needed",
    ),
    (operation('op = "biquad"\nof = "a"\nnew = "f"'), "m.toml:4: front_end 1, biquad: filter or sections: missing"),
    (
        operation('op = "biquad"\nof = "a"\nnew = "f"\nsections = [[1, 2, 3, 4]]'),
        "m.toml:8: front_end 1, biquad: sections 1: five integers b0, b1, b2, a1, a2 in Q29 needed",
    ),
    (
        operation('op = "biquad"\nof = "a"\nnew = "f"\nsections = [[1, 2, 3, 4, 2147483648]]'),
        "sections 1, a2: 2147483648 given, -2147483648..2147483647 allowed",
    ),
    (operation('op = "keep"\nof = "a"\nnew = "k"\nevery = 1'), "front_end 1, keep: every: 1 given, 2..255 allowed"),
    (
        operation('op = "keep"\nof = "a"\nnew = "k"\nevery = 2', WINDOW.replace('["a"]', '["a",\n"k"]') + STATS),
        "m.toml:12: front_end 2, window: of 2: a sample in 2 of the input's, one in 1 as of the first needed",
    ),
    (HEAD + WINDOW.replace("8", "33") + STATS, "m.toml:8: front_end 1, window: hop: 33 given, 1..32 allowed"),
    (HEAD + WINDOW.replace("32", "40000") + STATS, "m.toml:7: front_end 1, window: samples: 40000 given, 2..32768"),
    (HEAD + STATS, "m.toml:4: front_end 1, stats: a window is needed before it"),
    (
        HEAD + WINDOW + STATS.replace("mean", "median"),
        "m.toml:11: front_end 2, stats: values 1: 'median' given, one of",
    ),
    (HEAD + WINDOW + STATS.replace('"mean"', '"step", "mean"'), "values 2: mean given, each once in the order mean,"),
    (HEAD + WINDOW, "m.toml:4: front_end: program: features made: 0 given, 1..160 allowed"),
    (
        HEAD + WINDOW.replace("32", "33") + POWER,
        "m.toml:9: front_end 2, power: n of its window: 33 given, 32 needed",
    ),
    (HEAD + WINDOW + POWER + '[[front_end]]\nop = "bands"\nedges = [0, 51]', "edges 2: 51 Hz given, 0..50 allowed"),
    (
        HEAD + WINDOW + POWER + '[[front_end]]\nop = "bands"\nedges = [9, 8]',
        "m.toml:13: front_end 3, bands: edges 2: below",
    ),
    (HEAD + WINDOW + POWER + '[[front_end]]\nop = "bands"\nedges = [9]', "edges: 1 given, 2 or more needed"),
    (HEAD + WINDOW + POWER + '[[front_end]]\nop = "bands"', "none given, one of edges, bins, spacing needed"),
    (
        HEAD + WINDOW + POWER + '[[front_end]]\nop = "bands"\nedges = [1, 2]\nbins = [1, 2]',
        "m.toml:14: front_end 3, bands: edges and bins given, one of edges, bins, spacing needed",
    ),
    (
        HEAD + WINDOW + POWER + '[[front_end]]\nop = "bands"\nspacing = "log"\ncount = 16\nrange = [0, 50]',
        "m.toml:14: front_end 3, bands: count: 16 given, 15 bins of 3.125 Hz there",
    ),
    (
        HEAD.replace("100", "0") + WINDOW + POWER + '[[front_end]]\nop = "bands"\nedges = [0, 0]',
        "m.toml:13: front_end 3, bands: edges: needs the rate of [source], which is 0",
    ),
    (
        HEAD + WINDOW + POWER + f"[[front_end]]\n{GATE}",
        "m.toml:4: front_end: program: pools before the end: 0 given, 1 needed",
    ),
    (HEAD + WINDOW + STATS + f"[[front_end]]\n{GATE}", "m.toml:12: front_end 3, gate: powers before it: 0 given"),
    (HEAD + WINDOW + STATS + '[[front_end]]\nop = "map"', "none given, one of matrix, dct, subtract needed"),
    (HEAD + WINDOW + STATS + '[[front_end]]\nop = "map"\nmatrix = [[1,2]]', "matrix 1: 1 integers in Q15 needed"),
    (HEAD + WINDOW + STATS + '[[front_end]]\nop = "map"\nmatrix = [[-40000]]', "matrix 1, value 1: -40000 given"),
    (HEAD + (WINDOW + STATS) * 17, "m.toml:4: front_end: 34 given, 32 allowed"),
    (HEAD + WINDOW + STATS + "[classes]\nnames = [1]", "m.toml:13: classes: names 1: 1 given, a name of"),
    (HEAD + WINDOW + STATS + "[classes]\ncount = 17", "m.toml:13: classes: count: 17 given, 1..16 allowed"),
    (HEAD + WINDOW + STATS + '[classes]\nnames = ["x", "y"]\ncount = 1', "m.toml:14: classes: count: 1 given, 2..16"),
    (HEAD + WINDOW + STATS + "[network]\nevents = 513", "m.toml:13: network: events: 513 given, 1..512 allowed"),
    (HEAD + WINDOW + STATS + "[network]\nbackground = 1", "network: background: 1 given, true or false needed"),
    (HEAD + WINDOW + STATS + "[vote]\nby = 'most'", "m.toml:13: vote: by: 'most' given, one of majority, mean needed"),
    (HEAD + WINDOW + STATS + "[vote]\nover = true", "m.toml:13: vote: over: True given, an integer needed"),
    (
        HEAD + WINDOW + STATS + "[votes]\n",
        "m.toml:12: votes: no such field here, there are classes, front_end, network",
    ),
]


@pytest.mark.parametrize(("content", "words"), REFUSED)
def test_what_is_wrong_is_said_with_file_line_and_field(content, words):
    with pytest.raises(ModelError) as caught:
        text.parsed(content, "m.toml")
    assert words in str(caught.value)
    assert str(caught.value).startswith("m.toml:")


def test_a_file_is_read_whatever_its_line_ends(tmp_path):
    file = tmp_path / "m.toml"
    file.write_bytes(b"\xef\xbb\xbf" + (HEAD + WINDOW + STATS).replace("\n", "\r\n").encode())
    assert text.read(file).program == program(HEAD + WINDOW + STATS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff", "byte 1: no text in UTF-8"),
        (b"#" * (1 << 18) + b"\n", "bytes: more than 262144 given"),
        (None, "No such file"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, content, words):
    file = tmp_path / "m.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelError, match=words):
        text.read(file)


def test_deep_nesting_is_no_fault():
    with pytest.raises(ModelError, match="m.toml:"):
        text.parsed("a = " + "[" * 100_000, "m.toml")
