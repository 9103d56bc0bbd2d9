# SPDX-License-Identifier: MIT
"""The story of spoken words: one voice names five, others say them, new words are refused, and one of them is named.

All voices are synthetic: Debian's espeak-ng speaks (speech.py).
"""

import numpy as np

from ... import spec
from .. import speech
from ..demo import HERE, THERE, Plane, Step, Story

WORDS = "yes", "no", "up", "left", "stop", "marvin", "sheila"
KNOWN, LATE, NEVER = (0, 1, 2, 3, 4), 5, 6  # named at first, named later, never named
EVENTS = 40  # kept at most, as many as are named: the preset's 64 do not fit into the heap of an STM32F405
SHOTS = 4  # takes named of each word
OWN = 2  # more takes of the same voice, which are asked
SHOWN = spec.LIMIT_UNKNOWNS  # voices that say the later word before it has a name: as many unknowns as are remembered
VOICE, *OTHERS = speech.VOICES
# Other voices: first those that show the later word and then, two of them, help; then those that are only asked.
SHOWING, ASKED = OTHERS[:SHOWN], OTHERS[SHOWN : SHOWN + 6]
HELPING = SHOWING[:2]
BEFORE, AFTER = 0.05, 0.3  # seconds of the room around a word: the gate needs them to see where it begins and ends
SCENES = {
    "a": "Nothing is learned: everything is unknown",
    "b": f"One voice names five words, {SHOTS} takes of each, then says them again",
    "c": f"{len(ASKED)} other voices say them, which nobody taught",
    "d": f"Two words were never named; the board remembers the last {spec.LIMIT_UNKNOWNS} unknowns",
    "e": "These are named in one go, and are a word; then other voices say both",
    "f": f"Two more voices name each word once; the {len(ASKED)} others say everything once more",
}
ROWS = (
    ("(b) five named, the same voice: right", ("b", "known", "right")),
    ("    confidence, mean", ("b", "known", "confidence")),
    ("    wrongly unknown", ("b", "known", "unknown")),
    ("(c) five named, other voices: right", ("c", "known", "right")),
    ("    confidence, mean", ("c", "known", "confidence")),
    ("    unknown", ("c", "known", "unknown")),
    ("(d) two never named: unknown", ("d", "both", "unknown")),
    ("(e) sixth, out of the unknowns: right", ("e", "late", "right")),
    ("    seventh, never named: unknown", ("e", "never", "unknown")),
    ("(f) two voices more, others: right", ("f", "after", "right")),
    ("    confidence, mean", ("f", "after", "confidence")),
    ("    unknown", ("f", "after", "unknown")),
    ("    the first voice again: right", ("f", "own", "right")),
    ("    seventh, never named: unknown", ("f", "never", "unknown")),
)
PLANES = (
    Plane("After scene b: one voice taught", "c", (("b", "known"), ("d", "both"))),
    Plane("Scenes c and d: other voices", "c", (("c", "known"), ("d", "both"))),
    Plane("After scene f: three voices taught", "", (("f", "after"), ("f", "own"), ("f", "never"))),
)


def story():
    """The Story. DataError: espeak-ng is not there, or does not do it."""
    asked = requests()
    takes = speech.takes([name_of(step) for step in asked if step.act != "name"])
    return Story(
        model="keywords",
        settings=dict(events=EVENTS),
        names=WORDS,
        subject="words of one voice, then of others",
        facts=facts(),
        scenes=SCENES,
        steps=[step if step.act == "name" else step._replace(samples=piece(takes[name_of(step)])) for step in asked],
        title="a board learns words that it hears",
        picture="A board learns words that it hears: from one voice, then in others",
        rows=ROWS,
        note=f"All voices are synthetic: espeak-ng {speech.version()}. Others: {len(ASKED)} voices that nothing was taught in.",
        parts={
            ("d", "both"): "in other voices:",
            ("e", "late"): "other voices:",
            ("f", "after"): "other voices:",
            ("f", "own"): "the first voice again:",
            ("f", "never"): "other voices:",
        },
        there="in another voice",
        one="word",
        planes=PLANES,
        captions=captions,
    )


def requests():
    """The Steps without their samples; `number` counts the takes of the first voice, and elsewhere the voices."""
    own = range(SHOTS, SHOTS + OWN)
    asked_of = [OTHERS.index(voice) for voice in ASKED]
    learned = (*KNOWN, LATE)

    def asked(scene, part, word, numbers, place=THERE):
        return [Step(scene, part, "infer", place, word, number, word) for number in numbers]

    def all_asked(scene, part, words, numbers, place=THERE):
        return [step for word in words for step in asked(scene, part, word, numbers, place)]

    def named(place, scene, word, number):
        return Step(scene, "", "learn", place, word, number, word)

    steps = all_asked("a", "all", range(len(WORDS)), [0], HERE)
    steps += [named(HERE, "b", word, shot) for shot in range(SHOTS) for word in KNOWN]
    steps += all_asked("b", "known", KNOWN, own, HERE)
    steps += all_asked("c", "known", KNOWN, asked_of)
    steps += asked("d", "both", NEVER, asked_of) + asked("d", "both", LATE, range(SHOWN))
    steps += [Step("e", "", "name", THERE, LATE, 0, LATE)]
    steps += asked("e", "late", LATE, asked_of) + asked("e", "never", NEVER, asked_of)
    steps += [named(THERE, "f", word, OTHERS.index(voice)) for voice in HELPING for word in KNOWN]
    steps += all_asked("f", "after", learned, asked_of)
    steps += all_asked("f", "own", KNOWN, own, HERE)
    return steps + asked("f", "never", NEVER, asked_of)


def name_of(step):
    """(voice, word, take) of a step."""
    if step.place == HERE:
        return VOICE, WORDS[step.truth], step.number
    return OTHERS[step.number], WORDS[step.truth], 0


def piece(take):
    """Samples int16 [n, 1] of a take, with so much of the room around it as it needs."""
    begin, end = take.begin - round(BEFORE * speech.RATE), take.end + round(AFTER * speech.RATE)
    return np.asarray(take.samples[max(begin, 0) : end])[:, None]


def facts():
    """(name, text) pairs on the data."""
    return [
        ("data", f"synthetic: espeak-ng {speech.version()} says each word, in {1 + len(SHOWING) + len(ASKED)} voices"),
        (
            "sound",
            f"{speech.RATE} samples a second, without a break: each word at a speed, pitch and loudness of its own",
        ),
        ("voices", f"{VOICE} is taught; {', '.join(ASKED)} are only asked"),
        ("words", f"the raw samples are sent; the board finds the words in them. Named: {', '.join(WORDS[:-2])}"),
    ]


def captions(scores, n_named):
    """Of the scenes in the picture."""

    def of(*key):
        return "{} of {}".format(*scores[key])

    never = WORDS[NEVER]
    return {
        "a": "\n\n",
        "b": f"one voice names\nfive {SHOTS} times; then\n{of('b', 'known', 'right')} right",
        "c": f"other voices:\n{of('c', 'known', 'right')} right,\n{of('c', 'known', 'unknown')} unknown",
        "d": f"new words:\n{of('d', 'both', 'unknown')}\nunknown",
        "e": f"{n_named} unknowns\nnamed; then\n{of('e', 'late', 'right')} right",
        "f": f"two voices more name each once;\nothers: {of('f', 'after', 'right')} right, "
        f"{of('f', 'after', 'unknown')} unknown;\n{never}: {of('f', 'never', 'unknown')} unknown",
    }
