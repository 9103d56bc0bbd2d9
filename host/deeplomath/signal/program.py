# SPDX-License-Identifier: MIT
"""The program of a front-end: read, checked, and planned before anything runs. Twin of firmware/signal/dlm_program.c.

SIGNAL.md, Program, Memory and Work.
"""

import struct
from dataclasses import dataclass, field

from .. import spec
from ..errors import KernelError

HEADER = struct.Struct("<2sBBIHH")
HEAD = struct.Struct("<BBH")
MAGIC = b"DF"
COEFFICIENTS = 5  # int32 of a section
HIGHEST_SUM = 1 << 15  # of the absolute values of a row of a map


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

    @property
    def features(self):
        return self.parts * self.width


def read(code):
    """The Program of these bytes. KernelError ERROR_PROGRAM names operation, field and limit of what is not allowed."""
    code = bytes(code)
    _within("program", "bytes", len(code), HEADER.size, spec.SIGNAL_PROGRAM)
    magic, version, inputs, rate, n, features = HEADER.unpack_from(code)
    _exact("program", "magic", int.from_bytes(magic, "little"), int.from_bytes(MAGIC, "little"))
    _exact("program", "version", version, spec.SIGNAL_VERSION)
    _within("program", "lines", inputs, 1, spec.SIGNAL_INPUTS)
    _within("program", "operations", n, 1, spec.SIGNAL_OPERATIONS)
    program, at = Program(code, inputs, rate, [1] * inputs, n_operations=n), HEADER.size
    for index in range(n):
        at = _read_operation(program, f"operation {index + 1}", at)
    _exact("program", "bytes", len(code), at)
    _within("program", "windows", len(program.windows), 1, n)
    _exact("program", "pools", _pools(program), int(program.gate is not None))
    _within("program", "features made", program.features, 1, spec.LIMIT_FEATURES)
    _exact("program", "features", features, program.features)
    return program


def footprint(program):
    """Bytes of the buffer of a front-end: SIGNAL.md, Memory."""
    states = [2 * window.n * len(window.lines) for window in program.windows]
    states += [40 * len(operation.rows) for operation in program.samples if operation.kind == spec.OPERATION_BIQUAD]
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
    _within(where, "kind", kind, 1, len(spec.OPERATIONS))
    where = f"{where}, {spec.OPERATIONS[kind]}"
    _within(where, "length", length, 0, left - HEAD.size)
    at += HEAD.size
    _check_place(program, where, kind)
    if kind not in _FLAGGED:
        _exact(where, "flags", flags, 0)
    _READERS[kind](program, where, flags, program.code[at : at + length])
    return at + length


_FLAGGED = spec.OPERATION_MIX, spec.OPERATION_STATS, spec.OPERATION_BANDS, spec.OPERATION_POOL, spec.OPERATION_MAP


def _check_place(program, where, kind):
    """Sample operations come first, then windows each with its own, then gate and pool, then maps."""
    windows, gates = len(program.windows), int(program.gate is not None)
    if kind < spec.OPERATION_WINDOW:
        _exact(where, "windows before it", windows, 0)
        return
    if kind > spec.OPERATION_WINDOW:
        _within(where, "windows before it", windows, 1, spec.SIGNAL_OPERATIONS)
    if kind < spec.OPERATION_MAP:
        _exact(where, "maps before it", len(program.maps), 0)
        _exact(where, "gates before it", gates, int(kind == spec.OPERATION_POOL))
    if kind == spec.OPERATION_POOL:
        _exact(where, "pools before it", _pools(program), 0)
    if kind == spec.OPERATION_MAP:
        _exact(where, "pools before it", _pools(program), gates)


