# SPDX-License-Identifier: MIT
"""Files of recorded events, for `deeplomath check`: CSV for people, NPZ for programs.

CSV   one event a line: label,f1,...,fd; all integers; the label is empty for an event that is only inferred; blank lines and
      lines that begin with # are skipped.
NPZ   x int16 [n, d]; y an integer array [n], -1 for an event that is only inferred.
Sizes are limited as everywhere: d to 1..160, labels to 0..15, features to -32768..32767.
"""

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import spec
from .data import DataError


class Event(NamedTuple):
    """where: "line 7" or "event 7", for people; label: None if it is only inferred; x: int16 [features]."""

    where: str
    label: int | None
    x: np.ndarray


def read(path):
    """The list of Events in a .csv or .npz file. Raises DataError that names the line and the limit."""
    path = Path(path)
    try:
        events = _read_npz(path) if path.suffix == ".npz" else _read_csv(path)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    if not events:
        raise DataError(f"{path}: no events")
    return events


def write(path, events):
    """Writes (label or None, x) pairs as .csv or .npz."""
    path = Path(path)
    try:
        if path.suffix == ".npz":
            labels = [-1 if label is None else label for label, _ in events]
            np.savez_compressed(path, x=np.array([x for _, x in events], np.int16), y=np.array(labels, np.int16))
        else:
            lines = [",".join(map(str, ["" if label is None else label, *x])) for label, x in events]
            path.write_text("# label,features...; no label: infer only\n" + "\n".join(lines) + "\n")
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


def _read_csv(path):
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not text; CSV or .npz is needed") from error
    events = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            label, *x = (field.strip() for field in line.split(","))
            needed = len(events[0].x) if events else None
            events.append(_event(f"{path}, line {number}", f"line {number}", label or None, x, needed))
    return events


def _read_npz(path):
    try:
        with np.load(path, allow_pickle=False) as arrays:
            x, y = arrays["x"], arrays["y"]
    except (ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not an .npz of x and y: {error}") from error
    if x.dtype != np.int16 or x.ndim != 2 or y.dtype.kind not in "iu" or y.shape != x.shape[:1]:
        raise DataError(
            f"{path}: x {x.dtype} {list(x.shape)}, y {y.dtype} {list(y.shape)}; int16 [n, d], integers [n] needed"
        )
    rows = enumerate(zip(y.tolist(), x.tolist()), 1)
    return [
        _event(f"{path}, event {i}", f"event {i}", None if label == -1 else label, row, None)
        for i, (label, row) in rows
    ]


def _event(place, where, label, x, n_needed):
    if n_needed is not None and len(x) != n_needed:
        raise DataError(f"{place}: {len(x)} features given, {n_needed} in the events before")
    _integer(place, "number of features", len(x), 1, spec.LIMIT_FEATURES)
    if label is not None:
        label = _integer(place, "label", label, 0, spec.LIMIT_CLASSES - 1)
    values = [_integer(place, f"feature {i}", value, -32768, 32767) for i, value in enumerate(x, 1)]
    return Event(where, label, np.array(values, np.int16))


def _integer(place, name, value, low, high):
    try:
        number = int(value)
    except ValueError:
        raise DataError(f"{place}: {name} {value!r} given, an integer needed") from None
    if not low <= number <= high:
        raise DataError(f"{place}: {name} {number} given, {low}..{high} allowed")
    return number
