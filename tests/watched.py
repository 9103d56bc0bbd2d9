# SPDX-License-Identifier: MIT
"""What the tests of the monitor share: a feed on a board in memory, with a clock of its own."""

import numpy as np

import wire
from deeplomath import Device, Model
from deeplomath.model.text import parsed
from deeplomath.monitor.feed import Feed
from deeplomath.monitor.sources import Streamed

MODEL = """
[source]
lines = ["a", "b"]
rate = 100

[[front_end]]
op = "window"
of = ["a", "b"]
samples = 40
hop = 20

[[front_end]]
op = "stats"
values = ["mean", "deviation", "step"]

[classes]
count = 4

[network]
events = 24

[vote]
over = 3
"""
HOP, PART = 20, 200
NAMES = "slow", "fast", "loud", "odd"


class Clock:
    """Time that goes when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def part(name, n=PART, seed=0):
    """int16 [n, 2] of a swing of its own."""
    draw = np.random.default_rng([seed, NAMES.index(name)])
    period, size = {"slow": (40, 900), "fast": (7, 900), "loud": (40, 9000), "odd": (13, 200)}[name]
    turn = np.arange(n)[:, None] * 2 * np.pi / period + [0, 1]
    return np.rint(size * np.sin(turn) + draw.normal(0, 20, (n, 2))).astype(np.int16)


def parts(names, seed=0):
    """(name, samples) of these names in their turn."""
    return [(name, part(name, seed=seed + i)) for i, name in enumerate(names)]


def feed(names=("slow", "fast", "loud") * 2, line=None, rate=1000, **options):
    """A Feed that has not begun: a board in memory, the model above, these parts."""
    model, clock = Model(parsed(MODEL, "swing.toml")), Clock()
    device = Device(line or wire.Line(), timeout=2, attempts=2, reconnect=True)
    device.configure(**model.config())
    device.model(model)
    given = parts(names) if isinstance(names, tuple | list) else names
    source = Streamed(device, given, rate, "parts of a test", clock=clock, **options)
    return Feed(device, source, model, board="board of a test", port="memory", clock=clock)


def ended(it, steps=10_000):
    """Steps a Feed until its samples are at their end; returns it."""
    for _ in range(steps):
        it.clock.now += 0.01
        it.step()
        if it.source.ended:
            it.clock.now += 2
            it.step()
            return it
    raise AssertionError(f"{it.source.index} samples taken after {steps} rounds")


def went(it, samples):
    """Steps a Feed for so many samples more; returns it."""
    for _ in range(samples // 10):
        it.clock.now += 0.01
        it.step()
    return it


def done(it, action, *arguments):
    """The Outcome of an action, after one round in which no sample comes."""
    future = it.ask(action, *arguments)
    it.step()
    return future.result(timeout=0)
