# SPDX-License-Identifier: MIT
"""The demo: one person's exercises, played window by window to a board and the mirror in lockstep. report.py shows it."""

import itertools
from typing import NamedTuple

import numpy as np

from .. import spec
from ..mirror.network import Network
from ..model.model import Model
from ..results import Verdict
from . import data

CONFIG = dict(features=18, classes=7, events=64)
SHOTS = 5  # windows named of each exercise
SHOWN = (
    spec.LIMIT_UNKNOWNS
)  # windows of the later exercise that are shown before it has a name: as many as are remembered
OTHER_SHOTS = 2  # windows named of each exercise on the other arm
KNOWN, LATE, NEVER = (0, 1, 2, 3, 4), 5, 6  # in the order of the data: named at first, named later, never named
MISTAKEN, MISTAKE = 0, 4  # a window of the one exercise is named as the other
OWN, OTHER = 0, 1  # arms of the person, as `windows` has them
SCENES = {
    "a": "Nothing is learned: everything is unknown",
    "b": f"Five exercises are named, {SHOTS} windows of each, then recognised",
    "c": f"Two exercises were never named; the board remembers the last {spec.LIMIT_UNKNOWNS} unknowns",
    "d": "These are named in one go, and are a class; then everything once more",
    "e": "A window is named wrongly; undone, the bits of before are back",
    "f": f"The watch moves to the other arm; {OTHER_SHOTS} windows of each exercise bring it back",
}
ARMS = tuple(itertools.product(range(1, 7), (0, 1)))  # (person, side)
SHORT = (3, 4)  # people of the shortest recordings: a demo takes its time
# Of their arms, the one whose figures are nearest to the mean of all ARMS (tests/desk/test_demo.py).
PERSON, SIDE = 3, 0


class Step(NamedTuple):
    """One request of the demo.

    scene; part: what is measured by it, a key of scores, or "" of what is not an answer; act: "infer", "learn", "name"
    (all unknowns of the exercise that are remembered) or "undo"; window number `window` of an exercise on an arm (OWN or
    OTHER); label: what it is learned as.
    """

    scene: str
    part: str
    act: str
    arm: int
    exercise: int
    window: int
    label: int


class Played(NamedTuple):
    """A step, its features, and what came of it.

    x: int16 [18], of a "name" [n, 18], of all unknowns that were named, of an undo None; result: Answer, Learned, or None
    of an undo and of a "name" that found nothing to name.
    """

    step: Step
    x: np.ndarray
    result: tuple | None


def arm_windows(recordings, person, side):
    """Windows int16 [k, 128, 6] of each exercise of an arm, a list."""
    return [data.windows(recordings, person, side, exercise) for exercise in range(len(data.EXERCISES))]


def both_arms(recordings, person, side):
    """[arm_windows of this arm, of the person's other one]: the `windows` of a demo."""
    return [arm_windows(recordings, person, side), arm_windows(recordings, person, 1 - side)]


def script(windows):
    """The Steps of all scenes; on its own arm, a window that was named is not asked about afterwards, nor on the other."""
    n_own, n_other = [len(each) for each in windows[OWN]], [len(each) for each in windows[OTHER]]
    rest = {c: range(SHOTS, n_own[c]) for c in KNOWN} | {LATE: range(SHOWN, n_own[LATE])}
    learned = (*KNOWN, LATE)

    def asked(scene, part, exercise, numbers, arm=OWN):
        return [Step(scene, part, "infer", arm, exercise, number, exercise) for number in numbers]

    def named(scene, arm, exercise, number):
        return Step(scene, "", "learn", arm, exercise, number, exercise)

    steps = [step for c in range(len(n_own)) for step in asked("a", "all", c, [0])]
    steps += [named("b", OWN, c, shot) for shot in range(SHOTS) for c in KNOWN]
    steps += [step for c in KNOWN for step in asked("b", "known", c, rest[c])]
    steps += asked("c", "both", NEVER, range(n_own[NEVER])) + asked("c", "both", LATE, range(SHOWN))
    steps += [Step("d", "", "name", OWN, LATE, 0, LATE)]
    steps += [step for c in KNOWN for step in asked("d", "known", c, rest[c])]
    steps += asked("d", "late", LATE, rest[LATE]) + asked("d", "never", NEVER, range(n_own[NEVER]))
    first, *others = rest[MISTAKEN]
    steps += asked("e", "before", MISTAKEN, others)
    steps += [Step("e", "", "learn", OWN, MISTAKEN, first, MISTAKE)] + asked("e", "mistaken", MISTAKEN, others)
    steps += [Step("e", "", "undo", OWN, MISTAKEN, first, MISTAKE)] + asked("e", "undone", MISTAKEN, others)
    moved = {c: range(OTHER_SHOTS, n_other[c]) for c in learned}
    steps += [step for c in learned for step in asked("f", "before", c, moved[c], OTHER)]
    steps += [named("f", OTHER, c, shot) for shot in range(OTHER_SHOTS) for c in learned]
    steps += [step for c in learned for step in asked("f", "after", c, moved[c], OTHER)]
    steps += [step for c in learned for step in asked("f", "own", c, rest[c])]
    return steps + asked("f", "never", NEVER, range(n_own[NEVER]))


