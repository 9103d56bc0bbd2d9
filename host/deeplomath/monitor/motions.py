# SPDX-License-Identifier: MIT
"""Motions of a wrist that never was: samples for the preset `motion` where no sensor and no recording is at hand.

Each motion is a swing of its own period, size and direction on top of gravity, as the registers of an IMU would hold it:
+-8 g at 4096 LSB/g, +-2000 deg/s at 16.4 LSB/(deg/s), 50 samples a second.
"""

from typing import NamedTuple

import numpy as np

G, DEGREE = 4096, 16.4  # LSB
RATE = 50
EVENT = 64  # samples from one event of the preset to the next
PART = 12 * EVENT  # samples of one motion in a row
TAUGHT = "walk", "shake", "stir"  # the monitor lets these be learned at first


class Motion(NamedTuple):
    """down: direction of gravity; swing: g of each axis; turn: deg/s of each axis; hertz: of the swing; noise: g."""

    down: tuple
    swing: tuple
    turn: tuple
    hertz: float
    noise: float = 0.02


MOTIONS = {
    "walk": Motion((0.1, -0.9, 0.3), (0.25, 0.5, 0.15), (20, 35, 60), 1.8),
    "shake": Motion((0.2, 0.2, 0.95), (1.6, 0.5, 0.3), (40, 60, 250), 4.6),
    "stir": Motion((0.0, 0.3, 0.95), (0.3, 0.3, 0.05), (90, 90, 30), 1.2),
    "wave": Motion((0.9, 0.1, 0.3), (0.2, 0.9, 0.4), (220, 60, 90), 2.4),
    "rest": Motion((0.0, 0.05, 1.0), (0.0, 0.0, 0.0), (0, 0, 0), 1.0, 0.005),
}


def samples(name, n, draw):
    """int16 [n, 6] of a motion; draw: a NumPy generator. Nobody moves twice alike: tempo, size and the hold of it wander."""
    motion, seconds = MOTIONS[name], np.arange(n) / RATE
    tempo, size, tilt = (share * _wander(seconds, draw) for share in (0.06, 0.12, 0.06))
    turns = 2 * np.pi * np.cumsum(motion.hertz * (1 + tempo)) / RATE + draw.uniform(0, 2 * np.pi)
    turns = turns[:, None] + np.arange(6) * motion.hertz
    swing = np.array([*motion.swing, *motion.turn]) * (1 + size[:, None]) * (np.sin(turns) + 0.2 * np.sin(2 * turns))
    noise = draw.normal(0, 1, (n, 6)) * motion.noise * [1, 1, 1, 60, 60, 60]
    down = np.array(motion.down) + tilt[:, None] * np.roll(motion.down, 1)
    values = (swing + noise + np.hstack([down, np.zeros((n, 3))])) * [G, G, G, DEGREE, DEGREE, DEGREE]
    return np.clip(np.rint(values), -32768, 32767).astype(np.int16)


def _wander(seconds, draw):
    """[n] of -1..1, which comes and goes within seconds."""
    first, second = draw.uniform(0, 2 * np.pi, 2)
    return (np.sin(2 * np.pi * seconds / 3.1 + first) + np.sin(2 * np.pi * seconds / 7.3 + second)) / 2


def parts(seed=0):
    """Yields (name, samples int16 [n, 6]) without an end: first those that are TAUGHT, then any, no two alike in a row."""
    draw = np.random.default_rng(seed)
    last = None
    for name in TAUGHT:
        yield name, samples(name, PART, draw)
        last = name
    while True:
        name = str(draw.choice([it for it in MOTIONS if it != last]))
        yield name, samples(name, PART, draw)
        last = name
