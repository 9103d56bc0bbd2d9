# SPDX-License-Identifier: MIT
"""A random hidden layer, its output weights by recursive least squares."""

import numpy as np

from .base import Peer, Scale


class ExtremeLearning(Peer):
    """OS-ELM (Liang et al. 2006): a random hidden layer of 128 sigmoids, its output weights by recursive least squares.

    The scale is that of the first events: START of them, or the first batch if it is larger. Bytes: all in float32.
    """

    name = "OS-ELM, 128"
    HIDDEN, START, RIDGE = 128, 32, 0.1

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        random = np.random.default_rng(seed)
        self.weights = random.uniform(-1, 1, (features, self.HIDDEN)) * np.sqrt(3 / features)
        self.bias = random.uniform(-1, 1, self.HIDDEN)
        self.first, self.scale = (np.zeros((0, features)), np.zeros(0, int)), None
        self._forget()

    def _forget(self):
        self.covariance = np.eye(self.HIDDEN) / self.RIDGE
        self.beta = np.zeros((self.HIDDEN, self.classes))

    def _hidden(self, x):
        return 1 / (1 + np.exp(-np.clip(self.scale(x) @ self.weights + self.bias, -40, 40)))

    def _update(self, x, y):
        h, target = self._hidden(x), np.eye(self.classes)[y]
        gain = self.covariance @ h.T @ np.linalg.inv(np.eye(len(h)) + h @ self.covariance @ h.T)
        self.covariance -= gain @ h @ self.covariance
        self.beta += gain @ (target - h @ self.beta)

    def fit(self, x, y):
        if self.first is None:
            self._update(x, y)
            return self
        self.first = (np.vstack([self.first[0], x]), np.append(self.first[1], y).astype(int))
        self._forget()
        self.scale = Scale(self.features)
        self.scale.see(self.first[0])
        self._update(*self.first)
        if len(self.first[1]) >= self.START:
            self.first = None
        return self

    def learn(self, x, y):
        self.fit(x[None], [y])

    def scores(self, x):
        return self._hidden(x) @ self.beta

    def predict(self, x):
        return self.scores(x).argmax(1) if self.scale else np.full(len(x), -1)

    def bytes(self):
        return 4 * (self.weights.size + self.bias.size + self.beta.size + self.covariance.size + 2 * self.features)
