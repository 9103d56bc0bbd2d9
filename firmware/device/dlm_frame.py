# SPDX-License-Identifier: MIT
"""Frames of the wire, no I/O: the twin of host/deeplomath/link/frame.py, in buffers allocated once (PROTOCOL.md, Frames)."""

from binascii import crc32
from struct import pack_into, unpack_from

from dlm_spec import WIRE_CHECKSUM, WIRE_FRAME_MAX, WIRE_HEADER

ZERO = b"\0"
START = 2  # where a frame starts in its buffer: even, so that int16 payloads are aligned
PAYLOAD = START + WIRE_HEADER
WIRE_MAX = WIRE_FRAME_MAX + WIRE_FRAME_MAX // 254 + 3  # bytes of the longest frame on the wire, with its zeros
_ROOM = START + WIRE_FRAME_MAX + WIRE_FRAME_MAX // 254 + 2


class Decoder:
    """Finds the frames in a stream of bytes cut anywhere; all else is dropped and counted in `dropped`."""

    def __init__(self):
        self._buffer = bytearray(_ROOM)
        self._view = memoryview(self._buffer)
        self._end = START - 1
        self._overlong = False
        self.length = 0  # of the frame that was found, whose checksum is right
        self.dropped = 0
        self.refused = 0  # of those found, by the session

    def take(self, chunk, at, size):
        """Reads chunk[at:size], but nothing behind the first frame in it that is whole; returns where it stopped.

        chunk: bytes or bytearray. Whether there is such a frame `frame` tells.
        """
        zero = chunk.find(ZERO, at, size)
        stop = size if zero < 0 else zero
        end = self._end + stop - at
        if end > _ROOM:
            self._overlong = True
        elif not self._overlong:
            self._view[self._end : end] = memoryview(chunk)[at:stop]
            self._end = end
        self.length = self._decode() if zero >= 0 else 0
        return stop + 1

    def frame(self):
        """The frame that take found, header and checksum included, as a memoryview that holds until the next; else None."""
        return self._view[START : START + self.length] if self.length else None

    def opcode(self):
        """That of the frame."""
        return self._buffer[START + 1]

    def _decode(self):
        """Undoes COBS in place; returns the length of a valid frame, else 0, and makes ready for the next."""
        view = self._view
        at, end = START - 1, self._end
        empty = at == end and not self._overlong
        good = not self._overlong
        self._end = at
        self._overlong = False
        if empty:
            return 0
        full = False
        while good and at < end:
            code = view[at]
            following = at + code
            if following > end:
                good = False
            elif full:  # 254 bytes without a zero came before: this code stands for no byte
                view[at : end - 1] = view[at + 1 : end]
                end -= 1
                following -= 1
            elif at >= START:
                view[at] = 0
            full = code == 255
            at = following
        length = end - START
        if good and WIRE_HEADER + WIRE_CHECKSUM <= length <= WIRE_FRAME_MAX:
            tail = end - WIRE_CHECKSUM
            if crc32(view[START:tail]) == unpack_from("<I", view, tail)[0]:
                return length
        self.dropped += 1
        return 0


class Encoder:
    """Makes one frame at a time in `buffer`: put the payload at PAYLOAD, then seal."""

    def __init__(self, size=WIRE_FRAME_MAX):
        self.buffer = bytearray(START + size + size // 254 + 2)
        self.view = memoryview(self.buffer)

    def seal(self, version, opcode, sequence, n_payload):
        """Returns what goes on the wire, with a zero at both ends, as a memoryview that holds until the next seal."""
        view = self.view
        end = PAYLOAD + n_payload
        pack_into("<BBH", view, START, version, opcode, sequence)
        pack_into("<I", view, end, crc32(view[START:end]))
        end += WIRE_CHECKSUM
        code = START - 1
        while True:
            zero = self.buffer.find(ZERO, code + 1, end)
            stop = end if zero < 0 else zero
            while stop - code > 255 or (stop - code == 255 and zero >= 0):
                view[code] = 255
                code += 255
                view[code + 1 : end + 1] = view[code:end]
                end += 1
                stop += 1
            view[code] = stop - code
            if zero < 0:
                break
            code = stop
        view[0] = view[end] = 0
        return view[: end + 1]
