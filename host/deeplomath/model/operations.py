# SPDX-License-Identifier: MIT
"""Each operation of a model file as bytes of a program (MODEL.md, Operations): names become numbers, Hz become bins.

What only the program as a whole can tell, an operation in a wrong place say, is left to the front-end that reads it.
"""

import re
import struct
from dataclasses import dataclass, field

from .. import spec
from ..errors import ModelError
from . import design

FACTORS = -128, 127
OCTAVES = 31.9996  # at most: 65535 in Q11
LINE = re.compile(r"""[^\s=+*"'\\-]+""")  # the name of a line
_MIX = re.compile(r"\s*([+-]?)\s*(?:([0-9]{1,4})\s*\*\s*)?([^\s+*-]+)\s*")
SHAPES, SPACINGS = ("box", "triangles"), ("log", "mel", "linear")
STATISTICS = tuple(
    name[10:].lower() for name in vars(spec) if name.startswith("STATISTIC_")
)  # in the order of their bits
COEFFICIENTS = ("b0", "b1", "b2", "a1", "a2")


@dataclass
class Stage:
    """What the operations so far have made: lines by name with the input's samples for one of theirs, and values."""

    rate: float  # of the input, Hz; 0 if it is not known
    lines: dict = field(default_factory=dict)  # name: (number, spacing)
    window: tuple | None = None  # samples, lines, Hz of its samples
    values: int = 0  # of a frame; behind a map, of a row
    rows: int = 1  # of an event: the parts of a pool
    makes: str = ""  # what the last operation made, for people
    designed: list | None = None  # sections of the last operation that were designed here

    def add(self, name, spacing):
        self.lines[name] = len(self.lines), spacing


def compiled(stage, fields):
    """The bytes of the operation in these Fields; the stage goes on. ModelError."""
    kind = fields.word("op", tuple(spec.OPERATIONS.values()))
    fields.title += f", {kind}"
    stage.makes, stage.designed = "", None
    flags, body = _WRITERS[kind](stage, fields)
    fields.rest()
    number = next(number for number, name in spec.OPERATIONS.items() if name == kind)
    return struct.pack("<BBH", number, flags, len(body)) + body


def _mix(stage, fields):
    shift = fields.integer("shift", 0, spec.SIGNAL_SHIFT, 0)
    before, rows, spacings = dict(stage.lines), [], []
    for i, text in enumerate(fields.array("new")):
        name, terms = _terms(fields, i, text)
        row = [0] * len(before)
        for sign, factor, line in terms:
            number, spacing = _line(before, fields, line, "new", i)
            row[number] += int(sign + (factor or "1"))
            fields.whole(f"new {i + 1}: factor of {line}", row[number], *FACTORS, "new", i)
            spacings.append(spacing)
        if not any(row):
            raise fields.error(f"new {i + 1}: every factor is 0", "new", i)
        rows.append(row)
        _add_line(stage, fields, name, spacings[-1], i)
    if not rows:
        raise fields.error("new: no lines given", "new")
    stage.makes = f"{len(rows)} lines"
    return shift, b"".join(struct.pack(f"{len(row)}b", *row) for row in rows)


def _terms(fields, i, text):
    """("name", [(sign, factor, line)]) of "name = line + 2 * line - line"."""
    name, equals, rest = text.partition("=") if isinstance(text, str) else ("", "", "")
    name, at, terms = name.strip(), 0, []
    while match := _MIX.match(rest, at):
        if terms and not match[1]:
            break
        terms.append((match[1], match[2], match[3]))
        at = match.end()
    if not name or not equals or not terms or at < len(rest):
        raise fields.error(f'new {i + 1}: {text!r} given, such as "sum = ax + 2 * ay" needed', "new", i)
    return name, terms


def _norm(stage, fields):
    lines, spacing = _lines(stage, fields)
    _new_line(stage, fields, spacing)
    return 0, bytes(lines)


def _biquad(stage, fields):
    name = fields.checked_name("of", fields.take("of"), "of")
    number, spacing = _line(stage.lines, fields, name, "of")
    sections = _sections(fields, stage.rate / spacing)
    stage.designed = None if fields.has("sections") else sections
    _new_line(stage, fields, spacing)
    stage.makes += f", {len(sections)} section{'s' * (len(sections) > 1)}"
    return 0, bytes([number, 0, 0, 0]) + b"".join(struct.pack("<5i", *section) for section in sections)


def _sections(fields, rate):
    """Sections as they are given, or as a filter is designed; if there are both, they must say the same."""
    given = fields.array("sections", None)
    if given is not None:
        given = [_section(fields, i, section) for i, section in enumerate(given)]
        fields.whole("sections", len(given), 1, spec.SIGNAL_SECTIONS, "sections")
    kind = fields.word("filter", tuple(design.FILTERS), None)
    if kind is None:
        if given is None:
            raise fields.error("filter or sections: missing")
        return given
    _check_rate(fields, "filter", rate)
    order = fields.integer("order", 1, spec.SIGNAL_SECTIONS * (1 if design.FILTERS[kind] == 2 else 2))
    frequencies = _frequencies(fields, kind, rate)
    if given is None:
        try:
            return design.butterworth(kind, order, frequencies, rate)
        except ModelError as error:
            raise fields.error(f"filter: {error}", "filter") from error
    by, at = design.misses(given, kind, order, frequencies, rate)
    if not by <= design.CLOSE:
        words = f"at {at:.6g} Hz they miss the filter by {by:.2g} dB; leave them out, and it is designed anew"
        raise fields.error(f"sections: {words}", "sections")
    return given


