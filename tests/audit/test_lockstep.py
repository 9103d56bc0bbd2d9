# SPDX-License-Identifier: MIT
"""Lockstep: silent while board and mirror agree, and a first difference is met at its event and put in its place."""

import numpy as np
import pytest

import watch
import wire
from deeplomath import spec
from deeplomath.audit.lockstep import Lockstep, Mismatch
from deeplomath.errors import KernelError, TransportError
from deeplomath.link.client import Device
from deeplomath.mirror import rebuild
from deeplomath.mirror.network import Network
from streaming import samples, statistics
from wire import BoardNetwork

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


def live(lockstep):
    """Asks everything of a Lockstep of CONFIG with background; returns the requests that passed, by name."""
    events = xor(24)
    for x, label in events[:16]:
        lockstep.learn(x, label)
    other = 1 - lockstep.mirror.infer_many([events[16][0]])[0].label  # what is wrong is not absorbed
    lockstep.learn(events[16][0], other, build=False)
    lockstep.infer(events[16][0])
    while lockstep.build_step(500):
        lockstep.infer(events[16][0])
    lockstep.undo()
    first = lockstep.mirror.memory.events[0].id
    lockstep.relabel(first, 1 - lockstep.mirror.memory.events[0].label)
    lockstep.forget(first)
    lockstep.infer(events[18][0])
    lockstep.correct(events[18][1])
    lockstep.drop()
    lockstep.drop_class(1)
    far = [(x * 7 + 9000).astype(np.int16) for x, _ in events[19:22]]
    for x in far:
        assert lockstep.infer(x).verdict == spec.VERDICT_UNKNOWN
    unknowns = lockstep.unknowns()
    assert lockstep.unknown(unknowns[-1]).tolist() == far[-1].tolist()
    assert lockstep.name(unknowns[-3:], 1).neurons >= 2
    lockstep.drop_class(0)
    lockstep.rename_class(1, 0)
    lockstep.freeze()
    with pytest.raises(KernelError) as caught:
        lockstep.learn(*events[22])
    assert caught.value.code == spec.ERROR_FROZEN
    lockstep.freeze(False)
    lockstep.finish()
    return {kind for kind, spent in lockstep.ticks.items() if spent}


ALL = "learn build infer undo relabel forget correct drop unknowns unknown name rename_class drop_class freeze".split()


def test_everything_one_can_ask_is_compared_and_equal():
    assert live(Lockstep(watch.device(), **CONFIG, background=True)) == set(ALL)


def test_everything_one_can_ask_of_a_board_is_equal(board):
    with Device(board.port) as device:
        assert live(Lockstep(device, **CONFIG, background=True)) == set(ALL)


@pytest.mark.parametrize("kind", ["build", *ALL[3:]])
def test_each_request_that_goes_wrong_is_found(kind):
    """Of each method in turn, the board's does nothing, or returns something else."""
    method = {"build": "build_step"}.get(kind, kind)
    wrong = {
        "unknowns": lambda self: (),
        "unknown": lambda self, unknown: bytes(8),
        "build_step": lambda self, budget: True,
    }
    right = getattr(watch.BoardNetwork, method)

    def name(self, unknowns, label):
        return right(self, unknowns[::-1], label)

    def correct(self, label):
        return right(self, 1 - label)

    board = type(
        "Wrong",
        (watch.BoardNetwork,),
        {method: {"name": name, "correct": correct, **wrong}.get(method, lambda *_: None)},
    )
    with pytest.raises(Mismatch) as caught:
        live(Lockstep(watch.device(board), **CONFIG, background=True))
    assert caught.value.request.split()[0] == kind.split("_")[0]


def test_a_board_that_has_finished_its_rebuild_is_followed():
    class Ahead(watch.BoardNetwork):
        def infer(self, x):
            rebuild.finish(self)
            return super().infer(x)

    lockstep = Lockstep(watch.device(Ahead), **CONFIG, background=True)
    begun = 0
    for x, label in xor(20):
        lockstep.learn(x, label, build=False)
        begun += lockstep.mirror.info().building
        lockstep.infer(x)
        assert not lockstep.mirror.info().building, "the old network's answer differs from the new one's"
    assert begun > 5
    lockstep.finish()


def test_a_board_that_is_ahead_with_its_rebuild_is_followed():
    class Ahead(watch.BoardNetwork):
        def build_step(self, budget):
            return super().build_step(10 * budget)

    lockstep = Lockstep(watch.device(Ahead), **CONFIG, background=True)
    steps = 0
    for x, label in xor(20):
        lockstep.learn(x, label, build=False)
        while lockstep.build_step(100):
            steps += 1
        assert not lockstep.mirror.info().building
    assert steps > 5


def test_an_old_network_that_answers_wrong_is_found():
    class Wrong(watch.BoardNetwork):
        def infer(self, x):
            answer = super().infer(x)
            return answer._replace(confidence=answer.confidence + self.info().building)

    lockstep = Lockstep(watch.device(Wrong), **CONFIG, background=True)
    events = xor(12)
    for x, label in events[:-1]:
        lockstep.learn(x, label)
        lockstep.infer(x)
    lockstep.learn(*events[-1], build=False)
    with pytest.raises(Mismatch, match="event 24, infer"):
        lockstep.infer(events[-1][0])


@pytest.mark.parametrize("event", [1, 2, 17])
def test_a_flipped_digest_is_met_at_its_event(event):
    error = mismatch(watch.flips_at(event))
    assert error.event == 2 * event and error.request.startswith("learn as ")
    digests = [(board, mirror) for name, board, mirror in error.rows if name == "digest"]
    assert len(digests) == 1 and int(digests[0][0], 16) == int(digests[0][1], 16) ^ 1
    assert error.findings[-1].startswith("Rebuilt from these events they agree")
    assert len(error.before) == min(3, 2 * event - 1)


