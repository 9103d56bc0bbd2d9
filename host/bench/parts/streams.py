# SPDX-License-Identifier: MIT
"""Streams: each event is asked, then learned; of sets as they are, and of ones that drift."""

import numpy as np

from .. import sets
from .common import QUERIES, Row, make, percent


def stream_jobs(quick):
    if quick:
        return [dict(name="ImageSegments", neurons=32, events=150, draw=0)]
    shuffled = (("penbased", 128), ("penbased", 64), ("digits", 128))
    jobs = [dict(name=name, neurons=neurons, events=800, draw=draw) for name, neurons in shuffled for draw in range(2)]
    jobs += [dict(name="ImageSegments", neurons=100, events=1500, draw=0)]
    return jobs + [dict(name=name, neurons=64, events=1250, draw=0) for name in ("Bananas", "Phishing")]


def stream(methods, name, neurons, events, draw):
    """Prequential: each event is asked, then learned; then the next 1000 are asked. River's sets come in their own order.

    The peers that need all events at once learn them at the end: an upper bound, for the next 1000 only.
    """
    table = sets.load(name)
    order = np.arange(len(table.y)) if name in sets.RIVER else np.random.default_rng(draw).permutation(len(table.y))
    now, after = order[:events], order[events : events + QUERIES]
    setting = f"{events} events, {neurons} neurons"
    for method in methods:
        peer = make(method, table.x, table.y.max() + 1, events if method.keeps_all else neurons, draw)
        values = {}
        if method.keeps_all:
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

EVENTS, NEURONS, SWITCHES = 600, 64, 4


def drifting_jobs(quick):
    names, draws = (("vowel",), range(1)) if quick else (("penbased", "satimage", "vowel"), range(2))
    events = 160 if quick else EVENTS
    return [dict(name=n, kind=k, draw=d, events=events) for n in names for k in CONCEPTS for d in draws]


def drifting(methods, name, kind, draw, events=EVENTS):
    """Prequential, of a stream in which features or names become others, in 64 neurons, beside peers that learn event by event.

    Moved: to each feature a normal number is added whose deviation is that of the feature. Exchanged: half of the classes
    are called as the next of them. See CONCEPTS for when.
    """
    table, random = sets.load(name), np.random.default_rng(draw)
    order = random.permutation(len(table.y))[:events]
    second = CONCEPTS[kind](np.arange(events) / events, random)
    x, y = table.x[order].astype(float), table.y[order].copy()
    if kind == "exchanged":
        half = random.permutation(table.y.max() + 1)[: (table.y.max() + 1) // 2]
        names = np.arange(table.y.max() + 1)
        names[half] = np.roll(half, 1)
        y[second] = names[y[second]]
    else:
        x[second] += random.normal(0, table.x.std(0))
    x = np.clip(np.round(x), -32768, 32767).astype(np.int16)
    for method in methods:
        values = prequential(make(method, x, table.y.max() + 1, NEURONS, draw), x, y)
        yield from (Row("drifting stream", name, kind, method.name, draw, metric, v) for metric, v in values.items())


# Which events are of the second concept: of each its time 0..1, and a generator.
CONCEPTS = {
    "sudden": lambda time, _: time >= 1 / 2,
    "gradual": lambda time, random: random.random(len(time)) < np.clip(3 * time - 1, 0, 1),  # more and more of them
    "recurring": lambda time, _: (time * SWITCHES).astype(int) % 2 == 1,
    "exchanged": lambda time, _: time >= 1 / 2,
}
