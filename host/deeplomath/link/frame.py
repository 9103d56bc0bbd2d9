# SPDX-License-Identifier: MIT
"""Frames of the wire, no I/O: the twin of firmware/device/dlm_frame.py (PROTOCOL.md section 3)."""

import struct
from binascii import crc32
from typing import NamedTuple

from cobs import cobs

from ..errors import ProtocolError
from ..spec import VERSION_PROTOCOL, WIRE_CHECKSUM, WIRE_FRAME_MAX, WIRE_HEADER

HEADER = struct.Struct("<BBH")
_ENCODED_MAX = WIRE_FRAME_MAX + WIRE_FRAME_MAX // 254 + 1


class Frame(NamedTuple):
    """A frame without its checksum: version u8, opcode u8, sequence u16, payload 0..WIRE_FRAME_MAX - 8 bytes.

    Of a sealed one the payload ends in its MAC (pair.py).
    """

    version: int
    opcode: int
    sequence: int
    payload: bytes


def encode(opcode, sequence, payload=b"", version=VERSION_PROTOCOL):
    """Returns what goes on the wire, with a zero at both ends. ProtocolError: the payload is too long for a frame."""
    room = WIRE_FRAME_MAX - WIRE_HEADER - WIRE_CHECKSUM
    if len(payload) > room:
        raise ProtocolError(f"payload: {len(payload)} bytes given, 0..{room} allowed")
    body = HEADER.pack(version, opcode, sequence) + payload
    return b"\0" + cobs.encode(body + struct.pack("<I", crc32(body))) + b"\0"


def decode(segment):
    """Returns the Frame in the bytes between two zeros, or None when there is no valid one."""
    if len(segment) > _ENCODED_MAX:
        return None
    try:
        body = cobs.decode(segment)
    except cobs.DecodeError:
        return None
    if not WIRE_HEADER + WIRE_CHECKSUM <= len(body) <= WIRE_FRAME_MAX:
        return None
    body, checksum = body[:-WIRE_CHECKSUM], body[-WIRE_CHECKSUM:]
    if struct.pack("<I", crc32(body)) != checksum:
        return None
    return Frame(*HEADER.unpack_from(body), body[WIRE_HEADER:])


class Decoder:
    """Finds the frames in a stream of bytes cut anywhere; all else is dropped and counted, its end kept.

    fed: bytes so far. A stream without end takes no more memory than two of the longest frames.
    """

    def __init__(self):
        self._pending = bytearray()
        self._noise = b""
        self._overlong = False
        self.dropped = self.fed = 0

    def feed(self, chunk):
        """Returns the list of Frames completed by this chunk."""
        frames = []
        self.fed += len(chunk)
        *ended, rest = chunk.split(b"\0")
        for segment in ended:
            self._take(segment)
            pending, overlong = bytes(self._pending), self._overlong
            self._pending.clear()
            self._overlong = False
            if frame := None if overlong else decode(pending):
                frames.append(frame)
            elif pending:
                self.dropped += 1
                self._noise = (self._noise + pending)[-_ENCODED_MAX:]
        self._take(rest)
        return frames

    def forget(self):
        """Drops what arrived outside of frames, and the frame that has begun."""
        self._pending.clear()
        self._noise, self._overlong = b"", False

    def tail(self, since=0):
        """Bytes that arrived behind the last zero, at most those after the first `since` fed: a REPL's words, or noise."""
        return bytes(self._pending[-(self.fed - since) :]) if self.fed > since else b""

    def heard(self):
        """Bytes that arrived outside of frames, the latest: a REPL's words, or noise."""
        return self._noise + bytes(self._pending)

    def _take(self, segment):
        self._pending += segment
        if len(self._pending) > _ENCODED_MAX:  # keep the end: it may be a REPL's traceback
            self._overlong = True
            del self._pending[:-_ENCODED_MAX]
