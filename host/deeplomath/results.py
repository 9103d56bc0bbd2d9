# SPDX-License-Identifier: MIT
"""What a network answers: the same tuples from the mirror and from a board, so that `==` compares them whole."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from . import spec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Verdict(IntEnum):
    """How sure an answer is; `==` with the number on the wire."""

    UNKNOWN = spec.VERDICT_UNKNOWN  # outside of the contour of the known set
    UNCERTAIN = spec.VERDICT_UNCERTAIN  # inside, with a small margin
    KNOWN = spec.VERDICT_KNOWN


class Action(IntEnum):
    """What a learn did with its event; `==` with the number on the wire."""

    INSERTED = spec.ACTION_INSERTED  # kept as a neuron
    ABSORBED = spec.ACTION_ABSORBED  # by the event that already stood for it


class Reason(IntEnum):
    """Why an event was evicted by a learn; `==` with the number on the wire."""

    NONE = spec.REASON_NONE  # none was
    REDUNDANT = spec.REASON_REDUNDANT  # the network hardly misses it
    AGED = spec.REASON_AGED  # and it would have stayed, had it been touched of late
    DOUBTED = spec.REASON_DOUBTED  # and it would have stayed, but for the doubt in its label


class Learned(NamedTuple):
    """Result of learn, correct and name.

    event: stable id of the event inserted (the number of learns before it), or of the one that absorbed it; neurons:
    events kept; depth: layers; error: Q16 leave-one-out mean squared error of the network, 0..2^32-1; action: an
    Action; reason: a Reason; evicted: the id of the event evicted, -1 when none was.
    """

    event: int
    neurons: int
    depth: int
    error: int
    action: Action
    reason: Reason
    evicted: int


class Answer(NamedTuple):
    """Result of infer.

    label: 0..classes-1, -1 when nothing is learned, 0 of a regression; verdict: a Verdict;
    margin: Q16, the best output less the second, 1 where there is no second; distance: Q12, in the first metric,
    to the nearest event; novelty: Q12; confidence: Q16, calibrated probability that the label is
    right; value: Q8, what a regression predicts, else 0; nearest: ids of the nearest events of any class, at most
    spec.LIMIT_NEAREST, nearest first; outputs: Q16, one a class, 0 for a class with no event.
    """

    label: int
    verdict: Verdict
    margin: int
    distance: int
    novelty: int
    confidence: int
    value: int
    nearest: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def probability(self) -> float:
        """The calibrated probability that the label is right, 0..1: confidence as a float, for people."""
        return self.confidence / 65536


class Event(NamedTuple):
    """What became of samples: an event of a stream, learned or answered.

    at: index of the sample with which it was known, from 0; x: int16 [features], None where a board was not asked for them.
    answer: an Answer, None where it was not answered; learned: a Learned; refused: the KernelError with which it was not
    learned; all three None on a board without a network. voted: the class that the vote says, -1 unknown, None without an
    answer. name: of the class that it was learned as or is, "unknown" where the answer's verdict is that, None where no
    names are known or nothing was learned before it; voted_name: of what the vote says. digest: of the network behind a
    learn, None else and while it is rebuilt. ticks: of a board, the time of the learn or infer.
    """

    at: int
    x: NDArray[np.int16] | None
    answer: Answer | None = None
    learned: Learned | None = None
    refused: Exception | None = None
    voted: int | None = None
    name: str | None = None
    voted_name: str | None = None
    digest: int | None = None
    ticks: int | None = None


def event(at, x, result, voted, label, naming=None, **others):
    """The Event of a Learned, an Answer, a KernelError or None; label: that was taught; naming: label or Answer to name."""
    kind = {Learned: "learned", Answer: "answer"}.get(type(result), "refused")
    names = {}
    if naming and kind == "learned":
        names = dict(name=naming(label))
    elif naming and kind == "answer":
        names = dict(name=naming(result) if result.label >= 0 else None, voted_name=naming(voted))
    return Event(at, x, voted=voted, **{kind: result}, **names, **others)


class Front(NamedTuple):
    """The front-end on a board, its vote, and how its stream goes; all 0 without one.

    features, lines, footprint, work: as FrontEnd has them; rate: samples a second in 1/1000 Hz, 0 when not known; bytes,
    crc: of the program, its length and CRC-32; over, by, hold: of the vote, by 0 for majority and 1 for mean; index:
    samples so far, lost ones included; overruns: of them, those lost; label, teaching: what is taught, and how many events
    are still to be learned.
    """

    features: int
    lines: int
    rate: int
    footprint: int
    work: int
    bytes: int
    crc: int
    over: int
    by: int
    hold: int
    index: int
    overruns: int
    label: int
    teaching: int


class Live(NamedTuple):
    """How a board's own source goes.

    running: whether it samples; next: number of the next answer, which Device.listen takes; faults: how often it failed;
    fault: how it did last, in the board's words, "" where it never did.
    """

    running: bool
    next: int
    faults: int
    fault: str


class Heard(NamedTuple):
    """What Device.listen was told beside its events.

    next: number of the answer behind them; lost: of those asked for, the answers that had to go for newer ones; overruns,
    index: samples of the stream that the source lost, and all of them; waiting: answers that are still on the board.
    """

    next: int
    lost: int
    overruns: int
    index: int
    waiting: int


class Info(NamedTuple):
    """What a network is: its configuration (the first seven) and what it has made of its events.

    events: budget; layers: most it may have; neurons: events kept; depth: layers it has; error: Q16 leave-one-out mean
    squared error; level: Q12 novelty level of the contour; clock: learns so far; work: multiply-accumulates of the last
    rebuild; frozen: all learning is stopped; building: a rebuild is under way, and depth, error and level are those of
    the network before.
    """

    features: int
    classes: int
    events: int
    layers: int
    false_reject_permille: int
    regression: bool
    background: bool
    neurons: int
    depth: int
    error: int
    level: int
    clock: int
    work: int
    frozen: bool
    building: bool


class Cost(NamedTuple):
    """Result of cost: what a network of a configuration can cost at most.

    work: multiply-accumulates of one rebuild; step: of them, what one build_step may take beyond its budget; bytes: its
    footprint.
    """

    work: int
    step: int
    bytes: int
