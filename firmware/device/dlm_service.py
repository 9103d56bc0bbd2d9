# SPDX-License-Identifier: MIT
"""Requests in, replies out, no I/O, one handler an opcode: the other end of host/deeplomath/link/client.py (PROTOCOL.md)."""

import gc
import sys
import time
from struct import calcsize, pack_into, unpack_from

import deeplomath_signal

import dlm_spec as spec
from dlm_frame import PAYLOAD, Decoder, Encoder

FIELDS = PAYLOAD + 1  # behind the status

# Fixed part of each request and reply, as in PROTOCOL.md's tables, and the size of the items that may follow a request.
REQUESTS = {
    spec.OPCODE_HELLO: ("<", 0),
    spec.OPCODE_CONFIGURE: ("<HBHBHBB", 0),
    spec.OPCODE_LEARN: ("<hH", 2),
    spec.OPCODE_INFER: ("<", 2),
    spec.OPCODE_DIGEST: ("<", 0),
    spec.OPCODE_INFO: ("<", 0),
    spec.OPCODE_EXPORT: ("<I", 0),
    spec.OPCODE_LOAD: ("<II", 1),
    spec.OPCODE_FEATURES: ("<H", 2),
    spec.OPCODE_EXIT: ("<", 0),
    spec.OPCODE_BUILD: ("<I", 0),
    spec.OPCODE_UNDO: ("<", 0),
    spec.OPCODE_FORGET: ("<I", 0),
    spec.OPCODE_RELABEL: ("<Ih", 0),
    spec.OPCODE_CORRECT: ("<h", 0),
    spec.OPCODE_DROP: ("<", 0),
    spec.OPCODE_UNKNOWNS: ("<", 0),
    spec.OPCODE_UNKNOWN: ("<I", 0),
    spec.OPCODE_NAME: ("<h", 4),
    spec.OPCODE_RENAME_CLASS: ("<hh", 0),
    spec.OPCODE_DROP_CLASS: ("<h", 0),
    spec.OPCODE_FREEZE: ("<B", 0),
    spec.OPCODE_COST: ("<HBHBBB", 0),
}
_CHANGED = "<II"
_LEARNED = "<IHBIBBIBII"
REPLIES = {
    spec.OPCODE_HELLO: "<HHHHBHBHHIBBHBHBHBBI",
    spec.OPCODE_CONFIGURE: "<II",
    spec.OPCODE_LEARN: _LEARNED,
    spec.OPCODE_INFER: "<hBiIIiiIB",
    spec.OPCODE_DIGEST: "<I",
    spec.OPCODE_INFO: "<HBHBHBBHBIIIIBBIIII",
    spec.OPCODE_EXPORT: "<I",
    spec.OPCODE_LOAD: "<II",
    spec.OPCODE_FEATURES: "<I",
    spec.OPCODE_EXIT: "<",
    spec.OPCODE_BUILD: "<BII",
    spec.OPCODE_UNDO: _CHANGED,
    spec.OPCODE_FORGET: _CHANGED,
    spec.OPCODE_RELABEL: _CHANGED,
    spec.OPCODE_CORRECT: _LEARNED,
    spec.OPCODE_DROP: _CHANGED,
    spec.OPCODE_UNKNOWNS: "<",
    spec.OPCODE_UNKNOWN: "<",
    spec.OPCODE_NAME: _LEARNED,
    spec.OPCODE_RENAME_CLASS: _CHANGED,
    spec.OPCODE_DROP_CLASS: _CHANGED,
    spec.OPCODE_FREEZE: _CHANGED,
    spec.OPCODE_COST: "<QII",
}
UNBOUND = (  # need no network
    spec.OPCODE_HELLO,
    spec.OPCODE_CONFIGURE,
    spec.OPCODE_FEATURES,
    spec.OPCODE_EXIT,
    spec.OPCODE_COST,
)
TICKS_MASK = 0x3FFFFFFF
ARCHITECTURES = " x86 x64 armv6 armv6m armv7m armv7em armv7emsp armv7emdp xtensa xtensawin rv32imc".split(" ")


