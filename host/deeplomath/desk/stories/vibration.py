# SPDX-License-Identifier: MIT
"""The story of a machine: only its normal state is taught, faults are unknown, are named one by one, and found at another load.

The machine is synthetic (bearing.py).
"""

from ... import spec
from .. import bearing
from ..demo import HERE, THERE, Plane, Step, Story

STATES = "normal", "unbalance", "misalignment", "looseness", "outer race", "ball", "inner race"
NORMAL, FAULTS, NEVER = 0, (1, 2, 3, 4, 5), 6  # taught at first, named later, never named
SHOTS = 12  # windows taught of the normal state
SHOWN = spec.LIMIT_UNKNOWNS  # windows of a fault before it has a name: as many unknowns as are remembered
LOAD, OTHER_LOAD = 1, 0
OTHER_SHOTS = 1  # windows named of each state at the other load
RUN = 4  # windows of a recording
ASKED = 8  # windows asked of a state at a time
SCENES = {
    "a": "Nothing is learned: everything is unknown",
    "b": f"{SHOTS} windows of the normal state are taught, and nothing else: an alarm for whatever is new",
    "c": f"Five faults come, one after the other: of each the last {spec.LIMIT_UNKNOWNS} unknowns are named in one go",
    "d": "Everything once more; a sixth fault was never named",
    "e": "The machine runs at another load; one window of each state brings it back",
}
ROWS = (
    ("(b) normal: unknown, a false alarm", ("b", "normal", "unknown")),
    ("    by the vote: no alarm", ("b", "normal", "voted")),
    ("    six faults: unknown", ("b", "faults", "unknown")),
    ("    by the vote: unknown", ("b", "faults", "voted")),
    ("(c) a fault before it has a name: unknown", ("c", "shown", "unknown")),
    ("(d) normal and five faults: right", ("d", "known", "right")),
    ("    confidence, mean", ("d", "known", "confidence")),
    ("    wrongly unknown", ("d", "known", "unknown")),
    ("    by the vote: right", ("d", "known", "voted")),
    ("    sixth fault, never named: unknown", ("d", "never", "unknown")),
    ("(e) the six at another load: right", ("e", "before", "right")),
    ("    confidence, mean", ("e", "before", "confidence")),
    ("    unknown", ("e", "before", "unknown")),
    ("    one window of each named: right", ("e", "after", "right")),
    ("    confidence, mean", ("e", "after", "confidence")),
    ("    unknown", ("e", "after", "unknown")),
    ("    by the vote: right", ("e", "after", "voted")),
    ("    the first load again: right", ("e", "own", "right")),
    ("    sixth fault, never named: unknown", ("e", "never", "unknown")),
)
PLANES = (
    Plane("After scene b: normal alone", "c", (("b", "normal"), ("b", "faults"))),
    Plane("After scene d: five faults named", "e", (("d", "known"), ("d", "never"))),
    Plane("After scene e: two loads", "", (("e", "after"), ("e", "own"), ("e", "never"))),
)


def story():
    """The Story."""
    return Story(
        model="vibration",
        settings={},
        names=STATES,
        subject="one machine",
        facts=facts(),
        scenes=SCENES,
        steps=with_samples(requests()),
        title="a board learns how a machine should run",
        picture="A board learns how a machine should run, then what its faults are called",
        rows=ROWS,
        note="The machine is synthetic. By the vote: what the vote over the last five answers says, once five are of one state.",
        parts={
            ("b", "faults"): "faults, which nobody taught:",
            ("e", "before"): "the other load, as it is:",
            ("e", "own"): "the first load again:",
            ("e", "never"): "the other load:",
        },
        there="at another load",
        one="window",
        planes=PLANES,
        captions=captions,
    )


def requests():
    """The Steps without their samples; `number` counts the windows of a state at a load."""
    asked_now = range(4 * RUN, 4 * RUN + ASKED)  # of other recordings than those that were named
    learned = NORMAL, *FAULTS

    def asked(scene, part, state, numbers, place=HERE):
        return [Step(scene, part, "infer", place, state, number, state) for number in numbers]

    def named(scene, place, state, number):
        return Step(scene, "", "learn", place, state, number, state)

    steps = [step for state in range(len(STATES)) for step in asked("a", "all", state, [0])]
    steps += [named("b", HERE, NORMAL, shot) for shot in range(SHOTS)]
    steps += asked("b", "normal", NORMAL, asked_now)
    steps += [step for state in (*FAULTS, NEVER) for step in asked("b", "faults", state, range(SHOWN))]
    for fault in FAULTS:
        steps += asked("c", "shown", fault, range(SHOWN)) + [Step("c", "", "name", HERE, fault, 0, fault)]
    steps += [step for state in learned for step in asked("d", "known", state, asked_now)]
    steps += asked("d", "never", NEVER, asked_now)
    steps += [step for state in learned for step in asked("e", "before", state, asked_now, THERE)]
    steps += [named("e", THERE, state, shot) for shot in range(OTHER_SHOTS) for state in learned]
    steps += [step for state in learned for step in asked("e", "after", state, asked_now, THERE)]
    steps += [step for state in learned for step in asked("e", "own", state, asked_now)]
    return steps + asked("e", "never", NEVER, asked_now, THERE)


def with_samples(steps):
    """The Steps with their samples; where another recording begins, the board gets no samples of what lies between."""
    recordings, filled, last = {}, [], None
    for step in steps:
        if step.act != "name":
            run, window = divmod(step.number, RUN)
            key = STATES[step.truth], LOAD if step.place == HERE else OTHER_LOAD, run
            if key not in recordings:
                recordings[key] = bearing.recording(*key, windows=RUN)
            samples = recordings[key][window * bearing.WINDOW : (window + 1) * bearing.WINDOW]
            follows = last == (*key, window - 1)
            step = step._replace(samples=samples, lost=0 if follows or not last else bearing.WINDOW)
            last = *key, window
        filled.append(step)
    return filled


def facts():
    """(name, text) pairs on the data."""
    turns = bearing.TURNS[LOAD], bearing.TURNS[OTHER_LOAD]
    return [
        ("data", f"synthetic: a machine with a bearing, acceleration at {bearing.RATE} Hz (bearing.py)"),
        (
            "windows",
            f"{bearing.WINDOW} samples, a quarter of a second; the raw samples are sent, the board makes the rest",
        ),
        ("loads", f"the shaft turns {turns[0]} times a second, at the other load {turns[1]} times"),
        ("rate", "the preset allows 10% of normal windows to be called unknown, so that alarms come early"),
    ]


def captions(scores, n_named):
    """Of the scenes in the picture."""

    def of(*key):
        return "{} of {}".format(*scores[key])

    never = STATES[NEVER]
    return {
        "a": "\n\n",
        "b": f"normal is taught; then\n{of('b', 'normal', 'unknown')} unknown;\n"
        f"faults: {of('b', 'faults', 'unknown')} unknown",
        "c": f"five faults:\n{n_named} unknowns\nare named",
        "d": f"{of('d', 'known', 'right')} right,\n{of('d', 'known', 'unknown')} unknown;\n"
        f"{never}: {of('d', 'never', 'unknown')} unknown",
        "e": f"another load: {of('e', 'before', 'right')} right, {of('e', 'before', 'unknown')} unknown;\n"
        f"one window of each named: {of('e', 'after', 'right')} right, "
        f"{of('e', 'after', 'unknown')} unknown;\n"
        f"the first load again: {of('e', 'own', 'right')} right; {never}: {of('e', 'never', 'unknown')} unknown",
    }
