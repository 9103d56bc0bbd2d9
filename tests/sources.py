# SPDX-License-Identifier: MIT
"""What the tests of a board's own source share: a clock of their own, a source of chunks, a board that steps."""

import random
import sys

import numpy as np

from wire import BOARD_MODULE, ROOT, Line, dlm_live

sys.path.insert(0, str(ROOT / "firmware" / "sources"))
sys.path.insert(1, str(ROOT / "firmware" / "examples"))
import adc as adc  # noqa: E402
import gestures as gestures  # noqa: E402
import i2s as i2s  # noqa: E402
import lis3dh as lis3dh  # noqa: E402
import mpu6050 as mpu6050  # noqa: E402
import panel as panel  # noqa: E402
from recording import Recording as Recording  # noqa: E402


class Milliseconds:
    """A clock that goes when it is told to."""

    def __init__(self, now=0):
        self.now = now

    def __call__(self):
        return self.now & 0x3FFFFFFF


class Chunks:
    """A source that gives these samples, int16 [n, lines], in chunks of any size, and now and then none.

    gaps: {sample: how many of its kind are lost ahead of it}; faults: at which calls it raises OSError instead.
    """

    def __init__(self, values, seed=0, gaps=None, faults=()):
        self.values, self.lines, self.lost, self.at, self.calls = values, values.shape[1], 0, 0, 0
        self.random, self.gaps, self.faults = random.Random(seed), dict(gaps or {}), faults

    def readinto(self, buffer):
        self.calls += 1
        if self.calls in self.faults:
            raise OSError(5)
        self.lost += self.gaps.pop(self.at, 0)
        ends = [it for it in self.gaps if it > self.at]
        most = min([len(buffer) // self.lines, len(self.values) - self.at, *(it - self.at for it in ends)])
        n = self.random.choice([None, 0, most, min(most, 1), self.random.randrange(most + 1)])
        if n:
            part = self.values[self.at : self.at + n]
            buffer[: n * self.lines] = memoryview(part.astype(np.int16).ravel())
            self.at += n
        return n


class LiveLine(Line):
    """A line to a board that steps its source ahead of each request, as often as `steps` says, and when it is told to."""

    def __init__(self, source=None, steps=0, module=BOARD_MODULE, **options):
        super().__init__(module)
        self.steps = steps
        options.setdefault("clock", Milliseconds())
        self.live = dlm_live.Live(source, self.session.handlers, **options) if source else None

    def write(self, data):
        for _ in range(self.steps):
            self.live.step()
        super().write(data)

    def run(self, steps=100_000):
        """Steps until the source, of Chunks, is at its end, and nothing is under way."""
        for _ in range(steps):
            self.live.step()
            if self.live.source.at == len(self.live.source.values) and self.live.idle:
                return
        raise AssertionError(f"the source is at {self.live.source.at} after {steps} steps")
