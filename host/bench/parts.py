# SPDX-License-Identifier: MIT
"""What is measured: each part lists its jobs and turns a job into Rows.

Every method of a job gets the same events in the same order. Accuracies and rates are in percent. A job is repeatable:
its draw is the seed of its shuffle and of the peers.
"""

from typing import NamedTuple

import numpy as np

from . import scores, sets
from .peers import BATCH, STREAM, AdaptiveForest, Deeplomath, HoeffdingTree, RiverNeighbours

QUERIES = 1000  # at most so many events are asked in a draw
STATED_PERMILLE = 50


class Row(NamedTuple):
    """One number: of which part, data set and setting, by which method, in which draw."""

    part: str
    set: str
    setting: str
    method: str
    draw: int
    metric: str
    value: float


class Job(NamedTuple):
    """run(**arguments) of a part."""

    part: str
    arguments: dict


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


# Few shots

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


def joined(windows):
    """(x, y) of a list of windows by class."""
    return np.concatenate(windows), np.repeat(np.arange(len(windows)), [len(w) for w in windows])


def few_shot(name, shots, draw):
    """Accuracy on other events after learning `shots` events of each class."""
    found = {}
    for x, y, queries, wanted in splits(name, shots, draw):
        for method in (Deeplomath, *BATCH):
            peer = make(method, x, y.max() + 1, len(x), draw).fit(x, y)
            found.setdefault(method.name, []).append((percent(peer.predict(queries), wanted), peer.bytes()))
    for method, pairs in found.items():
        for metric, value in zip(("accuracy", "bytes"), np.mean(pairs, 0), strict=True):
            yield Row("few shot", name, f"{shots} shots", method, draw, metric, value)


# Classes one after the other


def class_incremental_jobs(quick):
    names = ("digits",) if quick else ("digits", "penbased", "satimage", "texture", "vowel", "optdigits", "segment")
    return [dict(name=name, draw=draw) for name in names for draw in range(1 if quick else 3)]


def class_incremental(name, draw, shots=10):
    """Ten events of one class, then ten of the next, ...: accuracy among the classes met so far, mean over steps and at the end."""
    table = sets.load(name)
    classes = np.random.default_rng(draw).permutation(np.unique(table.y))
    train, test = shots_of_each(table.y, shots, draw, classes)
    for method in (Deeplomath, *BATCH, HoeffdingTree, AdaptiveForest):
        peer, steps = make(method, table.x, len(classes), len(train), draw), []
        for step in range(len(classes)):
            new = train[step * shots : (step + 1) * shots]
            peer.fit(table.x[new], table.y[new])
            asked = test[np.isin(table.y[test], classes[: step + 1])]
            steps.append(percent(peer.predict(table.x[asked]), table.y[asked]))
        yield Row("class incremental", name, "10 shots", method.name, draw, "mean of steps", np.mean(steps[1:]))
        yield Row("class incremental", name, "10 shots", method.name, draw, "at the end", steps[-1])


# The open set

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


def open_set(name, shots, draw):
    """One class at a time is left out, the others learned: how well novelty tells its events from new ones of the others."""
    cases = watch_left_out(shots) if name == "watch" else table_left_out(name, shots, draw)
    found = {}
    for x, y, queries, wanted, unknown in cases:
        for method in (Deeplomath, *BATCH):
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


# The stated rate


def false_reject_jobs(quick):
    names = (
        ("segment",)
        if quick
        else ("digits", "penbased", "satimage", "texture", "vowel", "letter", "optdigits", "segment")
    )
    return [
        dict(name=name, draw=draw, learned=150 if quick else 400) for name in names for draw in range(1 if quick else 6)
    ]


def false_reject(name, draw, learned, neurons=128):
    """Events are learned one by one in 128 neurons; then fresh ones, none ever seen, of the same classes are asked.

    The level is a quantile of 128 novelties: a single draw of this has a deviation of 2 points, so 6 are made.
    """
    table = sets.load(name)
    order = np.random.default_rng(draw).permutation(len(table.y))
    peer = make(Deeplomath, table.x, table.y.max() + 1, neurons, draw)
    for event in order[:learned]:
        peer.learn(table.x[event], int(table.y[event]))
    refused = peer.refused(table.x[order[learned : learned + QUERIES]])
    setting = f"stated {STATED_PERMILLE / 10:g} %, after {learned}"
    yield Row("false reject", name, setting, peer.name, draw, "realised", 100 * float(np.mean(refused)))


# Streams


