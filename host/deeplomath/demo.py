# SPDX-License-Identifier: MIT
"""The demo: one arm's exercises, played window by window to a board and the mirror in lockstep. report.py shows it."""

import functools
import itertools
from typing import NamedTuple

import numpy as np

from . import data, spec
from .features import window_features
from .lockstep import Lockstep
from .network import Network

CONFIG = dict(features=18, classes=7, events=64)
SHOTS = 5  # windows named of each exercise
KNOWN, LATE, NEVER = (0, 1, 2, 3, 4), 5, 6  # in the order of the data: named at first, named later, never named
SCENES = {
    "a": "Nothing is learned: everything is unknown",
    "b": f"Five exercises are named, {SHOTS} windows of each, then recognised",
    "c": "Two exercises were never named",
    "d": f"One of these two is named, {SHOTS} windows; then everything once more",
}
PERSON, SIDE = 3, 0  # of the 12 arms, the one whose figures are nearest to the mean (tests/test_demo.py)
ARMS = tuple(itertools.product(range(1, 7), (0, 1)))  # (person, side)


class Step(NamedTuple):
    """One event of the demo: in which scene, learned or inferred, window number `window` of an exercise."""

    scene: str
    learn: bool
    exercise: int
    window: int


class Played(NamedTuple):
    """A step, its features int16 [18], and what came of it: a Learned or an Answer."""

    step: Step
    x: np.ndarray
    result: tuple


def arm_windows(recordings, person, side):
    """Windows int16 [k, 128, 6] of each exercise of an arm, a list."""
    return [data.windows(recordings, person, side, exercise) for exercise in range(len(data.EXERCISES))]


def script(windows):
    """The Steps of all scenes for one arm; a window that was named is not asked about afterwards."""
    rest = {c: range(SHOTS, len(windows[c])) for c in range(len(windows))}
    every = {c: range(len(windows[c])) for c in (LATE, NEVER)}
    steps = [Step("a", False, c, 0) for c in range(len(windows))]
    steps += [Step("b", True, c, shot) for shot in range(SHOTS) for c in KNOWN]
    steps += [Step("b", False, c, i) for c in KNOWN for i in rest[c]]
    steps += [Step("c", False, c, i) for c in (LATE, NEVER) for i in every[c]]
    steps += [Step("d", True, LATE, shot) for shot in range(SHOTS)]
    steps += [Step("d", False, c, i) for c in (*KNOWN, LATE) for i in rest[c]]
    return steps + [Step("d", False, NEVER, i) for i in every[NEVER]]


def play(steps, windows, network, make_features):
    """Yields a Played for each Step. network: Lockstep or Network; make_features: window int16 [128, 6] -> int16 [18]."""
    features = functools.cache(lambda exercise, window: make_features(windows[exercise][window]))
    for step in steps:
        x = features(step.exercise, step.window)
        yield Played(step, x, network.learn(x, step.exercise) if step.learn else network.infer(x))


def run(board, windows, on_begin, on_played):
    """Plays the demo on a board and the mirror; returns the Lockstep, the list of Played, and the state exported.

    on_begin(lockstep, steps) and on_played(lockstep, played) are called on the way. Raises Mismatch.
    """
    lockstep, steps = Lockstep(board, **CONFIG), script(windows)
    on_begin(lockstep, steps)
    story = []
    for played in play(steps, windows, lockstep, lockstep.window_features):
        story.append(played)
        on_played(lockstep, played)
    return lockstep, story, lockstep.finish()


def scores(story):
    """What came of a list of Played: {(scene, which, what): (hits, of)}.

    which: "known", "late" or "never", the role of the exercise, in scene c "both" of the latter; what: "right", answered
    with its own class whatever the verdict, or "unknown", answered with that verdict.
    """
    counts = {}
    for (scene, learn, exercise, _), _, result in story:
        if not learn:
            which = {LATE: "late", NEVER: "never"}.get(exercise, "known")
            which = "both" if scene == "c" else which
            hits = {"right": result.label == exercise, "unknown": result.verdict == spec.VERDICT_UNKNOWN}
            for what, hit in hits.items():
                before, of = counts.get((scene, which, what), (0, 0))
                counts[scene, which, what] = before + hit, of + 1
    return counts


def mean_scores(recordings):
    """The same demo on the mirror alone, for each of the ARMS: {(scene, which, what): mean share, 0..1}.

    With it, under ("all", "all", "right"), the accuracy once all seven exercises are named.
    """
    shares = [arm_scores(arm_windows(recordings, *arm)) for arm in ARMS]
    return {key: float(np.mean([share[key] for share in shares])) for key in shares[0]}


def arm_scores(windows):
    """One arm's {(scene, which, what): share}, as mean_scores has it."""
    network = Network(**CONFIG)
    story = list(play(script(windows), windows, network, window_features))
    share = {key: hits / of for key, (hits, of) in scores(story).items()}
    last = [Step("all", True, NEVER, shot) for shot in range(SHOTS)]
    last += [Step("all", False, c, i) for c in range(len(windows)) for i in range(SHOTS, len(windows[c]))]
    answers = [p for p in play(last, windows, network, window_features) if not p.step.learn]
    share["all", "all", "right"] = float(np.mean([p.result.label == p.step.exercise for p in answers]))
    return share


def events(windows):
    """The demo of one arm as (label or None, features int16 [18]) pairs, features made here."""
    made = functools.cache(lambda exercise, window: window_features(windows[exercise][window]))
    return [(s.exercise if s.learn else None, made(s.exercise, s.window)) for s in script(windows)]
