# SPDX-License-Identifier: MIT
"""The cases of the signal library for make_vectors.py, by the run on unbounded integers."""

import struct

import numpy as np

from deeplomath import KernelError, spec
from deeplomath.signal import bands, fft, lines, pool, stats
from front_ends import UNBOUNDED, op, plain, program, samples_of

LOW, HIGH = -32768, 32767
Q29 = 1 << 29


def case(name, note, *flags, **content):
    return {"name": name, "note": note, "flags": list(flags), **content}


def unbounded(values):
    return np.array(values, object)


def noise(n, size, lines=1):
    return samples_of([["noise", n, size]], lines).T.tolist()


def square(n, half):
    return samples_of([["square", n, half]], 1)[:, 0].tolist()


# Lines


def mix_case(name, note, rows, shift, given):
    made = lines.mix(unbounded(given), rows, shift)
    body = bytes(v & 255 for row in rows for v in row)
    return case(
        name, note, operation="mix", flags_of_it=shift, n=len(rows), body=body.hex(), lines=given, made=made.tolist()
    )


def norm_case(name, note, given):
    made, body = [lines.norm(unbounded(given)).tolist()], bytes(range(len(given)))
    return case(
        name,
        note,
        operation="norm",
        flags_of_it=0,
        n=len(given),
        body=body.hex(),
        lines=given,
        made=made,
    )


def biquad_case(name, note, sections, given):
    made = [lines.Biquad(sections).run(unbounded(given)).tolist()]
    body = struct.pack(f"<4x{5 * len(sections)}i", *(v for section in sections for v in section))
    return case(
        name, note, operation="biquad", flags_of_it=0, n=len(sections), body=body.hex(), lines=[given], made=made
    )


def lines_cases():
    rails = [[LOW, HIGH, LOW, 0], [LOW, HIGH, HIGH, -1]]
    yield mix_case("sum and difference", "a half rounds up, for negative sums too", [[1, 1], [1, -1]], 1, rails)
    yield mix_case(
        "no shift", "what is beyond int16 is clipped at both ends", [[1, 1], [-1, -1], [127, -128]], 0, rails
    )
    yield mix_case("widest", "31 lines at the rails times -128: 2^27", [[-128] * 31], 15, [[LOW, HIGH]] * 31)
    yield norm_case("one line", "the absolute value of -32768 is 32767", [[LOW, HIGH, -1, 0, 5]])
    yield norm_case(
        "three axes", "floor of a root; a length beyond int16", [[3, LOW, 100], [4, LOW, 100], [0, LOW, 100]]
    )
    yield norm_case("widest", "32 squares of 2^30", [[LOW, HIGH, 1]] * 32)
    low_pass = [[33_000_000, 66_000_000, 33_000_000, -720_000_000, 316_000_000]]
    yield biquad_case("impulse", "the rest that rounding leaves goes on", low_pass, [HIGH] + [0] * 40)
    yield biquad_case("rails", "a full-scale square wave through two sections", low_pass * 2, square(60, 9))
    high_pass = [[536_572_795, -1_073_145_590, 536_572_795, -1_073_145_424, 536_274_845]]  # 1 Hz at 8 kHz
    yield biquad_case("high-pass", "1 Hz at 8 kHz takes a level off slowly", high_pass, [LOW] * 80)
    edge = [[Q29, 0, 0, -(2**30) + 1, Q29]]
    yield biquad_case("edge of stability", "a double pole at 1: clipped, then goes on", edge, [HIGH] * 300)
    wild = [[2**31 - 1] * 3 + [-(2**31), -(2**31)]]
    yield biquad_case(
        "unstable", "the largest coefficients: total stays below 2^63", wild * 8, [LOW] * 12 + [HIGH] * 12
    )
    yield biquad_case("still", "silence stays silence", low_pass * 3, [0] * 10)


# Windows


def stats_case(name, note, pattern, repeat=1):
    """x is the pattern over and over."""
    values = stats.stats(unbounded([pattern * repeat]), 127)[:, 0]
    return case(name, note, pattern=pattern, repeat=repeat, values=values.tolist())


