# SPDX-License-Identifier: MIT
"""Decimals to the int16 of events and samples: a scale of each column, fitted once, stored, and applied again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .errors import DataError
from .integers import HIGHEST, LOWEST

if TYPE_CHECKING:
    import os

    from numpy.typing import ArrayLike, NDArray

HALF = 4096  # half of what the middle 90 % of a column span: eight times that still fits
MIDDLE = 0.05, 0.95  # quantiles of these
MOST = 1e300  # a factor is never more
BYTES = 1 << 20  # of a stored scale, at most
FORMAT = "deeplomath scale 1"


class Scale(NamedTuple):
    """What makes int16 of decimals: (value - center) * factor, rounded, and held within -32768..32767.

    center, factor: a float for each column.
    """

    center: tuple[float, ...]
    factor: tuple[float, ...]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the scale as a file of JSON."""
        text = json.dumps(dict(format=FORMAT, center=self.center, factor=self.factor), indent=1)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + "\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Scale:
        """The Scale that save wrote. DataError: the file is none; OSError as open."""
        with open(path, "rb") as file:
            content = file.read(BYTES + 1)
        try:
            found = json.loads(content)
            center, factor = (tuple(map(float, found[name])) for name in cls._fields)
            right = found["format"] == FORMAT and len(center) == len(factor) > 0 and len(content) <= BYTES
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            right = False
        if not right or not np.isfinite([center, factor]).all() or min(factor) <= 0:
            raise DataError(f"{path}: not a scale; to_int16 makes one, and its save writes it")
        return cls(center, factor)


def to_int16(x: ArrayLike, scale: Scale | None = None) -> tuple[NDArray[np.int16], Scale]:
    """(int16 array, Scale) of decimals x [n, columns], or of one row [columns] where a scale is given.

    scale: None fits one to x: of each column the median becomes 0, and the middle 90 % of the values span 8192, so that a few
    wild values do not matter. Fit it once, to what is first taught; give it again for all that comes later, or
    save and load it: a network knows only what was scaled alike. What lies beyond int16 becomes -32768 or 32767.
    DataError: x is empty, no numbers, of other columns than the scale, or has a value that is not finite; it says which.

    >>> x, scale = to_int16([[0.5, 20.0], [0.7, 21.0], [0.9, 22.0]])
    >>> x.tolist()
    [[-4551, -4551], [0, 0], [4551, 4551]]
    >>> to_int16([0.7, 23.0], scale)[0].tolist()
    [0, 9102]
    """
    x = _checked(x, scale)
    scale = scale or _fitted(x)
    if x.shape[-1] != len(scale.center):
        raise DataError(f"columns: {x.shape[-1]} given, {len(scale.center)} in the scale")
    with np.errstate(over="ignore"):
        scaled = np.rint((x - np.array(scale.center)) * np.array(scale.factor))
    return np.clip(scaled, LOWEST, HIGHEST).astype(np.int16), scale


def _checked(x, scale):
    """x as finite floats of the right number of axes."""
    try:
        x = np.asarray(x, float)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"x: numbers [n, columns] needed: {error}") from error
    axes = (1, 2) if scale else (2,)
    if x.ndim not in axes or not x.size:
        one = ", or of one row where a scale is given" if not scale else " or [columns]"
        raise DataError(f"x: {list(x.shape)} given, numbers [n, columns]{one} needed")
    wrong = np.argwhere(~np.isfinite(x))
    if len(wrong):
        *row, column = wrong[0]
        where = f"row {row[0] + 1}, column" if row else "column"
        raise DataError(f"{where} {column + 1}: {x[tuple(wrong[0])]} given, a finite number needed")
    return x


def _fitted(x):
    """The Scale of columns [n, columns]."""
    center = 2 * np.median(x / 2, axis=0)  # halves: their sums and differences are finite
    low, high = np.quantile(x / 2, MIDDLE, axis=0)
    widest = x.max(axis=0) / 2 - x.min(axis=0) / 2
    constant = np.where(center == 0, 1.0, np.abs(center))
    spread = np.where(high > low, high - low, np.where(widest > 0, widest, constant))
    with np.errstate(over="ignore"):
        factor = np.minimum(HALF / spread, MOST)
    return Scale(tuple(center.tolist()), tuple(factor.tolist()))
