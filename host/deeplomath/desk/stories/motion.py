# SPDX-License-Identifier: MIT
"""The story of a smart watch: exercises of one arm are named, refused, named late, mistaken, and found on the other arm."""

import itertools

import numpy as np

from ... import spec
from .. import data, demo
from ..demo import HERE, THERE, Plane, Step, Story

SHOTS = 5  # windows named of each exercise
# Windows of the later exercise that are shown before it has a name: as many unknowns as are remembered.
SHOWN = spec.LIMIT_UNKNOWNS
OTHER_SHOTS = 2  # windows named of each exercise on the other arm
KNOWN, LATE, NEVER = (0, 1, 2, 3, 4), 5, 6  # in the order of the data: named at first, named later, never named
MISTAKEN, MISTAKE = 0, 4  # a window of the one exercise is named as the other
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
PERSON, SIDE = 3, 1
ROWS = (
    ("(b) five named: right", ("b", "known", "right")),
    ("    confidence, mean", ("b", "known", "confidence")),
    ("    wrongly unknown", ("b", "known", "unknown")),
    ("(c) two never named: unknown", ("c", "both", "unknown")),
    ("(d) sixth, out of the unknowns: right", ("d", "late", "right")),
    ("    seventh, never named: unknown", ("d", "never", "unknown")),
    ("    first five again: right", ("d", "known", "right")),
    (f"(e) {data.EXERCISES[MISTAKEN]}: right", ("e", "before", "right")),
    ("    one window misnamed: right", ("e", "mistaken", "right")),
    ("    undone: right", ("e", "undone", "right")),
    ("(f) the six on the other arm: right", ("f", "before", "right")),
    ("    confidence, mean", ("f", "before", "confidence")),
    ("    unknown", ("f", "before", "unknown")),
    (f"    {OTHER_SHOTS} windows of each named: right", ("f", "after", "right")),
    ("    confidence, mean", ("f", "after", "confidence")),
    ("    unknown", ("f", "after", "unknown")),
    ("    the first arm again: right", ("f", "own", "right")),
    ("    seventh, never named: unknown", ("f", "never", "unknown")),
)
PLANES = (
    Plane("After scene d: what it knows", "e", (("d", "known"), ("d", "late"), ("d", "never"))),
    Plane("Scene f: the other arm, as it is", "e", (("f", "before"),)),
    Plane("After scene f: both arms learned", "", (("f", "after"), ("f", "own"), ("f", "never"))),
)


def story(recordings, person=PERSON, side=SIDE):
    """The Story of a person's arm, side 0 left or 1 right; then the other. recordings: of data.load."""
    subject = f"person {person}'s {data.SIDES[side]} arm"
    return Story(
        model="motion",
        settings={},
        names=data.EXERCISES,
        subject=subject,
        facts=facts(subject, (person, side)),
        scenes=SCENES,
        steps=steps(arms(recordings, person, side)),
        title="a board learns what a smart watch feels",
        picture=f"A board learns what a smart watch feels: {subject}, then the other",
        rows=ROWS,
        note="Mean: people 1 to 6, either arm first, the same scenes on the mirror alone.",
        parts={("f", "before"): "the other arm, as it is:", ("f", "own"): "the first arm again:"},
        there="of the other arm",
        one="window",
        planes=PLANES,
        captions=captions,
        mean=(f"mean of {len(ARMS)} arms", lambda: mean_shares(recordings)),
    )


def arms(recordings, person, side):
    """Windows int16 [k, 128, 6] of each exercise on this arm, and on the person's other one: the `arms` of steps."""
    exercises = range(len(data.EXERCISES))
    return [[data.windows(recordings, person, at, exercise) for exercise in exercises] for at in (side, 1 - side)]


def steps(arms):
    """The Steps of all scenes; on its own arm, a window that was named is not asked about afterwards, nor on the other."""
    return with_samples(requests(*([len(windows) for windows in arm] for arm in arms)), arms)


