# SPDX-License-Identifier: MIT
"""Numbers as floats, checked: what is none, not finite, or an integer that no float holds is refused with its place."""

import numpy as np

from .errors import DataError

WHOLE = 1 << 53  # beyond it not every integer is a float
KINDS = "biufO"  # of an array of numbers


def floats(values, name, needed, axes, empty=False):
    """values as floats, an array of one of these numbers of axes, the last of which counts columns; empty: no rows are right, too.

    name: what the values are, needed: what they have to be, for the words of what is refused. DataError: no numbers, another
    shape, a value that is not finite, an integer that no float holds; it says row and column, from 1.
    """
    kind = getattr(values, "dtype", None)
    if getattr(kind, "kind", "O") not in KINDS:  # NumPy would take texts, times, and the real part of complex ones
        raise DataError(f"{name}: {kind} given, {needed} needed")
    try:
        found = np.asarray(values, float)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{name}: {needed} needed: {error}") from error
    if found.ndim not in axes or not found.shape[-1] or not (found.size or empty):
        raise DataError(f"{name}: {list(found.shape)} given, {needed} needed")
    wrong = np.argwhere(~np.isfinite(found))
    if len(wrong):
        raise DataError(f"{_place(name, wrong[0])}: {found[tuple(wrong[0])]} given, a finite number needed")
    if wrong := unheld(found, values):
        raise DataError(f"{_place(name, wrong[0])}: {wrong[1]}")
    return found


def unheld(found, values):
    """The place of the first integer of values that the floats found do not hold, and the words for it, or None."""
    large = np.argwhere(np.abs(found) >= WHOLE)
    if not len(large) or getattr(getattr(values, "dtype", None), "kind", "O") == "f":
        return None
    given = values if isinstance(values, np.ndarray) else np.asarray(values, object)
    for at in map(tuple, large):
        if isinstance(given[at], int | np.integer) and int(given[at]) != int(found[at]):
            return at, f"{given[at]} given, which no float holds: subtract an offset, so that none is beyond {WHOLE}"
    return None


def _place(name, at):
    where = ", ".join(f"{axis} {i + 1}" for axis, i in zip(("row", "column")[-len(at) :], at))
    return where if name == "x" else f"{name}: {where}"
