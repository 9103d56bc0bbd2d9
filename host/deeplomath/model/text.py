# SPDX-License-Identifier: MIT
"""The text of a model file: read, checked, and compiled to a program and what goes with it. MODEL.md."""

import re
import struct
import tomllib
from pathlib import Path
from typing import NamedTuple

from .. import spec
from ..errors import KernelError, ModelError
from ..signal.front import FrontEnd
from . import design
from .fields import UNKNOWN, Fields
from .operations import LINE, Stage, compiled
from .places import places

BYTES = 1 << 18  # of a file
HEADER = struct.Struct("<2sBBIHH")
MAGIC = b"DF"
RATE = 0, 4_294_967.295  # samples a second; 0: not known
LSB = 1e-9, 1e9  # a unit
BY = tuple(spec.RULES.values())
LABEL = "label"  # the column of a recording that says what a sample is of: no line has this name
COLUMN = re.compile(r"[^\d#.,][^,]*")  # a name that the head of a CSV can have, and that is no number

_OPERATION = re.compile(r"operation (\d+), (.*)", re.DOTALL)


class Source(NamedTuple):
    """Where samples come from. lines: names; rate: samples a second; lsb: per unit, of each line, or None; units: or None."""

    lines: tuple
    rate: float
    lsb: tuple | None = None
    units: tuple | None = None


class Vote(NamedTuple):
    """How answers become a steady one.

    over: the last answers that count, 1: each stands for itself; by: "majority" of their labels, or "mean" of their
    outputs; hold: answers for which a voted label stays, before it may become another.
    """

    over: int = 1
    by: str = "majority"
    hold: int = 0


class Step(NamedTuple):
    """An operation of the front-end. kind: its name; line: of the file; makes: what, in words; designed: the sections of a
    filter that was designed here, else None."""

    kind: str
    line: int
    makes: str
    designed: list | None


class Text(NamedTuple):
    """What a model file says. network: the arguments of Network but features and classes; classes: how many there may be."""

    file: str
    source: Source
    program: bytes
    steps: tuple
    lines: tuple  # names of all lines, those made too
    names: tuple
    classes: int
    network: dict
    vote: Vote


def read(path):
    """The Text of a file. ModelError names file, line and field of what is wrong."""
    path = Path(path)
    try:
        with open(path, "rb") as file:
            content = file.read(BYTES + 1)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > BYTES:
        raise ModelError(f"{path}: bytes: more than {BYTES} given, {BYTES} allowed")
    try:
        return parsed(content.decode(), str(path))
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: byte {error.start + 1}: no text in UTF-8") from error