def _section(fields, i, section):
    name = f"sections {i + 1}"
    if not isinstance(section, list) or len(section) != len(COEFFICIENTS):
        raise fields.error(f"{name}: five integers {', '.join(COEFFICIENTS)} in Q29 needed", "sections", i)
    limits = -(1 << 31), (1 << 31) - 1
    return [fields.whole(f"{name}, {c}", v, *limits, "sections", i) for c, v in zip(COEFFICIENTS, section, strict=True)]


def _frequencies(fields, kind, rate):
    """The one or two frequencies of a filter, above 0 and below half of the rate."""
    value = fields.take("frequency")
    values = value if isinstance(value, list) else [value]
    if len(values) != design.FILTERS[kind]:
        needed = "one frequency" if design.FILTERS[kind] == 1 else "two frequencies"
        raise fields.error(f"frequency: {len(values)} given, {needed} needed of a {kind}", "frequency")
    for value in values:
        fields.real("frequency", value, 0, rate / 2, "Hz", "frequency")
        if not 0 < value < rate / 2:
            raise fields.error(f"frequency: {value:g} Hz given, below {rate / 2:g} allowed, above 0", "frequency")
    if sorted(set(values)) != values:
        raise fields.error(f"frequency: {values} given, the lower one first needed", "frequency")
    return values


def _check_rate(fields, name, rate):
    """ModelError if a field needs Hz, and the source does not say how many there are."""
    if not rate:
        raise fields.error(f"{name}: needs the rate of [source], which is 0", name)


def _keep(stage, fields):
    name = fields.checked_name("of", fields.take("of"), "of")
    number, spacing = _line(stage.lines, fields, name, "of")
    every = fields.integer("every", spec.SIGNAL_KEEP_MIN, spec.SIGNAL_KEEP)
    _new_line(stage, fields, spacing * every)
    stage.makes += f", every {every}th" if not stage.rate else f", {stage.rate / (spacing * every):g} Hz"
    return 0, bytes([number, every])


def _window(stage, fields):
    lines, spacing = _lines(stage, fields)
    n = fields.integer("samples", spec.SIGNAL_WINDOW_MIN, spec.SIGNAL_WINDOW)
    hop = fields.integer("hop", 1, n, n)
    rate = stage.rate / spacing
    stage.window = n, len(lines), rate
    times = f", {n / rate:g} s every {hop / rate:g} s" if rate else f", one every {hop}"
    stage.makes = f"{len(lines)} x {n} samples{times}"
    return 0, struct.pack("<HH", n, hop) + bytes(lines)


def _stats(stage, fields):
    _, lines, _ = _current_window(stage, fields)
    flags = 0
    for i, value in enumerate(fields.array("values")):
        bit = STATISTICS.index(fields.one_of(f"values {i + 1}", value, STATISTICS, "values", i))
        if flags >> bit:
            words = f"{value} given, each once in the order {', '.join(STATISTICS)} needed"
            raise fields.error(f"values {i + 1}: {words}", "values", i)
        flags |= 1 << bit
    _add_values(stage, flags.bit_count() * lines)
    return flags, b""


def _power(stage, fields):
    n, lines, rate = _current_window(stage, fields)
    stage.makes = f"{lines} x {n // 2 + 1} bins" + (f" of {rate / n:g} Hz" if rate else "")
    return 0, b""


