# SPDX-License-Identifier: MIT
"""Peers that measure the distance to events kept or to the mean of a class."""

import numpy as np

from deeplomath import Network

from .base import Peer, Scale


class Nearest(Peer):
    """The nearest event kept: all in a batch, the last `events` of a stream. Bytes: int16 events, labels, the scale in float32."""

    name = "1-NN"
    keeps_all = True  # as many as `events` says, which the parts make enough

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        self.x, self.y, self.scale = np.zeros((0, features), np.int16), np.zeros(0, int), Scale(features)

    def fit(self, x, y):
        self.scale.see(x)
        self.x, self.y = np.vstack([self.x, x])[-self.events :], np.append(self.y, y)[-self.events :]
        return self

    def learn(self, x, y):
        self.fit(x[None], [y])

    def distances(self, x):
        a, b = self.scale(x), self.scale(self.x)
        return np.sqrt(np.maximum((a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T, 0))

    def predict(self, x):
        return self.y[self.distances(x).argmin(1)] if len(self.x) else np.full(len(x), -1)

    def novelty(self, x):
        return self.distances(x).min(1)

    def bytes(self):
        return self.x.size * 2 + len(self.x) + 8 * self.features


class NearestSameBytes(Nearest):
    """The nearest of as many last events as fit into the bytes of a network of `events` neurons."""

    name = "1-NN, same bytes"
    keeps_all = False

    def __init__(self, features, classes, events, seed=0):
        room = Network(features=features, classes=classes, events=events).footprint() - 8 * features
        super().__init__(features, classes, room // (2 * features + 1), seed)


class BalancedReservoir(Nearest):
    """The nearest of `events` events kept by class-balancing reservoir sampling (Chrysakis and Moens 2020).

    When all places are taken, a new event goes in place of a random one of a largest class. If its own class is or was
    a largest one, it goes in place of one of its own, by chance: the places of that class by its events so far.
    """

    name = "1-NN, balanced"
    keeps_all = False

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        self.random, self.met, self.largest = (
            np.random.default_rng(seed),
            np.zeros(classes, int),
            np.zeros(classes, bool),
        )

    def fit(self, x, y):
        for event, label in zip(x, y, strict=True):
            self.learn(event, int(label))
        return self

    def learn(self, x, y):
        self.scale.see(x)
        self.met[y] += 1
        if len(self.x) < self.events:
            self.x, self.y = np.vstack([self.x, x]), np.append(self.y, y)
            return
        kept = np.bincount(self.y, minlength=self.classes)
        self.largest |= kept == kept.max()
        if self.largest[y]:
            places = self.y == y if self.random.random() * self.met[y] < kept[y] else np.zeros(len(self.y), bool)
        else:
            places = kept[self.y] == kept.max()
        if places.any():
            place = self.random.choice(np.flatnonzero(places))
            self.x[place], self.y[place] = x, y


class ClassMean(Peer):
    """The nearest class mean."""

    name = "class mean"

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        self.sums, self.counts, self.scale = np.zeros((classes, features)), np.zeros(classes), Scale(features)

    def learn(self, x, y):
        self.scale.see(x)
        self.sums[y] += x
        self.counts[y] += 1

    def distances(self, x):
        means = self.scale(self.sums / np.maximum(self.counts, 1)[:, None])
        d2 = ((self.scale(x)[:, None] - means[None]) ** 2).sum(2)
        return np.sqrt(np.where(self.counts > 0, d2, np.inf))

    def predict(self, x):
        return self.distances(x).argmin(1) if self.scale.n else np.full(len(x), -1)

    def novelty(self, x):
        return self.distances(x).min(1)

    def bytes(self):
        return 4 * (self.sums.size + self.classes + 2 * self.features)
