# SPDX-License-Identifier: MIT
"""A detector of one class: an event is known, or an outlier."""

import numpy as np
from sklearn.base import OutlierMixin

from . import checked
from .base import NetworkEstimator
from .draft import asks, teaches

ONE_Q12 = 1 << 12


class DeeplomathDetector(OutlierMixin, NetworkEstimator):
    """Learns what is usual, and tells what is not: a board's anomaly detector, to the bit, by scikit-learn's outlier calls.

    Rows are always learned in order, as a board does it: only so does the network meet its class before it learns, and
    that sets how much is refused. budget: events kept at most, 1..512; what is usual already is absorbed. layers: 1,
    since with one class a further one never earns its place. scale: as of DeeplomathClassifier. false_reject_permille:
    how much of what is usual may be called an outlier, 1..500; it takes the place of contamination.

    net_, scale_, n_taught_: as in NetworkEstimator. offset_: score at which an event is an outlier.
    A fit or partial_fit that fails changes nothing. Threads may ask while one teaches, and are answered by what was before;
    those that teach wait for each other.
    """

    def __init__(self, *, budget=64, layers=1, false_reject_permille=50, scale="auto"):
        super().__init__(budget=budget, layers=layers, false_reject_permille=false_reject_permille, scale=scale)

    @teaches
    def fit(self, X, y=None, **refused):
        """Forgets all, and learns the rows of X [n, d] as what is usual. y: not looked at. No sample_weight is taken."""
        checked.nothing_else(refused)
        x = checked.rows(self, X, reset=True)
        self._begin(x, 1)
        return self._learned(x)

    @teaches
    def partial_fit(self, X, y=None, **refused):
        """Learns the rows of X as usual, too."""
        checked.nothing_else(refused)
        first = not hasattr(self, "net_")
        x = checked.rows(self, X, reset=first)
        if first:
            self._begin(x, 1)
        else:
            self._go_on(1)
        return self._learned(x)

    def predict(self, X):
        """1 of an inlier, -1 of an outlier, int [n]."""
        return np.where(self.known(X), 1, -1)

    def score_samples(self, X):
        """How usual each row is, floats [n], 0 and less: novelty in the usual distance between events, negative."""
        return np.array([-answer.novelty / ONE_Q12 for answer in self.answers(X)], float)

    @asks
    def decision_function(self, X):
        """score_samples less offset_, floats [n]: 0 and more of an inlier, below of an outlier."""
        return self.score_samples(X) - self.offset_

    @property
    def offset_(self):
        """Score at which an event is an outlier: the network's novelty level, negative."""
        return -self.net_.info().level / ONE_Q12

    @classmethod
    def from_state(cls, data, scale=None):
        """A fitted detector of the state of a network of one class, bytes; scale: a Scale, None where X is int16."""
        made = cls._from_network(data, scale)
        if made.net_.config.classes != 1 or made.net_.config.regression:
            raise ValueError(f"state: of {made.net_.config.classes} classes given, one of 1 class needed")
        return made

    def _learned(self, x):
        self._teach_each(x, [0] * len(x))
        return self

    def _label(self, number):
        return 1

    def _names(self):
        return {0: 1}
