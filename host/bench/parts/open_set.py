# SPDX-License-Identifier: MIT
"""The open set: how well novelty tells a class left out, and what becomes of the stated false-reject rate."""

import numpy as np

from .. import scores, sets
from .common import QUERIES, Row, joined, make, shots_of_each

STATED_PERMILLE = 50


OPEN_SETS = (
    "wine",
    "digits",
    "JapaneseVowels",
    "penbased",
    "satimage",
    "texture",
    "vowel",
    "optdigits",
    "segment",
    "vehicle",
)


def open_set_jobs(quick):
    names = ("wine", "digits") if quick else OPEN_SETS
    draws = range(1 if quick else 2)
    jobs = [dict(name=name, shots=shots, draw=draw) for name in names for shots in (5, 20) for draw in draws]
    return jobs + [dict(name="watch", shots=5, draw=0)]


def open_set(methods, name, shots, draw):
    """One class at a time is left out, the others learned: how well novelty tells its events from new ones of the others."""
    cases = watch_left_out(shots) if name == "watch" else table_left_out(name, shots, draw)
    found = {}
    for x, y, queries, wanted, unknown in cases:
        for method in methods:
            peer = make(method, x, y.max() + 1, len(x), draw).fit(x, y)
            found.setdefault(method.name, []).append(open_set_scores(peer, queries, wanted, unknown))
    for method, values in found.items():
        for metric, value in zip(("AUROC", "FPR at 95 %", "OSCR"), np.mean(values, 0), strict=True):
            yield Row("open set", name, f"{shots} shots", method, draw, metric, 100 * value)


def table_left_out(name, shots, draw, at_most=5):
    """Up to five classes of a set, others in the next draw."""
    table = sets.load(name)
    classes = np.random.default_rng(0).permutation(np.unique(table.y))
    for left in np.roll(classes, -at_most * draw)[:at_most]:
        kept = np.flatnonzero(table.y != left)
        y = np.unique(table.y[kept], return_inverse=True)[1]
        train, test = shots_of_each(y, shots, draw)
        unknown = table.x[np.random.default_rng(draw).permutation(np.flatnonzero(table.y == left))[: QUERIES // 2]]
        yield table.x[kept[train]], y[train], table.x[kept[test]], y[test], unknown


def watch_left_out(shots):
    """The first windows of six exercises of each arm of people 1 to 6; the later ones are known, the seventh's unknown."""
    for arm in (sets.watch(person, side) for person in range(1, 7) for side in (0, 1)):
        for left in range(len(arm)):
            kept = [w for c, w in enumerate(arm) if c != left]
            yield *joined([w[:shots] for w in kept]), *joined([w[shots:] for w in kept]), arm[left]


def open_set_scores(peer, queries, wanted, unknown):
    labels, novelty = peer.judge(np.concatenate([queries, unknown]))
    known, new = np.split(novelty, [len(queries)])
    return (
        scores.auroc(known, new),
        scores.false_alarms(known, new),
        scores.oscr(known, labels[: len(known)] == wanted, new),
    )


def false_reject_jobs(quick):
    names = (
        ("segment",)
        if quick
        else ("digits", "penbased", "satimage", "texture", "vowel", "letter", "optdigits", "segment")
    )
    return [
        dict(name=name, draw=draw, learned=150 if quick else 400) for name in names for draw in range(1 if quick else 6)
    ]


def false_reject(methods, name, draw, learned, neurons=128):
    """Events are learned one by one in 128 neurons; then fresh ones, none ever seen, of the same classes are asked.

    The level is a quantile of 128 novelties: a single draw of this has a deviation of 2 points, so 6 are made.
    """
    table = sets.load(name)
    order = np.random.default_rng(draw).permutation(len(table.y))
    setting = f"stated {STATED_PERMILLE / 10:g} %, after {learned}"
    for method in methods:
        peer = make(method, table.x, table.y.max() + 1, neurons, draw)
        for event in order[:learned]:
            peer.learn(table.x[event], int(table.y[event]))
        refused = peer.refused(table.x[order[learned : learned + QUERIES]])
        yield Row("false reject", name, setting, method.name, draw, "realised", 100 * float(np.mean(refused)))
