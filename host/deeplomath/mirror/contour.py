# SPDX-License-Identifier: MIT
"""The known set: spacing, novelty, level, verdict, confidence. Twin of firmware/kernel/dlm_contour.c. NUMERICS.md, Contour."""

from typing import NamedTuple

import numpy as np

from .. import spec
from ..fixed import isqrt
from ..results import Verdict
from .dot import squared_distances
from .layout import ONE_Q12, ONE_Q16


class Contour(NamedTuple):
    spacing_q12: int  # the unit of distance: the median left-out distance between events of one class
    level_q12: int  # the novelty above which an event is unknown
    slope_q16: int  # of the confidence along the margin
    at_zero_q16: int  # confidence at margin 0
    novelty_q12: np.ndarray  # left-out novelty of each event kept [m]; NO_NOVELTY where its class has no other event
    left_out_points: list  # (margin Q8, hit) of each event's left-out answer


_NO_DISTANCE2 = 1 << 32  # Q16: more than any
NO_NOVELTY = spec.CONTOUR_NOVELTY_MAX  # so a left-out novelty is less
EMPTY = Contour(ONE_Q12, ONE_Q12, 0, 0, np.zeros(0, np.int64), [])


def distance(distance2_q16):
    """Distance Q12 from squared distances Q16, below 2^35."""
    return isqrt(distance2_q16 << 8)


def margin(outputs_q16, label, present):
    """Output of label less the largest other output among the present classes, Q16; 1 where there is no other class."""
    others = [int(outputs_q16[c]) for c in present if c != label]
    return int(outputs_q16[label]) - max(others) if others else ONE_Q16


def best_class(outputs_q16, present):
    """The class present with the largest output, the first on a tie."""
    return max(present, key=lambda c: (outputs_q16[c], -c))


def novelty(distance_q12, margin_q16, spacing_q12):
    """Distance in spacings plus half of what the margin lacks, Q12, at most NOVELTY_MAX. Integers, not arrays."""
    lack_q12 = max(0, ONE_Q16 - margin_q16) >> spec.CONTOUR_LACK_SHIFT
    return min((distance_q12 << 12) // spacing_q12 + lack_q12, spec.CONTOUR_NOVELTY_MAX)


def verdict(novelty_q12, margin_q16, level_q12):
    """Unknown outside the contour; inside, uncertain where the margin is small, else known."""
    if novelty_q12 > level_q12:
        return Verdict.UNKNOWN
    return Verdict.KNOWN if margin_q16 >= spec.CONTOUR_MARGIN_KNOWN else Verdict.UNCERTAIN


def margin_q8(margin_q16):
    """Margin Q16 of the class answered, which is never negative, at most 1, in Q8."""
    return min(margin_q16, ONE_Q16) >> 8


def confidence(line, margin_q16):
    """Confidence Q16, 0..1, at a margin of the class answered; line: a Contour."""
    return min(line.at_zero_q16 + (line.slope_q16 * margin_q8(margin_q16) >> 8), ONE_Q16)


def nearest_distances(z_q8, classes, same_class):
    """Distance Q12 from each event to the nearest other one (of its class, if same_class), a list; None where there is none."""
    distance2 = squared_distances(z_q8, z_q8)
    np.fill_diagonal(distance2, _NO_DISTANCE2)
    if same_class:
        distance2[np.not_equal.outer(classes, classes)] = _NO_DISTANCE2
    return [int(distance(least)) if least < _NO_DISTANCE2 else None for least in distance2.min(1).tolist()]


def median_positive(distances, divisor):
    """The upper median of the distances above 0, divided; 0 if there is none. The least is 16: a quarter of it is not 0."""
    positive = sorted(d for d in distances if d)
    return positive[len(positive) // 2] // divisor if positive else 0


def _left_out_point(outputs, own, present):
    answered = best_class(outputs, present)
    return margin_q8(margin(outputs, answered, present)), answered == own


def quantile(experience, false_reject_permille):
    """The experienced novelty that false_reject_permille of n + 1 draws exceed, by the nearest rank; the largest if n is small."""
    n = len(experience)
    rank = ((n + 1) * (1000 - false_reject_permille) + 500) // 1000  # 1-based; at least 1, for a rate of at most a half
    return experience[min(rank, n) - 1]


def expected_novelties(n):
    """Novelties Q12 [n] that are expected of n events not met yet: as n draws of an exponential law would lie, ascending."""
    found, novelty_q12 = [], spec.CONTOUR_EXPECTED
    for left in range(n, 0, -1):
        novelty_q12 += spec.CONTOUR_EXPECTED // left
        found.append(novelty_q12)
    return found


def evidence(known, ids, experience):
    """Novelties Q12 [MEMORY_EXPERIENCE] of the experience, as it would be now where that is less, filled up by expected ones.

    ids: of the events of known. An event that was inserted is met again by what is left out of it.
    """
    left_out = dict(zip(ids, known.novelty_q12.tolist()))
    now = [left_out.get(entry.event, NO_NOVELTY) if entry.inserted else NO_NOVELTY for entry in experience]
    met = [min(entry.novelty_q12, novelty_q12) for entry, novelty_q12 in zip(experience, now)]
    return met + expected_novelties(spec.MEMORY_EXPERIENCE - len(met))


def confidence_line(points):
    """(slope Q16, value at zero Q16) of the line hit = at_zero + slope margin through (margin Q8, hit) points, least squares.

    Two points are taken for granted: at margin 0 half a hit, at margin 1 a whole one.
    """
    n, q, qq, h, qh = 2, 256, 65536, 3, 512  # hits in halves
    for at, hit in points:
        n, q, qq, h, qh = n + 1, q + at, qq + at * at, h + 2 * bool(hit), qh + 2 * at * bool(hit)
    slope = max(0, min((n * qh - q * h << 23) // (n * qq - q * q), 2 * ONE_Q16))
    return slope, max(0, h * 32768 - (slope * q >> 8)) // n


def learn_from_experience(known, ids, experience, false_reject_permille):
    """The Contour with level and confidence from a list of events.Experience; ids: of the events of known."""
    points = [(entry.margin_q8, entry.hit) for entry in experience]
    if (len(experience) + 1) * false_reject_permille < 1000:  # the stated rate is less than one in the experience
        points += known.left_out_points
    level_q12 = quantile(sorted(evidence(known, ids, experience)), false_reject_permille)
    level_q12 = min(level_q12, spec.CONTOUR_NOVELTY_MAX - 1)  # something must be unknown
    slope_q16, at_zero_q16 = confidence_line(points)
    return known._replace(level_q12=level_q12, slope_q16=slope_q16, at_zero_q16=at_zero_q16)


def contour(z_q8, classes, left_out_q16, present):
    """The Contour of events at z_q8 [m, d] of classes [m], with left-out outputs [m, C], but for what experience tells."""
    left_out = left_out_q16.tolist()
    nearest_any = nearest_distances(z_q8, classes, same_class=False)
    spacing_q12 = median_positive(nearest_distances(z_q8, classes, same_class=True), 1)
    spacing_q12 = spacing_q12 or median_positive(nearest_any, 4) or ONE_Q12
    novelties = [
        min(novelty(nearest_any[i], margin(left_out[i], own, present), spacing_q12), NO_NOVELTY - 1)
        if classes.count(own) > 1
        else NO_NOVELTY
        for i, own in enumerate(classes)
    ]
    points = [_left_out_point(outputs, own, present) for outputs, own in zip(left_out, classes)]
    return Contour(spacing_q12, ONE_Q12, 0, 0, np.array(novelties, dtype=np.int64), points)