def stats_cases():
    yield stats_case("still", "logarithms of nothing; no kurtosis", [5] * 8)
    yield stats_case("lowest", "-32768 everywhere: the sums are the largest", [LOW], 32768)
    yield stats_case("rails", "the largest steps, scatter and powers", [LOW, HIGH], 16384)
    yield stats_case("wide", "a range of 65536 is clipped; 11 bits of both signs", [16383, -16383], 16384)
    yield stats_case("two", "the fewest samples", [LOW, HIGH])
    yield stats_case("impulse", "the largest kurtosis", [0] * 2047 + [HIGH])
    yield stats_case("one lsb", "small powers are not lost", [0, 1, 0, 0, 1, 0, 0])
    yield stats_case("three", "no power of two; the mean rounds up", [1, 2, 2])
    yield stats_case("ramp", "one crossing", list(range(-50, 51)))
    yield stats_case("noise", "all of them, 300 samples", noise(300, 9000)[0])


def fft_case(name, note, x):
    return case(name, note, x=x, power=[int(v) for v in fft.power(unbounded([x]))[0]])


def fft_cases():
    yield fft_case("shortest", "16 samples of noise at the rails", noise(16, HIGH)[0])
    yield fft_case("silence", "nothing", [7] * 16)
    yield fft_case("square 64", "full scale, the fastest", square(64, 1))
    yield fft_case("square 128", "full scale, slow: the largest bin", square(128, 64))
    yield fft_case("impulse", "a flat spectrum that Hann weighs", [0] * 100 + [LOW] + [0] * 155)
    yield fft_case("step", "half low, half high: the mean is taken off", [LOW] * 128 + [HIGH] * 128)
    yield fft_case("quiet", "1 LSB: what the guard bits keep", noise(256, 1)[0])
    yield fft_case("noise 512", "full scale", noise(512, HIGH)[0])
    yield fft_case("longest", "2048 samples: the fewest guard bits, the odd entries of the table", noise(2048, HIGH)[0])
    yield fft_case("longest square", "the largest sums", square(2048, 1024))


def bands_case(name, note, power, edges, triangles):
    values = bands.bands(unbounded([power]), edges, triangles)[0]
    return case(name, note, power=power, edges=edges, triangles=triangles, values=[int(v) for v in values])


def bands_cases():
    power = [int(v) for v in fft.power(unbounded(noise(64, 20000)))[0]]
    most = [int(v) for v in fft.power(unbounded([square(16, 8)]))[0]]
    yield bands_case("boxes", "each bin once", power, [0, 16, 64, 256, 528], 0)
    yield bands_case("between bins", "edges between bins: those inside count", power, [8, 17, 33, 40, 47, 527, 528], 0)
    yield bands_case("triangles", "weights are floors of 64 parts", power, [16, 40, 100, 101, 300, 528], 1)
    yield bands_case("steep", "an edge twice, thrice; the middle on a bin", power, [32, 32, 64, 64, 64, 128], 1)
    yield bands_case("empty", "bands between two bins have the next one", power, [17, 18, 24, 25, 31, 528, 528, 528], 0)
    yield bands_case("empty triangles", "the same, at the end too", power, [17, 18, 19, 25, 31, 528, 528, 528], 1)
    yield bands_case("silent", "nothing counts as 1 LSB", [0] * 1025, [0, 16400], 0)
    yield bands_case("largest", "energies fill 64 bits", most, [0, 144], 0)
    yield bands_case("largest of all", "the bound of energies", [(7 << 55) - 1] + [0] * 8, [0, 16], 0)


# Events


def pool_cases():
    rows = unbounded(noise(37, HIGH, 9)).T
    high = unbounded([[HIGH, LOW]] * 255)
    dct = np.trunc(32768 / 9 * np.cos(np.pi * np.arange(4)[:, None] * (2 * np.arange(9) + 1) / 18)).astype(int)
    steep = [[LOW] + [0] * 8, [0] * 8 + [HIGH]]
    for name, note, given, parts, matrix in (
        ("parts", "means are rounded, parts differ by a row", rows, 8, dct.tolist()),
        ("few rows", "more parts than rows: some are in two", rows[:3], 8, dct.tolist()),
        ("one row", "each part is the row", rows[:1], 64, []),
        ("widest", "255 rows at the rails; 32768 is clipped; the mean of all is a floor", high, 1, []),
        ("rails", "-32768 times -1 is clipped", unbounded([[LOW] * 9, [HIGH] * 9]), 2, steep),
    ):
        pooled = pool.pool(given, parts)
        mapped = pool.map_rows(pooled, matrix)
        content = {"rows": given.tolist(), "parts": parts, "matrix": matrix}
        yield case(name, note, **content, pooled=pooled.tolist(), mapped=mapped.tolist())


