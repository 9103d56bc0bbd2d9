# SPDX-License-Identifier: MIT
"""A probability for each class, from what an answer says: the label's is the calibrated one."""

import numpy as np

ONE = 1 << 16  # Q16
LEAST_SHARE = 1 / 64  # added to what an output lies above that: no class present is impossible
LEAST_ABOVE = 1 / (2 * ONE)  # the label's is above any other's by this


def of_answers(answers, present, points):
    """Probabilities [n, C] that sum up to 1 of Answers; present: which of the C classes have events, bool [C].

    The label has its confidence, but no less than an equal share, and no more than one miss in points + 2 tries leaves:
    points answers tell no more. The others present share the rest in proportion to how
    far their outputs lie above that of a class that it surely is not, evened out until none reaches the label.
    """
    n, c = len(answers), int(present.sum())
    found, labels = np.zeros((n, len(present))), np.array([answer.label for answer in answers])
    if c == 1:
        found[np.arange(n), labels] = 1
        return found
    outputs = np.array([answer.outputs for answer in answers]) / ONE
    best = np.maximum(np.array([answer.confidence for answer in answers]), ONE // c + 2) / ONE
    best = np.minimum(best, 1 - 1 / (max(points, c) + 2))
    others = np.where(present, np.maximum(outputs + 1 / c, 0) + LEAST_SHARE, 0)
    others[np.arange(n), labels] = 0
    even = np.repeat(present[None, :] / (c - 1), n, 0)
    even[np.arange(n), labels] = 0
    others *= (1 - best)[:, None] / others.sum(1, keepdims=True)
    even *= (1 - best)[:, None]
    found = _below(others, even, best - LEAST_ABOVE)
    found[np.arange(n), labels] = best
    return found


def _below(others, even, most):
    """others [n, C] mixed with even [n, C] as little as needed for none to be above most [n]."""
    highest, level = others.max(1), even.max(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(highest > most, (highest - most) / (highest - level), 0).clip(0, 1)[:, None]
    return others + share * (even - others)
