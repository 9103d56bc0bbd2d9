# SPDX-License-Identifier: MIT
"""Numbers of any size as int16, and back: a scale for each column, stored, so that a board's numbers mean the same."""

from dataclasses import dataclass

import numpy as np

from .integers import HIGHEST, LOWEST

STEPS = 1024  # of int16 in a robust deviation, where all that is seen fits
LEAST_STEPS = 64  # and at least, however far the farthest lies
REACH = 30000  # where the farthest of what is seen comes to lie, if it must
SPAN = 16000  # where the farthest of values comes to lie: as much again is left on either side
TO_DEVIATION = 1.349  # quartiles of a normal law lie so many deviations apart


@dataclass(frozen=True, eq=False)
class RobustScale:
    """int16 = (x - centre) * steps, rounded to the nearest, clipped; centre and steps are floats [d], one a column.

    >>> scale = RobustScale.fit([[0.0], [0.5], [1.0]])
    >>> scale.apply([[0.5], [99.0]]).tolist(), scale.invert([[0]]).tolist()
    ([[0], [32767]], [[0.5]])
    """

    centre: np.ndarray
    steps: np.ndarray

    @classmethod
    def fit(cls, x):
        """The scale of x [n, d], finite: the centre is the median, 1024 steps the deviation that the quartiles tell.

        A column whose quartiles are equal goes by its standard deviation, one that does not move by 1. Where the farthest
        does not fit there are fewer steps, 64 a deviation at least: then what lies far out is clipped.
        """
        x = np.asarray(x, float)
        low, centre, high = np.percentile(x, (25, 50, 75), axis=0)
        farthest = np.abs(x - centre).max(0)
        deviation = _first_positive((high - low) / TO_DEVIATION, x.std(0), farthest, np.ones_like(centre))
        with np.errstate(divide="ignore"):
            fitting = np.minimum(STEPS / deviation, REACH / farthest)
        return cls(centre, np.maximum(fitting, LEAST_STEPS / deviation))

    @classmethod
    def spanning(cls, x):
        """The scale of values x [n, d]: from the least to the largest they take half of int16."""
        x = np.asarray(x, float)
        low, high = x.min(0), x.max(0)
        half = high / 2 - low / 2
        return cls(low + half, SPAN / np.where(half > 0, half, 1.0))

    def apply(self, x):
        """int16 [n, d] of x [n, d], finite; what is beyond bounds() is clipped."""
        found = np.rint((np.asarray(x, float) - self.centre) * self.steps)
        return np.clip(found, LOWEST, HIGHEST).astype(np.int16)

    def invert(self, values):
        """Floats [n, d] of values [n, d] in int16, or between two of them."""
        return np.asarray(values, float) / self.steps + self.centre

    def bounds(self):
        """The least and the largest of x that are not clipped, floats [2, d]."""
        return self.invert([[LOWEST], [HIGHEST]] * np.ones_like(self.centre))

    def to_dict(self):
        """Lists of floats, for JSON or TOML: RobustScale.from_dict makes the same scale of them, to the bit."""
        return {"centre": self.centre.tolist(), "steps": self.steps.tolist()}

    @classmethod
    def from_dict(cls, found):
        """The scale that to_dict gave. ValueError of lists of unequal lengths, or of steps that are not above 0."""
        centre, steps = (np.asarray(found[name], float) for name in ("centre", "steps"))
        if centre.shape != steps.shape or centre.ndim != 1:
            raise ValueError(f"steps: {steps.size} given, {centre.size} needed, one a centre")
        if not (np.isfinite(centre).all() and np.isfinite(steps).all() and (steps > 0).all()):
            raise ValueError("scale: finite centres and steps above 0 needed")
        return cls(centre, steps)


def _first_positive(*choices):
    """Of each column the first of these that is above 0."""
    found = choices[0]
    for choice in choices[1:]:
        found = np.where(found > 0, found, choice)
    return found
