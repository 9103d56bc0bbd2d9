# SPDX-License-Identifier: MIT
"""Deeplomath as a peer: its integer mirror."""

import numpy as np

from deeplomath import Network, Verdict, spec

from .base import Peer


class Deeplomath(Peer):
    """The integer mirror; as many neurons at most as `events` says. Bytes: the kernel's one buffer on the board."""

    name = "Deeplomath"

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        self.net = Network(features=features, classes=classes, events=min(events, spec.LIMIT_EVENTS))

    def fit(self, x, y):
        self.net.learn_many(x, y)  # every event a neuron: a batch of few shots
        return self

    def learn(self, x, y):
        self.net.learn(x, y)

    def answers(self, x):
        return self.net.infer_many(x)

    def predict(self, x):
        return np.array([answer.label for answer in self.answers(x)])

    def novelty(self, x):
        return np.array([answer.novelty for answer in self.answers(x)])

    def judge(self, x):
        answers = self.answers(x)
        return np.array([answer.label for answer in answers]), np.array([answer.novelty for answer in answers])

    def refused(self, x):
        """Which events the network calls unknown."""
        return np.array([answer.verdict == Verdict.UNKNOWN for answer in self.answers(x)])

    def bytes(self):
        return self.net.footprint()