def _read_mix(program, where, flags, body):
    _within(where, "shift", flags, 0, spec.SIGNAL_SHIFT)
    lines = len(program.spacings)
    _exact(where, "length", len(body), max(len(body) // lines, 1) * lines)
    n = len(body) // lines
    _within(where, "lines in all", lines + n, 1, spec.SIGNAL_LINES)
    factors = struct.unpack(f"{len(body)}b", body)
    rows = tuple(factors[i * lines : (i + 1) * lines] for i in range(n))
    spacing = 0
    for row in rows:
        used = [line for line, factor in enumerate(row) if factor]
        _within(where, "lines of a row", len(used), 1, lines)
        spacing = spacing or program.spacings[used[0]]
        _check_spacing(program, where, used, spacing)
    program.samples.append(Operation(spec.OPERATION_MIX, flags, rows=rows, spacing=spacing))
    program.spacings += [spacing] * n


def _read_norm(program, where, flags, body):
    _within(where, "length", len(body), 1, spec.SIGNAL_LINES)
    spacing = _check_lines(program, where, body)
    _add_line(program, where, Operation(spec.OPERATION_NORM, flags, lines=tuple(body), spacing=spacing), spacing)


def _read_biquad(program, where, flags, body):
    size = 4 * COEFFICIENTS
    _exact(where, "length", len(body), 4 + max((len(body) - 4) // size, 1) * size)
    _within(where, "sections", len(body) // size, 1, spec.SIGNAL_SECTIONS)
    spacing = _check_lines(program, where, body[:1])
    for reserved in body[1:4]:
        _exact(where, "reserved", reserved, 0)
    rows = tuple(struct.iter_unpack(f"<{COEFFICIENTS}i", body[4:]))
    _add_line(program, where, Operation(spec.OPERATION_BIQUAD, flags, tuple(body[:1]), rows, spacing=spacing), spacing)


def _read_keep(program, where, flags, body):
    _exact(where, "length", len(body), 2)
    spacing = _check_lines(program, where, body[:1])
    n = body[1]
    _within(where, "n", n, spec.SIGNAL_KEEP_MIN, spec.SIGNAL_KEEP)
    _within(where, "spacing", spacing * n, 1, spec.SIGNAL_SPACING)
    _add_line(program, where, Operation(spec.OPERATION_KEEP, flags, tuple(body[:1]), n=n, spacing=spacing), spacing * n)


def _read_window(program, where, flags, body):
    _within(where, "length", len(body), 5, 4 + spec.SIGNAL_LINES)
    n, hop = struct.unpack_from("<HH", body)
    _within(where, "n", n, spec.SIGNAL_WINDOW_MIN, spec.SIGNAL_WINDOW)
    _within(where, "hop", hop, 1, n)
    program.windows.append(Window(n, hop, tuple(body[4:]), _check_lines(program, where, body[4:])))


def _read_stats(program, where, flags, body):
    _within(where, "statistics", flags, 1, (1 << spec.SIGNAL_STATISTICS) - 1)
    _exact(where, "length", len(body), 0)
    _add_values(program, where, flags.bit_count() * len(program.windows[-1].lines))
    program.windows[-1].operations.append(Operation(spec.OPERATION_STATS, flags))


def _read_power(program, where, flags, body):
    window = program.windows[-1]
    _exact(where, "length", len(body), 0)
    _exact(where, "powers of its window before it", int(has_power(window)), 0)
    _within(where, "n of its window", window.n, spec.SIGNAL_POWER_MIN, spec.SIGNAL_POWER)
    _exact(where, "n of its window", window.n, 1 << (window.n.bit_length() - 1))
    window.operations.append(Operation(spec.OPERATION_POWER, flags))


def _read_bands(program, where, flags, body):
    window = program.windows[-1]
    _within(where, "shape", flags, 0, 1)
    _exact(where, "powers of its window before it", int(has_power(window)), 1)
    least = 2 * (2 + flags)
    _exact(where, "length", len(body), max(len(body) // 2 * 2, least))
    edges, last = struct.unpack(f"<{len(body) // 2}H", body), 0
    for edge in edges:
        _within(where, "edge", edge, last, (window.n // 2 + 1) << spec.SIGNAL_EDGE_BITS)
        last = edge
    _add_values(program, where, (len(edges) - 1 - flags) * len(window.lines))
    window.operations.append(Operation(spec.OPERATION_BANDS, flags, edges=edges))


def _read_gate(program, where, flags, body):
    _exact(where, "length", len(body), 10)
    gate = Gate(*struct.unpack("<HH6B", body))
    _within(where, "powers before it", sum(map(has_power, program.windows)), 1, spec.SIGNAL_OPERATIONS)
    _within(where, "hang", gate.hang, 1, spec.SIGNAL_FRAMES)
    _within(where, "most", gate.most, spec.SIGNAL_FRAMES_MIN, spec.SIGNAL_FRAMES)
    _within(where, "pre", gate.pre, 0, gate.most - 1)
    _within(where, "trim", gate.trim, 0, spec.SIGNAL_TRIM)
    _within(where, "least", gate.least, 1, gate.most)
    _within(where, "slow", gate.slow, 0, spec.SIGNAL_SLOW)
    program.gate, program.parts = gate, 0


def _read_pool(program, where, flags, body):
    _exact(where, "length", len(body), 0)
    _within(where, "parts", flags, 1, spec.SIGNAL_PARTS)
    _within(where, "values", flags * program.width, 1, spec.SIGNAL_VALUES)
    program.parts = flags
    program.most_values = max(program.most_values, program.features)


def _read_map(program, where, flags, body):
    _exact(where, "length", len(body), 2 * flags * program.width)
    width = program.width
    rows = tuple(struct.iter_unpack(f"<{width}h", body)) if flags else ()
    for row in rows:
        _within(where, "absolute sum of a row", sum(map(abs, row)), 0, HIGHEST_SUM)
    _within(where, "values", program.parts * (flags or width), 1, spec.SIGNAL_VALUES)
    program.maps.append(Operation(spec.OPERATION_MAP, flags, rows=rows))
    program.width = flags or width
    program.most_values = max(program.most_values, program.features)


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


def _pools(program):
    """1 behind a gate's pool, else 0."""
    return int(program.gate is not None and program.parts > 0)


def _check_lines(program, where, lines):
    """The spacing of lines that are there and have one spacing; there is one line at least."""
    for line in lines:
        _within(where, "line", line, 0, len(program.spacings) - 1)
    spacing = program.spacings[lines[0]]
    _check_spacing(program, where, lines, spacing)
    return spacing


def _check_spacing(program, where, lines, spacing):
    for line in lines:
        _exact(where, "spacing of its lines", program.spacings[line], spacing)


def _add_line(program, where, operation, spacing):
    _within(where, "lines in all", len(program.spacings) + 1, 1, spec.SIGNAL_LINES)
    program.samples.append(operation)
    program.spacings.append(spacing)


def _add_values(program, where, n):
    _within(where, "values", program.frame + n, 1, spec.SIGNAL_VALUES)
    program.frame += n
    program.width = program.most_values = program.frame


def _work_of_sample(operation):
    if operation.kind == spec.OPERATION_MIX:
        return sum(map(len, operation.rows))
    return COEFFICIENTS * len(operation.rows) if operation.rows else len(operation.lines)


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
        raise KernelError(spec.ERROR_PROGRAM, f"{where}: {name}: {given} given, {low}..{high} allowed")


def _exact(where, name, given, needed):
    if given != needed:
        raise KernelError(spec.ERROR_PROGRAM, f"{where}: {name}: {given} given, {needed} needed")