def _ticks():
    """Returns the finest clock of this board and whether it counts processor ticks (else microseconds)."""
    if sys.platform != "rp2" and getattr(time, "ticks_cpu", int)():  # there, a counter, not rp2's timer
        return time.ticks_cpu, 1
    return getattr(time, "ticks_us", None) or (lambda: time.perf_counter_ns() // 1000), 0


class Service:
    """Owns the decoder, at most one network, and the last reply; `running` until EXIT.

    module: `deeplomath` of the board, or one with the same Network and cost. Nothing is raised: each
    failure is a reply with its status and text (PROTOCOL.md section 7), the network as it was before. `building`: there
    may be work left for `work`.
    """

    def __init__(self, module):
        self.module = module
        self.network = None
        self.running, self.building = True, False
        self.decoder = Decoder()
        self._encoder = Encoder()
        self._chunk = None  # what comes, of which so much was read
        self._at = self._size = 0
        self._ticks, self._tick_kind = _ticks()
        # Sequence and checksum of the request replied to last: in small ints, which take no heap.
        self._last = [0, 0, 0]
        self._replied = 0  # length of the reply to it; 0 where none is remembered
        self._loading = False  # of a state on its way: whether it comes in,
        self._next = 0  # how much of it is through, 0 of none,
        self._total = 0  # and of how much
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
            spec.OPCODE_BUILD: self._build,
            spec.OPCODE_UNDO: self._undo,
            spec.OPCODE_FORGET: self._forget,
            spec.OPCODE_RELABEL: self._relabel,
            spec.OPCODE_CORRECT: self._correct,
            spec.OPCODE_DROP: self._drop,
            spec.OPCODE_UNKNOWNS: self._unknowns,
            spec.OPCODE_UNKNOWN: self._unknown,
            spec.OPCODE_NAME: self._name,
            spec.OPCODE_RENAME_CLASS: self._rename_class,
            spec.OPCODE_DROP_CLASS: self._drop_class,
            spec.OPCODE_FREEZE: self._freeze,
            spec.OPCODE_COST: self._cost,
        }

    def work(self, budget):
        """Goes on with a rebuild that is under way, for about budget multiply-accumulates."""
        self.building = self.network is not None and self.network.build_step(budget)

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
            return self._refuse(opcode, sequence, version)
        low, high = unpack_from("<HH", frame, len(frame) - spec.WIRE_CHECKSUM)
        if [sequence, low, high] == self._last and self._replied:
            return self._encoder.view[: self._replied]
        self._replied = 0  # what is remembered is overwritten from here on
        status = 0
        try:
            n_payload = 1 + self._run(opcode, frame[spec.WIRE_HEADER : len(frame) - spec.WIRE_CHECKSUM])
        except Exception as error:
            status, n_payload = self._failure(error, self._encoder)
        pack_into("<b", self._encoder.buffer, PAYLOAD, status)
        reply = self._encoder.seal(spec.VERSION_PROTOCOL, opcode | spec.WIRE_REPLY, sequence, n_payload)
        self._last[0], self._last[1], self._last[2] = sequence, low, high
        self._replied = len(reply)
        return reply

    def _run(self, opcode, payload):
        handler = self._handlers.get(opcode)
        if handler is None:
            text = f"opcode: {opcode} given, {min(REQUESTS)}..{max(REQUESTS)} known"
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

    def _append_items(self, size, kind, items):
        """Appends numbers of four bytes each."""
        for item in items:
            pack_into(kind, self._encoder.buffer, FIELDS + size, item)
            size += 4
        return size

    def _timed(self, call, *arguments):
        """Returns what the call returns, and the time it took."""
        start = self._ticks()
        result = call(*arguments)
        return result, (self._ticks() - start) & TICKS_MASK

    def _change(self, call, *arguments):
        """As _timed, for what changes the network: a state on its way is no longer of it."""
        done = self._timed(call, *arguments)
        self._end_transfer()
        return done

    def _changed(self, opcode, call, *arguments):
        """Changes the network; replies with digest and time."""
        _, ticks = self._change(call, *arguments)
        return self._put(opcode, self.network.digest(), ticks)

    def _learned(self, opcode, call, *arguments):
        """Changes the network by a call that gives a Learned; replies with it."""
        it, ticks = self._change(call, *arguments)
        self.building = self.network.info().building
        evicted = it.evicted if it.reason else 0
        found = (it.event, it.neurons, it.depth, it.error, it.action, it.reason, evicted)
        return self._put(opcode, *found, self.building, self._digest_if_whole(), ticks)

    def _digest_if_whole(self):
        return 0 if self.building else self.network.digest()

    def _end_transfer(self):
        self._next = 0

    # One handler an opcode: takes the payload, fills in the reply behind the status, returns its length.

    def _hello(self, payload):
        self._end_transfer()
        config = (0,) * 9
        if self.network:
            config = (1,) + _config(self.network.info()) + (self.network.footprint(),)
        versions = (spec.VERSION_PROTOCOL, spec.VERSION_SPEC, spec.VERSION_STATE)
        limits = (spec.LIMIT_FEATURES, spec.LIMIT_CLASSES, spec.LIMIT_EVENTS, spec.LIMIT_LAYERS)
        sizes = (spec.WIRE_FRAME_MAX, spec.WIRE_CHUNK, heap_free())
        size = self._put(spec.OPCODE_HELLO, *versions, *limits, *sizes, self._tick_kind, *config)
        for text in (spec.VERSION_LIBRARY, board(), implementation()):
            data = text.encode()[:255]
            size = self._append(self._append(size, bytes((len(data),))), data)
        return size

    def _configure(self, payload):
        form = REQUESTS[spec.OPCODE_CONFIGURE][0]
        features, classes, events, layers, permille, regression, background = unpack_from(form, payload)
        sizes = _sizes(features, classes, events, layers, regression, background)
        if self.network is None:
            self.network = self.module.Network(false_reject_permille=permille, **sizes)
        else:
            self.network.configure(false_reject_permille=permille, **sizes)
        self._end_transfer()
        self.building = False
        return self._put(spec.OPCODE_CONFIGURE, self.network.footprint(), self.network.digest())

    def _learn(self, payload):
        label, flags = unpack_from("<hH", payload)
        build = not _flag("flags", flags)
        return self._learned(spec.OPCODE_LEARN, self.network.learn, payload[4:], label, build)

    def _infer(self, payload):
        it, ticks = self._timed(self.network.infer, payload)
        found = (it.label, it.verdict, it.margin, it.distance, it.novelty, it.confidence, it.value)
        size = self._put(spec.OPCODE_INFER, *found, ticks, len(it.nearest))
        return self._append_items(self._append_items(size, "<I", it.nearest), "<i", it.outputs)

    def _digest(self, payload):
        return self._put(spec.OPCODE_DIGEST, self.network.digest())

    def _info(self, payload):
        i = self.network.info()
        self.building = i.building
        found = (i.neurons, i.depth, i.error, i.level, i.clock, i.work, i.frozen, i.building)
        sums = (self.network.footprint(), self._digest_if_whole())
        board = (self.decoder.dropped & 0xFFFFFFFF, heap_free())
        return self._put(spec.OPCODE_INFO, *_config(i), *found, *sums, *board)

    def _export(self, payload):
        offset = unpack_from("<I", payload)[0]
        self._check_offset(offset, False)
        size = calcsize(REPLIES[spec.OPCODE_EXPORT])
        end = offset + self.network.export_part(offset, self._encoder.view[FIELDS + size :][: spec.WIRE_CHUNK])
        total = self.network.state_size()
        self._put(spec.OPCODE_EXPORT, total)
        self._go_on(end, total, False)
        return size + end - offset

    def _load(self, payload):
        offset, total = unpack_from("<II", payload)
        end = offset + len(payload) - 8
        self._check_offset(offset, True)
        if offset and total != self._total:
            raise ValueError(f"total: {total} given, {self._total} begun", spec.ERROR_OFFSET)
        most = self.network.footprint()  # no state is longer than what is made of it
        if total > most:
            raise ValueError(f"state: {total} bytes given, {most} allowed", spec.ERROR_STATE_SIZE)
        if end > total:
            raise ValueError(f"state: chunk up to {end} given, {total} in all", spec.ERROR_PAYLOAD)
        self.network.load_part(offset, payload[8:])
        self._go_on(end, total, True)
        digest = 0
        if end == total:
            self.network.load_staged(total)
            digest = self.network.digest()
        return self._put(spec.OPCODE_LOAD, end, digest)

    def _go_on(self, end, total, loading):
        """Notes how far a state is on its way; one that is through is on it no more."""
        self._next = end if end < total else 0
        self._total = total
        self._loading = loading

    def _check_offset(self, offset, loading):
        needed = self._next if self._loading == loading else 0
        if offset and offset != needed:
            raise ValueError(f"offset: {offset} given, {needed} needed", spec.ERROR_OFFSET)

    def _features(self, payload):
        channels = unpack_from("<H", payload)[0]
        features, ticks = self._timed(deeplomath_signal.window_features, payload[2:], channels)
        return self._append(self._put(spec.OPCODE_FEATURES, ticks), features)

    def _exit(self, payload):
        self.running = False
        return 0

    def _build(self, payload):
        more, ticks = self._timed(self.network.build_step, unpack_from("<I", payload)[0])
        self.building = more
        return self._put(spec.OPCODE_BUILD, more, self._digest_if_whole(), ticks)

    def _undo(self, payload):
        return self._changed(spec.OPCODE_UNDO, self.network.undo)

    def _forget(self, payload):
        return self._changed(spec.OPCODE_FORGET, self.network.forget, *unpack_from("<I", payload))

    def _relabel(self, payload):
        return self._changed(spec.OPCODE_RELABEL, self.network.relabel, *unpack_from("<Ih", payload))

    def _correct(self, payload):
        return self._learned(spec.OPCODE_CORRECT, self.network.correct, *unpack_from("<h", payload))

    def _drop(self, payload):
        return self._changed(spec.OPCODE_DROP, self.network.drop)

    def _unknowns(self, payload):
        return self._append_items(0, "<I", self.network.unknowns())

    def _unknown(self, payload):
        return self._append(0, self.network.unknown(*unpack_from("<I", payload)))

    def _name(self, payload):
        unknowns = [unpack_from("<I", payload, at)[0] for at in range(2, len(payload), 4)]
        return self._learned(spec.OPCODE_NAME, self.network.name, unknowns, *unpack_from("<h", payload))

    def _rename_class(self, payload):
        return self._changed(spec.OPCODE_RENAME_CLASS, self.network.rename_class, *unpack_from("<hh", payload))

    def _drop_class(self, payload):
        return self._changed(spec.OPCODE_DROP_CLASS, self.network.drop_class, *unpack_from("<h", payload))

    def _freeze(self, payload):
        return self._changed(spec.OPCODE_FREEZE, self.network.freeze, _flag("frozen", payload[0]))

    def _cost(self, payload):
        cost = self.module.cost(**_sizes(*unpack_from(REQUESTS[spec.OPCODE_COST][0], payload)))
        return self._put(spec.OPCODE_COST, cost.work, cost.step, cost.bytes)


def _config(info):
    """Returns the configuration of a network in the order of the wire."""
    sizes = (info.features, info.classes, info.events, info.layers)
    return sizes + (info.false_reject_permille, info.regression, info.background)


def _sizes(features, classes, events, layers, regression, background):
    """Returns the arguments of cost, and all of Network's but the rate."""
    flags = dict(regression=_flag("regression", regression), background=_flag("background", background))
    return dict(features=features, classes=classes, events=events, layers=layers, **flags)


def _flag(name, value):
    if value > 1:
        raise ValueError(f"{name}: {value} given, 0..1 allowed", spec.ERROR_ARGUMENT)
    return value == 1


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
