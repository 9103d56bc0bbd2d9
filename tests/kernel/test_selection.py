# SPDX-License-Identifier: MIT
"""dlm_selection.c and selection.py: which event goes; the vectors run in test_network.py."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest

from deeplomath import spec
from deeplomath.mirror import contour
from implementations import KERNEL, MIRROR
from states import Record, State
from walks import stream

both = pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])


@both
def test_the_last_two_events_of_a_class_are_never_evicted(make):
    net = make(features=3, classes=3, events=8)
    for i in range(2):
        net.learn(np.array([9000 + 50 * i, 0, 0], np.int16), 2)
    for x, label in stream(9, 60, 3, 2, kind="uniform"):
        assert net.learn(x, label).evicted not in (0, 1)
    assert net.infer(np.array([9010, 0, 0], np.int16)).label == 2


@both
def test_what_is_no_longer_touched_goes_first(make):
    """Drift: class 0 moves on; after a while none of its events stands where it was."""
    net, draw = make(features=2, classes=2, events=6), np.random.default_rng(10)
    for step in range(120):
        centre = [0, 0] if step < 30 else [6000, 0]
        net.learn(np.array(centre + draw.normal(size=2) * 300, np.int16), 0)
        net.learn(np.array([3000, 9000] + draw.normal(size=2) * 300, np.int16), 1)
    assert net.infer(np.array([6000, 0], np.int16)).label == 0
    assert net.infer(np.array([0, 0], np.int16)).verdict == spec.VERDICT_UNKNOWN


def noisy(seed, n, wrong):
    """n events of three classes that touch, and their labels, of which so many are wrong."""
    draw = np.random.default_rng(seed)
    centres = np.array([[0, 0], [2500, 0], [0, 2500]])
    for _ in range(n):
        own = int(draw.integers(3))
        x = (centres[own] + draw.normal(size=2) * 600).astype(np.int16)
        yield x, own, int(draw.integers(3)) if draw.random() < wrong else own


@both
def test_a_class_that_is_not_taught_any_more_does_not_age(make):
    """Class after class: when the last one is taught, the first was not touched for long, but in no learn of its own."""
    centres, right = np.array([[0, 0], [2500, 0], [0, 2500], [2500, 2500]]), 0
    for seed in range(3, 6):
        net, draw = make(features=2, classes=4, events=16), np.random.default_rng(seed)
        for label in np.repeat(range(4), 60):
            net.learn((centres[label] + draw.normal(size=2) * 700).astype(np.int16), int(label))
        for label in draw.integers(0, 4, 200):
            right += net.infer((centres[label] + draw.normal(size=2) * 700).astype(np.int16)).label == label
    assert right > 420  # of 600


@both
def test_where_labels_are_wrong_the_wrong_ones_go(make):
    net, kept = make(features=2, classes=3, events=16), {}
    for x, own, label in noisy(4, 300, 0.3):
        learned = net.learn(x, label)
        kept.pop(learned.evicted, None)
        kept.setdefault(learned.event, own == label)
    assert len(kept) == 16 and sum(kept.values()) > 12  # 9 without doubt


def uses(net, i, event, rate_q10):
    """The uses of neuron i of a mirror by NUMERICS.md, Memory, without age and doubt, without the doubt, and with both."""
    live, budget = net.live, net.config.events
    own, c = live.classes[i], len(live.present)
    if net.config.regression:
        lack = abs(int(live.targets[i, 0]) - int(live.left_out[i, 0]))
    else:
        others = [int(live.left_out[i, k]) for k in live.present if k != own]
        lack = 2**16 - (int(live.left_out[i, own]) - max(others) if others else 2**16)
    nearest = contour.nearest_distances(live.z_q8, live.classes, same_class=True)[i]
    distance = min(65535, floor(Fraction(int(nearest) * 4096, live.contour.spacing_q12)))
    age = min(65535, min(65535, net.memory.class_clock[own] - event.touched) * c)
    aged_q10 = 1024 if age >= budget else floor(Fraction(2**10 * age, budget))
    doubt = floor(Fraction(floor(Fraction(max(0, lack - 81920) * rate_q10, 2**10)) * aged_q10, 2**4))
    ageless = lack + 2 * distance
    return (
        ageless,
        ageless - floor(Fraction(13107 * age, budget)),
        ageless - floor(Fraction(13107 * age, budget)) - doubt,
    )


def expected(net):
    """(id, reason) of the event that goes next, by NUMERICS.md, Memory."""
    sure = [entry for entry in net.memory.experience if entry.margin_q8 > 128]
    rate_q10 = floor(Fraction(2**10 * sum(not entry.hit for entry in sure), len(sure) + 24))
    found = []
    for i, event in enumerate(net.memory.events):
        if net.live.classes.count(net.live.classes[i]) > 2:
            found.append((uses(net, i, event, rate_q10), i, event.id))
    least = [min(found, key=lambda of: (of[0][k], of[1]))[2] for k in range(3)]
    return least[2], 1 if least[2] == least[0] else 2 if least[2] == least[1] else 3


@pytest.mark.kernel
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("regression", [False, True], ids=["classes", "regression"])
def test_what_goes_and_why_is_what_numerics_md_says(seed, regression):
    sizes = {"features": 2, "classes": 1 if regression else 3, "events": 8 + seed, "regression": regression}
    mirror, kernel, reasons = MIRROR(**sizes), KERNEL(**sizes), set()
    for x, _, label in noisy(seed, 120, 0.2):
        label = int(x[0]) + 2000 * label if regression else label
        full = len(mirror.memory.events) == mirror.config.events
        goes = expected(mirror) if full else None
        learned = mirror.learn(x, label)
        assert kernel.learn(x, label) == learned, seed
        if learned.reason:
            assert (learned.evicted, learned.reason) == goes, seed
            reasons.add(int(learned.reason))
    assert reasons == ({1, 2} if regression else {1, 2, 3})


@pytest.mark.kernel
def test_an_age_that_the_classes_would_carry_beyond_32_bits_is_cut_before_they_are_counted():
    """Four classes, and events of the first untouched for 2^30 learns of it: 2^32 learns of all."""
    config = {"features": 1, "classes": 4, "events": 12}
    clocks = (2**30 + 3, 3, 3, 3)
    records = [
        Record(3 * label + i, i, label, 1, (9000 * label - 14000 + (100 if label else 2500) * i,))
        for label in range(4)
        for i in range(3)
    ]
    mirror, kernel = MIRROR(**config), KERNEL(**config)
    for net in (mirror, kernel):
        net.load(State(config, 12, tuple(records), class_clock=clocks).sound())
    goes, x = expected(mirror), np.array([30000], np.int16)
    learned = mirror.learn(x, 3)
    assert (learned.evicted, learned.reason) == goes and learned.evicted < 3
    assert kernel.learn(x, 3) == learned and kernel.digest() == mirror.digest()
