# SPDX-License-Identifier: MIT
"""What a full budget keeps: events of one class after the other, wrong labels, and classes that are rare.

Events come one by one into 64 neurons. The peers that keep every event get them all at once: an upper bound.
"""

import numpy as np

from .. import sets
from .common import QUERIES, Row, percent, shots_of_each, taught

NEURONS = 64
SETS = ("digits", "penbased", "satimage", "optdigits", "vowel")


def cases(quick, key, values, few):
    """Jobs of all sets and three draws with each of the values; --quick: one set and draw with a few of the values."""
    names, draws = (SETS[-1:], range(1)) if quick else (SETS, range(3))
    return [{"name": n, key: v, "draw": d} for n in names for v in (few if quick else values) for d in draws]


def accuracies(methods, part, name, setting, draw, taught_events, queries):
    """A Row of each method: the share of the queries (x, y) that it answers right after (x, y) were taught in their order."""
    (x, y), (asked, wanted) = taught_events, queries
    for method in methods:
        peer = taught(method, x, y, sets.load(name).y.max() + 1, NEURONS, draw)
        yield Row(part, name, setting, method.name, draw, "accuracy", percent(peer.predict(asked), wanted))


def class_after_class_jobs(quick):
    return cases(quick, "shots", (20, 40, 60), (20,))


def class_after_class(methods, name, shots, draw):
    """All events of a class, then all of the next, classes in random order; then others of all classes are asked."""
    table = sets.load(name)
    classes = np.random.default_rng(draw).permutation(np.unique(table.y))
    train, test = shots_of_each(table.y, shots, draw, classes)
    events, queries = ((table.x[index], table.y[index]) for index in (train, test))
    return accuracies(methods, "class after class", name, f"{shots} of each", draw, events, queries)


def label_noise_jobs(quick):
    jobs = cases(quick, "percent_wrong", (0, 5, 10, 20), (20,))
    return [job | {"events": 100 if quick else 400} for job in jobs]


def label_noise(methods, name, percent_wrong, draw, events):
    """Events in random order, each named wrongly with this chance, as any of the other classes; then others are asked."""
    table, random = sets.load(name), np.random.default_rng(draw)
    order, classes = random.permutation(len(table.y)), table.y.max() + 1
    train, test = order[:events], order[events : events + QUERIES]
    labels, wrong = table.y[train].copy(), random.random(events) < percent_wrong / 100
    labels[wrong] = (labels[wrong] + random.integers(1, classes, wrong.sum())) % classes
    queries = table.x[test], table.y[test]
    return accuracies(methods, "label noise", name, f"{percent_wrong} % wrong", draw, (table.x[train], labels), queries)


def imbalance_jobs(quick):
    return [dict(name=n, draw=d) for n in (SETS[-1:] if quick else SETS) for d in range(1 if quick else 3)]


def imbalance(methods, name, draw, common=100, ratio=20, asked=100):
    """Half of the classes have 100 events (or 2/3 of the smallest class, if less), the others a 20th of that, all mixed.

    Balanced accuracy: the mean over the classes of the share of right answers, of up to 100 other events each.
    """
    table, random = sets.load(name), np.random.default_rng(draw)
    classes, order = random.permutation(np.unique(table.y)), random.permutation(len(table.y))
    common = min(common, np.bincount(table.y).min() * 2 // 3)
    counts = {c: common // ratio if i < len(classes) // 2 else common for i, c in enumerate(classes)}
    events = {c: order[table.y[order] == c] for c in classes}
    train = random.permutation(np.concatenate([events[c][:n] for c, n in counts.items()]))
    tests = [events[c][n : n + asked] for c, n in counts.items()]
    for method in methods:
        peer = taught(method, table.x[train], table.y[train], len(classes), NEURONS, draw)
        balanced = np.mean([percent(peer.predict(table.x[test]), table.y[test]) for test in tests])
        yield Row("imbalance", name, f"1:{ratio}", method.name, draw, "balanced accuracy", float(balanced))
