# SPDX-License-Identifier: MIT
"""A demo: a story of samples, played step by step to a board and the mirror in lockstep. report.py and picture.py show it.

stories/ has the stories. Each tells what happens, and what of it is named; all else is here.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..mirror.network import Network
from ..model.model import Model
from ..results import Verdict
from ..vote import UNKNOWN

HERE, THERE = 0, 1  # where a step takes place: where it was learned first, or elsewhere


class Step(NamedTuple):
    """One request of a demo.

    scene; part: what is measured by it, a key of scores, or "" of what is not an answer; act: "infer", "learn", "name"
    (all unknowns of this truth that are remembered) or "undo"; place: HERE or THERE; truth: number of what happens, in
    the names of the story; number: which one of these; label: what it is learned as.
    samples: int16 [n, lines] that make one event, None of an act that takes none; lost: samples before them that the board
    never gets, so that its windows begin anew; 0 where they follow those of the step before.
    """

    scene: str
    part: str
    act: str
    place: int
    truth: int
    number: int
    label: int
    samples: np.ndarray | None = None
    lost: int = 0


class Plane(NamedTuple):
    """One of the planes of the picture: the network as it is before a scene ("" at the end), and the parts asked about."""

    title: str
    before: str
    parts: tuple


class Story(NamedTuple):
    """What a demo tells.

    model: the preset through which samples go; settings: of its network, in place of the preset's; names: of what happens,
    the last one is never named; subject: who or what it is; facts: (name, text) pairs on the data; scenes: {letter: words};
    steps: list of Step.
    title: of all; picture: the title of the picture; rows: of the table, (name, (scene, part, what) of scores); note: below
    it; parts: {(scene, part): words before its first line}; there: what THERE is; one: what an event is.
    planes: three Planes; captions: of the scenes in the picture, {letter: words} of scores and the number of unknowns named.
    mean: None, or a pair: what the mean is of, and a function that makes {(scene, part, what): share}.
    """

    model: str
    settings: dict
    names: tuple
    subject: str
    facts: list
    scenes: dict
    steps: list
    title: str
    picture: str
    rows: tuple
    note: str
    parts: dict
    there: str
    one: str
    planes: tuple
    captions: Callable
    mean: tuple | None = None

    def new_model(self):
        """A fresh Model, in which what will be named has its label."""
        model = Model(self.model)
        for label in range(max(step.label for step in self.steps if step.act in ("learn", "name")) + 1):
            model.label(self.names[label])
        return model

    def config(self):
        """The arguments of the Network."""
        return self.new_model().config() | self.settings


class Played(NamedTuple):
    """A step, its features, and what came of it.

    x: int16 [d], None of an undo and where the samples made no event, of a "name" [n, d], of all unknowns that were named;
    result: Answer, Learned, or None where there is none; voted: the class that the vote says, None but of an answer.
    """

    step: Step
    x: np.ndarray
    result: tuple | None
    voted: int | None = None


class Alone:
    """The mirror alone, with what a Lockstep has that a demo asks."""

    def __init__(self, story):
        self.model = story.new_model()
        self.teach, self.stream, self.skip = self.model.teach, self.model.push, self.model.front.skip
        self.use(Network(**story.config()))

    def use(self, network):
        """Learns and asks this Network from now on."""
        self.network = self.model.net = network
        self.undo, self.unknowns, self.name = network.undo, network.unknowns, network.name


def play(steps, side):
    """Yields a Played for each Step. side: a Lockstep with the model of the story, or Alone."""
    met = []  # (truth, features) of each unknown: their ids count them
    for step in steps:
        if step.act in ("infer", "learn"):
            yield _streamed(step, side, met)
        elif step.act == "undo":
            side.undo()
            yield Played(step, None, None)
        else:
            unknowns = [unknown for unknown in side.unknowns() if met[unknown][0] == step.truth]
            x = np.array([met[unknown][1] for unknown in unknowns], np.int16)
            yield Played(step, x, side.name(unknowns, step.label) if unknowns else None)


def _streamed(step, side, met):
    """The Played of a step that has samples: what came of its first event; what is unknown is added to met."""
    if step.lost:
        side.skip(step.lost)
    if step.act == "learn":
        side.teach(step.label, 1)
    events = side.stream(step.samples)
    met += [(step.truth, event.x) for event in events if event.answer and event.answer.verdict == Verdict.UNKNOWN]
    if not events:
        if step.act == "learn":
            side.teach(step.label, 0)
        return Played(step, None, None)
    return Played(step, events[0].x, events[0].answer or events[0].learned, events[0].voted)


def run(lockstep, story, on_begin, on_played):
    """Plays a story to a Lockstep of its config; returns the list of Played, and the state exported.

    on_begin(lockstep, story) and on_played(lockstep, played) are called on the way. Raises Mismatch.
    """
    lockstep.model(story.new_model())
    on_begin(lockstep, story)
    told = []
    for played in play(story.steps, lockstep):
        told.append(played)
        on_played(lockstep, played)
    return told, lockstep.finish()


def alone(story):
    """The list of Played of a story on the mirror alone."""
    return list(play(story.steps, Alone(story)))


def lessons(told):
    """What a list of Played taught and was not undone: (features int16 [d], label) pairs, in order."""
    taught = []
    for (_, _, act, _, _, _, label, *_), x, *_ in told:
        if act == "learn" and x is not None:
            taught.append((x, label))
        elif act == "name":
            taught += [(row, label) for row in x]
        elif act == "undo":
            taught.pop()
    return taught


def relearned(story, told):
    """A Network that learned what a list of Played taught."""
    network = Network(**story.config())
    for x, label in lessons(told):
        network.learn(x, label)
    return network


def scores(story, told):
    """What came of a list of Played: {(scene, part, what): (sum, of)}.

    what: "right", answered with its own class whatever the verdict; "unknown", answered with that verdict; "confidence",
    the kernel's own estimate of "right"; "missed", no event came; "voted", the vote says its own class, or unknown where nobody
    has named it yet, of answers that are the last of as many of one truth as the vote counts.
    """
    counts, named, row, over = {}, set(), [], story.new_model().vote.over
    for (scene, part, act, _, truth, _, label, *_), _, result, voted in told:
        if act in ("learn", "name") and result:
            named.add(label)
        if act == "infer":
            row = [*row, truth] if result else row
            hits = dict(right=0, unknown=0, confidence=0, missed=1)
            if result:
                hits = dict(right=result.label == truth, unknown=result.verdict == Verdict.UNKNOWN, missed=0)
                hits |= dict(confidence=result.confidence / 65536)
            if row[-over:] == [truth] * over:
                hits |= dict(voted=voted == (truth if truth in named else UNKNOWN))
            for what, hit in hits.items():
                before, of = counts.get((scene, part, what), (0, 0))
                counts[scene, part, what] = before + hit, of + 1
    return counts


def shares(story):
    """{(scene, part, what): share} of a story on the mirror alone."""
    return {key: hits / of for key, (hits, of) in scores(story, alone(story)).items()}


def events(story):
    """A story as (label or None, features int16 [d]) pairs, features made here.

    A file has no naming and no undo: what was named is learned; a scene in which something is undone is left out.
    """
    undone = {step.scene for step in story.steps if step.act == "undo"}
    pairs = []
    for played in play([step for step in story.steps if step.scene not in undone], Alone(story)):
        if played.step.act != "infer":
            pairs += [(label, x) for x, label in lessons([played])]
        elif played.x is not None:
            pairs.append((None, played.x))
    return pairs
