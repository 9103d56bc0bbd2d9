# SPDX-License-Identifier: MIT
"""What all parts share: a Row of the result, how events are drawn, and how a method is asked."""

from typing import NamedTuple

import numpy as np

QUERIES = 1000  # at most so many events are asked in a draw


class Row(NamedTuple):
    """One number: of which part, data set and setting, by which method, in which draw."""

    part: str
    set: str
    setting: str
    method: str
    draw: int
    metric: str
    value: float


def make(method, x, classes, events, seed):
    return method(x.shape[1], classes, events, seed)


def percent(found, wanted):
    return 100 * float(np.mean(np.asarray(found) == wanted))


def shots_of_each(y, shots, draw, classes=None):
    """(indices of `shots` events of each class, class by class; indices of up to QUERIES others), both in random order."""
    order = np.random.default_rng(draw).permutation(len(y))
    train = np.concatenate([order[y[order] == c][:shots] for c in (np.unique(y) if classes is None else classes)])
    rest = order[~np.isin(order, train)]
    return train, rest[:QUERIES]


def joined(windows):
    """(x, y) of a list of windows by class."""
    return np.concatenate(windows), np.repeat(np.arange(len(windows)), [len(w) for w in windows])


def taught(method, x, y, classes, neurons, seed):
    """A peer that learned these events one by one, in `neurons` places; one that keeps every event got them at once."""
    peer = make(method, x, classes, len(x) if method.keeps_all else neurons, seed)
    if method.keeps_all:
        return peer.fit(x, y)
    for event, label in zip(x, y, strict=True):
        peer.learn(event, int(label))
    return peer
