# SPDX-License-Identifier: MIT
"""Files of recorded events, for `deeplomath check`: CSV for people, NPZ for programs.

CSV   UTF-8; one event a line: label,f1,...,fd. The first line may name the columns; then the label may stand where the column
      `label` is, else it comes first. Labels are all integers, or else all names of classes, which get the numbers 0, 1, ...
      in their order; the label is empty for an event that is only inferred. Features are integers, or decimals in some line,
      and then all are scaled (to_int16). Blank lines and lines that begin with # are skipped.
NPZ   x [n, d], int16, or decimals, which are scaled; y [n], integers, -1 for an event that is only inferred, or names, "".
Sizes are limited as everywhere: d to 1..160, labels to 0..15, features to -32768..32767. A file has at most EVENTS events, a
CSV at most LINES lines of LINE characters, an NPZ at most ARCHIVE bytes.
"""

import math
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .. import files, spec
from ..errors import DataError
from ..integers import HIGHEST, LOWEST
from ..model.fields import LONGEST
from ..scale import Scale, to_int16
from . import archive
from .archive import at_most

EVENTS = 100_000
LINES = 1_000_000
LINE = 4096
ARCHIVE = 48 << 20
NAME = LONGEST  # characters of the name of a class or of a column
MEMBERS = {"x": EVENTS * spec.LIMIT_FEATURES * 2, "y": EVENTS * 4 * NAME}  # bytes of each array, at most
SHOWN = 40  # characters of a value that a message shows
LABEL = "label"  # the column of labels, where the first line names the columns

