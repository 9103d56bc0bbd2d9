# SPDX-License-Identifier: MIT
"""The known set: spacing, novelty, level and verdict. Twin of firmware/kernel/dlm_contour.c. NUMERICS.md, Contour."""

from typing import NamedTuple

import numpy as np

from . import spec
from .fixed import isqrt

ONE_Q12 = 1 << 12
ONE_Q16 = 1 << 16


class Contour(NamedTuple):
    spacing_q12: int  # the unit of distance: the median left-out distance between events of one class
    level_q12: int  # the novelty above which an event is unknown
    novelty_q12: np.ndarray  # left-out novelty of each event kept [m]; NO_NOVELTY where its class has no other event


NO_NOVELTY = 65535


def distance(distance2_q16):
    """Distance Q12 from squared distances Q16, below 2^35."""
    return isqrt(distance2_q16 << 8)


def novelty(distance_q12, margin_q16, spacing_q12):
    """Distance in spacings plus half of what the margin lacks, Q12, at most NOVELTY_MAX. Integers, not arrays."""
    lack_q12 = max(0, ONE_Q16 - margin_q16) >> spec.CONTOUR_LACK_SHIFT
    return min((distance_q12 << 12) // spacing_q12 + lack_q12, spec.CONTOUR_NOVELTY_MAX)


def margin(outputs_q16, label, present):
    """Output of label less the largest other output among the present classes, Q16; 1 where there is no other class."""
    others = [int(outputs_q16[c]) for c in present if c != label]
    return int(outputs_q16[label]) - max(others) if others else ONE_Q16


def contour(distance2_q16, labels, loo_q16, present, false_reject_permille):
    """The Contour of the events kept: distance2_q16 [m, m], labels [m], left-out outputs loo_q16 [m, C]."""
    m = len(labels)
    nearest, any_nearest = [None] * m, []
    for i in range(m):
        others = [(int(distance2_q16[i, j]), labels[j] == labels[i]) for j in range(m) if j != i]
        own = [d2 for d2, same in others if same]
        nearest[i] = int(distance(min(own))) if own else None
        any_nearest += [int(distance(min(d2 for d2, _ in others)))] if others else []
    spacing_q12 = _median_positive([d for d in nearest if d is not None], 1)
    if spacing_q12 == 0:
        spacing_q12 = _median_positive(any_nearest, 2) or ONE_Q12
    novelties = [
        NO_NOVELTY if d is None else novelty(d, margin(loo_q16[i], labels[i], present), spacing_q12)
        for i, d in enumerate(nearest)
    ]
    experience = sorted(n for n, d in zip(novelties, nearest) if d is not None)
    level_q12 = quantile(experience, false_reject_permille) if experience else ONE_Q12
    return Contour(spacing_q12, level_q12, np.array(novelties, dtype=np.int64))


def _median_positive(distances, divisor):
    """The upper median of the distances above 0, divided; 0 if there is none."""
    positive = sorted(d for d in distances if d > 0)
    return max(1, positive[len(positive) // 2] // divisor) if positive else 0


def quantile(experience, false_reject_permille):
    """The smallest experienced novelty that at most false_reject_permille of n + 1 draws exceed; the largest if n is too small."""
    n = len(experience)
    rank = ((n + 1) * (1000 - false_reject_permille) + 999) // 1000  # 1-based
    return experience[min(max(rank, 1), n) - 1]


def verdict(novelty_q12, margin_q16, level_q12):
    """Unknown outside the contour; inside, uncertain where the margin is small, else known."""
    if novelty_q12 > level_q12:
        return spec.VERDICT_UNKNOWN
    return spec.VERDICT_KNOWN if margin_q16 >= spec.CONTOUR_MARGIN_KNOWN else spec.VERDICT_UNCERTAIN
