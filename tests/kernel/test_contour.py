# SPDX-License-Identifier: MIT
"""dlm_contour.c and contour.py: spacing, novelty, level, verdict."""

import numpy as np
import pytest

import states
from deeplomath import spec
from deeplomath.desk import data
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


def filled(novelties, event, inserted):
    """A sound state of events 0, 1, 2 of class 0, each at one spacing from the next, and 4, alone in class 1.

    Its experience has these novelties, all of this event; half of the known may be refused.
    """
    config = {"features": 1, "classes": 2, "events": 4, "false_reject_permille": 500}
    records = [states.Record(i, i, 0, 1, (1000 * i,)) for i in range(3)] + [states.Record(4, 0, 1, 1, (9000,))]
    margin = 200 | states.INSERTED * inserted
    return config, states.State(config, 9, tuple(records), tuple(states.Entry(event, n, margin) for n in novelties))


def level_of(make, config, state):
    net = make(**config)
    net.load(state.sound())
    return net.info().level


def left_out_of(event):
    """Left-out novelty of an event of `filled`."""
    config, state = filled([], 0, False)
    net = MIRROR(**config)
    net.load(state.sound())
    return int(net.live.contour.novelty_q12[net.live.ids.index(event)])


@every
def test_an_event_that_was_inserted_counts_by_what_is_left_out_of_it_now(make):
    high, now = [60000] * spec.MEMORY_EXPERIENCE, left_out_of(1)
    assert 4096 <= now < 8192
    assert level_of(make, *filled(high, 1, inserted=True)) == now
    assert (
        level_of(make, *filled(high, 1, inserted=False)) == 60000
    )  # it was absorbed: the event that did so is another
    assert level_of(make, *filled(high, 3, inserted=True)) == 60000  # not kept any more
    assert level_of(make, *filled(high, 4, inserted=True)) == 60000  # alone in its class: nothing is left out of it
    assert level_of(make, *filled([now - 1] * spec.MEMORY_EXPERIENCE, 1, inserted=True)) == now - 1  # it was less


@every
def test_a_full_experience_is_all_that_the_level_is_taken_from(make):
    config, state = filled([7 * i % 128 for i in range(128)], 1, inserted=False)
    for rate, rank in ((1, 128), (50, 123), (500, 65)):
        config = {**config, "false_reject_permille": rate}
        assert level_of(make, config, state._replace(config=config)) == rank - 1


@every
def test_the_largest_of_few_is_an_accident_until_there_are_as_many_as_the_rate_allows(make):
    for n, level in ((1, 11497), (5, 16959), (6, 60000)):  # 5 of 128 may lie above it
        config, state = filled([60000] * n, 1, inserted=False)
        config["false_reject_permille"] = 50
        assert level_of(make, config, state) == level


def test_what_is_expected_lies_as_draws_of_an_exponential_law_do():
    """The mean of the i-th least of k draws of mean 1 is 1/k + ... + 1/(k - i + 1) (Renyi, 1953); each step is floored."""
    for k in (1, 7, spec.MEMORY_EXPERIENCE):
        means = 1 + np.cumsum(1 / np.arange(k, 0, -1))
        short = means * spec.CONTOUR_EXPECTED - contour.expected_novelties(k)
        assert short.min() > -1e-6 and short.max() < k
    assert contour.expected_novelties(0) == []


@every
@pytest.mark.parametrize(("rate", "level"), [(1, 17062), (10, 17062), (50, 10985), (100, 8806), (500, 4505)])
def test_before_anything_was_met_the_level_is_what_is_expected(make, rate, level):
    net = make(features=2, classes=2, events=4, false_reject_permille=rate)
    for x in ((0, 0), (300, 100)):
        net.learn(np.array(x, np.int16), 0)
    assert net.info().level == level


GESTURES = {"shake": (6.0, 0.8, (1, 0.2, 0), (0, 0, 0.1)), "circle": (1.5, 0.5, (1, 0, 0), (0, 1, 0))}
GESTURES["wave"] = 2.2, 0.7, (0, 1, 0.3), (0.2, 0, 0)


def gesture(draw, name):
    """128 samples of an accelerometer at 50 Hz, +-8 g: a board that lies still, or is moved by GESTURES (Hz, g, sine, cosine)."""
    samples = np.array([0, 0, 1]) + draw.normal(size=(128, 3)) * 0.02
    if name != "still":
        frequency, size, sine, cosine = GESTURES[name]
        turn = 2 * np.pi * (np.arange(128) / 50 * frequency * draw.uniform(0.85, 1.15) + draw.uniform())
        samples += size * draw.uniform(0.8, 1.2) * (np.outer(np.sin(turn), sine) + np.outer(np.cos(turn), cosine))
    return data.features([(samples * 4096).astype(np.int16)])[0]


@both
@pytest.mark.parametrize("windows", [5, 20])
def test_a_board_that_lies_still_is_none_of_three_gestures(make, windows):
    still, refused = [], []
    for seed in range(6):
        draw = np.random.default_rng(seed)
        net = make(features=9, classes=3, events=64, layers=2)
        for _ in range(windows):
            for label, name in enumerate(GESTURES):
                net.learn(gesture(draw, name), label)
        still += [net.infer(gesture(draw, "still")).verdict == spec.VERDICT_UNKNOWN for _ in range(10)]
        refused += [
            net.infer(gesture(draw, name)).verdict == spec.VERDICT_UNKNOWN for name in GESTURES for _ in range(20)
        ]
    assert np.mean(still) >= 0.85 and np.mean(refused) <= 0.08


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
    asked = np.array([pair for seed in range(16, 20) for pair in asked_of_overlapping_classes(make, seed)])
    right, confidence = asked[:, 0] == 1, asked[:, 1]
    assert abs(confidence.mean() - right.mean()) < 0.1
    assert confidence[right].mean() > confidence[~right].mean() + 0.04


def asked_of_overlapping_classes(make, seed):
    """Whether it was right, and how sure, of 300 events after 100."""
    draw = np.random.default_rng(seed)
    net = make(features=2, classes=2, events=100)

    def event():
        label = int(draw.integers(2))
        return (draw.normal(size=2) * 1000 + 1200 * label).astype(np.int16), label

    for _ in range(100):
        net.learn(*event())
    answers = [(net.infer(x), label) for x, label in (event() for _ in range(300))]
    return [(answer.label == label, answer.confidence / 65536) for answer, label in answers]
