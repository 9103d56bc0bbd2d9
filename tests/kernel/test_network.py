# SPDX-License-Identifier: MIT
"""network.py and dlm.h: learning, layers, answers, limits; every implementation, digest by digest."""

import ctypes
from array import array

import numpy as np
import pytest

from deeplomath import KernelError, spec
from implementations import KERNEL, MIRROR, UNBOUNDED, _Config, library
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


@pytest.mark.kernel
@pytest.mark.parametrize("n", [1, 2, 3, 512])
def test_the_kernel_stays_inside_its_buffer(n):
    net = KERNEL(features=160 if n < 512 else 1, classes=16, events=n, layers=4)
    for i in range(min(n, 20)):
        net.learn(np.full(net.config.n_features, i * 1000, np.int16), i % 16)
        net.infer(np.full(net.config.n_features, -i, np.int16))
    assert net.intact()


@pytest.mark.kernel
def test_outputs_are_clipped_to_8():
    net = KERNEL(features=1, classes=2, events=2)
    for i in range(2):
        net.learn(np.array([i], np.int16), i)
    library().probe_layer_array.restype = ctypes.c_void_p
    alpha = (ctypes.c_int16 * 4).from_address(library().probe_layer_array(net.net, 0, 2))
    alpha[:] = [2**15 - 1] * 2 + [-(2**15) + 1] * 2
    library().probe_set_alpha_shift(net.net, 0, 16)
    assert net.infer(np.array([0], np.int16)).outputs == (524287, -524287)


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
@pytest.mark.parametrize("label", [-1, 2, 255, 2**31 - 1])
def test_a_label_outside_the_classes_is_refused_and_nothing_changes(make, label):
    net = make(features=1, classes=2, events=3)
    net.learn(np.array([5], np.int16), 1)
    before = net.digest()
    with pytest.raises(KernelError) as refused:
        net.learn(np.array([9], np.int16), label)
    assert refused.value.code == spec.ERROR_LABEL and net.digest() == before


SIZES = {"features": 3, "classes": 2, "events": 4, "layers": 2, "false_reject_permille": 50}
LIMITS = [
    ("features", 1, spec.LIMIT_FEATURES, spec.ERROR_FEATURES),
    ("classes", 1, spec.LIMIT_CLASSES, spec.ERROR_CLASSES),
    ("events", 1, spec.LIMIT_EVENTS, spec.ERROR_EVENTS),
    ("layers", 1, spec.LIMIT_LAYERS, spec.ERROR_LAYERS),
    ("false_reject_permille", 1, spec.LIMIT_FALSE_REJECT_PERMILLE, spec.ERROR_FALSE_REJECT),
]


@every
@pytest.mark.parametrize(("name", "low", "high", "code"), LIMITS)
def test_every_size_works_up_to_its_limit_and_not_beyond(make, name, low, high, code):
    for value in (low, high):
        net = make(**{**SIZES, name: value})
        assert getattr(net.info(), name) == value
        net.learn(np.ones(net.info().features, np.int16), 0)
    for value in (low - 1, high + 1):
        with pytest.raises(KernelError) as refused:
            make(**{**SIZES, name: value})
        assert refused.value.code == code


@pytest.mark.parametrize(("name", "low", "high", "code"), LIMITS)
def test_an_error_names_the_value_and_the_limit(name, low, high, code):
    with pytest.raises(KernelError, match=f"{name}: {high + 1} given, {low}..{high} allowed"):
        MIRROR(**{**SIZES, name: high + 1})


@pytest.mark.parametrize(
    "x",
    [
        [1.0, 2, 3],
        np.zeros(3),
        np.zeros((1, 3), np.int16),
        [True, False, True],
        [1, True, 2],
        5,
        "abc",
        b"abcdef",
        [[1], [2, 3]],
    ],
)
def test_an_event_of_no_integers_is_refused(x):
    with pytest.raises(TypeError, match="^event: "):
        MIRROR(**SIZES).infer(x)


@pytest.mark.parametrize("make", [list, np.array, lambda x: np.array(x, np.int64), lambda x: array("h", x)])
def test_an_event_may_be_any_integers_that_fit(make):
    taught, asked = (-32768, 5, 32767), (3, 2, 1)
    nets = [MIRROR(**SIZES), MIRROR(**SIZES)]
    for net, form in zip(nets, (make, lambda x: np.array(x, np.int16))):
        net.learn(form(taught), 0)
    assert nets[0].infer(make(asked)) == nets[1].infer(np.array(asked, np.int16))
    assert nets[0].digest() == nets[1].digest()


@pytest.mark.parametrize("value", [32768, -32769, 1 << 40, 1 << 63, 1 << 70])
def test_a_value_that_does_not_fit_is_named_and_changes_nothing(value):
    net = MIRROR(**SIZES)
    before = net.digest()
    with pytest.raises(KernelError, match=f"feature 1: {value} given, -32768..32767 allowed"):
        net.learn([1, value, 3], 0)
    assert net.digest() == before


def test_an_event_of_another_length_is_refused():
    with pytest.raises(KernelError, match="features: 4 given, 3 needed"):
        MIRROR(**SIZES).learn(np.zeros(4, np.int16), 0)
    with pytest.raises(KernelError, match="features: 0 given, 3 needed"):
        MIRROR(**SIZES).infer([])


@pytest.mark.kernel
@pytest.mark.parametrize("shift", [0, 4])
def test_a_buffer_too_small_or_misaligned_is_refused(shift):
    config, net = _Config(3, 4, 50, 2, 2, 0, 0), ctypes.c_void_p()
    size = library().dlm_footprint(ctypes.byref(config))
    memory = np.zeros(size // 8 + 2, np.uint64)
    given = ctypes.c_size_t(size if shift else size - 1)
    status = library().dlm_init(
        ctypes.byref(config), ctypes.c_void_p(memory.ctypes.data + shift), given, ctypes.byref(net)
    )
    assert status == spec.ERROR_BUFFER and not memory.any()


@every
def test_depth_is_found_where_one_layer_cannot_do(make):
    draw = np.random.default_rng(9)
    deep, flat = (make(features=4, classes=2, events=70, layers=layers) for layers in (4, 1))
    x = (draw.normal(size=(470, 4)) * 1000).astype(np.int16)
    labels = (x[:, 0].astype(int) * x[:, 1] > 0).astype(int)
    for net in (deep, flat):
        for values, label in zip(x[:70], labels):
            net.learn(values, int(label))
    right = [sum(net.infer(v).label == y for v, y in zip(x[70:170], labels[70:170])) for net in (deep, flat)]
    assert deep.info().depth > 1 and flat.info().depth == 1 and right[0] > right[1]


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
