# SPDX-License-Identifier: MIT
"""Few shots: a batch of some labelled events of each class, and classes learned one after the other."""

import numpy as np

from .. import sets
from .common import Row, joined, make, percent, shots_of_each

FEW_SHOT_SETS = (
    *("iris", "wine", "breast_cancer", "digits", "iris_noise", "wine_noise", "xor", "BasicMotions", "JapaneseVowels"),
    *("penbased", "satimage", "texture", "vowel", "letter", "optdigits", "segment", "vehicle", "sonar", "watch"),
)


def few_shot_jobs(quick):
    names = ("iris", "wine", "digits", "vowel", "watch") if quick else FEW_SHOT_SETS
    cases = [(name, shots, draw) for name in names for shots in (3, 5, 10, 30) for draw in range(2 if quick else 4)]
    return [dict(name=name, shots=shots, draw=draw) for name, shots, draw in cases if enough(name, shots)]


def enough(name, shots):
    """Whether at least five events of each class are left to ask."""
    return shots <= 10 if name == "watch" else np.bincount(sets.load(name).y).min() >= shots + 5


def splits(name, shots, draw):
    """The (x, y, queries, wanted) of a draw: one of a table, six of the watch: each person, arms in turn, first windows first."""
    if name != "watch":
        table = sets.load(name)
        train, test = shots_of_each(table.y, shots, draw)
        return [(table.x[train], table.y[train], table.x[test], table.y[test])]
    arms = [sets.watch(person, (person + draw) % 2) for person in range(1, 7)]
    return [(*joined([w[:shots] for w in arm]), *joined([w[shots:] for w in arm])) for arm in arms]


def few_shot(methods, name, shots, draw):
    """Accuracy on other events after learning `shots` events of each class."""
    found = {}
    for x, y, queries, wanted in splits(name, shots, draw):
        for method in methods:
            peer = make(method, x, y.max() + 1, len(x), draw).fit(x, y)
            found.setdefault(method.name, []).append((percent(peer.predict(queries), wanted), peer.bytes()))
    for method, pairs in found.items():
        for metric, value in zip(("accuracy", "bytes"), np.mean(pairs, 0), strict=True):
            yield Row("few shot", name, f"{shots} shots", method, draw, metric, value)


def class_incremental_jobs(quick):
    names = ("digits",) if quick else ("digits", "penbased", "satimage", "texture", "vowel", "optdigits", "segment")
    return [dict(name=name, draw=draw) for name in names for draw in range(1 if quick else 3)]


def class_incremental(methods, name, draw, shots=10):
    """Ten events of one class, then ten of the next, ...: accuracy among the classes met so far, mean over steps and at the end."""
    table = sets.load(name)
    classes = np.random.default_rng(draw).permutation(np.unique(table.y))
    train, test = shots_of_each(table.y, shots, draw, classes)
    for method in methods:
        peer, steps = make(method, table.x, len(classes), len(train), draw), []
        for step in range(len(classes)):
            new = train[step * shots : (step + 1) * shots]
            peer.fit(table.x[new], table.y[new])
            asked = test[np.isin(table.y[test], classes[: step + 1])]
            steps.append(percent(peer.predict(table.x[asked]), table.y[asked]))
        yield Row("class incremental", name, "10 shots", method.name, draw, "mean of steps", np.mean(steps[1:]))
        yield Row("class incremental", name, "10 shots", method.name, draw, "at the end", steps[-1])
