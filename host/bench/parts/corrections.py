# SPDX-License-Identifier: MIT
"""Corrections: only wrong answers are told, until most are right."""

import numpy as np

from .. import sets
from .common import Row, make


def corrections_jobs(quick):
    names = ("wine",) if quick else ("digits", "penbased", "satimage", "texture", "segment", "optdigits")
    return [dict(name=name, draw=draw) for name in names for draw in range(1 if quick else 2)]


def corrections(methods, name, draw, limit=600, neurons=128, window=50, goal=0.9):
    """Wrong answers are corrected, nothing is said to right ones: corrections until 90 % of the last 50 answers are right."""
    table = sets.load(name)
    order = np.random.default_rng(draw).permutation(len(table.y))[:limit]
    for method in methods:
        peer = make(method, table.x, table.y.max() + 1, limit if method.keeps_all else neurons, draw)
        needed, reached = count_corrections(peer, table.x[order], table.y[order], window, goal)
        yield Row("corrections", name, "to 90 %", method.name, draw, "corrections", needed)
        yield Row("corrections", name, "to 90 %", method.name, draw, "reached", 100 * reached)


def count_corrections(peer, x, y, window, goal):
    """(corrections made when `goal` of the last `window` answers were right, True), or (those made in the whole stream, False)."""
    right = []
    for event, label in zip(x, y, strict=True):
        right.append(bool(peer.predict(event[None])[0] == label))
        if not right[-1]:
            peer.learn(event, int(label))
        if len(right) >= window and np.mean(right[-window:]) >= goal:
            return right.count(False), True
    return right.count(False), False
