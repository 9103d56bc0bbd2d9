# SPDX-License-Identifier: MIT
"""Frames in, replies out, no I/O: the sequence, and memory of the last reply for its retry (PROTOCOL.md section 4)."""

import gc
from struct import pack_into, unpack_from

import dlm_spec as spec
from dlm_frame import PAYLOAD, Decoder, Encoder
from dlm_handlers import FIELDS, ROOM, Handlers


class Session:
    """Owns the decoder, the last reply, and the handlers with the network.

    module: as Handlers has it. Nothing is raised: each failure is a reply with its status and text (PROTOCOL.md section
    7), the network as it was before.
    """

    def __init__(self, module):
        self.decoder = Decoder()
        self._encoder = Encoder()
        self.handlers = Handlers(module, self.decoder, self._encoder)
        self._chunk = None  # what comes, of which so much was read
        self._at = self._size = 0
        # Sequence and checksum of the request replied to last: in small ints, which take no heap.
        self._last = [0, 0, 0]
        self._replied = 0  # length of the reply to it; 0 where none is remembered

    def receive(self, chunk, size=None):
        """Takes the first `size` bytes of chunk, for `request`."""
        self._chunk = chunk
        self._at = 0
        self._size = len(chunk) if size is None else size

    def request(self):
        """Reads on to the next request; returns its opcode, None where all that came is read.

        No iterator: what one makes, its end included, would lie in the heap where a network is to grow.
        """
        while self._at < self._size:
            self._at = self.decoder.take(self._chunk, self._at, self._size)
            if self.decoder.length:
                return self.decoder.opcode()
        return None

    def reply(self):
        """Returns the reply to this request, ready for the wire, as handle does."""
        return self.handle(self.decoder.frame())

    def handle(self, frame):
        """Returns the reply to one frame (as Decoder gives it) as a memoryview that holds until the next call.

        None for a frame that is itself a reply: on a line with echo it would go round for ever.
        """
        version, opcode, sequence = unpack_from("<BBH", frame)
        if opcode & spec.WIRE_REPLY:
            self.decoder.dropped += 1
            return None
        if version != spec.VERSION_PROTOCOL:
            return _refuse(opcode, sequence, version)
        low, high = unpack_from("<HH", frame, len(frame) - spec.WIRE_CHECKSUM)
        if [sequence, low, high] == self._last and self._replied:
            return self._encoder.view[: self._replied]
        self._replied = 0  # what is remembered is overwritten from here on
        status = 0
        try:
            payload = frame[spec.WIRE_HEADER : len(frame) - spec.WIRE_CHECKSUM]
            n_payload = 1 + self.handlers.run(opcode, payload)
        except Exception as error:
            status, n_payload = _fail(error, self._encoder)
        reply = _seal(self._encoder, opcode, sequence, status, n_payload)
        self._last[0], self._last[1], self._last[2] = sequence, low, high
        self._replied = len(reply)
        return reply


def _seal(encoder, opcode, sequence, status, n_payload):
    pack_into("<b", encoder.buffer, PAYLOAD, status)
    return encoder.seal(spec.VERSION_PROTOCOL, opcode | spec.WIRE_REPLY, sequence, n_payload)


def _fail(error, encoder):
    """Puts the text of an exception behind the status; returns the status and the length of both."""
    try:
        code = spec.ERROR_INTERNAL
        text = str(error.args[0]) if error.args else type(error).__name__
        if isinstance(error, MemoryError):
            code = spec.ERROR_MEMORY
            gc.collect()
        elif isinstance(error, ValueError):
            code = error.args[1] if len(error.args) > 1 else spec.ERROR_ARGUMENT
        else:
            text = type(error).__name__ + ": " + text
        data = text.encode()[:ROOM]
        encoder.view[FIELDS : FIELDS + len(data)] = data
        return code if code in spec.ERRORS else spec.ERROR_INTERNAL, 1 + len(data)
    except MemoryError:  # not even room for words
        return spec.ERROR_MEMORY, 1


def _refuse(opcode, sequence, version):
    """Answers a frame of another version, in a buffer of its own: the last reply stays for its retry."""
    encoder = Encoder(128)
    text = f"protocol: version {version} given, the board speaks {spec.VERSION_PROTOCOL}"
    status, n_payload = _fail(ValueError(text, spec.ERROR_PROTOCOL), encoder)
    return _seal(encoder, opcode, sequence, status, n_payload)
