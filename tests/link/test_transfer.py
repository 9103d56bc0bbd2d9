# SPDX-License-Identifier: MIT
"""A state in chunks: it goes out and in, in order alone, and ends where something else begins."""

import struct

import numpy as np
import pytest

from deeplomath import spec
from talk import CONFIG, Talk, configure_payload, ids, learn_payload, pack


def long_talk():
    config = dict(CONFIG, features=20, classes=3, events=64, layers=1)
    talk = Talk(config=config)
    draw = np.random.default_rng(2)
    for i in range(40):
        talk.learn(draw.integers(-3000, 3000, 20), i % 2)
    talk.done("infer", pack([32767] * 20))
    assert talk.done("unknowns")[1] == ids(0)
    return talk, config


def export(talk):
    state, total = b"", 1
    while len(state) < total:
        got, chunk = talk.done("export", struct.pack("<I", len(state)))
        total, state = got["total"], state + chunk
    return state


def chunks(state, size=spec.WIRE_CHUNK):
    return [struct.pack("<II", at, len(state)) + state[at : at + size] for at in range(0, len(state), size)]


def test_a_state_goes_out_and_in_chunk_by_chunk():
    talk, config = long_talk()
    state = export(talk)
    assert state == talk.handlers.network.export() and len(chunks(state)) == 3
    other = Talk(config=config)
    replies = [other.done("load", it)[0] for it in chunks(state)]
    assert [it["next"] for it in replies] == [1024, 2048, len(state)]
    assert [it["digest"] for it in replies] == [0, 0, talk.handlers.network.digest()]
    assert other.handlers.network.export() == state


def test_chunks_out_of_order_are_refused():
    talk, config = long_talk()
    first, second, third = chunks(export(talk))
    assert talk.refused("export", struct.pack("<I", 1024)) == (spec.ERROR_OFFSET, "offset: 1024 given, 0 needed")
    talk.done("export", struct.pack("<I", 0))
    assert talk.refused("export", struct.pack("<I", 2048)) == (spec.ERROR_OFFSET, "offset: 2048 given, 1024 needed")
    assert talk.refused("load", second) == (spec.ERROR_OFFSET, "offset: 1024 given, 0 needed")
    other = Talk(config=config)
    assert other.refused("load", third) == (spec.ERROR_OFFSET, "offset: 2048 given, 0 needed")
    other.done("load", first)
    assert other.refused("load", third) == (spec.ERROR_OFFSET, "offset: 2048 given, 1024 needed")
    assert other.refused("export", struct.pack("<I", 1024))[0] == spec.ERROR_OFFSET
    other.done("load", second)
    assert other.refused("load", second) == (spec.ERROR_OFFSET, "offset: 1024 given, 2048 needed")
    assert other.refused("load", struct.pack("<II", 2048, 9999)) == (
        spec.ERROR_OFFSET,
        f"total: 9999 given, {len(export(talk))} begun",
    )
    other.done("load", third)
    assert other.handlers.network.digest() == talk.handlers.network.digest()


BREAKERS = {
    "learn": learn_payload(x=range(20)),
    "correct": struct.pack("<h", 0),
    "name": struct.pack("<hI", 0, 0),
    "undo": b"",
    "drop": b"",
    "forget": ids(3),
    "relabel": struct.pack("<Ih", 3, 1),
    "rename_class": struct.pack("<hh", 0, 2),
    "drop_class": struct.pack("<h", 0),
    "freeze": b"\1",
    "hello": b"",
    "configure": configure_payload(),
}


@pytest.mark.parametrize("breaker", BREAKERS)
def test_a_transfer_ends_where_something_else_begins(breaker):
    talk, _ = long_talk()
    talk.done("export", ids(0))
    talk.done(breaker, BREAKERS[breaker])
    assert talk.refused("export", ids(1024))[0] == spec.ERROR_OFFSET


def test_a_request_that_fails_ends_no_transfer():
    talk, _ = long_talk()
    state, (first, *rest) = talk.handlers.network.export(), chunks(talk.handlers.network.export())
    talk.done("export", ids(0))
    talk.refused("learn", learn_payload(label=9, x=range(20)))
    talk.refused("configure", configure_payload(layers=9))
    assert talk.done("export", ids(1024))[1] == state[1024:2048]
    talk.done("load", first)
    talk.refused("forget", ids(9999))
    for it in rest:
        talk.done("load", it)


def damaged_states():
    talk, config = long_talk()
    state = talk.handlers.network.export()
    spoilt_magic = b"x" + state[1:]
    yield "state_size", state[:-1], config
    yield "state_size", b"", config
    yield "state_size", state + bytes(100000), config
    yield "state_magic", spoilt_magic, config
    yield "state_config", state, dict(config, classes=2)


@pytest.mark.parametrize("error, state, config", list(damaged_states()))
def test_a_damaged_state_is_refused_and_the_network_kept(error, state, config):
    talk = Talk(config=config)
    talk.learn(np.arange(20), 1)
    *first, last = chunks(state) or [struct.pack("<II", 0, 0)]
    for it in first:
        status, text = talk.say("load", it)
        if status:
            break
    else:
        status, text = talk.refused("load", last)
    assert status == getattr(spec, "ERROR_" + error.upper()), text
    assert talk.done("digest")[0]["digest"] == talk.handlers.network.digest()
