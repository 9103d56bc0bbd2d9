# SPDX-License-Identifier: MIT
"""What the tests of the demo share: the watch data, small data made up, and boards in memory that go wrong on purpose."""

import functools
from types import SimpleNamespace

import numpy as np
import pytest

from deeplomath import data
from deeplomath.client import Device
from wire import BoardNetwork, Line, board_window_features


@functools.cache
def recordings():
    """The real data; a test that cannot have it is skipped, but not in CI (conftest.py)."""
    try:
        return data.load()
    except data.DataError as error:
        pytest.skip(str(error))


@functools.cache
def small_recordings():
    """One arm made up, 8 windows an exercise, each exercise a swing of its own."""
    random, made = np.random.default_rng(5), []
    for exercise in range(len(data.EXERCISES)):
        swing, rest = 300 * (1 + random.integers(0, 20, 6)), random.integers(-4000, 4000, 6)
        time = np.arange(64 * 9)[:, None]
        samples = rest + swing * np.sin(time * (exercise + 2) / 40) + random.normal(0, 40, (64 * 9, 6))
        made.append(data.Recording(3, 0, exercise, np.round(samples).astype(np.int16)))
    return made


def device(network=BoardNetwork, features=board_window_features):
    """A Device whose board computes with this network and these features."""
    return Device(Line(SimpleNamespace(Network=network, window_features=features)))


def flips_at(event):
    """A network whose digest has one bit flipped once `event` events were learned."""

    class Flips(BoardNetwork):
        learned = 0

        def learn(self, x, label):
            self.learned += 1
            return super().learn(x, label)

        def digest(self):
            return super().digest() ^ (self.learned >= event)

    return Flips


def stores_wrong_at(event):
    """A network that keeps its `event`-th learned event with the first feature one off."""

    class StoresWrong(BoardNetwork):
        def learn(self, x, label):
            x = np.frombuffer(x, "<i2").copy()
            x[0] += self.clock + 1 == event
            return super().learn(x.tobytes(), label)

    return StoresWrong


def builds_wrong(layer):
    """A network in which the first weight of this layer, 1, 2, ..., is one too large, as from another constant."""

    class BuildsWrong(BoardNetwork):
        def _build(self):
            super()._build()
            if self.depth >= layer:
                self.layers[layer - 1].solution.alpha_q20[0, 0] += 1

    return BuildsWrong


def answers_wrong(at):
    """A network whose answer number `at`, 1, 2, ..., has a margin one too large; its digest is right."""

    class AnswersWrong(BoardNetwork):
        answers = 0

        def infer(self, x):
            self.answers += 1
            answer = super().infer(x)
            return answer._replace(margin=answer.margin + (self.answers == at))

    return AnswersWrong
