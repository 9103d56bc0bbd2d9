# SPDX-License-Identifier: MIT
"""What the tests of the demo share: the watch data, small data made up, and boards in memory that go wrong on purpose."""

import functools
from types import SimpleNamespace

import numpy as np
import pytest

from deeplomath.desk import data
from deeplomath.desk.stories import motion
from deeplomath.errors import DataError
from deeplomath.link.client import Device
from deeplomath.mirror import memory
from deeplomath.mirror.network import cost
from wire import BoardFrontEnd, BoardNetwork, Line


@functools.cache
def recordings():
    """The real data; a test that cannot have it is skipped, but not in CI (conftest.py)."""
    try:
        return data.load()
    except DataError as error:
        pytest.skip(str(error))


@functools.cache
def small_recordings():
    """The arms of one person made up, 10 windows an exercise, each a swing of its own, 2 % faster on the other arm."""
    random, made = np.random.default_rng(5), []
    for exercise in range(len(data.EXERCISES)):
        swing, rest = 300 * (1 + random.integers(0, 20, 6)), random.integers(-4000, 4000, 6)
        for side in (0, 1):
            time = np.arange(64 * 11)[:, None] * (1 + (side != motion.SIDE) / 50)
            samples = rest + swing * np.sin(time * (exercise + 2) / 40) + random.normal(0, 40, (64 * 11, 6))
            made.append(data.Recording(motion.PERSON, side, exercise, np.round(samples).astype(np.int16)))
    return made


def device(network=BoardNetwork):
    """A Device whose board computes with this network."""
    return Device(Line(SimpleNamespace(Network=network, cost=cost)))


def features_wrong(event):
    """A front-end on a board whose event of this number has a first feature of one too many."""

    class Wrong(BoardFrontEnd):
        made = 0

        def take(self, samples, start, x):
            taken = super().take(samples, start, x)
            self.made += self.at is not None
            if self.at is not None and self.made == event:
                x[:2] = (int.from_bytes(x[:2], "little", signed=True) + 1).to_bytes(2, "little", signed=True)
            return taken

    return Wrong


def loses_event(event):
    """A front-end on a board that keeps the event of this number to itself."""

    class Loses(BoardFrontEnd):
        made = 0

        def take(self, samples, start, x):
            taken = super().take(samples, start, x)
            self.made += self.at is not None
            if self.made == event:
                self.at = None
            return taken

    return Loses


def flips_at(event):
    """A network whose digest has one bit flipped once `event` events were learned."""

    class Flips(BoardNetwork):
        learned = 0

        def learn(self, x, label, build=True):
            self.learned += 1
            return super().learn(x, label, build)

        def digest(self):
            return super().digest() ^ (self.learned >= event)

    return Flips


def stores_wrong_at(event):
    """A network that keeps its `event`-th learned event with the first feature one off."""

    class StoresWrong(BoardNetwork):
        def learn(self, x, label, build=True):
            x = np.frombuffer(x, "<i2").copy()
            x[0] += self.memory.clock + 1 == event
            return super().learn(x.tobytes(), label, build)

    return StoresWrong


def counts_wrong_at(event):
    """A network that counts its `event`-th learned event twice in the clock of its class."""

    class CountsWrong(BoardNetwork):
        def learn(self, x, label, build=True):
            learned = super().learn(x, label, build)
            self.memory.class_clock[label] += self.memory.clock == event
            return learned

    return CountsWrong


def builds_wrong(layer):
    """A network in which the first weight of this layer, 1, 2, ..., is one too large, as from another constant."""

    class BuildsWrong(BoardNetwork):
        @property
        def live(self):
            return self.built

        @live.setter
        def live(self, built):
            if len(built.layers) >= layer:
                built.layers[layer - 1].alpha[0, 0] += 1
            self.built = built

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


def undoes_wrong():
    """A network whose undo keeps what was experienced."""

    class UndoesWrong(BoardNetwork):
        def undo(self):
            experience = self.memory.experience
            super().undo()
            self.memory.experience = experience
            memory.rebuilt(self)

    return UndoesWrong


def names_wrong():
    """A network that names the unknowns in the reverse order."""

    class NamesWrong(BoardNetwork):
        def name(self, unknowns, label):
            return super().name(unknowns[::-1], label)

    return NamesWrong


def keeps_unknowns(n):
    """A network that lists no more than the last n unknowns."""

    class KeepsFew(BoardNetwork):
        def unknowns(self):
            return super().unknowns()[-n:]

    return KeepsFew
