# SPDX-License-Identifier: MIT
"""Features that are hard: most of them tell nothing, some values are spikes, or their distribution has long tails.

Few shots, as of few_shot: a batch of some labelled events of each class, then others are asked.
"""

import numpy as np

from .. import sets
from .common import Row, make, percent, shots_of_each

SETS = ("digits", "satimage", "texture", "optdigits", "JapaneseVowels")
SPIKES = 0.02  # share of the values that are at an end of the range
STRETCH = 1.75  # deviations are multiplied by it ahead of exp()
FEATURES, TELLING, CLASSES = 160, 5, 4
APART = 2  # deviation of the class means in a feature that tells something, that within a class being 1


def cases(quick):
    """Jobs of sets, shots and draws."""
    names, draws = (SETS[-1:], range(1)) if quick else (SETS, range(4))
    return [dict(name=name, shots=shots, draw=draw) for name in names for shots in (5, 10) for draw in draws]


def accuracies(methods, part, name, setting, shots, draw, x, y):
    """A Row of each method: the share that it answers right after `shots` events of each class."""
    train, test = shots_of_each(y, shots, draw)
    for method in methods:
        peer = make(method, x, y.max() + 1, len(train), draw).fit(x[train], y[train])
        right = percent(peer.predict(x[test]), y[test])
        yield Row(part, name, setting, method.name, draw, "accuracy", right)


def spikes_jobs(quick):
    return cases(quick)


def spikes(methods, name, shots, draw):
    """2 % of all values, of events learned and asked, lie at an end of int16, as after a bad contact."""
    table, random = sets.load(name), np.random.default_rng(draw)
    x = table.x.copy()
    hit = random.random(x.shape) < SPIKES
    x[hit] = random.choice([-32768, 32767], hit.sum())
    return accuracies(methods, "spikes", name, f"2 %, {shots} shots", shots, draw, x, table.y)


def tails_jobs(quick):
    return cases(quick)


def tails(methods, name, shots, draw):
    """Each feature is exp(1.75 z), z its difference from the mean by the deviation: most values are small, few are huge."""
    table = sets.load(name)
    deviation = table.x.std(0)
    z = (table.x - table.x.mean(0)) / np.where(deviation > 0, deviation, 1)
    return accuracies(
        methods, "tails", name, f"{shots} shots", shots, draw, sets.as_int16(np.exp(STRETCH * z)), table.y
    )


def informative_jobs(quick):
    draws = range(1 if quick else 8)
    return [dict(shots=shots, draw=draw) for shots in ((5,) if quick else (3, 5, 10, 30)) for draw in draws]


def informative(methods, shots, draw, events=1500):
    """160 features of normal noise; in 5 of them the means of 4 classes differ."""
    random = np.random.default_rng(draw)
    y = np.arange(events) % CLASSES
    means = np.zeros((CLASSES, FEATURES))
    means[:, random.permutation(FEATURES)[:TELLING]] = random.normal(0, APART, (CLASSES, TELLING))
    x = sets.as_int16(means[y] + random.normal(size=(events, FEATURES)))
    return accuracies(methods, "informative", "5 of 160", f"{shots} shots", shots, draw, x, y)
