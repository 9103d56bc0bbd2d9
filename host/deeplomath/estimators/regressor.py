# SPDX-License-Identifier: MIT
"""A regression: predicts a value."""

import numpy as np
from sklearn.base import RegressorMixin

from ..integers import HIGHEST, LOWEST
from ..scale import Scale, steps
from . import checked
from .base import NetworkEstimator
from .draft import asks, teaches


class DeeplomathRegressor(RegressorMixin, NetworkEstimator):
    """Predicts a value from few events: a board's regression, to the bit, behind scikit-learn's calls.

    budget, layers, false_reject_permille, scale: as of DeeplomathClassifier. target_scale: the same for y. "auto": int16
    stays as it is, of all else the values first seen take the inner half of int16; as much again is left on either side.

    net_, scale_, n_taught_: as in NetworkEstimator. target_scale_: the Scale of y, or None.
    A fit or partial_fit that fails changes nothing. Threads may ask while one teaches, and are answered by what was before;
    those that teach wait for each other.
    ValueError: as of DeeplomathClassifier; a value of y beyond int16 in its scale: the words give what is allowed.

    >>> reg = DeeplomathRegressor().fit([[i / 9] for i in range(10)], [i * i / 81 for i in range(10)])
    >>> abs(float(reg.predict([[0.5]])[0]) - 0.25) < 0.05
    True
    """

    def __init__(self, *, budget=None, layers=2, false_reject_permille=50, scale="auto", target_scale="auto"):
        super().__init__(budget=budget, layers=layers, false_reject_permille=false_reject_permille, scale=scale)
        self.target_scale = target_scale

    @teaches
    def fit(self, X, y, **refused):
        """Forgets all, and learns the rows of X [n, d] with the values y [n]. No sample_weight is taken."""
        checked.nothing_else(refused)
        x, y = checked.rows_and_values(self, X, y, reset=True)
        self._begin_values(x, y)
        self._teach_all(x, self._values(y))
        return self

    @teaches
    def partial_fit(self, X, y, **refused):
        """Learns the rows of X with the values y in order; scales are those of the first call."""
        checked.nothing_else(refused)
        first = not hasattr(self, "net_")
        x, y = checked.rows_and_values(self, X, y, reset=first)
        if first:
            self._begin_values(x, y)
        else:
            self._go_on(1)
        self._teach_each(x, self._values(y))
        return self

    @asks
    def predict(self, X):
        """The value of each row of X, floats [n]."""
        return self._decoded(np.array([answer.value for answer in self.answers(X)]) / 256)

    @classmethod
    def from_state(cls, data, scale=None, target_scale=None):
        """A fitted regressor of the state of a network, bytes; scales: Scale, None where X or y is int16."""
        made = cls._from_network(data, scale)
        if not made.net_.config.regression:
            raise ValueError("state: of classes given, one of a regression needed: DeeplomathClassifier takes it")
        made.target_scale = target_scale
        made.target_scale_ = checked.scale_of(target_scale, np.zeros((1, 1), np.int16), name="target_scale")
        return made

    def _begin_values(self, x, y):
        self._begin(x, 1, regression=True)
        self.target_scale_ = checked.scale_of(self.target_scale, y[:, None], Scale.spanning, "target_scale")

    def _values(self, y):
        """The values y [n] as the int16 that the network learns, a list; ValueError of one that does not fit."""
        scale = self.target_scale_
        numbers = np.rint(steps(scale, y[:, None])[:, 0]) if scale else y
        wrong = np.flatnonzero((numbers < LOWEST) | (numbers > HIGHEST) | (numbers != np.rint(numbers)))
        if len(wrong):
            low, high = (float(end[0]) for end in scale.bounds()) if scale else (LOWEST, HIGHEST)
            given = f"y: row {wrong[0]}: {y[wrong[0]]} given, {'' if scale else 'whole '}{low}..{high} allowed"
            raise ValueError(f"{given}: give a target_scale that reaches farther, or fit anew")
        return numbers.astype(int).tolist()

    def _decoded(self, values):
        return values if self.target_scale_ is None else self.target_scale_.invert(values[:, None])[:, 0]

    def _label(self, value):
        return float(self._decoded(np.array([value], float))[0])

    def _names(self):
        return {}
