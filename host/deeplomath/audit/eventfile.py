# SPDX-License-Identifier: MIT
"""Files of recorded events, for `deeplomath check`: CSV for people, NPZ for programs.

CSV   UTF-8; one event a line: label,f1,...,fd; all decimal integers; the label is empty for an event that is only inferred;
      blank lines and lines that begin with # are skipped.
NPZ   x int16 [n, d]; y an integer array [n], -1 for an event that is only inferred.
Sizes are limited as everywhere: d to 1..160, labels to 0..15, features to -32768..32767. A file has at most EVENTS events, a
CSV at most LINES lines of LINE characters, an NPZ at most ARCHIVE bytes.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .. import spec
from ..errors import DataError
from . import archive
from .archive import at_most

EVENTS = 100_000
LINES = 1_000_000
LINE = 4096
ARCHIVE = 48 << 20
MEMBERS = {"x": EVENTS * spec.LIMIT_FEATURES * 2, "y": EVENTS * 8}  # bytes of each array, at most
SHOWN = 40  # characters of a value that a message shows

_INTEGER = re.compile("-?[0-9]+")


class Event(NamedTuple):
    """where: "line 7" or "event 7", for people; label: None if it is only inferred; x: int16 [features]."""

    where: str
    label: int | None
    x: np.ndarray


def read(path):
    """The list of Events in a .csv or .npz file. Raises DataError that names the line or member, and the limit."""
    path = Path(path)
    try:
        events = _read_npz(path) if _is_npz(path) else _read_csv(path)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:  # a name that no file can have
        raise DataError(f"{str(path)!r}: {error}") from error
    if not events:
        raise DataError(f"{path}: no events")
    return events


def write(path, events):
    """Writes (label or None, x) pairs as .csv or .npz."""
    path = Path(path)
    try:
        if _is_npz(path):
            labels = [-1 if label is None else label for label, _ in events]
            with open(path, "wb") as file:
                np.savez_compressed(file, x=np.array([x for _, x in events], np.int16), y=np.array(labels, np.int16))
        else:
            lines = [",".join(map(str, ["" if label is None else label, *x])) for label, x in events]
            text = "# label,features...; no label: infer only\n" + "\n".join(lines) + "\n"
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error


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
    events = []
    with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(iter(lambda: file.readline(LINE + 1), ""), 1):
            place = f"{path}, line {number}"
            _check_line(place, number, line)
            if line.strip(" \t\n") and not line.lstrip(" \t").startswith("#"):
                label, *x = (field.strip(" \t\n") for field in line.split(","))
                needed = len(events[0].x) if events else None
                at_most(place, "events", len(events) + 1, EVENTS)
                events.append(event(place, f"line {number}", label or None, x, needed))
    return events


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
    if x.dtype != np.int16 or x.ndim != 2 or y.dtype.kind not in "iu" or y.shape != x.shape[:1]:
        raise DataError(
            f"{path}: x {x.dtype} {list(x.shape)}, y {y.dtype} {list(y.shape)}; int16 [n, d], integers [n] needed"
        )
    at_most(path, "events", len(x), EVENTS)
    rows = enumerate(zip(y.tolist(), x), 1)
    return [_row(f"{path}, event {i}", f"event {i}", None if label == -1 else label, row) for i, (label, row) in rows]


def event(place, where, label, x, n_needed):
    """The Event of a label, None or digits, and a list of features, digits each. DataError that names place and limit."""
    if n_needed is not None and len(x) != n_needed:
        raise DataError(f"{place}: {len(x)} features given, {n_needed} in the events before")
    _number_of_features(place, len(x))
    if label is not None:
        label = _integer(place, "label", label, 0, spec.LIMIT_CLASSES - 1)
    values = [_integer(place, f"feature {i}", value, -32768, 32767) for i, value in enumerate(x, 1)]
    return Event(where, label, np.array(values, np.int16))


def _row(place, where, label, x):
    _number_of_features(place, len(x))
    if label is not None:
        _within(place, "label", label, 0, spec.LIMIT_CLASSES - 1)
    return Event(where, label, x.astype(np.int16))


def _number_of_features(place, number):
    _within(place, "number of features", number, 1, spec.LIMIT_FEATURES)


def _integer(place, name, value, low, high):
    if not _INTEGER.fullmatch(value):
        more = "..." if len(value) > SHOWN else ""
        raise DataError(f"{place}: {name} {value[:SHOWN]!r}{more} given, an integer needed")
    return _within(place, name, int(value), low, high)


def _within(place, name, number, low, high):
    if not low <= number <= high:
        raise DataError(f"{place}: {name} {_short(number)} given, {low}..{high} allowed")
    return number


def _short(number):
    """A number in few characters."""
    return str(number) if abs(number) < 10**SHOWN else f"of {len(str(abs(number)))} digits"