def run_case(name, note, code, recipe, *flags):
    front = UNBOUNDED(code)
    events = plain(front.push(samples_of(recipe, front.lines)))
    sizes = {"features": front.features, "footprint": front.footprint, "work": front.work}
    return case(name, note, *flags, program=code.hex(), **sizes, samples=recipe, events=events)


def gated(on=2048, off=700, hang=2, most=12, pre=2, trim=5, least=1, slow=5, parts=2, lines=1):
    gate = op("gate", 0, ("H", [on, off]), ("B", [hang, most, pre, trim, least, slow]))
    window = op("window", 0, ("H", [16, 16]), ("B", range(lines)))
    return program(lines, [window, op("stats", 3), op("power"), gate, op("pool", parts)])


def gate_cases():
    quiet, loud = ["noise", 160, 20], ["noise", 96, 9000]
    yield run_case("word", "pre-roll, hang, trim; then closed", gated(), [quiet, loud, quiet, loud, quiet])
    yield run_case(
        "short", "one loud frame is no event of three", gated(least=3), [quiet, ["noise", 16, 9000], quiet, loud, quiet]
    )
    yield run_case(
        "endless", "most ends it; what sounds on becomes the floor", gated(), [quiet, ["noise", 900, 9000], loud, quiet]
    )
    yield run_case(
        "silence first", "silence counts as 1 LSB", gated(), [["level", 64, 0], loud, ["level", 64, 0], quiet]
    )
    yield run_case("loud first", "the floor falls by a quarter a frame", gated(), [loud, quiet, loud, quiet])
    yield run_case(
        "no levels", "any frame above the floor opens it", gated(0, 0, 1, 3, 2, 15, 1, 15), [quiet, loud, quiet]
    )
    yield run_case("two lines", "the power of both counts", gated(lines=2, trim=0, pre=11), [quiet, loud, quiet])
    yield run_case("rails", "the largest power", gated(), [quiet, ["square", 96, 8], quiet, ["level", 96, LOW], quiet])


def motion():
    pairs = [(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5)]
    rows = []
    for a, b in pairs:
        rows += [[int(i in (a, b)) for i in range(6)], [int(i == a) - int(i == b) for i in range(6)]]
    mixed = op("mix", 1, ("b", sum(rows, [])))
    norms = [op("norm", 0, ("B", [0, 1, 2])), op("norm", 0, ("B", [3, 4, 5]))]
    first = [op("window", 0, ("H", [128, 64]), ("B", [*range(6), 18, 19])), op("stats", 7)]
    second = [op("window", 0, ("H", [128, 64]), ("B", range(6, 18))), op("stats", 2)]
    return program(6, [mixed, *norms, *first, *second])


def keywords():
    edges = [46, 87, 135, 191, 256, 333, 422, 527, 650, 793, 962, 1159, 1389, 1997]
    gate = op("gate", 0, ("H", [2048, 700]), ("B", [16, 96, 12, 5, 6, 5]))
    spectrum = [op("window", 0, ("H", [256, 128]), ("B", [0])), op("power"), op("bands", 1, ("H", edges))]
    return program(1, [*spectrum, gate, op("pool", 8), op("map")], rate=8_000_000)


def vibration():
    band_pass = [[89_000_000, 178_000_000, 89_000_000, 390_000_000, 290_000_000]]
    band_pass += [[Q29, -2 * Q29, Q29, -120_000_000, 270_000_000]]
    low_pass = [[11_000_000, 22_000_000, 11_000_000, -840_000_000, 347_000_000]]
    filters = [op("biquad", 0, ("B", [0, 0, 0, 0]), ("i", sum(band_pass, []))), op("norm", 0, ("B", [1]))]
    filters += [op("biquad", 0, ("B", [2, 0, 0, 0]), ("i", low_pass[0])), op("keep", 0, ("B", [3, 8]))]
    whole = [op("window", 0, ("H", [512, 512]), ("B", [0])), op("stats", 7), op("power")]
    whole += [op("bands", 0, ("H", [64, 128, 400, 1000, 4112]))]
    envelope = [
        op("window", 0, ("H", [64, 64]), ("B", [4])),
        op("power"),
        op("bands", 0, ("H", [16, 64, 150, 300, 528])),
    ]
    return program(1, [*filters, *whole, *envelope], rate=8_192_000)


