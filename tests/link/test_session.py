# SPDX-License-Identifier: MIT
"""Frames in, replies out: each failure is a reply with its status, and nothing is executed twice."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplomath import spec
from deeplomath.link import frame
from talk import EVENTS, Talk, learn_payload
from wire import BoardNetwork, replies_of


@pytest.fixture
def talk():
    return Talk()


def raising(error):
    """A module whose network, once made, raises on every learn."""

    class Network(BoardNetwork):
        def learn(self, x, label, build=True):
            raise error

    return SimpleNamespace(Network=Network)


def test_another_protocol_version_is_refused_with_both_named(talk):
    status, text = talk.say("learn", learn_payload(), version=spec.VERSION_PROTOCOL + 1)
    assert (status, text) == (spec.ERROR_PROTOCOL, b"protocol: version 3 given, the board speaks 2")
    assert talk.done("info")[0]["neurons"] == 0


FAILURES = [
    (ValueError("one: 1 given"), spec.ERROR_ARGUMENT, "one: 1 given"),
    (ValueError("label: 9 given", spec.ERROR_LABEL), spec.ERROR_LABEL, "label: 9 given"),
    (ValueError("odd", "code"), spec.ERROR_INTERNAL, "odd"),
    (ValueError("odd", -99), spec.ERROR_INTERNAL, "odd"),
    (ValueError(), spec.ERROR_ARGUMENT, "ValueError"),
    (MemoryError("memory allocation failed, allocating 40000 bytes"), spec.ERROR_MEMORY,
     "memory allocation failed, allocating 40000 bytes"),
    (MemoryError(), spec.ERROR_MEMORY, "MemoryError"),
    (KeyError("x"), spec.ERROR_INTERNAL, "KeyError: x"),
    (TypeError("x"), spec.ERROR_INTERNAL, "TypeError: x"),
    (ValueError("é" * 9000), spec.ERROR_ARGUMENT, "é" * 1095),
]  # fmt: skip


FAILURES += [(ValueError(name, code), code, name) for code, name in spec.ERRORS.items()]


@pytest.mark.parametrize("error, status, text", FAILURES)
def test_every_exception_becomes_a_reply(error, status, text):
    got, said = Talk(raising(error)).say("learn", learn_payload())
    assert (got, said.decode("utf-8", "ignore")) == (status, text)


def test_a_retry_is_answered_again_and_not_learned_twice(talk):
    wire = frame.encode(spec.OPCODE_LEARN, 77, learn_payload())
    first = talk.send(wire)
    assert talk.send(wire) == first and talk.send(wire + wire) == first + first
    assert talk.done("info")[0]["neurons"] == 1


def test_a_retry_is_recognised_behind_a_frame_of_another_version(talk):
    wire = frame.encode(spec.OPCODE_LEARN, 77, learn_payload())
    first = talk.send(wire)
    talk.send(frame.encode(spec.OPCODE_LEARN, 78, learn_payload(), version=9))
    assert talk.send(wire) == first
    assert talk.done("info")[0]["neurons"] == 1


def test_the_same_sequence_with_another_request_is_executed(talk):
    talk.send(frame.encode(spec.OPCODE_LEARN, 77, learn_payload(0)))
    talk.send(frame.encode(spec.OPCODE_LEARN, 77, learn_payload(1)))
    assert talk.done("info")[0]["clock"] == 2


def test_the_same_request_with_another_sequence_is_executed(talk):
    talk.learn(*EVENTS[0])
    talk.learn(*EVENTS[0])
    assert talk.done("info")[0]["clock"] == 2


def test_a_new_session_may_use_the_last_sequence_again(talk):
    wire = frame.encode(spec.OPCODE_LEARN, 77, learn_payload())
    talk.send(wire)
    talk.done("hello")
    talk.send(wire)
    assert talk.done("info")[0]["clock"] == 2


def test_a_reply_that_comes_back_by_an_echo_is_not_answered(talk):
    wire = bytes(next(replies_of(talk.session, frame.encode(spec.OPCODE_DIGEST, 7))))
    assert talk.send(wire) == [] and talk.done("info")[0]["dropped"] == 1


def test_ctrl_c_and_repl_text_between_frames_change_nothing(talk):
    talk.send(b"\x03\x03\x02\r\nimport dlm_main; dlm_main.serve()\r\n>>> \x04" + frame.encode(spec.OPCODE_DIGEST, 7))
    assert talk.learn((0x0303, 0x0303, 0x0403), 1)["neurons"] == 1


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40), st.booleans()), max_size=12))
def test_whatever_arrives_the_service_answers_and_goes_on(requests):
    talk = Talk()
    talk.learn(*EVENTS[0])
    for opcode, payload, whole in requests:
        wire = frame.encode(opcode, 1000, payload)
        replies = talk.send(wire if whole else wire[:-3])
        assert all(it.opcode == opcode | spec.WIRE_REPLY for it in replies)
        assert len(replies) == (whole and opcode < spec.WIRE_REPLY)
    (reply,) = talk.send(b"\0" + frame.encode(spec.OPCODE_HELLO, 2000))
    assert reply.payload[0] == 0
