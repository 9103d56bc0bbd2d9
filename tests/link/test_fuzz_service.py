# SPDX-License-Identifier: MIT
"""Short slices of `make fuzz` for the service: frames and slots, the same each time; and that what differs is found."""

import collections
import gc
from types import SimpleNamespace

import pytest

import fuzz_frame
import fuzz_slot
from deeplomath import spec
from fuzz_frame import MAKES, MirrorBoard
from wire import dlm_pair, dlm_session

pytestmark = pytest.mark.kernel


@pytest.fixture(autouse=True)
def swept(monkeypatch):
    """The service collects often; what the suite holds is no part of that. And boards without time or chance of their own."""
    for name in ("_fresh", "_now"):
        monkeypatch.setattr(dlm_pair, name, getattr(fuzz_frame, name))
    gc.freeze()
    yield
    gc.unfreeze()


def test_a_service_answers_damaged_frames_by_the_model_and_stays_the_mirrors():
    found = collections.Counter()
    assert sum(fuzz_frame.play(seed, found=found) for seed in range(40)) == 40 * fuzz_frame.INPUTS
    done = {name for name, outcome in found if outcome == "done"}
    assert {"learn", "infer", "load", "export", "samples", "open", "pair", "save", "name", "live", "exit"} <= done
    refused = {outcome for _, outcome in found}
    assert {"again", "protocol", "opcode", "payload", "session", "paired", "hello", "offset", "program"} <= refused


def test_a_board_comes_up_with_the_newest_sound_slot_and_loses_none():
    found = collections.Counter()
    assert sum(fuzz_slot.play(seed, found=found) for seed in range(10)) == 10 * fuzz_slot.INPUTS
    restored = (spec.RESTORED_EMPTY, spec.RESTORED_NEWEST, spec.RESTORED_OLDER, spec.RESTORED_VERSION)
    restored += (spec.RESTORED_DAMAGED, spec.RESTORED_REFUSED)
    assert {f"restored {code}" for code in restored} <= set(found), found
    assert found["save done"] and found["save disk"] and found["restore done"] and found["restore unsaved"]


class Forgetful(MirrorBoard):
    """Forgets the event that it learned before."""

    def learn(self, x, label, build=True):
        for event in self.memory.events[:1]:
            self.forget(event.id)
        return super().learn(x, label, build)


def test_a_network_that_differs_from_the_mirrors_is_found():
    makes = [MAKES[0], SimpleNamespace(Network=Forgetful, cost=MAKES[1].cost)]
    with pytest.raises(fuzz_frame.Parted, match="kernel"):
        for seed in range(9):
            fuzz_frame.play(seed, makes)


def test_an_exception_out_of_the_service_is_found(monkeypatch):
    def fails(*_):
        raise TypeError("no such thing")

    monkeypatch.setattr(dlm_session, "_refuse", fails)
    with pytest.raises(fuzz_frame.Parted, match="TypeError came out of the service"):
        for seed in range(9):
            fuzz_frame.play(seed)


@pytest.mark.parametrize("name, broken", [("_mend", lambda tail: None), ("Store._keep_aside", lambda store, at: None)])
def test_a_store_that_takes_or_loses_the_wrong_slot_is_found(name, broken, monkeypatch):
    monkeypatch.setattr(f"dlm_store.{name}", broken)
    with pytest.raises(fuzz_slot.Parted):
        for seed in range(9):
            fuzz_slot.play(seed)
