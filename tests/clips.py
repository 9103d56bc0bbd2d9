# SPDX-License-Identifier: MIT
"""Counts which clips, saturations and special cases of NUMERICS.md a mirror goes through, by watching its functions from outside.

with clips.watched() as reached:    # a Counter of the names in NUMERICS.md, Clips and saturations
    net.learn(...)
"""

import contextlib
from collections import Counter

import numpy as np

from deeplomath import spec
from deeplomath.fixed import round_shift
from deeplomath.mirror import answer, contour, dot, memory, metric, rebuild, selection, solve, whiten
from deeplomath.mirror.events import Kept

ONE_Q16 = contour.ONE_Q16


def beyond(limit, caller):
    """Whether saturate(value, limit), called by this function, clips something."""
    return lambda found, inside, value, at: inside == caller and at == limit and bool((abs(value) > limit).any())


def layer_coordinate(limit, of_answers):
    """Whether a coordinate of a further layer is clipped to this limit: one of z, or one of an answer of the layer below."""

    def clipped(found, inside, z, answers_q16, s_q12, s_answer_q12):
        seen = round_shift(answers_q16 * s_answer_q12, 20) if of_answers else round_shift(z * s_q12, 12)
        return metric.coordinate_max(z.shape[1]) == limit and bool((abs(seen) > limit).any())

    return clipped


def unmoved(all_of_them):
    """Whether features have not moved: all, or some while others have."""

    def found_unmoved(found, inside, x, labels):
        still = (x == x[0]).all(0)
        return bool(still.all()) if all_of_them else bool(still.any() and not still.all())

    return found_unmoved


def target_beyond(found, inside, scale, value):
    return abs(round_shift((value * 256 - scale.mean_q8) * scale.mantissa, scale.shift - 8)) > ONE_Q16


def slopes_shifted(found, inside, z, s2_q16, kernel_q30, alpha, labels):
    return int(abs(alpha).max()).bit_length() + len(z).bit_length() > 18


def spread_bits(scaled_q8):
    return int(len(scaled_q8) * (scaled_q8 * scaled_q8).sum() - (scaled_q8.sum(0) ** 2).sum()).bit_length()


def ratios(found, inside, total_q12, within_q12, m, c):
    """Of the scatters between and within the classes of each feature, Q16, before they are clipped."""
    return (((total_q12 - within_q12) * (m - c)) << 2) // np.maximum(((c - 1) * within_q12) >> 14, 1)


def line(found, inside, points):
    """(slope, value at zero) of the line of the confidence before they are clipped, as fractions of the same sign."""
    n, q = 2 + len(points), 256 + sum(at for at, _ in points)
    qq = 65536 + sum(at * at for at, _ in points)
    h, qh = 3 + sum(2 * hit for _, hit in points), 512 + sum(2 * at * hit for at, hit in points)
    return ((n * qh - q * h) << 23) // (n * qq - q * q), h * 32768 - (found[0] * q >> 8)


def nearest_tie(found, inside, config, built, x, answer, label):
    if found is None:
        return False
    z = metric.first_coordinates(built.metric, x[None, :])
    distance2 = dot.squared_distances(z, built.z_q8)[0]
    own = sorted(d for d, c in zip(distance2, built.classes) if c == config.class_of(label))
    return len(own) > 1 and own[0] == own[1]


