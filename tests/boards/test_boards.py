# SPDX-License-Identifier: MIT
"""The boards, over the wire: the vectors, random walks, the standard walk of 1,000 events, every digest equal to the mirror's."""

import numpy as np
import pytest

import deeplomath
from deeplomath import KernelError, spec
from implementations import MIRROR
from operations import life
from vectors import case_name, cases
from walks import standard_walk, walk


@pytest.fixture(scope="module")
def device(board):
    with deeplomath.Device(board.port) as device:
        yield device


def configured(device, **config):
    """The board with an empty network; a walk before may have ended in a frozen one, which no configuration replaces."""
    try:
        device.configure(**config)
    except KernelError as error:
        if error.code != spec.ERROR_FROZEN:
            raise
        device.freeze(False)
        device.configure(**config)
    return device


# But for slices: a board goes on with a rebuild by itself, so what answers meanwhile is a matter of time (test_client.py).
LIVES = [case for case in (*cases("network").args[1], *cases("memory").args[1]) if case["name"] != "slices"]


@pytest.mark.parametrize("case", LIVES, ids=case_name)
def test_each_outcome_and_digest_of_a_life_is_the_vectors(device, case):
    net = configured(device, **case["config"])
    assert life(net, case["operations"]) == case["outcomes"]
    assert net.footprint() == case["footprint"]


def test_random_walks_give_equal_outcomes_and_digests(device, board):
    """1,000 events where a step is cheap; 100 on each other board, which has the standard walk's 1,000 besides."""
    learned, seed = 0, 1000
    while learned < (1000 if board.whole else 100):
        learned += walk(seed, [MIRROR, lambda **config: configured(device, **config)], steps=50, most_events=24)
        seed += 2  # even seeds walk without background, for the same reason as above


@cases("walk")
def test_the_standard_walk_goes_through_the_digests_of_the_vectors(device, case):
    assert list(standard_walk(configured(device, **case["config"]))) == case["digests"]


@cases("features", "valid")
def test_each_window_gives_the_vectors_features(device, case):
    assert device.window_features(np.array(case["samples"], np.int16)).tolist() == case["features"]


@cases("state")
def test_a_state_travels_to_the_board_and_back(device, case):
    net = configured(device, **case["config"])
    net.load(bytes.fromhex(case["state"]))
    assert net.export().hex() == case["state"]
    before = net.digest()
    for refused in case["refused"]:
        if refused["state"]:
            with pytest.raises(KernelError) as error:
                net.load(bytes.fromhex(refused["state"]))
            assert (error.value.code, net.digest()) == (refused["code"], before), refused["name"]


def test_a_state_of_the_mirror_is_rebuilt_on_the_board_and_the_other_way_round(device):
    config = {"features": 12, "classes": 4, "events": 40}
    draw, mirror = np.random.default_rng(3), MIRROR(**config)
    for i in range(40):
        mirror.learn(draw.integers(-900, 900, 12).astype(np.int16), i % 4)
    net = configured(device, **config)
    net.load(mirror.export())
    assert net.digest() == mirror.digest()
    copy = MIRROR(**config)
    copy.load(net.export())
    assert copy.digest() == mirror.digest()


BAD = [
    (lambda net: net.learn(np.zeros(3, np.int16), 2), spec.ERROR_LABEL, "label: 2 given, 0..1 allowed"),
    (lambda net: net.learn(np.zeros(3, np.int16), -1), spec.ERROR_LABEL, "label: -1 given, 0..1 allowed"),
    (lambda net: net.learn(np.zeros(2, np.int16), 0), spec.ERROR_FEATURES, "features: 2 given, 3 needed"),
    (lambda net: net.infer(np.zeros(4, np.int16)), spec.ERROR_FEATURES, "features: 4 given, 3 needed"),
    (lambda net: net.learn(np.zeros(3, np.int16), 1), spec.ERROR_FULL, "events: budget of 2 is full"),
    (
        lambda net: net.configure(features=161, classes=2, events=2),
        spec.ERROR_FEATURES,
        "features: 161 given, 1..160 allowed",
    ),
    (
        lambda net: net.configure(features=3, classes=17, events=2),
        spec.ERROR_CLASSES,
        "classes: 17 given, 1..16 allowed",
    ),
    (
        lambda net: net.configure(features=3, classes=2, events=513),
        spec.ERROR_EVENTS,
        "events: 513 given, 1..512 allowed",
    ),
    (lambda net: net.load(b"DLMS"), spec.ERROR_STATE_SIZE, "state: 4 bytes given"),
]


@pytest.mark.parametrize(("wrong", "code", "text"), BAD, ids=[text for _, _, text in BAD])
def test_a_wrong_argument_is_refused_with_value_and_limit_and_nothing_changes(device, wrong, code, text):
    net = configured(device, features=3, classes=2, events=2)
    for i in range(2):
        net.learn(np.array([5000 * i, 2, 3], np.int16), i)
    before = net.digest()
    with pytest.raises(KernelError) as refused:
        wrong(net)
    assert refused.value.code == code and text in str(refused.value)
    assert net.digest() == before