def current():
    window = op("window", 0, ("H", [256, 128]), ("B", [0]))
    return program(1, [window, op("stats", 63), op("power"), op("bands", 0, ("H", [16, 32, 64, 200, 700, 2064]))])


def uneven():
    kept = [op("keep", 0, ("B", [0, 3])), op("keep", 0, ("B", [2, 5])), op("norm", 0, ("B", [2, 2]))]
    windows = []
    for n, hop, line in ((40, 7, 1), (10, 10, 4), (3, 1, 3)):
        windows += [op("window", 0, ("H", [n, hop]), ("B", [line])), op("stats", 5)]
    return program(2, [*kept, *windows])


def front_cases():
    walk = [["noise", 400, 900], ["square", 300, 20], ["level", 130, LOW], ["impulse", 140, HIGH]]
    word = [["noise", 3000, 30], ["noise", 2600, 7000], ["noise", 5000, 30]]
    yield run_case("motion", "six axes: sums, differences, lengths", motion(), walk)
    yield run_case("keywords", "mel bands, gate, pool, mean taken off", keywords(), word)
    yield run_case("vibration", "band-pass, envelope at an eighth of the rate", vibration(), [*walk, *walk])
    yield run_case("current", "statistics and bands", current(), walk)
    yield run_case("uneven", "windows of three lengths, hops and spacings", uneven(), walk[:2])


# Programs


def refusal(code):
    try:
        UNBOUNDED(code)
    except KernelError as refused:
        assert refused.code == spec.ERROR_PROGRAM
        return str(refused)
    return None