# name: (where, function, whether a call reached it: of what it found, the watched function that called it, its arguments)
CLIPS = {
    "window": (metric, "base_coordinates", lambda found, inside, of, x: bool(((x < of.low) | (x > of.high)).any())),
    "window_none": (metric, "window", lambda found, *_: bool(((found[0] == -32768) & (found[1] == 32767)).any())),
    "window_edge": (metric, "window", lambda found, *_: bool(((found[0] == -32768) ^ (found[1] == 32767)).any())),
    "ratio": (metric, "relevance", lambda *call: bool((ratios(*call) > 1 << 28).any())),
    "chance": (metric, "relevance", lambda found, *_: bool((found == 1 << 16).all())),
    "relevance_least": (metric, "relevance", lambda found, *_: bool((found == spec.KERNEL_RELEVANCE_LEAST).any())),
    "variance_least": (
        metric,
        "_reciprocal_root",
        lambda found, inside, variance: variance < spec.KERNEL_VARIANCE_LEAST,
    ),
    "trace": (whiten, "_scaled_to_mean_one", lambda found, inside, trace, d: trace == 0),
    "shrinkage_none": (
        whiten,
        "_shrinkage",
        lambda found, inside, squares, norms, m, d: squares - (d << 40) >> 16 <= 0,
    ),
    "shrinkage_least": (whiten, "_shrinkage", lambda found, *_: found == spec.KERNEL_WHITENING_LEAST),
    "shrinkage_most": (
        whiten,
        "_shrinkage",
        lambda found, inside, squares, norms, m, d: squares > d << 40 and found == ONE_Q16,
    ),
    "whitened": (whiten, "saturate", beyond(spec.KERNEL_COORDINATE_MAX, "whiten")),
    "whitened_wide": (whiten, "saturate", beyond(spec.KERNEL_COORDINATE_MAX_WIDE, "whiten")),
    "variance_zero": (metric, "first_metric", unmoved(False)),
    "variance_none": (metric, "first_metric", unmoved(True)),
    "coordinate": (metric, "saturate", beyond(spec.KERNEL_COORDINATE_MAX, "first_coordinates")),
    "coordinate_wide": (metric, "saturate", beyond(spec.KERNEL_COORDINATE_MAX_WIDE, "first_coordinates")),
    "layer_coordinate": (metric, "layer_coordinates", layer_coordinate(spec.KERNEL_COORDINATE_MAX, False)),
    "layer_coordinate_wide": (metric, "layer_coordinates", layer_coordinate(spec.KERNEL_COORDINATE_MAX_WIDE, False)),
    "layer_answer": (metric, "layer_coordinates", layer_coordinate(spec.KERNEL_COORDINATE_MAX, True)),
    "layer_answer_wide": (metric, "layer_coordinates", layer_coordinate(spec.KERNEL_COORDINATE_MAX_WIDE, True)),
    "values_equal": (metric, "scale_target", lambda found, inside, values: len(set(values)) == 1),
    "target": (solve, "value_target", target_beyond),
    "slope_shift": (metric, "next_metric", slopes_shifted),
    "energy_shift": (metric, "_to_31_bits", lambda found, inside, values: int(values.max()) >> 31 > 0),
    "energy_zero": (metric, "_to_31_bits", lambda found, inside, values: not found.any()),
    "spread_zero": (solve, "base_width", lambda found, inside, scaled_q8: spread_bits(scaled_q8) == 0),
    "spread_shift": (solve, "base_width", lambda found, inside, scaled_q8: spread_bits(scaled_q8) > 32),
    "exponent_32": (solve, "exp2_neg", lambda found, inside, x: bool((x >> 32).any())),
    "exponent_zero": (solve, "exp2_neg", lambda found, inside, x: bool((x >= spec.KERNEL_EXPONENT_MAX << 18).any())),
    "k_one": (answer, "q15", lambda found, inside, k: bool((k == 1 << 30).any())),
    "v_wrap": (
        solve,
        "_to_32_bits",
        lambda found, inside, values: inside == "substitute" and bool((found != values).any()),
    ),
    "v": (solve, "saturate", beyond((1 << 15) - 1, "substitute")),
    "alpha_wrap": (
        solve,
        "_to_32_bits",
        lambda found, inside, values: inside == "solve" and bool((found != values).any()),
    ),
    "alpha_zero": (solve, "solve", lambda found, *_: len(found.alpha_q21) > 1 and bool((found.alpha_q21 == 0).any())),
    "alpha_exact": (solve, "to_16_bits", lambda found, inside, alpha: found[1] == 0),
    "alpha_16": (
        solve,
        "to_16_bits",
        lambda found, inside, alpha: found[1] > 0 and int(round_shift(alpha.max(), found[1])) > 32767,
    ),
    "residual": (solve, "saturate", beyond(spec.KERNEL_ANSWER_MAX, "solve")),
    "left_out_answer": (rebuild, "saturate", beyond(spec.KERNEL_ANSWER_MAX, None)),
    "answer": (answer, "saturate", beyond(spec.KERNEL_ANSWER_MAX, "answer_layer")),
    "error_zero": (rebuild, "decide", lambda found, inside, error, best: error == best == 0),
    "label_tie": (
        contour,
        "best_class",
        lambda found, inside, outputs, present: [outputs[c] for c in present].count(outputs[found]) > 1,
    ),
    "lone_class": (contour, "margin", lambda found, inside, outputs, label, present: len(present) == 1),
    "nothing_learned": (answer, "answers", lambda found, inside, built, x: not built.ids),
    "spacing_any": (contour, "median_positive", lambda found, inside, distances, by: by == 4 and found > 0),
    "spacing_one": (contour, "median_positive", lambda found, inside, distances, by: by == 4 and found == 0),
    "lack_zero": (contour, "novelty", lambda found, inside, distance, margin, spacing: margin > ONE_Q16),
    "novelty": (
        contour,
        "novelty",
        lambda found, inside, distance, margin, spacing: (distance << 12) // spacing > spec.CONTOUR_NOVELTY_MAX,
    ),
    "novelty_left_out": (
        contour,
        "novelty",
        lambda found, inside, *_: inside == "contour" and found == spec.CONTOUR_NOVELTY_MAX,
    ),
    "novelty_none": (contour, "contour", lambda found, *_: bool((found.novelty_q12 == contour.NO_NOVELTY).any())),
    "rank_high": (
        contour,
        "quantile",
        lambda found, inside, n, permille: ((len(n) + 1) * (1000 - permille) + 500) // 1000 > len(n),
    ),
    "level": (contour, "quantile", lambda found, *_: found == spec.CONTOUR_NOVELTY_MAX),
    "margin_high": (contour, "margin_q8", lambda found, inside, margin: margin > ONE_Q16),
    "slope_low": (contour, "confidence_line", lambda *call: line(*call)[0] < 0),
    "slope_high": (contour, "confidence_line", lambda *call: line(*call)[0] > 2 * ONE_Q16),
    "at_zero": (contour, "confidence_line", lambda *call: line(*call)[1] < 0),
    "confidence_one": (
        contour,
        "confidence",
        lambda found, inside, of, margin: of.at_zero_q16 + (of.slope_q16 * contour.margin_q8(margin) >> 8) > ONE_Q16,
    ),
    "absorb_tie": (selection, "absorber", nearest_tie),
    "count": (
        memory,
        "absorb",
        lambda found, inside, kept, at, *_: kept.undo.events[at].count == spec.LIMIT_COUNT,
    ),
    "age": (selection, "_age", lambda found, inside, untouched, present: untouched > spec.MEMORY_AGE),
    "age_classes": (
        selection,
        "_age",
        lambda found, inside, untouched, present: untouched <= spec.MEMORY_AGE < untouched * present,
    ),
    "aged": (
        selection,
        "_doubt",
        lambda found, inside, lack, age, budget, rate: age > budget and rate and lack > spec.MEMORY_DOUBT_LACK,
    ),
    "doubt_none": (
        selection,
        "_doubt",
        lambda found, inside, lack, age, budget, rate: age and rate and lack < spec.MEMORY_DOUBT_LACK,
    ),
    "experience_full": (
        Kept,
        "add_experience",
        lambda found, inside, kept, *_: len(kept.undo.experience) == spec.MEMORY_EXPERIENCE,
    ),
}
CALLERS = (
    (metric, "first_coordinates"),
    (solve, "substitute"),
    (whiten, "whiten"),
    (solve, "solve"),
    (answer, "answer_layer"),
)  # watched for their names alone


@contextlib.contextmanager
def watched():
    """Counts, while it lasts, how often each of CLIPS was reached by any mirror: a Counter."""
    reached, callers, quiet = Counter(), [None], []

    def watch(function, clips):
        def call(*arguments):
            if quiet:  # a function that a condition asks
                return function(*arguments)
            callers.append(function.__name__)
            try:
                found = function(*arguments)
            finally:
                callers.pop()
            quiet.append(True)
            reached.update(name for name, condition in clips if condition(found, callers[-1], *arguments))
            quiet.pop()
            return found

        return call

    conditions = {where: [] for where in CALLERS}
    for name, (owner, function, condition) in CLIPS.items():
        conditions.setdefault((owner, function), []).append((name, condition))
    before = {(owner, function): getattr(owner, function) for owner, function in conditions}
    try:
        for (owner, function), clips in conditions.items():
            setattr(owner, function, watch(before[owner, function], clips))
        yield reached
    finally:
        for (owner, function), original in before.items():
            setattr(owner, function, original)
