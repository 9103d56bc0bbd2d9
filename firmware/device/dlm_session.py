# SPDX-License-Identifier: MIT
"""Frames in, replies out, no I/O: the sequence, and memory of the last reply for its retry (PROTOCOL.md section 4)."""

import gc
import os
from struct import pack_into, unpack_from

import dlm_spec as spec
from dlm_frame import PAYLOAD, START, Decoder, Encoder
from dlm_handlers import FIELDS, ROOM, Handlers

SEALED = spec.VERSION_PROTOCOL | spec.WIRE_SEALED
KEY_FILES = ("dlm_key.bin", "dlm_key.new")  # of dlm_pair, which is imported where one is there or asked for
GUARDED = (spec.OPCODE_CHALLENGE, spec.OPCODE_OPEN, spec.OPCODE_PAIR)
SMALL = 100  # bytes of text in such a refusal, at most
UNGREETED = (spec.OPCODE_EXIT,) + GUARDED  # what a service takes ahead of its first HELLO


class Session:
    """Owns the decoder, the last reply, and the handlers with the network.

    module: as Handlers has it. folder: of the file with the board's key, "/flash/" or the like, by default the current
    one. Nothing is raised: each failure is a reply with its status and text (PROTOCOL.md section 7), the network as it was
    before.
    """

    def __init__(self, module, folder=""):
        self.decoder = Decoder()
        self._encoder = Encoder()
        self.handlers = Handlers(module, self.decoder, self._encoder)
        self._chunk = None  # what comes, of which so much was read
        self._at = self._size = 0
        # Sequence and checksum of the request replied to last: in small ints, which take no heap.
        self._last = [0, 0, 0]
        self._replied = 0  # length of the reply to it; 0 where none is remembered
        self._folder = folder
        self.begin()

    def begin(self, infer=False):
        """The service begins: whoever was greeted is not. infer: a paired board answers INFER without a session, too."""
        self._greeted = False
        self._infer = infer
        self._guard = None
        self.handlers.running = True
        self.handlers.paired = False
        if any(map(self._has, KEY_FILES)):
            self._make_guard()

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
        if version not in (spec.VERSION_PROTOCOL, SEALED):
            text = f"protocol: version {version} given, the board speaks {spec.VERSION_PROTOCOL}"
            return _refuse(opcode, sequence, ValueError(text, spec.ERROR_PROTOCOL))
        low, high = unpack_from("<HH", frame, len(frame) - spec.WIRE_CHECKSUM)
        if [sequence, low, high] == self._last and self._replied:
            return self._encoder.view[: self._replied]
        sealed = version == SEALED
        try:
            end = self._admit(frame, opcode, sequence, sealed)
        except Exception as error:
            self.decoder.refused += 1
            return _refuse(opcode, sequence, error)
        self._replied = 0  # what is remembered is overwritten from here on
        status = 0
        try:
            n_payload = 1 + self._run(opcode, frame[spec.WIRE_HEADER : end], sequence)
        except Exception as error:
            status, n_payload = _fail(error, self._encoder)
        reply = _seal(self._encoder, opcode, sequence, status, n_payload, self._guard if sealed else None)
        self._last[0], self._last[1], self._last[2] = sequence, low, high
        self._replied = len(reply)
        return reply

    def _admit(self, frame, opcode, sequence, sealed):
        """Returns where the payload of a frame ends that may be executed; ValueError: it may not."""
        end = len(frame) - spec.WIRE_CHECKSUM
        if sealed or self._guard or opcode in GUARDED:
            end = (self._guard or self._make_guard()).admit(frame, opcode, sequence, sealed)
        if opcode == spec.OPCODE_HELLO:
            self._greeted = True
        elif not self._greeted and opcode not in UNGREETED:
            raise ValueError("hello: none since the service began, or the board was reset", spec.ERROR_HELLO)
        return end

    def _run(self, opcode, payload, sequence):
        """Fills in the reply to a request; returns its length."""
        if opcode not in GUARDED:
            return self.handlers.run(opcode, payload)
        size = self._guard.run(opcode, payload, self._encoder.view[FIELDS:], sequence)
        self.handlers.paired = self._guard.key is not None
        return size

    def _make_guard(self):
        try:
            from dlm_pair import Guard
        except ImportError as error:  # also of a port without SHA-256
            raise ValueError(f"key: {error}", spec.ERROR_KEY) from error
        self._guard = Guard(self._folder, self._infer)
        self.handlers.paired = self._guard.key is not None
        return self._guard

    def _has(self, name):
        try:
            return bool(os.stat(self._folder + name))
        except OSError:
            return False


def _seal(encoder, opcode, sequence, status, n_payload, guard=None):
    """Returns a reply ready for the wire; with a guard, under its session."""
    pack_into("<b", encoder.buffer, PAYLOAD, status)
    opcode |= spec.WIRE_REPLY
    if not guard:
        return encoder.seal(spec.VERSION_PROTOCOL, opcode, sequence, n_payload)
    pack_into("<BBH", encoder.buffer, START, SEALED, opcode, sequence)
    guard.sign(encoder.view, START, PAYLOAD + n_payload)
    return encoder.seal(SEALED, opcode, sequence, n_payload + spec.WIRE_MAC)


def _fail(error, encoder, room=ROOM):
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
        data = text.encode()[:room]
        encoder.view[FIELDS : FIELDS + len(data)] = data
        return code if code in spec.ERRORS else spec.ERROR_INTERNAL, 1 + len(data)
    except MemoryError:  # not even room for words
        return spec.ERROR_MEMORY, 1


def _refuse(opcode, sequence, error):
    """Answers a frame that is not executed, in a buffer of its own: the last reply stays for its retry."""
    encoder = Encoder(128)
    status, n_payload = _fail(error, encoder, SMALL)
    return _seal(encoder, opcode, sequence, status, n_payload)