def program_cases():
    window, power = op("window", 0, ("H", [16, 8]), ("B", [0])), op("power")
    mean, gate = op("stats", 1), op("gate", 0, ("H", [1, 1]), ("B", [1, 3, 0, 5, 1, 5]))
    good = program(1, [window, mean])
    yield case("taken", "the smallest", program=good.hex(), refused=None)
    biquad, kept = op("biquad", 0, ("B", [0] * 4), ("i", [0] * 5)), op("keep", 0, ("B", [0, 255]))
    wrong = {
        "empty": b"",
        "header alone": good[:11],
        "too long": good + bytes(1024),
        "magic": b"FD" + good[2:],
        "version": good[:2] + b"\2" + good[3:],
        "no lines": good[:3] + b"\0" + good[4:],
        "too many lines": good[:3] + b"\x11" + good[4:],
        "no operations": good[:8] + b"\0\0" + good[10:],
        "too many operations": good[:8] + b"\x21\0" + good[10:],
        "an operation that is not there": program(1, [window, mean, b""]),
        "an operation cut short": program(1, [window, mean, b"\x06\1\0"]),
        "bytes behind the last": good + b"\0",
        "other features": good[:10] + b"\2\0" + good[12:],
        "no window": program(1, [biquad]),
        "kind 0": program(1, [b"\0\0\0\0"]),
        "kind 12": program(1, [window, b"\x0c\0\0\0"]),
        "a line behind a window": program(1, [window, biquad]),
        "stats ahead of a window": program(1, [mean]),
        "longer than the rest": program(1, [b"\1\0\2\0\0"]),
        "flags": program(1, [op("norm", 1, ("B", [0]))]),
        "shift": program(1, [op("mix", 16, ("B", [1]))]),
        "half a row": program(2, [op("mix", 0, ("B", [1, 1, 1]))]),
        "a row of nothing": program(2, [op("mix", 0, ("B", [1, 1, 0, 0]))]),
        "33 lines": program(16, [op("mix", 0, ("B", [1] * 16 * 17))]),
        "spacings differ": program(1, [kept, op("mix", 0, ("B", [1, 1]))]),
        "spacings differ in a norm": program(1, [kept, op("norm", 0, ("B", [0, 1]))]),
        "no such line": program(1, [op("norm", 0, ("B", [1]))]),
        "a norm of no line": program(1, [op("norm")]),
        "half a section": program(1, [op("biquad", 0, ("B", [0] * 14))]),
        "9 sections": program(1, [op("biquad", 0, ("B", [0] * 184))]),
        "reserved": program(1, [op("biquad", 0, ("B", [0, 0, 1, 0]), ("i", [0] * 5))]),
        "every sample kept": program(1, [op("keep", 0, ("B", [0, 1]))]),
        "too far apart": program(1, [kept, op("keep", 0, ("B", [1, 255])), op("keep", 0, ("B", [2, 2]))]),
        "a window of 1": program(1, [op("window", 0, ("H", [1, 1]), ("B", [0]))]),
        "a window too long": program(1, [op("window", 0, ("H", [32769, 1]), ("B", [0]))]),
        "hop 0": program(1, [op("window", 0, ("H", [16, 0]), ("B", [0]))]),
        "hop beyond n": program(1, [op("window", 0, ("H", [16, 17]), ("B", [0]))]),
        "a window of no line": program(1, [op("window", 0, ("H", [16, 16]))]),
        "too slow": program(1, [kept, op("window", 0, ("H", [4113, 4113]), ("B", [1]))]),
        "no statistic": program(1, [window, op("stats", 0)]),
        "statistic 8": program(1, [window, op("stats", 128)]),
        "no power of two": program(1, [op("window", 0, ("H", [48, 8]), ("B", [0])), power]),
        "too short for power": program(1, [op("window", 0, ("H", [8, 8]), ("B", [0])), power]),
        "too long for power": program(1, [op("window", 0, ("H", [4096, 8]), ("B", [0])), power]),
        "power twice": program(1, [window, power, power]),
        "bands without power": program(1, [window, op("bands", 0, ("H", [0, 16]))]),
        "shape 2": program(1, [window, power, op("bands", 2, ("H", [16] * 8))]),
        "one edge": program(1, [window, power, op("bands", 0, ("H", [16]))]),
        "two edges of triangles": program(1, [window, power, op("bands", 1, ("H", [16, 32]))]),
        "falling edges": program(1, [window, power, op("bands", 0, ("H", [32, 16]))]),
        "an edge beyond the last bin": program(1, [window, power, op("bands", 0, ("H", [32, 145]))]),
        "too many values": program(1, [op("window", 0, ("H", [16, 8]), ("B", [0] * 32)), *[op("stats", 127)] * 3]),
        "161 features": program(1, [op("window", 0, ("H", [16, 8]), ("B", [0] * 23)), op("stats", 127)]),
        "gate without power": program(1, [window, mean, gate, op("pool", 1)]),
        "gate without pool": program(1, [window, mean, power, gate]),
        "map ahead of pool": program(1, [window, mean, power, gate, op("map"), op("pool", 1)]),
        "pool without gate": program(1, [window, mean, power, op("pool", 1)]),
        "no parts": program(1, [window, mean, power, gate, op("pool", 0)]),
        "map of nothing": program(1, [window, op("map")]),
        "map of another width": program(1, [window, mean, op("map", 1, ("h", [1, 1]))]),
        "map too large": program(1, [window, op("stats", 3), op("map", 1, ("h", [-32768, 1]))]),
        "stats behind map": program(1, [window, mean, op("map"), mean]),
    }
    for i, (name, value) in enumerate((("hang", 0), ("most", 2), ("pre", 3), ("trim", 16), ("least", 4), ("slow", 16))):
        values = [1, 3, 0, 5, 1, 5]
        values[i] = value
        bad = op("gate", 0, ("H", [1, 1]), ("B", values))
        wrong[name] = program(1, [window, mean, power, bad, op("pool", 1)])
    for name, code in wrong.items():
        words = refusal(code)
        assert words, name
        yield case(name, "refused, and why", program=code.hex(), refused=words)


ABOUT = {
    "lines": "Lines [line][n] to the lines that an operation makes: its flags, its n rows, lines or sections, its body.",
    "stats": "Samples, a pattern repeated, to all seven statistics.",
    "fft": "Windows to their power, bins 0..n/2.",
    "bands": "Power and edges to the logarithms of bands.",
    "pool": "Rows to means of parts, and those times a matrix.",
    "gate": "Gated streams: programs, samples (tests/front_ends.py, samples_of), events [at, features].",
    "front": "Programs such as people use: what they take, and their events.",
    "program": "Programs, and with what words they are refused; null: they are not.",
}
CASES = {
    "lines": lines_cases,
    "stats": stats_cases,
    "fft": fft_cases,
    "bands": bands_cases,
    "pool": pool_cases,
    "gate": gate_cases,
    "front": front_cases,
    "program": program_cases,
}
