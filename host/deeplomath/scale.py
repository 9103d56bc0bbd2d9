# SPDX-License-Identifier: MIT
"""Decimals to the int16 of events and samples: a scale of each column, fitted once, stored, and applied again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from . import files
from .decimals import floats
from .errors import DataError
from .integers import HIGHEST, LOWEST

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

HALF = 4096  # half of what the middle 90 % of a column span: eight times that still fits
MIDDLE = 0.05, 0.95  # quantiles of these
MOST = 1e300  # a factor is never more
LEAST = 1e-305  # nor less: the widest floats there are get 2.2e-305
SPAN = 16000  # from the mid of a column that is spanned to its ends: as much again is left on either side
BYTES = 1 << 20  # of a stored scale, at most
FORMAT = "deeplomath scale 1"
ROWS = "numbers [n, columns]"
LARGEST = np.finfo(float).max


class _Columns(NamedTuple):
    center: tuple[float, ...]
    factor: tuple[float, ...]


class Scale(_Columns):
    """What makes int16 of decimals: (value - center) * factor, rounded, and held within -32768..32767.

    center, factor: a float for each column; finite, a factor 1e-305..1e300.
    DataError: no such numbers, or not as many of both; it says which column. It is immutable.
    """

    __slots__ = ()

    def __new__(cls, center: Iterable[float], factor: Iterable[float]) -> Self:
        needed, axes = "numbers [columns]", (1,)
        centers, factors = floats(center, "center", needed, axes), floats(factor, "factor", needed, axes)
        if len(factors) != len(centers):
            raise DataError(f"factor: {len(factors)} columns given, {len(centers)} needed, as many as center has")
        for at in np.flatnonzero((factors < LEAST) | (factors > MOST))[:1]:
            raise DataError(f"factor: column {at + 1}: {factors[at]} given, {LEAST}..{MOST} allowed")
        return super().__new__(cls, tuple(centers.tolist()), tuple(factors.tolist()))

    @classmethod
    def _make(cls, iterable: Iterable[Iterable[float]]) -> Self:
        """As NamedTuple's, and by way of it _replace: what it makes is checked, too."""
        return cls(*iterable)

    @classmethod
    def fit(cls, x: ArrayLike) -> Scale:
        """The Scale of x [n, columns], finite: of each column the median becomes 0, the middle 90 % of the values span 8192.

        A column whose middle does not move goes by all of it, a constant one by its size, or by 1. DataError: as to_int16.
        """
        x = floats(x, "x", ROWS, (2,))
        center = 2 * np.median(x / 2, axis=0)  # halves: their sums and differences are finite
        low, high = np.quantile(x / 2, MIDDLE, axis=0)
        widest = x.max(axis=0) / 2 - x.min(axis=0) / 2
        constant = np.where(center == 0, 1.0, np.abs(center))
        return cls._of(center, HALF, np.where(high > low, high - low, np.where(widest > 0, widest, constant)))

    @classmethod
    def spanning(cls, x: ArrayLike) -> Scale:
        """The Scale of x [n, columns], finite: from the least to the largest a column takes half of int16.

        DataError: as to_int16.
        """
        x = floats(x, "x", ROWS, (2,))
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
        """int16 [n, columns] or [columns] of x, finite; what is beyond bounds becomes -32768 or 32767. DataError: as to_int16."""
        return np.clip(np.rint(steps(self, self._rows(x, "x"))), LOWEST, HIGHEST).astype(np.int16)

    def invert(self, values: ArrayLike) -> NDArray[np.float64]:
        """Floats [n, columns] of values in int16, or between two of them; beyond all floats it is the last one.

        DataError: as apply.
        """
        values, center, factor = self._rows(values, "values"), np.array(self.center), np.array(self.factor)
        with np.errstate(over="ignore"):
            found = values / factor + center
            halves = np.clip(values / 2 / factor + center / 2, -LARGEST / 2, LARGEST / 2)
        return np.where(np.isfinite(found), found, 2 * halves)

    def _rows(self, x, name):
        """x as floats of as many columns as this has."""
        x = floats(x, name, f"{ROWS} or [columns]", (1, 2), empty=True)
        if x.shape[-1] != len(self.center):
            raise DataError(f"columns: {x.shape[-1]} given, {len(self.center)} in the scale")
        return x

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
            made = cls(*(found[name] for name in cls._fields))
            right = found["format"] == FORMAT and len(content) <= BYTES
        except (ValueError, KeyError, TypeError, RecursionError, DataError):
            right = False
        if not right:
            raise DataError(f"{path}: not a scale; to_int16 makes one, and its save writes it")
        return made


def steps(scale, x):
    """(x - center) * factor of finite floats x [n, columns] or [columns]: neither rounded nor held within int16."""
    center, factor = np.array(scale.center), np.array(scale.factor)
    with np.errstate(over="ignore"):
        far = x - center
        return np.where(np.isfinite(far), far * factor, (x / 2 - center / 2) * (2 * factor))


def to_int16(x: ArrayLike, scale: Scale | None = None) -> tuple[NDArray[np.int16], Scale]:
    """(int16 array, Scale) of decimals x [n, columns], or of one row [columns] where a scale is given.

    scale: None fits one to x: of each column the median becomes 0, and the middle 90 % of the values span 8192, so that a few
    wild values do not matter. Fit it once, to what is first taught; give it again for all that comes later, or
    save and load it: a network knows only what was scaled alike. What lies beyond int16 becomes -32768 or 32767.
    DataError: x is empty, no numbers, of other columns than the scale, has a value that is not finite, or an integer
    beyond 2^53 that is no float; it says which. TypeError: scale is none.

    >>> x, scale = to_int16([[0.5, 20.0], [0.7, 21.0], [0.9, 22.0]])
    >>> x.tolist()
    [[-4551, -4551], [0, 0], [4551, 4551]]
    >>> to_int16([0.7, 23.0], scale)[0].tolist()
    [0, 9102]
    """
    if scale is not None and not isinstance(scale, Scale):
        raise TypeError(
            f"scale: {type(scale).__name__} given, a Scale or None needed: to_int16 makes one, Scale.load reads one"
        )
    if scale is None:
        x = floats(x, "x", f"{ROWS}, or of one row where a scale is given", (2,))
        scale = Scale.fit(x)
    else:
        x = floats(x, "x", f"{ROWS} or [columns]", (1, 2))
    return scale.apply(x), scale
