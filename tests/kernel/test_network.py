# SPDX-License-Identifier: MIT
"""network.py and dlm.h: whole lives in every implementation, digest by digest."""

import numpy as np
import pytest

from deeplomath import KernelError, spec
from deeplomath.mirror.layout import HEADER
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


# The host's own


def taught():
    net = MIRROR(features=3, classes=2, events=9)
    for i in range(6):
        net.learn(np.array([i * 90, -i, i * i], np.int16), i % 2)
    return net


@pytest.mark.parametrize("data", [5, True, None, "DLMS", [1, 2, 3], 2.5], ids=repr)
def test_what_is_no_bytes_is_no_state(data):
    net = taught()
    before = net.digest(), bytes(net.staging)
    for take in (MIRROR.from_state, net.load, lambda data: net.load_part(0, data)):
        with pytest.raises(TypeError, match=f"state: {type(data).__name__} given, bytes needed"):
            take(data)
    assert (net.digest(), bytes(net.staging)) == before


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: np.frombuffer(data, np.uint8)])
def test_a_state_is_taken_of_all_that_holds_bytes(kind):
    assert MIRROR.from_state(kind(taught().export())).digest() == taught().digest()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("flags", 1, "classes: 2 given, 1 needed in a regression"),
        ("features", 0, "features: 0 given, 1..160 allowed"),
        ("classes", 17, "classes: 17 given, 1..16 allowed"),
        ("layers", 0, "layers: 0 given, 1..4 allowed"),
        ("events", 513, "events: 513 given, 1..512 allowed"),
        ("false_reject_permille", 0, "false_reject_permille: 0 given, 1..500 allowed"),
    ],
)
def test_a_state_of_no_network_that_can_be_says_so(field, value, words):
    fields = ["features", "classes", "layers", "events", "false_reject_permille", "flags"]
    data = bytearray(taught().export())
    header = list(HEADER.unpack_from(data))
    header[3 + fields.index(field)] = value
    HEADER.pack_into(data, 0, *header)
    with pytest.raises(KernelError, match=f"^state: of no network that can be: {words}") as refused:
        MIRROR.from_state(data)
    assert refused.value.code == spec.ERROR_STATE_CONFIG


def test_only_events_and_classes_can_be_resized():
    net = taught()
    before = net.digest(), net.info()
    for name, value in dict(
        features=3, layers=1, false_reject_permille=9, regression=True, unbounded=True, a=1
    ).items():
        with pytest.raises(TypeError, match=f"^{name}: cannot change, only events and classes can: .* 3 features"):
            net.resized(**{name: value})
    assert (net.digest(), net.info()) == before
    other = net.resized(events=20, classes=5)
    assert (other.info().events, other.info().classes, other.info().neurons) == (20, 5, net.info().neurons)
    assert net.resized().digest() == net.resized(events=9).digest() == net.digest()
    with pytest.raises(KernelError, match=rf"events: 1 given, {net.info().neurons}\.\.512 allowed"):
        net.resized(events=1)
    with pytest.raises(KernelError, match=r"classes: 1 given, 2\.\.16 allowed"):
        net.resized(classes=1)


def test_what_are_no_events_or_labels_is_named():
    net, x = taught(), np.zeros((2, 3), np.int16)
    before = net.digest()
    for call in (net.infer_many, lambda x: net.learn_many(x, [0, 1])):
        for events in (None, 3):
            with pytest.raises(TypeError, match=f"events: {type(events).__name__} given, rows of integers needed"):
                call(events)
    for labels in (None, 3, iter([0, 1])):
        with pytest.raises(TypeError, match=f"labels: {type(labels).__name__} given, a list or an array needed"):
            net.learn_many(x, labels)
    assert net.digest() == before
