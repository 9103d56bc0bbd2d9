# SPDX-License-Identifier: MIT
"""Three gestures of one accelerometer, and the board that lies still, which nobody taught.

A window is 128 samples of 3 axes at 50 Hz, 4096 LSB/g; the features are the three statistics of each axis.
"""

from typing import NamedTuple

import numpy as np

from deeplomath.desk import data
from deeplomath.desk.data import LSB_PER_G, WINDOW

from .. import scores
from .common import Row, joined, make, percent

RATE = 50  # samples a second
NOISE_G = 0.02
TILT = 0.1  # of gravity, of each window: a board is not held twice in the same way
NEURONS = 64
QUERIES = 20  # windows of each gesture that are asked
STILL = 10  # windows of lying still


class Gesture(NamedTuple):
    """Moves by g (sine sin(w t) + cosine cos(w t)) on the axes x, y, z, w = 2 pi hertz."""

    hertz: float
    g: float
    sine: tuple
    cosine: tuple


X, Y, Z, NONE = (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)
SETS = {
    "shake, circle, wave": (Gesture(6, 0.8, X, NONE), Gesture(1.5, 0.5, X, Y), Gesture(2.2, 0.7, Y, NONE)),
    "knock, roll, saw": (Gesture(4, 1, Z, NONE), Gesture(1, 0.6, Y, Z), Gesture(3, 0.6, X, NONE)),
    "nod, swing, tremble": (
        Gesture(1.2, 0.4, Z, NONE),
        Gesture(0.8, 0.9, X, NONE),
        Gesture(9, 0.5, (0.6, 0.6, 0.6), NONE),
    ),
    "tap, stir, lift": (Gesture(5, 0.6, Z, NONE), Gesture(1.8, 0.4, X, Y), Gesture(0.9, 0.7, Z, NONE)),
}
LYING = Gesture(0, 0, NONE, NONE)


def window(gesture, random):
    """Samples int16 [128, 3]: of any phase, 15 % slower or faster, 20 % weaker or stronger, with gravity, tilted, and noise."""
    phase, slower, stronger = random.uniform(0, 2 * np.pi), random.uniform(0.85, 1.15), random.uniform(0.8, 1.2)
    angle = 2 * np.pi * gesture.hertz * slower * np.arange(WINDOW)[:, None] / RATE + phase
    moved = gesture.g * stronger * (np.sin(angle) * gesture.sine + np.cos(angle) * gesture.cosine)
    gravity = Z + random.normal(0, TILT, 3)
    noise = random.normal(0, NOISE_G, (WINDOW, 3))
    return np.clip((moved + gravity / np.linalg.norm(gravity) + noise) * LSB_PER_G, -32768, 32767).astype(np.int16)


def features(gesture, count, random):
    """int16 [count, 9]"""
    return data.features([window(gesture, random) for _ in range(count)])


def gestures_jobs(quick):
    kinds, draws = (list(SETS)[:1], {5: 2}) if quick else (SETS, {5: 20, 20: 8})
    return [dict(kind=k, shots=shots, draw=d) for k in kinds for shots, many in draws.items() for d in range(many)]


def gestures(methods, kind, shots, draw):
    """Windows of the gestures are learned in turn; how many of lying still are called unknown, and how many gestures."""
    random = np.random.default_rng(draw)
    drawn = [features(gesture, shots + QUERIES, random) for gesture in SETS[kind]]
    still = features(LYING, STILL, random)
    x, y = joined([windows[:shots] for windows in drawn])
    queries, wanted = joined([windows[shots:] for windows in drawn])
    turns = np.arange(len(y)).reshape(len(drawn), shots).T.ravel()
    for method in methods:
        peer = make(method, x, len(drawn), NEURONS, draw)
        for event in turns:
            peer.learn(x[event], int(y[event]))
        labels, novelty = peer.judge(np.concatenate([queries, still]))
        known, new = np.split(novelty, [len(queries)])
        values = {"right": percent(labels[: len(queries)], wanted), "AUROC": 100 * scores.auroc(known, new)}
        if hasattr(peer, "refused"):
            values["still unknown"] = 100 * float(np.mean(peer.refused(still)))
            values["gestures refused"] = 100 * float(np.mean(peer.refused(queries)))
        setting = f"{shots} windows"
        yield from (Row("gestures", kind, setting, method.name, draw, metric, v) for metric, v in values.items())