def parsed(text, file="model"):
    """The Text of the text of a model file; file: what messages call it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # of tomllib; of an integer of too many digits, of Python
        raise _not_toml(file, text, error) from error
    root = Fields(file, places(text), values)
    source = _source(root.table("source", "source", needed=True))
    steps, program, lines = _front_end(root, source)
    classes, names = _classes(root.table("classes", "classes"))
    network = _network(root.table("network", "network"))
    vote = _vote(root.table("vote", "vote"))
    root.rest()
    return Text(file, source, program, steps, lines, names, classes, network, vote)


def _not_toml(file, text, error):
    """The ModelError on a text that is no TOML, with the line that the library names at the end of its words."""
    found = re.search(r"\(at line (\d+), column \d+\)", str(error))
    line = int(found[1]) if found else text.count("\n") + 1
    words = re.sub(r"\s*\(at .*\)", "", str(error).split("\n")[0])
    return ModelError(f"{file}:{line}: not TOML: {words}")


def _source(fields):
    lines = tuple(fields.names("lines"))
    fields.whole("lines", len(lines), 1, spec.SIGNAL_INPUTS, "lines")
    for i, line in enumerate(lines):
        if not LINE.fullmatch(line):
            raise fields.error(
                f"lines {i + 1}: {line!r} given, a name without space, quote, \\, =, +, - and * needed", "lines", i
            )
        if not COLUMN.fullmatch(line) or line == LABEL:
            raise fields.error(
                f"lines {i + 1}: {line!r} given, a column's name needed: no comma, no digit or # at its start, not {LABEL}",
                "lines",
                i,
            )
    rate = fields.number("rate", *RATE, unit="Hz")
    lsb = _of_each(fields, "lsb", lines, lambda name, value, *at: fields.real(name, value, *LSB, "", *at))
    units = _of_each(fields, "units", lines, fields.checked_name)
    fields.rest()
    return Source(lines, rate, lsb, units)


def _of_each(fields, name, lines, check):
    """A tuple of a value of each line, of which one may stand for all; None if it is not there."""
    given = fields.take(name, None)
    if given is None:
        return None
    if not isinstance(given, list):
        return (check(name, given, name),) * len(lines)
    if len(given) != len(lines):
        raise fields.error(f"{name}: {len(given)} given, one or {len(lines)} needed", name)
    return tuple(check(f"{name} {i + 1}", value, name, i) for i, value in enumerate(given))


def _front_end(root, source):
    """(Steps, program, names of all lines)."""
    stage = Stage(source.rate)
    for line in source.lines:
        stage.add(line, 1)
    steps, code, tables = [], b"", root.tables("front_end")
    if len(tables) > spec.SIGNAL_OPERATIONS:
        raise root.error(f"front_end: {len(tables)} given, {spec.SIGNAL_OPERATIONS} allowed", "front_end")
    every = []
    for i, values in enumerate(tables):
        fields = Fields(root.file, root.places, values, ("front_end", i), f"front_end {i + 1}")
        code += compiled(stage, fields)
        every.append(fields)
        steps.append(Step(values["op"], root.places.get(("front_end", i), 1), stage.makes, stage.designed))
    features, rate = stage.rows * stage.values, design.nearest(1000 * source.rate)
    header = HEADER.pack(MAGIC, spec.SIGNAL_VERSION, len(source.lines), rate, len(tables), min(features, 65535))
    _check(header + code, root, every)
    return tuple(steps), header + code, tuple(stage.lines)


def _check(program, root, every):
    """ModelError where the front-end refuses the program, with the line of the operation that it names."""
    try:
        FrontEnd(program)
    except KernelError as error:
        if found := _OPERATION.fullmatch(str(error)):
            fields = every[int(found[1]) - 1]
            words = found[2].removeprefix(f"{fields.values['op']}: ")
            raise fields.error(words) from error
        raise root.error(f"front_end: {error}", "front_end") from error


def _classes(fields):
    """(how many classes there may be, names of the first of them)."""
    names = tuple(fields.names("names", []))
    fields.whole("names", len(names), 0, spec.LIMIT_CLASSES, "names")
    if UNKNOWN in names:
        raise fields.error(f"names: {UNKNOWN!r} given, which no class can be called", "names", names.index(UNKNOWN))
    count = fields.integer("count", max(len(names), 1), spec.LIMIT_CLASSES, max(len(names), 1))
    fields.rest()
    return count, names


def _network(fields):
    found = dict(
        events=fields.integer("events", 1, spec.LIMIT_EVENTS, 64),
        layers=fields.integer("layers", 1, spec.LIMIT_LAYERS, spec.DEFAULT_LAYERS),
        false_reject_permille=fields.integer(
            "false_reject_permille",
            spec.LIMIT_FALSE_REJECT_PERMILLE_MIN,
            spec.LIMIT_FALSE_REJECT_PERMILLE,
            spec.DEFAULT_FALSE_REJECT_PERMILLE,
        ),
        background=fields.take("background", False),
    )
    if not isinstance(found["background"], bool):
        raise fields.error(f"background: {found['background']!r} given, true or false needed", "background")
    fields.rest()
    return found


def _vote(fields):
    vote = Vote(
        fields.integer("over", 1, spec.VOTE_OVER, 1),
        fields.word("by", BY, "majority"),
        fields.integer("hold", 0, spec.VOTE_HOLD, 0),
    )
    fields.rest()
    return vote
