# SPDX-License-Identifier: MIT
"""What the tests of streams share: small programs and samples."""

import numpy as np

from deeplomath import FrontEnd, KernelError
from deeplomath.results import event
from deeplomath.stream import Stream
from deeplomath.vote import Vote
from front_ends import op, program


class Side:
    """A network, and a front-end with vote and lessons ahead of it, with what a Device has that streams."""

    def __init__(self, network, program, over=1, by="majority", hold=0, make=FrontEnd, naming=None):
        self.network, self.front = network, make(program)
        self.lesson = Stream(Vote(over, by == "mean", hold, 16))
        self.teach, self.skip, self.naming = self.lesson.teach, self.front.skip, naming

    def stream(self, values):
        return [self._event(at, x) for at, x in self.front.push(values)]

    def _event(self, at, x):
        label = self.lesson.label
        result, voted = self.lesson.take(self.network, x)
        learned = not (isinstance(result, KernelError) or hasattr(result, "verdict") or self.network.info().building)
        digest = self.network.digest() if learned else None
        return event(at, x, result, voted, label, self.naming, digest=digest)


def statistics(lines, n=8, hop=4, flags=0b111):
    """The program of statistics of all lines: a window of n samples, every hop."""
    return program(lines, [op("window", 0, ("H", [n, hop]), ("B", range(lines))), op("stats", flags)])


def samples(n, lines, seed=0):
    """int16 [n, lines]: noise that changes its size and its mean now and then."""
    draw = np.random.default_rng(seed)
    size, mean = (np.repeat(draw.integers(1, 3000, (n // 16 + 1, lines)), 16, 0)[:n] for _ in range(2))
    return (mean + size * draw.uniform(-1, 1, (n, lines))).astype(np.int16)


def cuts(seed, n):
    """Ends of chunks of any size, some of them 0, that make n in all."""
    draw = np.random.default_rng(seed)
    ends = sorted(draw.integers(0, n + 1, int(draw.integers(1, 12))).tolist())
    return [0, *ends, n]
