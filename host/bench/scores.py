# SPDX-License-Identifier: MIT
"""What open-set answers are worth: three numbers from the novelty of known and of unknown events, ties counted half or exactly."""

import numpy as np


def auroc(known, unknown):
    """Probability that an unknown event has the larger novelty than a known one; a tie is half."""
    known, unknown = np.sort(known), np.asarray(unknown)
    below, up_to = np.searchsorted(known, unknown, "left"), np.searchsorted(known, unknown, "right")
    return float((below + up_to).sum() / (2 * len(known) * len(unknown)))


def false_alarms(known, unknown, detection=0.95):
    """Share of known events called unknown at the highest level that still detects this share of the unknown (FPR)."""
    unknown = np.sort(unknown)[::-1]
    level = unknown[int(np.ceil(detection * len(unknown) - 1e-9)) - 1]
    return float(np.mean(np.asarray(known) >= level))


def oscr(known, right, unknown):
    """Area under the open-set classification rate (Dhamija et al. 2018).

    Over all levels: share of known events inside and answered right, against share of unknown events inside.
    """
    known, right, unknown = np.asarray(known), np.asarray(right, bool), np.asarray(unknown)
    levels = np.unique(np.concatenate([known, unknown]))
    inside = np.searchsorted(np.sort(known[right]), levels, "right") / len(known)
    wrong = np.searchsorted(np.sort(unknown), levels, "right") / len(unknown)
    return float(np.trapezoid(np.append(0, inside), np.append(0, wrong)))