def requests(n_here, n_there):
    """The Steps without their samples. n_here, n_there: windows of each exercise on either arm."""
    rest = {c: range(SHOTS, n_here[c]) for c in KNOWN} | {LATE: range(SHOWN, n_here[LATE])}
    learned = (*KNOWN, LATE)

    def asked(scene, part, exercise, numbers, place=HERE):
        return [Step(scene, part, "infer", place, exercise, number, exercise) for number in numbers]

    def named(scene, place, exercise, number):
        return Step(scene, "", "learn", place, exercise, number, exercise)

    steps = [step for c in range(len(n_here)) for step in asked("a", "all", c, [0])]
    steps += [named("b", HERE, c, shot) for shot in range(SHOTS) for c in KNOWN]
    steps += [step for c in KNOWN for step in asked("b", "known", c, rest[c])]
    steps += asked("c", "both", NEVER, range(n_here[NEVER])) + asked("c", "both", LATE, range(SHOWN))
    steps += [Step("d", "", "name", HERE, LATE, 0, LATE)]
    steps += [step for c in KNOWN for step in asked("d", "known", c, rest[c])]
    steps += asked("d", "late", LATE, rest[LATE]) + asked("d", "never", NEVER, range(n_here[NEVER]))
    first, *others = rest[MISTAKEN]
    steps += asked("e", "before", MISTAKEN, others)
    steps += [Step("e", "", "learn", HERE, MISTAKEN, first, MISTAKE)] + asked("e", "mistaken", MISTAKEN, others)
    steps += [Step("e", "", "undo", HERE, MISTAKEN, first, MISTAKE)] + asked("e", "undone", MISTAKEN, others)
    moved = {c: range(OTHER_SHOTS, n_there[c]) for c in learned}
    steps += [step for c in learned for step in asked("f", "before", c, moved[c], THERE)]
    steps += [named("f", THERE, c, shot) for shot in range(OTHER_SHOTS) for c in learned]
    steps += [step for c in learned for step in asked("f", "after", c, moved[c], THERE)]
    steps += [step for c in learned for step in asked("f", "own", c, rest[c])]
    return steps + asked("f", "never", NEVER, range(n_here[NEVER]))


def with_samples(steps, arms):
    """The Steps with their samples: of a window behind the one before, those that are new; else its whole, as all is lost."""
    filled, last = [], None
    for step in steps:
        if step.act in ("infer", "learn"):
            windows, follows = arms[step.place][step.truth], last == (step.place, step.truth, step.number - 1)
            samples = windows[step.number][data.WINDOW - data.HOP if follows else 0 :]
            step = step._replace(samples=samples, lost=0 if follows or not last else data.HOP)
            last = step.place, step.truth, step.number
        filled.append(step)
    return filled


def mean_shares(recordings):
    """The same story on the mirror alone, for each of the ARMS: {(scene, part, what): mean share, 0..1}."""
    shares = [demo.shares(story(recordings, *arm)) for arm in ARMS]
    return {key: float(np.mean([share[key] for share in shares])) for key in shares[0]}


def facts(subject, arm):
    """(name, text) pairs on the data."""
    choice = "of the 4 with the shortest recordings, the one nearest to the mean of 12"
    choice = choice if arm == (PERSON, SIDE) else "one of 20"
    return [
        ("data", f"a smart watch on people who do shoulder exercises ({data.PACKAGE}), 6 channels at 50 Hz"),
        ("scale", f"as an IMU gives it: {data.SCALE}"),
        ("windows", f"{data.WINDOW} samples, one every {data.HOP}; the raw samples are sent, the board makes the rest"),
        ("arm", f"{subject}: {choice}; exercises in the order of the data"),
    ]


def captions(scores, n_named):
    """Of the scenes in the picture."""

    def of(*key):
        return "{} of {}".format(*scores[key])

    never = data.EXERCISES[NEVER]
    return {
        "a": "\n\n",
        "b": f"five named {SHOTS} times;\nthen {of('b', 'known', 'right')} right,\n{of('b', 'known', 'unknown')} unknown",
        "c": f"new:\n{of('c', 'both', 'unknown')}\nunknown",
        "d": f"{n_named} unknowns named;\n{of('d', 'late', 'right')} right; {of('d', 'never', 'unknown')}\n"
        f"of {never} unknown",
        "e": f"misled:\n{of('e', 'mistaken', 'right')};\nundone: {scores['e', 'undone', 'right'][0]}",
        "f": f"the other arm: {of('f', 'before', 'right')} right, {of('f', 'before', 'unknown')} unknown;\n"
        f"{OTHER_SHOTS} windows of each named: {of('f', 'after', 'right')} right;\n"
        f"the first arm again: {of('f', 'own', 'right')} right; {never}: {of('f', 'never', 'unknown')} unknown",
    }
