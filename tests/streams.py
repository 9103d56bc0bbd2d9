# SPDX-License-Identifier: MIT
"""Streams of events as they should not come: heavy tails, glitches, repetitions, contradictions, corners of int16.

python tests/streams.py --streams 10000 --jobs 2     # kernel == mirror, learn by learn; status 1 if one differs

A stream is drawn from its number: sizes, kind, events, labels. Its number is all it takes to see it again: --first N --streams 1.
"""

import argparse
import contextlib
import multiprocessing
import sys
from collections import Counter

import numpy as np

import clips
from deeplomath import spec
from deeplomath.mirror import memory
from deeplomath.mirror.events import Experience
from implementations import KERNEL, MIRROR, UNBOUNDED
from operations import apply
from walks import KINDS, events

LEARNS = 60
LESSON = 25  # each so many streams is a lesson: many events at once, which a walk of 60 learns does not reach
WATCHED = 200  # streams at the beginning that are watched for their clips; the others run twice as fast
SIDES = 48  # the most features whose coordinates go up to 16 deviations


def stream(number, unbounded=False):
    """Leads kernel and mirror (and an unbounded one) through a stream; returns its learns. AssertionError if they part."""
    draw = np.random.default_rng(number)
    makes = (MIRROR, KERNEL, UNBOUNDED)[: 2 + unbounded]
    return lesson(draw, number, makes) if number % LESSON == 0 else walk(draw, number, makes)


def walk(draw, number, makes):
    """Learns one by one, now and then an answer, once perhaps a state as a long life leaves it."""
    config, kind, value = draw_config(draw), str(draw.choice(KINDS)), str(draw.choice(VALUES))
    nets = [make(**config) for make in makes]
    source = events(draw, kind, config["features"], config["classes"])
    what = f"stream {number}, {kind}, {value}, {config}"
    x, _ = next(source)
    same([net.infer(x) for net in nets], f"{what}, answer before all")
    for step in range(LEARNS):
        x, label = next(source)
        label = draw_value(draw, value) if config["regression"] else label
        learn = f"{what}, step {step}", "learn", x.tolist(), label
        same_change(nets, *learn)
        if step % 10 == 9:
            same_change(nets, learn[0], "undo")
            same_change(nets, *learn)
        if step % 6 == 5:
            other = next(source)[0] if draw.random() < 0.5 else x // 2
            same([net.infer(other) for net in nets], f"{what}, answer after step {step}")
        if step == LEARNS // 2 and draw.random() < 0.2:
            grow_old(draw, nets)
            same_change(nets, f"{what}, as after a long life", "info")
    return LEARNS