_INTEGER = re.compile("-?[0-9]+")
_DECIMAL = re.compile(r"-?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)
_NO_NUMBER = {"nan", "inf", "infinity"}  # as programs write them: a line of these names no columns


class Event(NamedTuple):
    """where: "line 7" or "event 7", for people; label: None if it is only inferred; x: int16 [features]."""

    where: str
    label: int | None
    x: np.ndarray


class Recorded(NamedTuple):
    """What a file has. names: of the classes, () where labels are numbers; columns: names of the features, () if none has.

    scale: the Scale with which decimals became int16, None where all are integers.
    """

    events: list
    names: tuple = ()
    columns: tuple = ()
    scale: Scale | None = None


def read(path):
    """The list of Events in a .csv or .npz file, as load reads it."""
    return load(path).events


def load(path, scale=None):
    """The Recorded in a .csv or .npz file. Raises DataError that names the line or member, and the limit.

    scale: for decimals; by default one is fitted to all events of the file.
    """
    path = Path(path)
    try:
        table = _read_npz(path) if _is_npz(path) else _read_csv(path)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:  # a name that no file can have
        raise DataError(f"{str(path)!r}: {error}") from error
    if not table.rows:
        raise DataError(f"{path}: no events")
    return table.recorded(path, scale)


def write(path, events):
    """Writes (label or None, x) pairs as .csv or .npz, whole or not at all."""
    path = Path(path)
    try:
        if _is_npz(path):
            labels = [-1 if label is None else label for label, _ in events]
            arrays = dict(x=np.array([x for _, x in events], np.int16), y=np.array(labels, np.int16))
            files.put(path, archive.packed(arrays))
        else:
            lines = [",".join(map(str, ["" if label is None else label, *x])) for label, x in events]
            text = "# label,features...; no label: infer only\n" + "\n".join(lines) + "\n"
            files.put(path, text.encode())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error


def event(place, where, label, x):
    """The Event of a label, None or an integer, and of integers x; DataError names the place and the limit."""
    _number_of_features(place, len(x))
    if label is not None:
        _within(place, "label", label, 0, spec.LIMIT_CLASSES - 1)
    for i, value in enumerate(x, 1):
        _within(place, f"feature {i}", value, LOWEST, HIGHEST)
    return Event(where, label, np.array(x, np.int16))


def config(events):
    """Features, classes and events with which all of these Events can be learned, as far as the limit of events allows."""
    labels = [event.label for event in events if event.label is not None]
    return dict(
        features=len(events[0].x),
        classes=max(labels, default=0) + 1,
        events=min(max(len(labels), 1), spec.LIMIT_EVENTS),
    )


def _is_npz(path):
    return path.suffix.lower() == ".npz"


def _read_csv(path):
    table = _Table()
    with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(iter(lambda: file.readline(LINE + 1), ""), 1):
            place = f"{path}, line {number}"
            _check_line(place, number, line)
            if line.strip(" \t\n") and not line.lstrip(" \t").startswith("#"):
                fields = [field.strip(" \t\n") for field in line.split(",")]
                if not table.rows and not table.columns and _names_columns(fields):
                    table.head(place, fields)
                else:
                    at_most(place, "events", len(table.rows) + 1, EVENTS)
                    table.take(place, f"line {number}", fields)
    return table


class _Table:
    """The events of a file so far: (where, label, features), and what is known of labels and columns."""

    def __init__(self):
        self.rows, self.columns, self.names = [], (), {}
        self.label_at, self.named, self.decimal = 0, None, False
        self.beyond = None  # words on the first integer that no int16 holds

    def head(self, place, fields):
        """The line that names the columns."""
        fields = [_name(place, _unquoted(field)) for field in fields]
        self.label_at = next((i for i, field in enumerate(fields) if field.lower() == LABEL), 0)
        self.columns = tuple(fields[: self.label_at] + fields[self.label_at + 1 :])

    def take(self, place, where, fields):
        """A line of an event."""
        label = fields.pop(min(self.label_at, len(fields) - 1))
        needed = len(self.rows[0][2]) if self.rows else len(self.columns) or None
        before = "the events before" if self.rows else "the names of the columns"
        if needed is not None and len(fields) != needed:
            raise DataError(f"{place}: {len(fields)} features given, {needed} in {before}")
        _number_of_features(place, len(fields))
        label = self.label(place, label)
        self.rows.append((where, label, self.features(place, fields)))

    def label(self, place, text):
        """The number of a label, None for none; the first one of a file says whether its labels are integers or names."""
        if not text:
            return None
        if self.named is None:
            self.named = not _INTEGER.fullmatch(text)
        if not self.named:
            return _integer(
                place, "label", text, 0, spec.LIMIT_CLASSES - 1, "; an event that is only inferred has none"
            )
        number = self.names.setdefault(_name(place, _unquoted(text)), len(self.names))
        at_most(place, "names of classes", len(self.names), spec.LIMIT_CLASSES)
        return number

    def features(self, place, fields):
        """The numbers of an event, an int16 array; of floats where one of them is a decimal, or beyond int16."""
        values = [_value(place, f"feature {i}", field) for i, field in enumerate(fields, 1)]
        if all(isinstance(value, int) and LOWEST <= value <= HIGHEST for value in values):
            return np.array(values, np.int16)
        self.decimal = self.decimal or any(isinstance(value, float) for value in values)
        for i, value in enumerate(values, 1):
            if self.beyond is None and isinstance(value, int) and not LOWEST <= value <= HIGHEST:
                self.beyond = f"{place}: feature {i} {_short(value)} given, {LOWEST}..{HIGHEST} allowed"
        try:
            return np.array(values, float)
        except OverflowError as error:
            raise DataError(self.beyond) from error

    def recorded(self, path, scale):
        """The Recorded of all of it."""
        names = tuple(self.names)
        if not self.decimal:
            if self.beyond:
                raise DataError(self.beyond)
            return Recorded([Event(*row) for row in self.rows], names, self.columns)
        try:
            scaled, scale = to_int16(np.array([x for _, _, x in self.rows], float), scale)
        except DataError as error:
            raise DataError(f"{path}: {error}") from error
        events = [Event(where, label, x) for (where, label, _), x in zip(self.rows, scaled, strict=True)]
        return Recorded(events, names, self.columns, scale)


def _names_columns(fields):
    """Whether the first line of a file names its columns: no field is a number, or empty."""
    return len(fields) > 1 and not any(
        not field or _DECIMAL.fullmatch(field) or field.lower().lstrip("+-") in _NO_NUMBER for field in fields
    )


def _unquoted(text):
    """A name without the quotes that some programs put around it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _name(place, text):
    if not text or len(text) > NAME or not text.isprintable():
        raise DataError(f"{place}: name {cut(text)} given, 1..{NAME} characters that print allowed")
    return text


def cut(text):
    """A text of a file as a message shows it: of a long one the beginning, and how long it is."""
    return repr(text) if len(text) <= SHOWN else f"{text[:SHOWN]!r}... of {len(text)} characters"


def _check_line(place, number, line):
    """DataError if a line is one too many, too long, or no text."""
    at_most(place, "lines", number, LINES)
    at_most(place, "characters", len(line.rstrip("\n")), LINE)
    try:
        line.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{place}: not text in UTF-8; CSV or .npz is needed") from error


def _read_npz(path):
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        at_most(path, "bytes", size, ARCHIVE)
        x, y = archive.arrays(path, file, MEMBERS)
    numbers = x.dtype == np.int16 or x.dtype.kind == "f"
    if not numbers or x.ndim != 2 or y.dtype.kind not in "iuU" or y.shape != x.shape[:1]:
        raise DataError(
            f"{path}: x {x.dtype} {list(x.shape)}, y {y.dtype} {list(y.shape)}; int16 or decimals [n, d], integers or names "
            "[n] needed"
        )
    at_most(path, "events", len(x), EVENTS)
    table = _Table()
    table.decimal, table.named = x.dtype.kind == "f", y.dtype.kind == "U"
    for i, (label, row) in enumerate(zip(y.tolist(), x), 1):
        place = f"{path}, event {i}"
        _number_of_features(place, len(row))
        table.rows.append((f"event {i}", _npz_label(table, place, label), row))
    return table


def _npz_label(table, place, label):
    if table.named:
        return table.label(place, label)
    if label == -1:
        return None
    return _within(place, "label", label, 0, spec.LIMIT_CLASSES - 1, ", or -1 for an event that is only inferred")


def _number_of_features(place, number):
    _within(place, "number of features", number, 1, spec.LIMIT_FEATURES)


def _integer(place, name, value, low, high, more=""):
    if not _INTEGER.fullmatch(value):
        raise DataError(f"{place}: {name} {cut(value)} given, an integer needed")
    return _within(place, name, int(value), low, high, more)


def _within(place, name, number, low, high, more=""):
    if not low <= number <= high:
        raise DataError(f"{place}: {name} {_short(number)} given, {low}..{high} allowed{more}")
    return number


def _value(place, name, text):
    """An int, or a float for a decimal."""
    if _INTEGER.fullmatch(text):
        return int(text)
    value = float(text) if _DECIMAL.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise DataError(f"{place}: {name} {cut(text)} given, a number needed")
    return value


def _short(number):
    """A number in few characters."""
    return str(number) if abs(number) < 10**SHOWN else f"of {len(str(abs(number)))} digits"
