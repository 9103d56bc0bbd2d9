# SPDX-License-Identifier: MIT
"""What a network answers: the same tuples from the mirror and from a board, so that `==` compares them whole."""

from enum import IntEnum
from typing import NamedTuple

from . import spec


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
    nearest: tuple
    outputs: tuple

    @property
    def probability(self):
        """The calibrated probability that the label is right, 0..1: confidence as a float, for people."""
        return self.confidence / 65536


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