def _bands(stage, fields):
    n, lines, rate = _current_window(stage, fields)
    triangles = SHAPES.index(fields.word("shape", SHAPES, "box"))
    which = fields.only("edges", "bins", "spacing")
    if which != "bins":
        _check_rate(fields, which, rate)
    if which == "edges":
        edges = [design.nearest(edge * n / rate * 16) for edge in fields.numbers("edges", 0, rate / 2, "Hz")]
    elif which == "bins":
        edges = [design.nearest(edge * 16) for edge in fields.numbers("bins", 0, n // 2 + 1, "bins")]
    else:
        edges = _spaced(fields, triangles, n, rate)
    if len(edges) < 2 + triangles:
        raise fields.error(f"{which}: {len(edges)} given, {2 + triangles} or more needed", which)
    for i in range(1, len(edges)):
        if edges[i] < edges[i - 1]:
            raise fields.error(f"{which} {i + 1}: below the one before", which, i)
    _add_values(stage, (len(edges) - 1 - triangles) * lines)
    return triangles, struct.pack(f"<{len(edges)}H", *edges)


def _spaced(fields, triangles, n, rate):
    """Edges of `count` bands over a range, spaced as a scale is."""
    scale, count = fields.word("spacing", SPACINGS), fields.integer("count", 1, spec.SIGNAL_VALUES)
    span = fields.numbers("range", 0, rate / 2, "Hz")
    if len(span) != 2 or not span[0] < span[1]:
        raise fields.error(f"range: {span} given, two frequencies needed, the lower one first", "range")
    low, high = span
    if scale != "log":
        return (design.mel_edges if scale == "mel" else design.linear_edges)(count + 1 + triangles, low, high, rate / n)
    bins = design.nearest(high * n / rate) - max(1, design.nearest(low * n / rate))
    if bins < count + triangles:
        raise fields.error(f"count: {count} given, {max(bins - triangles, 0)} bins of {rate / n:g} Hz there", "count")
    return design.log_edges(count + triangles, low * n / rate, high * n / rate)


def _gate(stage, fields):
    octaves = [design.nearest(fields.number(name, 0, OCTAVES, unit="octaves") * 2048) for name in ("on", "off")]
    most = fields.integer("most", spec.SIGNAL_FRAMES_MIN, spec.SIGNAL_FRAMES)
    counts = {
        "hang": fields.integer("hang", 1, spec.SIGNAL_FRAMES),
        "most": most,
        "pre": fields.integer("pre", 0, most - 1),
        "trim": fields.integer("trim", 0, spec.SIGNAL_TRIM),
        "least": fields.integer("least", 1, most),
        "slow": fields.integer("slow", 0, spec.SIGNAL_SLOW),
    }
    stage.makes = f"events of {counts['least']}..{most} frames"
    return 0, struct.pack("<HH6B", *octaves, *counts.values())


def _pool(stage, fields):
    stage.rows = fields.integer("parts", 1, spec.SIGNAL_PARTS)
    stage.makes = f"{stage.rows} x {stage.values} values"
    return stage.rows, b""


def _map(stage, fields):
    which = fields.only("matrix", "dct", "subtract")
    rows = []
    if which == "subtract":
        fields.word("subtract", ("mean",))
    elif which == "dct":
        count = fields.integer("dct", 1, min(stage.values, 255) or 1)
        first = fields.integer("first", 0, max(stage.values - count, 0), 0)
        rows = design.dct_rows(count, first, stage.values)
    else:
        rows = [_matrix_row(stage, fields, i, row) for i, row in enumerate(fields.array("matrix"))]
        fields.whole("matrix", len(rows), 1, 255, "matrix")
    stage.values = len(rows) or stage.values
    stage.makes = f"{stage.rows} x {stage.values} values"
    return len(rows), b"".join(struct.pack(f"<{len(row)}h", *row) for row in rows)


def _matrix_row(stage, fields, i, row):
    if not isinstance(row, list) or len(row) != stage.values:
        raise fields.error(f"matrix {i + 1}: {stage.values} integers in Q15 needed", "matrix", i)
    return [fields.whole(f"matrix {i + 1}, value {j + 1}", v, -32768, 32767, "matrix", i) for j, v in enumerate(row)]


_WRITERS = {
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


def _line(lines, fields, name, *where):
    """(number, spacing) of a line by its name."""
    if not isinstance(name, str):
        raise fields.error(f"{where[0]}: {name!r} given, the name of a line needed", *where)
    if name not in lines:
        raise fields.error(f"{where[0]}: no line {name!r}, there are {', '.join(lines)}", *where)
    return lines[name]


def _lines(stage, fields):
    """(numbers, spacing) of the lines that `of` names, which have samples at the same times."""
    found = [_line(stage.lines, fields, name, "of", i) for i, name in enumerate(fields.array("of"))]
    fields.whole("of", len(found), 1, spec.SIGNAL_LINES, "of")
    for i, (_, spacing) in enumerate(found):
        if spacing != found[0][1]:
            words = f"a sample in {spacing} of the input's, one in {found[0][1]} as of the first needed"
            raise fields.error(f"of {i + 1}: {words}", "of", i)
    return [number for number, _ in found], found[0][1]


def _new_line(stage, fields, spacing):
    name = fields.name("new")
    _add_line(stage, fields, name, spacing)
    stage.makes = f"line {name}"


def _add_line(stage, fields, name, spacing, *item):
    if not LINE.fullmatch(name):
        raise fields.error(f"new: {name!r} given, a name without space, quote, \\, =, +, - and * needed", "new", *item)
    if name in stage.lines:
        raise fields.error(f"new: there is a line {name!r} already", "new", *item)
    if len(stage.lines) == spec.SIGNAL_LINES:
        raise fields.error(f"new: lines: {spec.SIGNAL_LINES + 1} given, {spec.SIGNAL_LINES} allowed", "new", *item)
    stage.add(name, spacing)


def _current_window(stage, fields):
    if stage.window is None:
        raise fields.error("a window is needed before it")
    return stage.window


def _add_values(stage, n):
    stage.values += n
    stage.makes = f"{n} values"
