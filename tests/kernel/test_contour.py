# SPDX-License-Identifier: MIT
"""dlm_contour.c and contour.py: spacing, novelty, level, verdict."""

import numpy as np
import pytest

from deeplomath import spec
from deeplomath.mirror import contour
from implementations import KERNEL, MIRROR, UNBOUNDED, fields, library
from vectors import cases

both = pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])


every = pytest.mark.parametrize("make", [MIRROR, UNBOUNDED, KERNEL], ids=["mirror", "unbounded", "kernel"])


@every
@cases("contour")
def test_the_contour_is_the_vectors(make, case):
    rate = case["false_reject_permille"]
    net = make(
        features=len(case["x"][0]), classes=max(case["labels"]) + 1, events=len(case["x"]), false_reject_permille=rate
    )
    for x, label in zip(case["x"], case["labels"]):
        net.learn(np.array(x, np.int16), label)
    found = net.fields() if make is KERNEL else fields(net)
    assert [found[name] for name in ("spacing_q12", "level_q12", "novelty_q12")] == [
        case[name] for name in ("spacing_q12", "level_q12", "novelty_q12")
    ]


@pytest.mark.parametrize(
    ("n", "permille", "rank"),
    [(1, 50, 1), (18, 50, 18), (19, 50, 19), (39, 50, 38), (99, 50, 95), (99, 1, 99), (99, 500, 50)],
)
def test_the_level_is_the_quantile_that_the_rate_asks_for(n, permille, rank):
    assert contour.quantile(list(range(1, n + 1)), permille) == rank


def test_a_larger_false_reject_rate_never_gives_a_larger_level():
    experience = sorted(v * v % 997 for v in range(60))
    levels = [contour.quantile(experience, rate) for rate in range(1, 501)]
    assert levels == sorted(levels, reverse=True)


@every
def test_nothing_is_known_before_anything_is_learned(make):
    answer = make(features=3, classes=2, events=4).infer(np.array([1, 2, 3], np.int16))
    assert answer == (-1, spec.VERDICT_UNKNOWN, 0, 0, spec.CONTOUR_NOVELTY_MAX, 0, 0, (), (0, 0))


@every
def test_after_one_event_only_its_like_is_known(make):
    net = make(features=3, classes=2, events=4)
    net.learn(np.array([10, 20, 30], np.int16), 1)
    same, other = net.infer(np.array([10, 20, 30], np.int16)), net.infer(np.array([10, 20, 60], np.int16))
    assert (same.label, same.verdict, same.distance) == (1, spec.VERDICT_KNOWN, 0)
    assert (other.label, other.verdict) == (1, spec.VERDICT_UNKNOWN)


@every
def test_with_one_class_near_is_known_and_far_is_unknown(make):
    draw = np.random.default_rng(4)
    net = make(features=4, classes=1, events=20)
    for _ in range(20):
        net.learn((draw.normal(size=4) * 100).astype(np.int16), 0)
    near, far = net.infer(np.zeros(4, np.int16)), net.infer(np.full(4, 2000, np.int16))
    assert (near.verdict, far.verdict) == (spec.VERDICT_KNOWN, spec.VERDICT_UNKNOWN)


@every
def test_a_sensor_that_never_moved_and_now_jumps_is_unknown(make):
    net = make(features=3, classes=2, events=8)
    for i in range(8):
        net.learn(np.array([100 * (i % 2) + i, 40 - i, 7], np.int16), i % 2)
    assert net.infer(np.array([104, 36, 7], np.int16)).verdict == spec.VERDICT_KNOWN
    assert net.infer(np.array([104, 36, 9000], np.int16)).verdict == spec.VERDICT_UNKNOWN


@every
def test_an_event_between_two_classes_is_not_known(make):
    net = make(features=1, classes=2, events=8)
    for i in range(8):
        net.learn(np.array([1000 * (i % 2) + 90 * i], np.int16), i % 2)
    middle = net.infer(np.array([815], np.int16))
    assert middle.margin < spec.CONTOUR_MARGIN_KNOWN and middle.verdict != spec.VERDICT_KNOWN


def kernel_verdict(novelty_q12, margin_q16, level_q12):
    net = KERNEL(features=1, classes=1, events=1)
    assert net.info().level == level_q12
    return library().probe_verdict(net.net, novelty_q12, margin_q16)


@pytest.mark.parametrize("verdict", [contour.verdict, kernel_verdict], ids=["mirror", "kernel"])
def test_the_verdicts_follow_level_and_margin(verdict):
    known = 13107
    found = [verdict(n, m, 4096) for n, m in ((4096, known), (4096, known - 1), (4097, known), (4097, 0))]
    assert found == [spec.VERDICT_KNOWN, spec.VERDICT_UNCERTAIN, spec.VERDICT_UNKNOWN, spec.VERDICT_UNKNOWN]


@every
def test_distance_and_novelty_are_to_the_nearest_event_of_any_class(make):
    net = make(features=1, classes=2, events=8)
    for x, label in ((0, 0), (900, 0), (450, 1), (455, 0), (455, 0), (455, 0)):
        net.learn(np.array([x], np.int16), label)
    answer = net.infer(np.array([450], np.int16))
    assert (answer.label, answer.distance, answer.nearest[0]) == (0, 0, 2)


@both
def test_confidence_is_calibrated(make):
    """Overlapping classes: the mean confidence is near the share of right answers, and it is higher where they are right."""
    draw = np.random.default_rng(16)
    net = make(features=2, classes=2, events=100)

    def event():
        label = int(draw.integers(2))
        return (draw.normal(size=2) * 1000 + 1200 * label).astype(np.int16), label

    for _ in range(100):
        net.learn(*event())
    tested = [(net.infer(x), label) for x, label in (event() for _ in range(300))]
    right = np.array([a.label == label for a, label in tested])
    confidence = np.array([a.confidence / 65536 for a, _ in tested])
    assert abs(confidence.mean() - right.mean()) < 0.1
    assert confidence[right].mean() > confidence[~right].mean() + 0.02