class Alone:
    """The mirror alone, with what a Lockstep has that a demo asks: samples go through a Model."""

    def __init__(self, network=None):
        model = Model(data.model())
        self.network = model.net = network or Network(**CONFIG)
        self.teach, self.stream = model.teach, model.push
        self.undo, self.unknowns, self.name = self.network.undo, self.network.unknowns, self.network.name


def play(steps, windows, side):
    """Yields a Played for each Step. side: a Lockstep with the model of the data, or Alone."""
    met = []  # (exercise, features) of each unknown: their ids count them
    for step in steps:
        x, result = None, None
        if step.act in ("infer", "learn"):
            if step.act == "learn":
                side.teach(step.label, 1)
            (event,) = side.stream(windows[step.arm][step.exercise][step.window])
            x, result = event.x, event.answer or event.learned
            if event.answer:
                met += [(step.exercise, x)] * (result.verdict == Verdict.UNKNOWN)
        elif step.act == "undo":
            side.undo()
        else:
            unknowns = [unknown for unknown in side.unknowns() if met[unknown][0] == step.exercise]
            x = np.array([met[unknown][1] for unknown in unknowns], np.int16).reshape(len(unknowns), CONFIG["features"])
            result = side.name(unknowns, step.label) if unknowns else None
        yield Played(step, x, result)


def run(lockstep, windows, on_begin, on_played):
    """Plays the demo to a Lockstep of CONFIG; returns the list of Played, and the state exported.

    on_begin(lockstep, steps) and on_played(lockstep, played) are called on the way. Raises Mismatch.
    """
    steps = script(windows)
    lockstep.model(Model(data.model()))
    on_begin(lockstep, steps)
    story = []
    for played in play(steps, windows, lockstep):
        story.append(played)
        on_played(lockstep, played)
    return story, lockstep.finish()


def lessons(story):
    """What the Played of a story taught and was not undone: (features int16 [18], label) pairs, in order."""
    taught = []
    for (_, _, act, *_, label), x, _ in story:
        if act == "learn":
            taught.append((x, label))
        elif act == "name":
            taught += [(row, label) for row in x]
        elif act == "undo":
            taught.pop()
    return taught


def relearned(story):
    """A Network that learned what a story taught."""
    network = Network(**CONFIG)
    for x, label in lessons(story):
        network.learn(x, label)
    return network


def scores(story):
    """What came of a list of Played: {(scene, part, what): (sum, of)}.

    what: "right", answered with its own class whatever the verdict; "unknown", answered with that verdict; "confidence",
    the kernel's own estimate of "right".
    """
    counts = {}
    for (scene, part, act, _, exercise, *_), _, result in story:
        if act == "infer":
            hits = {"right": result.label == exercise, "unknown": result.verdict == Verdict.UNKNOWN}
            for what, hit in (hits | {"confidence": result.confidence / 65536}).items():
                before, of = counts.get((scene, part, what), (0, 0))
                counts[scene, part, what] = before + hit, of + 1
    return counts


def mean_scores(recordings):
    """The same demo on the mirror alone, for each of the ARMS: {(scene, part, what): mean share, 0..1}."""
    shares = [arm_scores(both_arms(recordings, *arm)) for arm in ARMS]
    return {key: float(np.mean([share[key] for share in shares])) for key in shares[0]}


def arm_scores(windows):
    """One arm's {(scene, part, what): share}, as mean_scores has it."""
    story = list(play(script(windows), windows, Alone()))
    return {key: hits / of for key, (hits, of) in scores(story).items()}


def events(windows):
    """The demo as (label or None, features int16 [18]) pairs, features made here.

    A file has no naming and no undo: what was named is learned, what was undone is left out, with its scene.
    """
    steps = [step for step in script(windows) if step.scene != "e"]
    pairs = []
    for played in play(steps, windows, Alone()):
        asked = played.step.act == "infer"
        pairs += [(None, played.x)] if asked else [(label, x) for x, label in lessons([played])]
    return pairs
