# SPDX-License-Identifier: MIT
"""The program of a front-end: read, checked, and planned before anything runs. Twin of firmware/signal/dlm_program.c.

SIGNAL.md, Program, Memory and Work.
"""

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from .. import spec
from ..errors import KernelError
from ..integers import as_bytes

HEADER = struct.Struct("<2sBBIHH")
HEAD = struct.Struct("<BBH")
MAGIC = int.from_bytes(b"DF", "little")
COEFFICIENTS = 5  # int32 of a section
SECTION_BYTES = 40
HIGHEST_SUM = 1 << 15  # of the absolute values of a row of a map


class Form(NamedTuple):
    """What an operation looks like: limits of its flags, and its length, base + unit * count."""

    field: str  # what its flags are called
    flags_low: int
    flags_high: int
    base: int
    unit: int  # 0: it depends on lines or width
    least: int
    most: int
    factors: int  # multiply-accumulates a sample, of each of count


FORMS = {
    spec.OPERATION_MIX: Form("shift", 0, spec.SIGNAL_SHIFT, 0, 0, 1, spec.SIGNAL_LINES, 1),
    spec.OPERATION_NORM: Form("flags", 0, 0, 0, 1, 1, spec.SIGNAL_LINES, 1),
    spec.OPERATION_BIQUAD: Form("flags", 0, 0, 4, 4 * COEFFICIENTS, 1, spec.SIGNAL_SECTIONS, COEFFICIENTS),
    spec.OPERATION_KEEP: Form("flags", 0, 0, 2, 1, 0, 0, 0),
    spec.OPERATION_WINDOW: Form("flags", 0, 0, 4, 1, 1, spec.SIGNAL_LINES, 0),
    spec.OPERATION_STATS: Form("statistics", 1, (1 << spec.SIGNAL_STATISTICS) - 1, 0, 1, 0, 0, 0),
    spec.OPERATION_POWER: Form("flags", 0, 0, 0, 1, 0, 0, 0),
    spec.OPERATION_BANDS: Form("shape", 0, 1, 2, 2, 1, 255, 0),
    spec.OPERATION_GATE: Form("flags", 0, 0, 10, 1, 0, 0, 0),
    spec.OPERATION_POOL: Form("parts", 1, spec.SIGNAL_PARTS, 0, 1, 0, 0, 0),
    spec.OPERATION_MAP: Form("rows", 0, 255, 0, 0, 0, 0, 0),
}


@dataclass
class Operation:
    """One operation, its body taken apart: what it holds depends on the kind."""

    kind: int
    flags: int
    lines: tuple = ()  # of norm, biquad, keep: read
    rows: tuple = ()  # of mix and map: rows of factors; of biquad: sections of five coefficients
    n: int = 0  # of keep: every n-th
    edges: tuple = ()  # of bands
    spacing: int = 1  # of sample operations: samples of the input for one of the line read


@dataclass
class Window:
    """What is collected, and what is made of it."""

    n: int
    hop: int
    lines: tuple
    spacing: int
    operations: list = field(default_factory=list)


@dataclass
class Gate:
    """When an event begins and ends. on, off: octaves, Q11; the others but trim count frames."""

    on: int
    off: int
    hang: int
    most: int
    pre: int
    trim: int
    least: int
    slow: int


@dataclass
class Program:
    """A program that may run, and what it takes."""

    code: bytes
    inputs: int
    rate_millihertz: int
    spacings: list  # of each line
    samples: list = field(default_factory=list)  # Operations
    windows: list = field(default_factory=list)
    gate: Gate | None = None
    parts: int = 1  # rows behind the pool
    maps: list = field(default_factory=list)
    frame: int = 0  # values of all windows
    width: int = 0  # values of a row, after the maps so far
    most_values: int = 0
    n_operations: int = 0
    kinds: tuple = (1, spec.OPERATION_WINDOW)  # that may come next, from the first to the last

    @property
    def features(self):
        return self.parts * self.width


