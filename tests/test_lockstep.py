# SPDX-License-Identifier: MIT
"""Lockstep: silent while board and mirror agree, and a first difference is met at its event and put in its place."""

import numpy as np
import pytest

import watch
from deeplomath import spec
from deeplomath.errors import KernelError, TransportError
from deeplomath.lockstep import Lockstep, Mismatch

CONFIG = dict(features=4, classes=2, events=40)


def xor(n, seed=0):
    """(x int16 [4], label) pairs that need more than one layer."""
    x = np.random.default_rng(seed).normal(size=(n, 4))
    return [(np.round(1000 * row).astype(np.int16), int(row[0] * row[1] > 0)) for row in x]


def walk(network, n=40):
    lockstep = Lockstep(watch.device(network), **CONFIG)
    for x, label in xor(n):
        lockstep.infer(x)
        lockstep.learn(x, label)
    return lockstep


def mismatch(network, **options):
    with pytest.raises(Mismatch) as caught:
        walk(network, **options)
    return caught.value


def test_a_right_board_passes_whole():
    lockstep = walk(watch.BoardNetwork)
    assert lockstep.finish() == lockstep.mirror.export()
    assert lockstep.mirror.depth > 1, "these events must need layers"
    assert (lockstep.events, len(lockstep.ticks["learn"]), len(lockstep.ticks["infer"])) == (80, 40, 40)
    assert lockstep.comparisons == 2 * 80 + 4


@pytest.mark.parametrize("event", [1, 2, 17])
def test_a_flipped_digest_is_met_at_its_event(event):
    error = mismatch(watch.flips_at(event))
    assert error.event == 2 * event and error.request.startswith("learn as ")
    digests = [(board, mirror) for name, board, mirror in error.rows if name == "digest"]
    assert len(digests) == 1 and int(digests[0][0], 16) == int(digests[0][1], 16) ^ 1
    assert error.findings[-1].startswith("Rebuilt from these events they agree")
    assert len(error.before) == min(3, 2 * event - 1)


def test_an_event_stored_wrong_is_told_from_wrong_arithmetic():
    error = mismatch(watch.stores_wrong_at(6))
    assert error.event == 12
    assert error.findings[0] == "The events kept differ, first in number 5."
    assert "it computes right, from other events" in error.findings[1]


@pytest.mark.parametrize(("layer", "words"), [(1, "with one layer they differ already"), (2, "look at layer 2")])
def test_the_layer_that_differs_is_found(layer, words):
    error = mismatch(watch.builds_wrong(layer))
    assert words in error.findings[-1]
    assert "The events kept are the same" in error.findings[0]


def test_a_wrong_answer_of_the_right_network_is_found():
    error = mismatch(watch.answers_wrong(9))
    assert (error.event, error.request) == (17, "infer")
    assert [(name, mirror - board) for name, board, mirror in error.rows[:6] if board != mirror] == [("margin", -1)]
    assert error.findings == ["The networks are the same; only the result differs."]


def test_wrong_features_are_found():
    lockstep = Lockstep(watch.device(features=lambda samples, channels: bytes(6 * channels)), **CONFIG)
    with pytest.raises(Mismatch, match="event 0, features"):
        lockstep.window_features(np.arange(12, dtype=np.int16).reshape(6, 2))


def test_what_both_refuse_is_no_mismatch():
    lockstep = walk(watch.BoardNetwork)
    x = np.zeros(4, np.int16)
    with pytest.raises(KernelError, match="budget of 40 is full") as caught:
        lockstep.learn(x, 0)
    assert caught.value.code == spec.ERROR_FULL
    with pytest.raises(KernelError, match="label: 2 given"):
        lockstep.learn(x, 2)
    lockstep.finish()


def test_a_silent_board_is_no_mismatch():
    device = watch.device()
    lockstep = Lockstep(device, **CONFIG)
    device._transport.service.running, device.timeout, device.attempts = False, 0.01, 2
    device._transport.write = lambda data: None
    with pytest.raises(TransportError, match="no answer"):
        lockstep.infer(np.zeros(4, np.int16))
