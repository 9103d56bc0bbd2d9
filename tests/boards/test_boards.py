# SPDX-License-Identifier: MIT
"""The boards, over the wire: the vectors, random walks, the standard walk of 1,000 events, every digest equal to the mirror's."""

import numpy as np
import pytest

import deeplomath
from deeplomath import KernelError, spec
from deeplomath.audit.lockstep import Lockstep
from deeplomath.deploy import proof
from deeplomath.model import text
from implementations import MIRROR
from operations import life
from streaming import cuts, samples, statistics
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


VOTES = dict(over=3, by="majority", hold=2), dict(over=5, by="mean", hold=0)
MODELS = {"statistics": statistics(2, 8, 4), "all kinds of arithmetic": text.parsed(proof.MODEL).program}


def streamed(device, model, seed, background):
    """A walk in lockstep through streams cut anywhere, with lessons, losses and other changes between; the Lockstep."""
    config = dict(features=6, classes=3, events=12, background=background)
    device = configured(device, **config)
    lockstep, draw, values = Lockstep(device, **config), np.random.default_rng(seed), samples(300, 2, seed)
    lockstep.model(model, **VOTES[seed % 2])
    ends = cuts(seed, len(values))
    for start, end in zip(ends[:-1], ends[1:], strict=True):
        act = int(draw.integers(6))
        if act < 3:
            lockstep.teach(int(draw.integers(3)), int(draw.integers(9)), not background or act > 0)
        elif act == 3:
            lockstep.skip(int(draw.integers(1, 2000)))
        elif act == 4 and lockstep.unknowns():
            lockstep.name(lockstep.unknowns()[:2], 1)
        lockstep.stream(values[start:end])
    return lockstep


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
@pytest.mark.parametrize("background", [False, True])
def test_features_answers_votes_and_digests_of_any_stream_are_the_mirrors(device, board, model, background):
    n = 0
    for seed in range(8 if board.whole else 2):
        lockstep = streamed(device, model, seed, background)
        lockstep.finish()
        n += lockstep.events
    assert n >= 20
    device.model(None)


def test_the_events_of_a_stream_do_not_depend_on_how_it_is_cut(device):
    values, found = samples(200, 2, 9), []
    for seed in range(4):
        configured(device, features=6, classes=3, events=12)
        device.model(MODELS["all kinds of arithmetic"], **VOTES[1])
        device.teach(1, 3)
        ends = cuts(seed, len(values))
        events = [it for start, end in zip(ends[:-1], ends[1:], strict=True) for it in device.stream(values[start:end])]
        found.append(([(it.x.tolist(), *it[2:-1]) for it in events], device.digest(), device.front()))
    assert found.count(found[0]) == len(found) and len(found[0][0]) > 5
    device.model(None)


def test_a_program_is_refused_on_the_board_as_on_the_host(device):
    device.model(MODELS["statistics"], over=7)
    before, program = device.front(), MODELS["all kinds of arithmetic"]
    for at in range(len(program)):
        spoilt = program[:at] + bytes([program[at] ^ 0xFF]) + program[at + 1 :]
        words = []
        for make in (device.model, deeplomath.FrontEnd):
            try:
                make(spoilt)
                words.append("")
            except KernelError as error:
                words.append((str(error), error.code))
        assert words[0] == words[1]
        if words[0]:
            assert device.front() == before
        else:
            device.model(MODELS["statistics"], over=7)
    device.model(None)


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