def lesson(draw, number, makes):
    """Learns hundreds of events at once, and one by one what comes after them."""
    teach = LESSONS[number // LESSON % len(LESSONS)]
    x, labels, queries, regression = teach(draw)
    sizes = {"features": x.shape[1], "classes": 1 if regression else int(max(labels)) + 1, "events": len(x)}
    nets = [make(**sizes, layers=2, regression=regression) for make in makes]
    what = f"stream {number}, lesson {teach.__name__}, {sizes}"
    nets[0].learn_many(x, labels)
    for net in nets[1:]:
        net.load(nets[0].export())
    same([net.digest() for net in nets], what)
    for query in queries:
        same([net.infer(query) for net in nets], f"{what}, answer to {query.tolist()}")
    same_change(nets, what, "learn", queries[0].tolist(), labels[0])
    return len(x) + 1


def beyond_first(draw):
    """Values that alternate from place to place, and an event beyond that contradicts what is extrapolated there: the first."""
    return alternating(draw, 0, 32767)


def beyond_last(draw):
    """The same, and the event beyond is the last neuron."""
    return alternating(draw, None, int(draw.choice([-32767, 32767])))


def alternating(draw, place, value):
    places, times = 7, int(draw.integers(40, 61))
    at = np.arange(places * times) % places
    values = np.where(at % 2, -32767, 32767)
    place = len(at) if place is None else place
    at, values = np.insert(at, place, places), np.insert(values, place, value)
    x = np.repeat(at[:, None] * 100, 5, axis=1).astype(np.int16)
    return x, values.tolist(), [np.full(5, v, np.int16) for v in (-110, 100 * places, 100 * places + 60)], True


def lone_glitch(draw):
    """One event far away, all others equal: the width is as small, and the query as far, as they get."""
    x = np.zeros((400, SIDES), np.int16)
    x[int(draw.integers(400)), 0] = 32767
    x[int(draw.integers(400)), 1] = 1  # the smallest variance there is
    return x, draw.integers(0, 2, 400).tolist(), [np.full(SIDES, v, np.int16) for v in (32767, -32768)], False


def crowd(draw):
    """Many features, of which one tells all and jumps once, the others are still but for glitches: what a layer sharpens most."""
    d, n = int(draw.choice([SIDES, 60, spec.LIMIT_FEATURES])), int(draw.integers(60, 100))
    x = np.where(draw.random((n, d)) < 0.01, draw.choice([-32768, 32767], (n, d)), 0)
    x[:, 0] = draw.choice([-1000, 1000], n) + draw.integers(-99, 100, n)
    values = np.where(x[:, 0] > 0, 32767, -32767)
    x[int(draw.integers(n)), 0] = 32767
    return x.astype(np.int16), values.tolist(), [np.full(d, v, np.int16) for v in (32767, 0)], True


def together(draw):
    """Features that move together as one; a query in which they do not: whitened, it lies as far as it gets."""
    return tied(draw, int(draw.integers(2, 9)))


def many_together(draw):
    """The same of many features."""
    return tied(draw, int(draw.integers(49, 70)))


def tied(draw, d):
    n = int(draw.integers(40, 90))
    labels = draw.integers(0, 2, n)
    x = draw.normal(size=n)[:, None] * 900 + draw.normal(size=(n, d)) * 9 + labels[:, None] * 100
    sign = np.where(np.arange(d) % 2, -1, 1)
    return x.astype(np.int16), labels.tolist(), [(sign * v).astype(np.int16) for v in (30000, 2000, -900)], False


LESSONS = (beyond_first, beyond_last, lone_glitch, crowd, together, many_together)
VALUES = ("corners", "small", "any")


def draw_config(draw):
    """Sizes: mostly few of all, since that is where numbers get extreme; now and then many features."""
    regression = bool(draw.random() < 0.25)
    few, some = int(draw.integers(3, 7)), int(draw.integers(7, 17))
    return {
        "features": int(draw.choice([1, 2, 3, 5, 9, 49, 160], p=[0.35, 0.25, 0.15, 0.1, 0.1, 0.04, 0.01])),
        "classes": 1 if regression else int(draw.choice([1, 2, 3, 16], p=[0.25, 0.4, 0.25, 0.1])),
        "events": int(draw.choice([1, 2, few, some], p=[0.05, 0.05, 0.7, 0.2])),
        "layers": int(draw.integers(1, 5)),
        "false_reject_permille": int(draw.choice([1, 50, 200, 500])),
        "regression": regression,
    }


def draw_value(draw, kind):
    """A value of a regression."""
    return {
        "corners": lambda: int(draw.choice([-32768, 32767])),
        "small": lambda: int(draw.integers(-1, 2)),
        "any": lambda: int(draw.integers(-32768, 32768)),
    }[kind]()


def same(found, what):
    assert all(value == found[0] for value in found), f"{what}: {found}"


def same_change(nets, what, *operation):
    """The operation has the same outcome, and leads to the same digest, in each network."""
    same([(apply(net, operation), net.digest()) for net in nets], f"{what}, {operation}")


def grow_old(draw, nets):
    """Loads a state as a long life leaves it: counts at their limit, ages beyond theirs, the ring of experience full."""
    mirror = nets[0].memory
    ids = [event.id for event in mirror.events]
    mirror.clock += int(draw.choice([0, 60000, 70000, 2**30]))
    mirror.class_clock = [clock + int(draw.choice([0, 60000, 70000, 2**30])) for clock in mirror.class_clock]
    mirror.events = [event._replace(count=int(draw.choice([event.count, spec.LIMIT_COUNT]))) for event in mirror.events]
    if ids:
        corners = bool(draw.integers(2))
        mirror.experience = [draw_experience(draw, ids, corners) for _ in range(spec.MEMORY_EXPERIENCE)]
    memory.rebuilt(nets[0])
    state = nets[0].export()
    for net in nets:
        net.load(state)


def draw_experience(draw, ids, corners):
    """Of corners; or hits where the margin is a little above a half, misses below: a line as steep as it gets."""
    margin = int(draw.choice([0, 256, draw.integers(257)])) if corners else int(128 + draw.integers(-8, 9))
    novelty = int(draw.choice([0, spec.CONTOUR_NOVELTY_MAX, draw.integers(65536), draw.integers(8192)]))
    hit = bool(draw.integers(2)) if corners else margin > 128
    return Experience(int(draw.choice(ids)), novelty, margin, hit, bool(draw.integers(2)))


def outcome(number):
    """(clips that the stream reached, if it is watched; the difference or None) of a stream."""
    with clips.watched() if number < WATCHED else contextlib.nullcontext(Counter()) as reached:
        try:
            stream(number)
        except AssertionError as difference:
            return reached, str(difference)
    return reached, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    options = parser.parse_args()
    numbers = range(options.first, options.first + options.streams)
    reached, differences = Counter(), []
    with multiprocessing.Pool(options.jobs) as pool:
        for done, (names, difference) in enumerate(pool.imap_unordered(outcome, numbers, chunksize=8), 1):
            reached.update(names)
            if difference:
                differences.append(difference)
                print(difference)
            if done % 500 == 0:
                print(f"{done} of {len(numbers)} streams, {len(differences)} differences", flush=True)
    for name in clips.CLIPS:
        print(f"{reached[name]:9}  {name}")
    print(f"{len(numbers)} streams of {LEARNS} learns, {len(differences)} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
