# SPDX-License-Identifier: MIT
"""The front-end on each emulated core: what its programs take, their events equal to the mirror's in any chunks."""

import struct
from typing import NamedTuple

import cores
import numpy as np

from deeplomath import FrontEnd, spec
from deeplomath.model.model import PRESETS, Model

POWER = 256  # samples of the transform that is counted alone
LARGE = "256 samples x 6 lines"  # power, 16 bands, three statistics
ALL = "all operations"  # only compared
CHUNKS = 0, 1, 7, 64  # samples of a push; 0: all in one
STREAM = [(3000, 30), (2600, 7000), (3000, 30)]  # samples of noise, and how large: a word between silence
RAILS = 1000  # samples of a square wave at the rails behind them
SOURCE = cores.HERE / "programs.c"


class Counts(NamedTuple):
    """What a core gave, in its unit: {(what, program): number}, and bytes of the library's code.

    init: reading the program; event: at most, all samples of one; sample: at most, one; power: a transform alone.
    """

    values: dict
    code: int


def operation(kind, flags=0, form="", *values):
    """An operation; form: of its body, as struct has it."""
    body = struct.pack(f"<{form}", *values)
    return struct.pack("<BBH", getattr(spec, f"OPERATION_{kind.upper()}"), flags, len(body)) + body


def program(lines, features, *operations):
    head = struct.pack("<2sBBIHH", b"DF", spec.SIGNAL_VERSION, lines, 50_000, len(operations), features)
    return head + b"".join(operations)


def large():
    """A window of 6 lines, the 16 bands from 1 to 128 bins evenly wide in octaves."""
    edges = [16 * round(128 ** (i / 16)) for i in range(17)]
    window = operation("window", 0, "2H6B", 256, 256, *range(6))
    bands = operation("bands", 0, "17H", *edges)
    return program(6, 6 * (3 + 16), window, operation("stats", 7), operation("power"), bands)


def all_operations():
    """Each kind of operation, each statistic, both shapes of bands, both kinds of maps."""
    sections = [
        76_000_000,
        152_000_000,
        76_000_000,
        -500_000_000,
        270_000_000,
        2**29,
        -(2**30),
        2**29,
        -(10**9),
        48 * 10**7,
    ]
    lines = [
        operation("mix", 3, "4b", 7, -5, -128, 127),
        operation("norm", 0, "3B", 0, 1, 2),
        operation("biquad", 0, "4B10i", 0, 0, 0, 0, *sections),
        operation("keep", 0, "2B", 5, 3),
    ]
    windows = [
        operation("window", 0, "2H2B", 20, 7, 2, 4),
        operation("stats", 127),
        operation("window", 0, "2H2B", 32, 24, 3, 5),
        operation("power"),
        operation("bands", 1, "5H", 0, 10, 40, 100, 272),
        operation("bands", 0, "4H", 16, 20, 22, 200),
    ]
    width = 2 * 7 + 2 * 3 + 2 * 3
    matrix = [(-1) ** i * (32768 // width - 100 * (i % 5)) for i in range(2 * width)]
    behind = [
        operation("gate", 0, "2H6B", 1000, 400, 2, 12, 2, 5, 1, 5),
        operation("pool", 3),
        operation("map", 2, f"{2 * width}h", *matrix),
        operation("map"),
    ]
    return program(2, 6, *lines, *windows, *behind)


def programs():
    """{name: program} of all that is run: the presets' among them."""
    return {LARGE: large()} | {name: Model(name).program for name in PRESETS} | {ALL: all_operations()}


def stream():
    """int16 [n]: the samples of each program, whatever its lines."""
    draw = np.random.default_rng(1)
    noise = [draw.integers(-size, size, n) for n, size in STREAM]
    return np.concatenate([*noise, np.where(np.arange(RAILS) // 20 % 2, 32767, -32768)]).astype(np.int16)


def mirrors(code, samples):
    """(events, their hash) of the mirror; the hash as programs.c has it."""
    front, n_events, found = FrontEnd(code), 0, 0
    for at, x in front.push(samples[: len(samples) // front.lines * front.lines].reshape(-1, front.lines)):
        n_events += 1
        for value in (at, *map(int, x)):
            found = (found * 31 + value) % 2**32
    return n_events, found


def header(given, samples):
    """The text of programs_data.h."""
    lines = ["// Made by boards/bench/programs.py.", "#include <stdint.h>"]
    lines.append(f"static const int16_t stream[] = {{{', '.join(map(str, samples))}}};")
    lines += [
        f"static const uint8_t program{i}[] = {{{', '.join(map(str, it))}}};" for i, it in enumerate(given.values())
    ]
    lines.append("static const struct { const uint8_t *code; uint32_t bytes; } programs[] = {")
    lines += [f"    {{program{i}, sizeof(program{i})}}," for i in range(len(given))]
    footprint = max(FrontEnd(code).footprint for code in given.values())
    lines += [
        "};",
        f"static const uint32_t chunks[] = {{{', '.join(map(str, CHUNKS))}}};",
        f"enum {{ PROGRAMS = {len(given)}, CHUNKS = {len(CHUNKS)}, STREAM = {len(samples)}, POWER = {POWER},",
        f"       BYTES = {footprint} }};",
    ]
    return "\n".join(lines) + "\n"


def count(name):
    """The Counts of a core, after all events of all programs in all chunks were found equal to the mirror's."""
    given, samples = programs(), stream()
    elf, code = cores.build(name, cores.FRONT_END, [SOURCE], header(given, samples))
    rows = [line.split() for line in cores.run(name, elf).splitlines()[:-1]]
    values = {(what, list(given)[int(number)]): int(value) for what, number, value in rows}
    check(name, values, {it: mirrors(code, samples) for it, code in given.items()})
    counted = "power", "init", "event", "sample"
    values = {key: cores.in_units(name, value) if key[0] in counted else value for key, value in values.items()}
    return Counts(values, code["signal"])


def check(name, values, expected):
    """Raises RuntimeError unless each program gave the events expected, {program: (events, hash)}, in all chunks."""
    for program, wanted in expected.items():
        for chunk in CHUNKS:
            found = values.get((f"events{chunk}", program)), values.get((f"hash{chunk}", program))
            if found != wanted:
                raise RuntimeError(f"{name}: {program}, pushed by {chunk}: {found} given, the mirror has {wanted}")
