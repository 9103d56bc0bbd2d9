# SPDX-License-Identifier: MIT
"""The loop on the board: it reads what comes, answers, and gives the line back as it found it."""

import io

import pytest

from deeplomath import frame, spec
from wire import BOARD_MODULE, dlm_main, dlm_service


class Reader(io.BytesIO):
    """A stream that, like a UART's, has nothing to give every other time."""

    asked = 0

    def readinto(self, buffer):
        self.asked += 1
        return super().readinto(buffer) if self.asked % 2 else None


@pytest.fixture
def interrupt_keys(monkeypatch):
    keys = []
    monkeypatch.setattr(dlm_main, "kbd_intr", keys.append)
    return keys


def served(reader):
    writer = io.BytesIO()
    dlm_main.serve(reader, writer, BOARD_MODULE)
    return [(it.opcode & 127, it.sequence, it.payload[0]) for it in frame.Decoder().feed(writer.getvalue())]


HELLOS = b"".join(frame.encode(spec.OPCODE_HELLO, sequence) for sequence in range(40))


@pytest.mark.parametrize("stream", [io.BytesIO, Reader])
def test_every_request_is_answered_until_the_input_ends(stream, interrupt_keys):
    assert served(stream(b"\x03\x03 noise" + HELLOS)) == [(spec.OPCODE_HELLO, sequence, 0) for sequence in range(40)]
    assert interrupt_keys == [-1, 3]


def test_nothing_behind_an_exit_is_read(interrupt_keys):
    reader = io.BytesIO(frame.encode(spec.OPCODE_EXIT, 5) + b"print(1)\r\n")
    assert served(reader) == [(spec.OPCODE_EXIT, 5, 0)]
    assert (reader.read(), interrupt_keys) == (b"print(1)\r\n", [-1, 3])


def test_want_of_memory_loses_one_request(monkeypatch, interrupt_keys):
    receive = dlm_service.Service.receive
    calls = iter(range(100))

    def scarce(self, chunk, size):
        if next(calls) == 3:
            raise MemoryError
        return receive(self, chunk, size)

    monkeypatch.setattr(dlm_service.Service, "receive", scarce)
    assert len(served(io.BytesIO(HELLOS))) == 39
    assert interrupt_keys == [-1, 3]


def test_the_interrupt_key_comes_back_whatever_happens(interrupt_keys):
    with pytest.raises(AttributeError):
        dlm_main.serve(object(), io.BytesIO(), BOARD_MODULE)
    assert interrupt_keys == [-1, 3]
