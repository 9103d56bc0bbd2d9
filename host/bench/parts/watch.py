# SPDX-License-Identifier: MIT
"""The watch moves to another arm or person: accuracy before and after, and what becomes of the known set."""

from deeplomath.desk import data, demo
from deeplomath.desk.stories import motion

from .. import sets
from .common import Row, joined, make, percent


def drift_jobs(quick):
    people = (1, 2) if quick else range(1, 7)
    return [dict(kind=kind, person=person) for kind in ("other arm", "other person") for person in people]


def drift(methods, kind, person, first=10, again=2):
    """The watch learns ten windows of each exercise of one arm, then moves; then two labelled windows of each where it is now."""
    for side in (0, 1):
        before = sets.watch(person, side)
        now = sets.watch(person, 1 - side) if kind == "other arm" else sets.watch(person % 6 + 1, side)
        x, y = joined([w[:first] for w in before])
        queries, wanted = joined([w[again:] for w in now])
        here, there = joined([w[first:] for w in before])
        for method in methods:
            peer = make(method, x, len(now), 128, person).fit(x, y)
            values = {"before": percent(peer.predict(here), there), "moved": percent(peer.predict(queries), wanted)}
            for shot in range(again):
                for label, windows in enumerate(now):
                    peer.learn(windows[shot], label)
            values["after 2 a class"] = percent(peer.predict(queries), wanted)
            draw = 2 * person + side
            yield from (Row("drift", "watch", kind, method.name, draw, metric, v) for metric, v in values.items())


# The known set after drift


def known_set_jobs(quick):
    return [dict(person=person, side=side) for person, side in (motion.ARMS[:1] if quick else motion.ARMS)]


def known_set(methods, person, side):
    """The demo on an arm: windows of its never-named exercise, and of named ones, that are called unknown; and the accuracy.

    The features are the three statistics of each line, as in the other parts. Before: on the arm that was learned. After:
    when the watch is on the other arm, two windows of each exercise were learned there, and windows of that arm are asked;
    the never-named exercise is on the first arm in both.
    """
    story = motion.story(data.load(sets.FOLDER), person, side)
    shares = demo.shares(story._replace(model=data.model()))
    values = {
        "never-named unknown, before": shares["d", "never", "unknown"],
        "never-named unknown, after": shares["f", "never", "unknown"],
        "refused, before": shares["d", "known", "unknown"],
        "refused, after": shares["f", "after", "unknown"],
        "refused, first arm after": shares["f", "own", "unknown"],
        "right, before": shares["d", "known", "right"],
        "right, after": shares["f", "after", "right"],
    }
    (ours,) = methods  # the demo is played to a network alone
    for metric, share in values.items():
        yield Row("known set", "watch", "demo", ours.name, 2 * person + side, metric, 100 * share)
