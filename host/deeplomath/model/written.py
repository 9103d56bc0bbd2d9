# SPDX-License-Identifier: MIT
"""A program written as the text of a model file, which compiles to the same bytes. MODEL.md, Round trip."""

import struct

from .. import spec
from ..signal.front import FrontEnd
from .operations import STATISTICS
from .text import HEADER


def written(program, lines=(), source="", rest=""):
    """The text of a program. KernelError if it is none.

    lines: names of all its lines, as Text has them; else l0, l1, ... are given. source and rest: lines of TOML for the
    table [source], and what follows the front-end.
    """
    front = FrontEnd(program)
    _, _, inputs, millihertz, n, _ = HEADER.unpack_from(program)
    state = _State(list(lines), [1] * inputs, millihertz / 1000)
    tables, at = [], HEADER.size
    for _ in range(n):
        kind, flags, length = struct.unpack_from("<BBH", program, at)
        body = program[at + 4 : at + 4 + length]
        name = spec.OPERATIONS[kind]
        tables.append("\n".join(["[[front_end]]", f'op = "{name}"', *_FIELDS[name](state, flags, body)]))
        at += 4 + length
    names = ", ".join(f'"{state.name(i)}"' for i in range(front.lines))
    rate = f"{millihertz / 1000:.12g}"
    head = "\n".join(filter(None, ["[source]", f"lines = [{names}]", f"rate = {rate}", source.strip("\n")]))
    return "\n\n".join(filter(None, [head, *tables, rest.strip("\n")])) + "\n"


class _State:
    """Lines so far, and the last window."""

    def __init__(self, names, spacings, rate):
        self.names, self.spacings, self.rate = names, spacings, rate
        self.n = self.width = 0

    def name(self, line):
        return self.names[line] if line < len(self.names) else f"l{line}"

    def add(self, spacing):
        """The name of a new line."""
        self.spacings.append(spacing)
        return self.name(len(self.spacings) - 1)


def _mix(state, flags, body):
    so_far = len(state.spacings)
    rows = [struct.unpack_from(f"{so_far}b", body, at) for at in range(0, len(body), so_far)]
    first = next(i for i, factor in enumerate(rows[0]) if factor)
    new = [f'  "{state.add(state.spacings[first])} = {_sum(state, row)}",' for row in rows]
    return [f"shift = {flags}", "new = [", *new, "]"]


def _sum(state, row):
    """Factors as the sum of lines."""
    text = ""
    for line, factor in enumerate(row):
        if factor:
            sign = " - " if factor < 0 else " + "
            text += sign + (f"{abs(factor)} * " if abs(factor) != 1 else "") + state.name(line)
    return text.removeprefix(" + ").strip()


def _norm(state, flags, body):
    return [_of(state, body), f'new = "{state.add(state.spacings[body[0]])}"']


def _biquad(state, flags, body):
    sections = [f"  {list(section)}," for section in struct.iter_unpack("<5i", body[4:])]
    new = f'new = "{state.add(state.spacings[body[0]])}"'
    return [f'of = "{state.name(body[0])}"', new, "sections = [", *sections, "]"]


def _keep(state, flags, body):
    of = f'of = "{state.name(body[0])}"'
    return [of, f'new = "{state.add(state.spacings[body[0]] * body[1])}"', f"every = {body[1]}"]


def _window(state, flags, body):
    state.n, hop = struct.unpack_from("<HH", body)
    return [_of(state, body[4:]), f"samples = {state.n}", f"hop = {hop}"]


def _of(state, lines):
    return "of = [" + ", ".join(f'"{state.name(line)}"' for line in lines) + "]"


def _stats(state, flags, body):
    return ["values = [" + ", ".join(f'"{name}"' for i, name in enumerate(STATISTICS) if flags >> i & 1) + "]"]


def _power(state, flags, body):
    return []


def _bands(state, flags, body):
    edges = struct.unpack(f"<{len(body) // 2}H", body)
    return [f'shape = "{"triangles" if flags else "box"}"', f"bins = [{', '.join(f'{e / 16:.12g}' for e in edges)}]"]


def _gate(state, flags, body):
    on, off, *counts = struct.unpack("<HH6B", body)
    names = "hang", "most", "pre", "trim", "least", "slow"
    octaves = [f"on = {on / 2048:.12g}", f"off = {off / 2048:.12g}"]
    return octaves + [f"{name} = {count}" for name, count in zip(names, counts, strict=True)]


def _pool(state, flags, body):
    return [f"parts = {flags}"]


def _map(state, flags, body):
    if not flags:
        return ['subtract = "mean"']
    rows = struct.iter_unpack(f"<{len(body) // flags // 2}h", body)
    return ["matrix = [", *(f"  {list(row)}," for row in rows), "]"]


_FIELDS = {
    "mix": _mix,
    "norm": _norm,
    "biquad": _biquad,
    "keep": _keep,
    "window": _window,
    "stats": _stats,
    "power": _power,
    "bands": _bands,
    "gate": _gate,
    "pool": _pool,
    "map": _map,
}
