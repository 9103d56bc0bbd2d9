# SPDX-License-Identifier: MIT
"""Decimals to the int16 of events and samples: a scale of each column, fitted once, stored, and applied again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from . import files
from .errors import DataError
from .integers import HIGHEST, LOWEST

if TYPE_CHECKING:
    import os

    from numpy.typing import ArrayLike, NDArray

HALF = 4096  # half of what the middle 90 % of a column span: eight times that still fits
MIDDLE = 0.05, 0.95  # quantiles of these
MOST = 1e300  # a factor is never more
SPAN = 16000  # from the mid of a column that is spanned to its ends: as much again is left on either side
BYTES = 1 << 20  # of a stored scale, at most
FORMAT = "deeplomath scale 1"


class Scale(NamedTuple):
    """What makes int16 of decimals: (value - center) * factor, rounded, and held within -32768..32767.

    center, factor: a float for each column.
    """

    center: tuple[float, ...]
    factor: tuple[float, ...]

    @classmethod
    def fit(cls, x: ArrayLike) -> Scale:
        """The Scale of x [n, columns], finite: of each column the median becomes 0, the middle 90 % of the values span 8192.

        A column whose middle does not move goes by all of it, a constant one by its size, or by 1.
        """
        x = np.asarray(x, float)
        center = 2 * np.median(x / 2, axis=0)  # halves: their sums and differences are finite
        low, high = np.quantile(x / 2, MIDDLE, axis=0)
        widest = x.max(axis=0) / 2 - x.min(axis=0) / 2
        constant = np.where(center == 0, 1.0, np.abs(center))
        return cls._of(center, HALF, np.where(high > low, high - low, np.where(widest > 0, widest, constant)))

    @classmethod
    def spanning(cls, x: ArrayLike) -> Scale:
        """The Scale of x [n, columns], finite: from the least to the largest a column takes half of int16."""
        x = np.asarray(x, float)
        low, high = x.min(axis=0), x.max(axis=0)
        half = high / 2 - low / 2
        return cls._of(low + half, SPAN, np.where(half > 0, half, 1.0))

    @classmethod
    def _of(cls, center: NDArray[np.float64], steps: int, reach: NDArray[np.float64]) -> Scale:
        """The Scale in which it is so many steps from the center to its reach."""
        with np.errstate(over="ignore"):
            factor = np.minimum(steps / reach, MOST)
        return cls(tuple(center.tolist()), tuple(factor.tolist()))

    def apply(self, x: ArrayLike) -> NDArray[np.int16]:
        """int16 [n, columns] or [columns] of x, finite; what is beyond bounds becomes -32768 or 32767."""
        with np.errstate(over="ignore"):
            scaled = np.rint((np.asarray(x, float) - np.array(self.center)) * np.array(self.factor))
        return np.clip(scaled, LOWEST, HIGHEST).astype(np.int16)

    def invert(self, values: ArrayLike) -> NDArray[np.float64]:
        """Floats [n, columns] of values in int16, or between two of them."""
        return np.asarray(values, float) / np.array(self.factor) + np.array(self.center)

    def bounds(self) -> NDArray[np.float64]:
        """The least and the largest of x that are not clipped, floats [2, columns]."""
        return self.invert(np.outer([LOWEST, HIGHEST], np.ones(len(self.center))))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the scale as a file of JSON, whole or not at all."""
        text = json.dumps(dict(format=FORMAT, center=self.center, factor=self.factor), indent=1)
        files.put(path, (text + "\n").encode())

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
    scale = scale or Scale.fit(x)
    if x.shape[-1] != len(scale.center):
        raise DataError(f"columns: {x.shape[-1]} given, {len(scale.center)} in the scale")
    return scale.apply(x), scale


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
