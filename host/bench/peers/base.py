# SPDX-License-Identifier: MIT
"""The face that all peers share, and the running scale of those that need one.

Peer(features, classes, events, seed); fit(X, Y) learns a batch, learn(x, y) one event more; predict(X) gives labels [n] (-1
when nothing is learned), novelty(X) [n] is larger for what is less known, bytes() the memory of the model as it stands.
X: int16 [n, features]; Y: integers [n], 0..classes-1; events: how many the model may keep, where it keeps any.
"""

import numpy as np


class Peer:
    """What the peers share: learning a batch event by event, unless a class does better."""

    name = None
    keeps_all = False  # whether it keeps every event that it learned

    def __init__(self, features, classes, events, seed=0):
        self.features, self.classes, self.events, self.seed = features, classes, events, seed

    def fit(self, x, y):
        for event, label in zip(x, y, strict=True):
            self.learn(event, int(label))
        return self

    def novelty(self, x):
        return 1 - self.scores(x).max(1)

    def judge(self, x):
        """(labels, novelty) in one."""
        return self.predict(x), self.novelty(x)


class Scale:
    """Standardising with the running mean and deviation of the events seen; a feature that stood still counts 0."""

    def __init__(self, features):
        self.n, self.sums, self.squares = 0, np.zeros(features), np.zeros(features)

    def see(self, x):
        x = np.atleast_2d(x).astype(float)
        self.n, self.sums, self.squares = self.n + len(x), self.sums + x.sum(0), self.squares + (x * x).sum(0)

    def unit(self):
        """1 / deviation of each feature, 0 of one that stood still."""
        mean = self.sums / self.n
        variance = self.squares / self.n - mean**2
        return 1 / np.sqrt(np.where(variance > 1e-6 * (1 + mean**2), variance, np.inf))

    def __call__(self, x):
        return (x - self.sums / self.n) * self.unit()
