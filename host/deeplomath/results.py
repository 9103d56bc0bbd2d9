# SPDX-License-Identifier: MIT
"""What a network answers: the same tuples from the mirror and from a board, so that `==` compares them whole."""

from typing import NamedTuple


class Learned(NamedTuple):
    """Result of learn.

    event: stable id of the event, 0, 1, 2, ...; neurons: events kept; depth: layers; error: Q16 leave-one-out mean
    squared error of the network, 0..2^32-1.
    """

    event: int
    neurons: int
    depth: int
    error: int


class Answer(NamedTuple):
    """Result of infer.

    label: 0..classes-1, -1 when nothing is learned; verdict: spec.VERDICT_UNKNOWN, _UNCERTAIN or _KNOWN; margin: Q16,
    the best output less the second; distance: Q12, in the first metric, to the nearest event of the class answered;
    novelty: Q12; outputs: Q16, one a class, 0 for a class with no event.
    """

    label: int
    verdict: int
    margin: int
    distance: int
    novelty: int
    outputs: tuple


class Info(NamedTuple):
    """What a network is: its configuration (the first five) and what it has made of its events.

    events: budget; layers: most it may have; neurons: events kept; depth: layers it has; error: Q16 leave-one-out mean
    squared error; level: Q12 novelty level of the contour; clock: learns so far.
    """

    features: int
    classes: int
    events: int
    layers: int
    false_reject_permille: int
    neurons: int
    depth: int
    error: int
    level: int
    clock: int