def stream_jobs(quick):
    if quick:
        return [dict(name="ImageSegments", neurons=32, events=150, draw=0)]
    shuffled = (("penbased", 128), ("penbased", 64), ("digits", 128))
    jobs = [dict(name=name, neurons=neurons, events=800, draw=draw) for name, neurons in shuffled for draw in range(2)]
    jobs += [dict(name="ImageSegments", neurons=100, events=1500, draw=0)]
    return jobs + [dict(name=name, neurons=64, events=1250, draw=0) for name in ("Bananas", "Phishing")]


def stream(name, neurons, events, draw):
    """Prequential: each event is asked, then learned; then the next 1000 are asked. River's sets come in their own order.

    The peers that need all events at once learn them at the end: an upper bound, for the next 1000 only.
    """
    table = sets.load(name)
    order = np.arange(len(table.y)) if name in sets.RIVER else np.random.default_rng(draw).permutation(len(table.y))
    now, after = order[:events], order[events : events + QUERIES]
    setting = f"{events} events, {neurons} neurons"
    for method in (Deeplomath, *STREAM, *(batch for batch in BATCH if batch not in STREAM)):
        budget = events if method in BATCH else neurons
        peer = make(method, table.x, table.y.max() + 1, budget, draw)
        values = {}
        if method in BATCH and method not in STREAM:
            peer.fit(table.x[now], table.y[now])
        else:
            values = prequential(peer, table.x[now], table.y[now])
        if len(after):
            values["next 1000"] = percent(peer.predict(table.x[after]), table.y[after])
        values["bytes"] = peer.bytes()
        yield from (Row("stream", name, setting, method.name, draw, metric, v) for metric, v in values.items())


def prequential(peer, x, y, steps=10):
    """{"prequential": share of right answers, each given before its event is learned; "at n": the same of the tenth up to n}."""
    right = []
    for event, label in zip(x, y, strict=True):
        right.append(bool(peer.predict(event[None])[0] == label))
        peer.learn(event, int(label))
    parts = np.array_split(np.array(right), steps)
    ends = np.cumsum([len(part) for part in parts])
    values = {"prequential": 100 * float(np.mean(right))}
    return values | {f"at {end}": 100 * float(np.mean(part)) for end, part in zip(ends, parts, strict=True)}


# Drift

DRIFTERS = (Deeplomath, *BATCH, HoeffdingTree, AdaptiveForest, RiverNeighbours)


def drift_jobs(quick):
    people = (1, 2) if quick else range(1, 7)
    return [dict(kind=kind, person=person) for kind in ("other arm", "other person") for person in people]


def drift(kind, person, first=10, again=2):
    """The watch learns ten windows of each exercise of one arm, then moves; then two labelled windows of each where it is now."""
    for side in (0, 1):
        before = sets.watch(person, side)
        now = sets.watch(person, 1 - side) if kind == "other arm" else sets.watch(person % 6 + 1, side)
        x, y = joined([w[:first] for w in before])
        queries, wanted = joined([w[again:] for w in now])
        here, there = joined([w[first:] for w in before])
        for method in DRIFTERS:
            peer = make(method, x, len(now), 128, person).fit(x, y)
            values = {"before": percent(peer.predict(here), there), "moved": percent(peer.predict(queries), wanted)}
            for shot in range(again):
                for label, windows in enumerate(now):
                    peer.learn(windows[shot], label)
            values["after 2 a class"] = percent(peer.predict(queries), wanted)
            draw = 2 * person + side
            yield from (Row("drift", "watch", kind, method.name, draw, metric, v) for metric, v in values.items())


# Corrections


def corrections_jobs(quick):
    names = ("wine",) if quick else ("digits", "penbased", "satimage", "texture", "segment", "optdigits")
    return [dict(name=name, draw=draw) for name in names for draw in range(1 if quick else 2)]


def corrections(name, draw, limit=600, neurons=128, window=50, goal=0.9):
    """Wrong answers are corrected, nothing is said to right ones: corrections until 90 % of the last 50 answers are right."""
    table = sets.load(name)
    order = np.random.default_rng(draw).permutation(len(table.y))[:limit]
    for method in (Deeplomath, *BATCH, HoeffdingTree, AdaptiveForest):
        peer = make(method, table.x, table.y.max() + 1, limit if method in BATCH else neurons, draw)
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


PARTS = {
    "few-shot": (few_shot_jobs, few_shot),
    "class-incremental": (class_incremental_jobs, class_incremental),
    "open-set": (open_set_jobs, open_set),
    "false-reject": (false_reject_jobs, false_reject),
    "streams": (stream_jobs, stream),
    "drift": (drift_jobs, drift),
    "corrections": (corrections_jobs, corrections),
}


def jobs(part, quick):
    return [Job(part, arguments) for arguments in PARTS[part][0](quick)]


def run(job):
    """The Rows of a job, as a list."""
    return list(PARTS[job.part][1](**job.arguments))
