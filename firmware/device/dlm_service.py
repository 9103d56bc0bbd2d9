# SPDX-License-Identifier: MIT
"""Requests in, replies out, no I/O, one handler an opcode: the other end of host/deeplomath/client.py (PROTOCOL.md)."""

import gc
import sys
import time
from struct import calcsize, pack_into, unpack_from

import dlm_spec as spec
from dlm_frame import PAYLOAD, Decoder, Encoder

FIELDS = PAYLOAD + 1  # behind the status

# Fixed part of each request and reply, as in PROTOCOL.md's tables, and the size of the items that may follow a request.
REQUESTS = {
    spec.OPCODE_HELLO: ("<", 0),
    spec.OPCODE_CONFIGURE: ("<HBHBH", 0),
    spec.OPCODE_LEARN: ("<h", 2),
    spec.OPCODE_INFER: ("<", 2),
    spec.OPCODE_DIGEST: ("<", 0),
    spec.OPCODE_INFO: ("<", 0),
    spec.OPCODE_EXPORT: ("<I", 0),
    spec.OPCODE_LOAD: ("<II", 1),
    spec.OPCODE_FEATURES: ("<H", 2),
    spec.OPCODE_EXIT: ("<", 0),
}
REPLIES = {
    spec.OPCODE_HELLO: "<HHHHBHBHHIBBHBHBHI",
    spec.OPCODE_CONFIGURE: "<II",
    spec.OPCODE_LEARN: "<IHBIII",
    spec.OPCODE_INFER: "<hBiIII",
    spec.OPCODE_DIGEST: "<I",
    spec.OPCODE_INFO: "<HBHBHHBIIIIIII",
    spec.OPCODE_EXPORT: "<I",
    spec.OPCODE_LOAD: "<II",
    spec.OPCODE_FEATURES: "<I",
    spec.OPCODE_EXIT: "<",
}
UNBOUND = (spec.OPCODE_HELLO, spec.OPCODE_CONFIGURE, spec.OPCODE_FEATURES, spec.OPCODE_EXIT)  # need no network
TICKS_MASK = 0x3FFFFFFF
ARCHITECTURES = " x86 x64 armv6 armv6m armv7m armv7em armv7emsp armv7emdp xtensa xtensawin rv32imc".split(" ")


