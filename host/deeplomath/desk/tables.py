# SPDX-License-Identifier: MIT
"""Tables of events for `train`: CSV, NPZ or Parquet, with the labels of a model, and one scale for decimals."""

from typing import NamedTuple

import numpy as np

from .. import spec
from ..audit import eventfile
from ..audit.archive import at_most
from ..errors import DataError, DeeplomathError
from ..scale import Scale, to_int16
from ..text import escaped

LABEL = "label"  # the column of a Parquet file


class Table(NamedTuple):
    """events: eventfile.Events; names: {name of a class: its label in the model}; scale: of decimals, None of integers."""

    events: list
    names: dict
    scale: Scale | None


def read(path, model, scale=None):
    """The Table in a file; names of classes become labels of the Model. scale: a Scale that decimals are to have. DataError."""
    if path.suffix.lower() == ".parquet":
        return _parquet(path, model, scale)
    found, names = eventfile.load(path, scale), {}
    if found.names:
        events = []
        for event in found.events:
            name = None if event.label is None else found.names[event.label]
            events.append(event._replace(label=_label(f"{path}, {event.where}", model, name, names)))
        found = found._replace(events=events)
    return Table(found.events, names, found.scale)


def _parquet(path, model, scale):
    table = _opened(path)
    if LABEL not in table.columns:
        there = ", ".join(escaped(name) for name in table.columns[:8])
        raise DataError(f"{path}: no column {LABEL!r}; there are {there or 'none'}")
    features, names, labels = table.drop(LABEL), {}, table[LABEL].to_list()
    at_most(path, "events", len(labels), eventfile.EVENTS)
    at_most(path, "features", len(features.columns), spec.LIMIT_FEATURES)
    wrong = [name for name, kind in features.schema.items() if not (kind.is_integer() or kind.is_float())]
    if wrong:
        raise DataError(f"{path}: column {escaped(wrong[0])!r}: {features.schema[wrong[0]]} given, numbers needed")
    rows = list(features.iter_rows())
    for i, row in enumerate(rows, 1):
        if any(value is None for value in row):
            raise DataError(f"{path}, event {i}: a feature is missing")
    if not rows:
        raise DataError(f"{path}: no events")
    if any(kind.is_float() for kind in features.dtypes):
        try:
            rows, scale = to_int16(np.array(rows, float), scale)
        except DataError as error:
            raise DataError(f"{path}: {error}") from error
    else:
        scale = None
    made = []
    for i, (label, x) in enumerate(zip(labels, rows, strict=True), 1):
        place = f"{path}, event {i}"
        made.append(eventfile.event(place, f"event {i}", _label(place, model, label, names), x))
    return Table(made, names, scale)


def _opened(path):
    """The polars.DataFrame in a Parquet file; the file is opened here: a pattern is a name, and a folder is none."""
    import polars

    try:
        with open(path, "rb") as file:
            return polars.read_parquet(file)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, ValueError, TypeError) as error:
        raise DataError(f"{path}: not a Parquet file: {(str(error).splitlines() or [''])[0]}") from error


def _label(place, model, label, names):
    """The label of a class in the model, None for none; of a name, it is kept in `names`."""
    if label is None:
        return None
    try:
        number = model.label(label)
    except (DeeplomathError, ValueError, TypeError) as error:
        raise DataError(f"{place}: {error}") from error
    if isinstance(label, str):
        names[label] = number
    return number
