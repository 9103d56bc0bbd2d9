# SPDX-License-Identifier: MIT
"""network.py and dlm.h: whole lives in every implementation, digest by digest."""

import numpy as np
import pytest

from deeplomath import KernelError, spec
from implementations import KERNEL, MIRROR, UNBOUNDED
from operations import life
from vectors import case_name, cases
from walks import standard_walk, walk

every = pytest.mark.parametrize("make", [MIRROR, UNBOUNDED, KERNEL], ids=["mirror", "unbounded", "kernel"])


@every
@pytest.mark.parametrize("case", [*cases("network").args[1], *cases("memory").args[1]], ids=case_name)
def test_each_outcome_and_digest_of_a_life_is_the_vectors(make, case):
    net = make(**case["config"])
    assert life(net, case["operations"]) == case["outcomes"]
    assert net.footprint() == case["footprint"]


@pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])
@cases("walk")
def test_the_standard_walk_goes_through_the_digests_of_the_vectors(make, case):
    assert list(standard_walk(make(**case["config"]))) == case["digests"]


@pytest.mark.kernel
@pytest.mark.parametrize("seed", range(60))
def test_kernel_and_mirror_agree_on_a_random_walk(seed):
    walk(seed, [MIRROR, KERNEL], steps=60, most_events=20)


@pytest.mark.parametrize("seed", range(100, 130))
def test_64_bits_are_as_good_as_unbounded_integers_on_a_random_walk(seed):
    walk(seed, [MIRROR, UNBOUNDED], steps=30, most_events=8, most_features=9)


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("features", "classes", "values"), [(160, 16, (-32768, 32767)), (18, 7, (-32768, 32767)), (18, 7, (0, 1))]
)
def test_the_largest_network_is_equal_in_kernel_and_mirror(features, classes, values):
    draw = np.random.default_rng(8)
    x = draw.choice(values, (512, features)).astype(np.int16)
    labels = draw.integers(0, classes, 512)
    mirror, kernel = (make(features=features, classes=classes, events=512) for make in (MIRROR, KERNEL))
    mirror.learn_many(x, labels)
    kernel.load(mirror.export())
    assert kernel.digest() == mirror.digest()
    assert kernel.infer(x[0]) == mirror.infer(x[0]) and kernel.infer(~x[1]) == mirror.infer(~x[1])
    assert mirror.info().work <= kernel.cost().work
    assert kernel.intact()


@every
def test_a_full_budget_is_refused_and_nothing_changes(make):
    net = make(features=2, classes=2, events=2)
    for i in range(2):
        net.learn(np.array([i, -i], np.int16), i % 2)
    before = net.digest(), net.info()
    with pytest.raises(KernelError) as refused:
        net.learn(np.array([-900, 9], np.int16), 0)
    assert refused.value.code == spec.ERROR_FULL and (net.digest(), net.info()) == before


@every
def test_the_same_events_in_another_network_give_the_same_digest(make):
    draw = np.random.default_rng(10)
    x = draw.integers(-500, 500, (9, 3)).astype(np.int16)
    digests = set()
    for _ in range(2):
        net = make(features=3, classes=3, events=9)
        for i, values in enumerate(x):
            net.learn(values, i % 3)
            net.infer(values[::-1].copy())  # asking changes no digest
        digests.add(net.digest())
    assert len(digests) == 1