def test_an_event_stored_wrong_is_told_from_wrong_arithmetic():
    mirror = Network(**CONFIG)
    learned = [mirror.learn(x, label) for x, label in xor(12)]
    inserted = next(
        it for it in learned if it.event >= 5 and it.action == spec.ACTION_INSERTED
    )  # an absorbed one is not stored
    error = mismatch(watch.stores_wrong_at(inserted.event + 1))
    assert error.event == 2 * (inserted.event + 1)
    assert error.findings[0] == f"The events kept differ, first in number {inserted.neurons - 1}."
    assert "it computes right, from other events" in error.findings[1]


def test_a_class_that_counts_wrong_is_named():
    error = mismatch(watch.counts_wrong_at(7))
    (_, label) = xor(7)[6]
    assert error.event == 14
    assert error.findings[0] == f"The clocks of the classes differ, first that of class {label}."


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


def test_wrong_features_are_found(monkeypatch):
    monkeypatch.setattr(wire.SIGNAL, "FrontEnd", watch.features_wrong(3))
    lockstep = streaming_lockstep()
    with pytest.raises(Mismatch, match="event 3, infer at sample 15") as caught:
        lockstep.stream(samples(40, 2))
    name, board, mirror = caught.value.rows[1]
    assert name == "features" and [a - b for a, b in zip(board, mirror, strict=True)] == [1, 0, 0, 0]
    assert [it.partition(":")[0] for it in caught.value.before] == [
        "event 1, infer at sample 7",
        "event 2, infer at sample 11",
    ]


def streaming_lockstep(network=BoardNetwork, **vote):
    lockstep = Lockstep(watch.device(network), **CONFIG)
    lockstep.model(statistics(2, flags=0b11), **vote)
    return lockstep


def test_a_wrong_answer_within_a_stream_is_found_with_its_event():
    lockstep = streaming_lockstep(watch.answers_wrong(9))
    lockstep.teach(1, 8)
    lockstep.stream(samples(36, 2))
    with pytest.raises(Mismatch, match="event 17, infer at sample") as caught:
        lockstep.stream(samples(60, 2))
    assert [(name, mirror - board) for name, board, mirror in caught.value.rows if name == "margin"] == [("margin", -1)]
    assert caught.value.findings == ["The networks are the same; only the result differs."]


def test_a_wrong_digest_within_a_stream_is_found_with_its_lesson():
    lockstep = streaming_lockstep(watch.flips_at(5))
    lockstep.teach(1, 8)
    with pytest.raises(Mismatch, match="event 5, learn as 1 at sample 23") as caught:
        lockstep.stream(samples(60, 2))
    assert caught.value.rows[-1][0] != "digest" or caught.value.rows[-1][1] != caught.value.rows[-1][2]


def test_a_wrong_vote_is_found(monkeypatch):
    def wrong(vote, *ballot):
        took.append(1)
        return right(vote, *ballot) + (len(took) == 3)

    right, took = wire.dlm_feed.Vote.take, []
    monkeypatch.setattr(wire.dlm_feed.Vote, "take", wrong)
    lockstep = streaming_lockstep(over=3)
    with pytest.raises(Mismatch, match="event 3, infer at sample 15") as caught:
        lockstep.stream(samples(40, 2))
    assert [row for row in caught.value.rows if row[0] == "voted"] == [("voted", 0, -1)]


def test_a_lost_event_is_found(monkeypatch):
    monkeypatch.setattr(wire.SIGNAL, "FrontEnd", watch.loses_event(2))
    with pytest.raises(Mismatch, match="stream") as caught:
        streaming_lockstep().stream(samples(40, 2))
    assert caught.value.rows[0] == ("events", 8, 9)


def test_what_both_refuse_is_no_mismatch():
    lockstep = Lockstep(watch.device(), features=4, classes=3, events=2)
    for label in (0, 1):
        lockstep.learn(np.full(4, 900 * label, np.int16), label)
    compared = lockstep.comparisons
    with pytest.raises(KernelError, match="budget of 2 is full") as caught:
        lockstep.learn(np.zeros(4, np.int16), 2)
    assert caught.value.code == spec.ERROR_FULL and lockstep.comparisons == compared + 2, (
        "the refusal, and the digest after it"
    )
    with pytest.raises(KernelError, match="label: 3 given"):
        lockstep.learn(np.zeros(4, np.int16), 3)
    lockstep.finish()


def test_a_refusal_for_another_reason_is_found():
    class Confused(watch.BoardNetwork):
        def undo(self):
            raise KernelError(spec.ERROR_FROZEN, "learning is frozen")

    with pytest.raises(Mismatch, match="event 0, undo"):
        Lockstep(watch.device(Confused), **CONFIG).undo()


def test_a_refusal_that_changes_the_network_is_found():
    class Forgets(watch.BoardNetwork):
        def learn(self, x, label, build=True):
            try:
                return super().learn(x, label, build)
            except KernelError:
                self.forget(0)
                raise

    lockstep = Lockstep(watch.device(Forgets), **CONFIG)
    lockstep.learn(np.zeros(4, np.int16), 0)
    with pytest.raises(Mismatch, match="event 2, learn as 2") as caught:
        lockstep.learn(np.zeros(4, np.int16), 2)
    assert "neurons 0 and 1" in caught.value.findings[0]


def test_a_silent_board_is_no_mismatch():
    device = watch.device()
    lockstep = Lockstep(device, **CONFIG)
    device._transport.session.handlers.running, device.timeout, device.attempts = False, 0.01, 2
    device._transport.write = lambda data: None
    with pytest.raises(TransportError, match="no answer"):
        lockstep.infer(np.zeros(4, np.int16))
