# SPDX-License-Identifier: MIT
"""The loop on the board: it reads what comes, answers, and gives the line back as it found it."""

import io
import struct

import pytest

from deeplomath import client, frame, spec
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


class Hesitant(io.BytesIO):
    """A stream that, like a UART's, has nothing to give a thousand times ahead of its last request."""

    nothing = 1000

    def readinto(self, buffer):
        if self.nothing and self.getvalue()[self.tell() :] == INFO:
            self.nothing -= 1
            return None
        return super().readinto(buffer)


INFO = frame.encode(spec.OPCODE_INFO, 3)
CONFIGURE = frame.encode(spec.OPCODE_CONFIGURE, 1, struct.pack("<HBHBHBB", 3, 2, 4, 4, 50, 0, 1))
LEARN = frame.encode(spec.OPCODE_LEARN, 2, struct.pack("<hHhhh", 1, 1, 100, -200, 300))


@pytest.mark.parametrize("stream, building", [(io.BytesIO, True), (Hesitant, False)])
def test_a_rebuild_goes_on_while_nothing_comes(stream, building, interrupt_keys):
    writer = io.BytesIO()
    dlm_main.serve(stream(CONFIGURE + LEARN + INFO), writer, BOARD_MODULE)
    learned, info = list(frame.Decoder().feed(writer.getvalue()))[1:]
    fields, form = client._layout(client.REPLIES[spec.OPCODE_LEARN])
    assert dict(zip(fields, form.unpack_from(learned.payload, 1)))["building"]
    fields, form = client._layout(client.REPLIES[spec.OPCODE_INFO])
    got = dict(zip(fields, form.unpack_from(info.payload, 1)))
    assert (bool(got["building"]), bool(got["digest"])) == (building, not building)
