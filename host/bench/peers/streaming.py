# SPDX-License-Identifier: MIT
"""Peers of river, which learn a stream event by event."""

import numpy as np

from .base import Peer


class River(Peer):
    """A model of river, one event at a time. Bytes: its Python objects, as river counts them."""

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        self.river = self.model()

    def learn(self, x, y):
        self.river.learn_one(dict(enumerate(x.tolist())), y)

    def predict(self, x):
        found = [self.river.predict_one(dict(enumerate(event.tolist()))) for event in x]
        return np.array([-1 if label is None else label for label in found])

    def scores(self, x):
        found = [self.river.predict_proba_one(dict(enumerate(event.tolist()))) for event in x]
        return np.array([[scores.get(c, 0) for c in range(self.classes)] for scores in found])

    def bytes(self):
        return self.river._raw_memory_usage


class HoeffdingTree(River):
    name = "Hoeffding a. tree"

    def model(self):
        from river.tree import HoeffdingAdaptiveTreeClassifier

        return HoeffdingAdaptiveTreeClassifier(seed=self.seed)


class AdaptiveForest(River):
    name = "adaptive forest"

    def model(self):
        from river.forest import ARFClassifier

        return ARFClassifier(seed=self.seed)


class RiverNeighbours(River):
    """As many events as the network has neurons, the last ones."""

    name = "kNN, same events"

    def model(self):
        from river.neighbors import KNNClassifier, LazySearch
        from river.preprocessing import StandardScaler

        return StandardScaler() | KNNClassifier(n_neighbors=1, engine=LazySearch(window_size=self.events))