def _ticks():
    """Returns the finest clock of this board and whether it counts processor ticks (else microseconds)."""
    if getattr(time, "ticks_cpu", int)():  # there, and not the constant 0 of ports without a counter
        return time.ticks_cpu, 1
    return getattr(time, "ticks_us", None) or (lambda: time.perf_counter_ns() // 1000), 0


class Service:
    """Owns the decoder, at most one network, and the last reply; `running` until EXIT.

    module: `deeplomath` of the board, or one with the same Network and window_features. Nothing is raised: each failure
    is a reply with its status and text (PROTOCOL.md section 7), the network as it was before.
    """

    def __init__(self, module):
        self.module = module
        self.network = None
        self.running = True
        self.decoder = Decoder()
        self._encoder = Encoder()
        self._ticks, self._tick_kind = _ticks()
        self._last = self._reply = None
        self._transfer = None  # bytes of a state on its way out or in
        self._loading = False
        self._next = 0
        self._handlers = {
            spec.OPCODE_HELLO: self._hello,
            spec.OPCODE_CONFIGURE: self._configure,
            spec.OPCODE_LEARN: self._learn,
            spec.OPCODE_INFER: self._infer,
            spec.OPCODE_DIGEST: self._digest,
            spec.OPCODE_INFO: self._info,
            spec.OPCODE_EXPORT: self._export,
            spec.OPCODE_LOAD: self._load,
            spec.OPCODE_FEATURES: self._features,
            spec.OPCODE_EXIT: self._exit,
        }

    def receive(self, chunk, size=None):
        """Yields the reply, ready for the wire, to each request completed by the first `size` bytes of chunk."""
        for frame in self.decoder.feed(chunk, size):
            reply = self.handle(frame)
            if reply is not None:
                yield reply

    def handle(self, frame):
        """Returns the reply to one frame (as Decoder gives it) as a memoryview that holds until the next call.

        None for a frame that is itself a reply: on a line with echo it would go round for ever.
        """
        version, opcode, sequence = unpack_from("<BBH", frame)
        if opcode & spec.WIRE_REPLY:
            self.decoder.dropped += 1
            return None
        if version != spec.VERSION_PROTOCOL:
            return self._refuse(opcode, sequence, version)
        identity = (sequence, unpack_from("<I", frame, len(frame) - spec.WIRE_CHECKSUM)[0])
        if identity == self._last:
            return self._reply
        status = 0
        try:
            n_payload = 1 + self._run(opcode, frame[spec.WIRE_HEADER : len(frame) - spec.WIRE_CHECKSUM])
        except Exception as error:
            status, n_payload = self._failure(error, self._encoder)
        pack_into("<b", self._encoder.buffer, PAYLOAD, status)
        self._reply = self._encoder.seal(spec.VERSION_PROTOCOL, opcode | spec.WIRE_REPLY, sequence, n_payload)
        self._last = identity
        return self._reply

    def _run(self, opcode, payload):
        handler = self._handlers.get(opcode)
        if handler is None:
            text = f"opcode: {opcode} given, {spec.OPCODE_HELLO}..{spec.OPCODE_EXIT} known"
            raise ValueError(text, spec.ERROR_OPCODE)
        form, item = REQUESTS[opcode]
        rest = len(payload) - calcsize(form)
        if rest < 0 or (rest % item if item else rest):
            items = f" and a multiple of {item} more" if item else ""
            text = f"payload: {len(payload)} bytes given, {calcsize(form)}{items} needed"
            raise ValueError(text, spec.ERROR_PAYLOAD)
        if self.network is None and opcode not in UNBOUND:
            raise ValueError("network: none yet, CONFIGURE first", spec.ERROR_UNCONFIGURED)
        return handler(payload)

    def _failure(self, error, encoder):
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
            data = text.encode()[: spec.WIRE_FRAME_MAX - spec.WIRE_HEADER - spec.WIRE_CHECKSUM - 1]
            encoder.view[FIELDS : FIELDS + len(data)] = data
            return code if code in spec.ERRORS else spec.ERROR_INTERNAL, 1 + len(data)
        except MemoryError:  # not even room for words
            return spec.ERROR_MEMORY, 1

    def _refuse(self, opcode, sequence, version):
        """Answers a frame of another version, in a buffer of its own: the last reply stays for its retry."""
        encoder = Encoder(128)
        text = f"protocol: version {version} given, the board speaks {spec.VERSION_PROTOCOL}"
        status, n_payload = self._failure(ValueError(text, spec.ERROR_PROTOCOL), encoder)
        pack_into("<b", encoder.buffer, PAYLOAD, status)
        return encoder.seal(spec.VERSION_PROTOCOL, opcode | spec.WIRE_REPLY, sequence, n_payload)

    def _put(self, opcode, *values):
        form = REPLIES[opcode]
        pack_into(form, self._encoder.buffer, FIELDS, *values)
        return calcsize(form)

    def _append(self, size, data):
        end = FIELDS + size + len(data)
        self._encoder.view[FIELDS + size : end] = data
        return size + len(data)

    def _end_transfer(self):
        self._transfer = None
        self._next = 0

    # One handler an opcode: takes the payload, fills in the reply behind the status, returns its length.

    def _hello(self, payload):
        self._end_transfer()
        config = (0, 0, 0, 0, 0, 0, 0)
        if self.network:
            info = self.network.info()
            config = (1, info.features, info.classes, info.events, info.layers, info.false_reject_permille)
            config += (self.network.footprint(),)
        versions = (spec.VERSION_PROTOCOL, spec.VERSION_SPEC, spec.VERSION_STATE)
        limits = (spec.LIMIT_FEATURES, spec.LIMIT_CLASSES, spec.LIMIT_EVENTS, spec.LIMIT_LAYERS)
        sizes = (spec.WIRE_FRAME_MAX, spec.WIRE_CHUNK, heap_free())
        size = self._put(spec.OPCODE_HELLO, *versions, *limits, *sizes, self._tick_kind, *config)
        for text in (spec.VERSION_LIBRARY, board(), implementation()):
            data = text.encode()[:255]
            size = self._append(self._append(size, bytes((len(data),))), data)
        return size

    def _configure(self, payload):
        config = unpack_from(REQUESTS[spec.OPCODE_CONFIGURE][0], payload)
        try:
            network = self._make(config)
        except MemoryError:
            if self.network is None:
                raise
            self._end_transfer()
            self.network = None  # room for two there is not: the new one takes the old one's
            gc.collect()
            network = self._make(config)
        self._end_transfer()
        self.network = network
        gc.collect()
        return self._put(spec.OPCODE_CONFIGURE, network.footprint(), network.digest())

    def _make(self, config):
        features, classes, events, layers, permille = config
        make = self.module.Network
        return make(features=features, classes=classes, events=events, layers=layers, false_reject_permille=permille)

    def _learn(self, payload):
        self._end_transfer()
        label = unpack_from("<h", payload)[0]
        start = self._ticks()
        learned = self.network.learn(payload[2:], label)
        ticks = (self._ticks() - start) & TICKS_MASK
        found = (learned.event, learned.neurons, learned.depth, learned.error)
        return self._put(spec.OPCODE_LEARN, *found, self.network.digest(), ticks)

    def _infer(self, payload):
        start = self._ticks()
        answer = self.network.infer(payload)
        ticks = (self._ticks() - start) & TICKS_MASK
        found = (answer.label, answer.verdict, answer.margin, answer.distance, answer.novelty)
        size = self._put(spec.OPCODE_INFER, *found, ticks)
        for output in answer.outputs:
            pack_into("<i", self._encoder.buffer, FIELDS + size, output)
            size += 4
        return size

    def _digest(self, payload):
        return self._put(spec.OPCODE_DIGEST, self.network.digest())

    def _info(self, payload):
        i = self.network.info()
        config = (i.features, i.classes, i.events, i.layers, i.false_reject_permille)
        found = (i.neurons, i.depth, i.error, i.level, i.clock)
        board = (self.network.footprint(), self.network.digest(), self.decoder.dropped & 0xFFFFFFFF, heap_free())
        return self._put(spec.OPCODE_INFO, *config, *found, *board)

    def _export(self, payload):
        offset = unpack_from("<I", payload)[0]
        if offset == 0:
            self._transfer = self.network.export()
            self._loading = False
        self._check_offset(offset, False)
        total = len(self._transfer)
        chunk = memoryview(self._transfer)[offset : offset + spec.WIRE_CHUNK]
        self._next = offset + len(chunk)
        size = self._append(self._put(spec.OPCODE_EXPORT, total), chunk)
        if self._next == total:
            self._end_transfer()
        return size

    def _load(self, payload):
        offset, total = unpack_from("<II", payload)
        end = offset + len(payload) - 8
        if offset == 0:
            most = self.network.footprint()  # no state is longer than what is made of it
            if total > most:
                raise ValueError(f"state: {total} bytes given, {most} allowed", spec.ERROR_STATE_SIZE)
            self._end_transfer()
            self._transfer = bytearray(total)
            self._loading = True
        self._check_offset(offset, True)
        if total != len(self._transfer):
            raise ValueError(f"total: {total} given, {len(self._transfer)} begun", spec.ERROR_OFFSET)
        if end > total:
            raise ValueError(f"state: chunk up to {end} given, {total} in all", spec.ERROR_PAYLOAD)
        self._transfer[offset:end] = payload[8:]
        self._next = end
        digest = 0
        if end == total:
            state = self._transfer
            self._end_transfer()
            self.network.load(state)
            digest = self.network.digest()
        return self._put(spec.OPCODE_LOAD, end, digest)

    def _check_offset(self, offset, loading):
        needed = self._next if self._transfer is not None and self._loading == loading else 0
        if offset and offset != needed:
            raise ValueError(f"offset: {offset} given, {needed} needed", spec.ERROR_OFFSET)

    def _features(self, payload):
        channels = unpack_from("<H", payload)[0]
        start = self._ticks()
        features = self.module.window_features(payload[2:], channels)
        ticks = (self._ticks() - start) & TICKS_MASK
        return self._append(self._put(spec.OPCODE_FEATURES, ticks), features)

    def _exit(self, payload):
        self.running = False
        return 0


def heap_free():
    """Returns the bytes free on the heap; 0 where nobody counts them."""
    return gc.mem_free() if hasattr(gc, "mem_free") else 0


def board():
    """Returns the name of the board."""
    return getattr(sys.implementation, "_machine", sys.platform)


def implementation():
    """Returns name, version and, where there is one, native architecture of the interpreter."""
    it = sys.implementation
    version = ".".join(str(part) for part in it.version[:3])
    index = getattr(it, "_mpy", 0) >> 10 & 15
    return " ".join((it.name, version, ARCHITECTURES[index] if index < len(ARCHITECTURES) else "")).strip()