def read(code):
    """The Program of these bytes. KernelError ERROR_PROGRAM names operation, field and limit of what is not allowed."""
    code = as_bytes(code, "program")
    _within("program", "bytes", len(code), HEADER.size, spec.SIGNAL_PROGRAM)
    _, version, inputs, rate, n, features = HEADER.unpack_from(code)
    _exact("program", "magic", int.from_bytes(code[:2], "little"), MAGIC)
    _exact("program", "version", version, spec.SIGNAL_VERSION)
    _within("program", "lines", inputs, 1, spec.SIGNAL_INPUTS)
    _within("program", "operations", n, 1, spec.SIGNAL_OPERATIONS)
    program, at = Program(code, inputs, rate, [1] * inputs, n_operations=n), HEADER.size
    for index in range(n):
        at = _read_operation(program, f"operation {index + 1}", at)
    _exact("program", "bytes", len(code), at)
    _within("program", "windows before the end", len(program.windows), 1, n)
    _exact("program", "pools before the end", int(program.kinds[1] != spec.OPERATION_POOL), 1)
    _within("program", "features made", program.features, 1, spec.LIMIT_FEATURES)
    _exact("program", "features", features, program.features)
    return program


def footprint(program):
    """Bytes of the buffer of a front-end: SIGNAL.md, Memory."""
    states = [2 * window.n * len(window.lines) for window in program.windows]
    states += [
        SECTION_BYTES * len(operation.rows) for operation in program.samples if operation.kind == spec.OPERATION_BIQUAD
    ]
    if program.gate:
        states.append(program.gate.most * (2 + 2 * program.frame))
    work = max((4 * window.n + 8 for window in program.windows if has_power(window)), default=0)
    parts = [len(program.code), 2 * len(program.spacings), *states, work, 4 * program.most_values]
    fixed = spec.SIGNAL_FOOTPRINT + spec.SIGNAL_FOOTPRINT_OPERATION * program.n_operations
    return fixed + sum(-(-part // 8) * 8 for part in parts)


def work(program):
    """Most multiply-accumulates from one frame of all windows to the next: SIGNAL.md, Work."""
    period = max(window.hop * window.spacing for window in program.windows)
    total = sum(_work_of_sample(operation) * -(-period // operation.spacing) for operation in program.samples)
    total += sum(_work_of_window(window) for window in program.windows)
    total += program.gate.most * program.frame if program.gate else 0
    width = program.frame
    for operation in program.maps:
        total += program.parts * width * max(operation.flags, 1)
        width = operation.flags or width
    return total


def has_power(window):
    return any(operation.kind == spec.OPERATION_POWER for operation in window.operations)


def _read_operation(program, where, at):
    """Takes in the operation at an offset; returns where the next one begins."""
    left = len(program.code) - at
    if left < HEAD.size:
        _exact(where, "bytes", left, HEAD.size)
    kind, flags, length = HEAD.unpack_from(program.code, at)
    where += f", {spec.OPERATIONS[kind]}" if kind in spec.OPERATIONS else ""
    _within(where, "kind", kind, *program.kinds)
    form = FORMS[kind]
    base, unit, least, most = form.base, form.unit, form.least, form.most
    if kind == spec.OPERATION_MIX:
        unit = len(program.spacings)
    elif kind == spec.OPERATION_MAP:
        _within(where, "values", program.width, 1, spec.SIGNAL_VALUES)
        unit, least, most = 2 * program.width, flags, flags
    elif kind == spec.OPERATION_BANDS:
        base += 2 * flags
    count = max(length - base, 0) // unit
    _within(where, form.field, flags, form.flags_low, form.flags_high)
    _within(where, "length", length, 0, left - HEAD.size)
    _within(where, "length", length, base + unit * least, base + unit * most)
    _exact(where, "length", length, base + unit * count)
    at += HEAD.size
    _READERS[kind](program, where, flags, program.code[at : at + length])
    program.kinds = _next_kinds(kind)
    return at + length


def _next_kinds(kind):
    """Sample operations come first, then windows each with its own, then gate and pool, then maps."""
    if kind < spec.OPERATION_WINDOW:
        return 1, spec.OPERATION_WINDOW
    if kind < spec.OPERATION_GATE:
        return spec.OPERATION_WINDOW, spec.OPERATION_MAP
    return (spec.OPERATION_POOL,) * 2 if kind == spec.OPERATION_GATE else (spec.OPERATION_MAP,) * 2


def _read_mix(program, where, flags, body):
    lines = len(program.spacings)
    rows = tuple(struct.iter_unpack(f"{lines}b", body))
    spacing = 0
    for row in rows:
        used = [line for line, factor in enumerate(row) if factor]
        for line in used:
            spacing = _join(program, where, line, spacing)
        _within(where, "lines of a row", len(used), 1, lines)
    _add_lines(program, where, Operation(spec.OPERATION_MIX, flags, rows=rows, spacing=spacing), len(rows), spacing)


def _read_norm(program, where, flags, body):
    spacing = _join_all(program, where, body)
    _add_lines(program, where, Operation(spec.OPERATION_NORM, flags, tuple(body), spacing=spacing), 1, spacing)


def _read_biquad(program, where, flags, body):
    _exact(where, "reserved", body[1] | body[2] | body[3], 0)
    spacing = _join_all(program, where, body[:1])
    rows = tuple(struct.iter_unpack(f"<{COEFFICIENTS}i", body[4:]))
    _add_lines(program, where, Operation(spec.OPERATION_BIQUAD, flags, (body[0],), rows, spacing=spacing), 1, spacing)


def _read_keep(program, where, flags, body):
    line, n = body
    spacing = _join_all(program, where, body[:1])
    _add_lines(program, where, Operation(spec.OPERATION_KEEP, flags, (line,), n=n, spacing=spacing), 1, spacing * n)
    _within(where, "n", n, spec.SIGNAL_KEEP_MIN, spec.SIGNAL_KEEP)
    _within(where, "spacing", spacing * n, 1, spec.SIGNAL_SPACING)


def _read_window(program, where, flags, body):
    n, hop = struct.unpack_from("<HH", body)
    _within(where, "n", n, spec.SIGNAL_WINDOW_MIN, spec.SIGNAL_WINDOW)
    _within(where, "hop", hop, 1, n)
    spacing = _join_all(program, where, body[4:])
    _within(where, "period", hop * spacing, 1, spec.SIGNAL_PERIOD)
    program.windows.append(Window(n, hop, tuple(body[4:]), spacing))


def _read_stats(program, where, flags, body):
    _add_values(program, where, flags.bit_count())
    program.windows[-1].operations.append(Operation(spec.OPERATION_STATS, flags))


def _read_power(program, where, flags, body):
    window = program.windows[-1]
    _exact(where, "powers of its window before it", int(has_power(window)), 0)
    _within(where, "n of its window", window.n, spec.SIGNAL_POWER_MIN, spec.SIGNAL_POWER)
    _exact(where, "n of its window", window.n, 1 << (window.n.bit_length() - 1))
    window.operations.append(Operation(spec.OPERATION_POWER, flags))


def _read_bands(program, where, flags, body):
    window = program.windows[-1]
    _exact(where, "powers of its window before it", int(has_power(window)), 1)
    edges, last = struct.unpack(f"<{len(body) // 2}H", body), 0
    for edge in edges:
        _within(where, "edge", edge, last, (window.n // 2 + 1) << spec.SIGNAL_EDGE_BITS)
        last = edge
    _add_values(program, where, len(edges) - 1 - flags)
    window.operations.append(Operation(spec.OPERATION_BANDS, flags, edges=edges))


def _read_gate(program, where, flags, body):
    gate = Gate(*struct.unpack("<HH6B", body))
    _within(where, "powers before it", sum(map(has_power, program.windows)), 1, spec.SIGNAL_OPERATIONS)
    _within(where, "hang", gate.hang, 1, spec.SIGNAL_FRAMES)
    _within(where, "most", gate.most, spec.SIGNAL_FRAMES_MIN, spec.SIGNAL_FRAMES)
    _within(where, "pre", gate.pre, 0, gate.most - 1)
    _within(where, "trim", gate.trim, 0, spec.SIGNAL_TRIM)
    _within(where, "least", gate.least, 1, gate.most)
    _within(where, "slow", gate.slow, 0, spec.SIGNAL_SLOW)
    program.gate = gate


def _read_pool(program, where, flags, body):
    _exact(where, "gates before it", int(program.gate is not None), 1)
    _set_rows(program, where, flags, program.width)


def _read_map(program, where, flags, body):
    width = program.width
    rows = tuple(struct.iter_unpack(f"<{width}h", body)) if flags else ()
    for row in rows:
        _within(where, "absolute sum of a row", sum(map(abs, row)), 0, HIGHEST_SUM)
    program.maps.append(Operation(spec.OPERATION_MAP, flags, rows=rows))
    _set_rows(program, where, program.parts, flags or width)


_READERS = {
    spec.OPERATION_MIX: _read_mix,
    spec.OPERATION_NORM: _read_norm,
    spec.OPERATION_BIQUAD: _read_biquad,
    spec.OPERATION_KEEP: _read_keep,
    spec.OPERATION_WINDOW: _read_window,
    spec.OPERATION_STATS: _read_stats,
    spec.OPERATION_POWER: _read_power,
    spec.OPERATION_BANDS: _read_bands,
    spec.OPERATION_GATE: _read_gate,
    spec.OPERATION_POOL: _read_pool,
    spec.OPERATION_MAP: _read_map,
}


def _join(program, where, line, spacing):
    """The spacing of a line, which is that of those read with it; spacing 0: there are none yet."""
    _within(where, "line", line, 0, len(program.spacings) - 1)
    found = program.spacings[line]
    _exact(where, "spacing of its lines", found, spacing or found)
    return found


def _join_all(program, where, lines):
    spacing = 0
    for line in lines:
        spacing = _join(program, where, line, spacing)
    return spacing


def _add_lines(program, where, operation, n, spacing):
    _within(where, "lines in all", len(program.spacings) + n, 1, spec.SIGNAL_LINES)
    program.samples.append(operation)
    program.spacings += [spacing] * n


def _add_values(program, where, n):
    """n values more of each line of the last window."""
    program.frame += n * len(program.windows[-1].lines)
    program.width = program.most_values = program.frame
    _within(where, "values", program.frame, 1, spec.SIGNAL_VALUES)


def _set_rows(program, where, parts, width):
    """Rows of values that there are from here on."""
    program.parts, program.width = parts, width
    program.most_values = max(program.most_values, parts * width)
    _within(where, "values", parts * width, 1, spec.SIGNAL_VALUES)


def _work_of_sample(operation):
    if operation.kind == spec.OPERATION_NORM:
        return len(operation.lines)
    return sum(map(len, operation.rows))


def _work_of_window(window):
    total, n = 0, window.n
    for operation in window.operations:
        if operation.kind == spec.OPERATION_STATS:
            total += operation.flags.bit_count() * n
        elif operation.kind == spec.OPERATION_POWER:
            total += n * (n.bit_length() + 1) + 2
        else:
            bins = ((operation.edges[-1] - operation.edges[0]) >> spec.SIGNAL_EDGE_BITS) + 1
            total += (1 + operation.flags) * bins
    return total * len(window.lines)


def _within(where, name, given, low, high):
    if not low <= given <= high:
        allowed = f"{low}..{high} allowed" if low < high else f"{low} needed"
        raise KernelError(spec.ERROR_PROGRAM, f"{where}: {name}: {given} given, {allowed}")


def _exact(where, name, given, needed):
    _within(where, name, given, needed, needed)
