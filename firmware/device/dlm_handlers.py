# SPDX-License-Identifier: MIT
"""What each opcode does, one handler each: the other end of host/deeplomath/link/client.py (PROTOCOL.md section 6)."""

import gc
import sys
import time
from struct import calcsize, pack_into, unpack_from

import dlm_spec as spec
from dlm_feed import Feed
from dlm_frame import PAYLOAD
from dlm_transfer import Transfer

FIELDS = PAYLOAD + 1  # of a reply: behind its status
ROOM = spec.WIRE_FRAME_MAX - spec.WIRE_HEADER - spec.WIRE_MAC - spec.WIRE_CHECKSUM - 1  # bytes behind a status
WORDS = 90  # bytes of the text of what was refused to be learned
EVENT = (
    calcsize(spec.EVENT) + calcsize(spec.LAYOUTS[spec.OPCODE_INFER][4]) + 4 * (spec.LIMIT_NEAREST + spec.LIMIT_CLASSES)
)
TICKS_MASK = 0x3FFFFFFF
ARCHITECTURES = " x86 x64 armv6 armv6m armv7m armv7em armv7emsp armv7emdp xtensa xtensawin rv32imc".split(" ")


class Handlers:
    """Holds at most one network, and makes the payload of each reply behind its status.

    module: `deeplomath` of the board, or one with the same Network and cost. `building`: there may be work left for
    `work`. `running`: until EXIT. `paired`: what HELLO tells of the board's key, which the session knows. A handler has
    the name of its opcode, takes opcode and payload, fills in the reply and returns its length; it raises what becomes the
    status, and then has changed nothing. An opcode without a handler of its own is the method of this name of the network:
    a change that replies with digest and ticks.
    """

    def __init__(self, module, decoder, encoder):
        self.module = module
        self.network = None
        self.building = False
        self.running = True
        self.paired = False
        self._decoder = decoder
        self._encoder = encoder
        self._transfer = Transfer()
        self._feed = Feed()
        self._ticks, self._tick_kind = _ticks()

    def run(self, opcode, payload):
        """Fills in the reply to a request; returns its length."""
        if not 0 < opcode < len(spec.LAYOUTS) or not spec.LAYOUTS[opcode]:
            text = f"opcode: {opcode} given, 1..{len(spec.LAYOUTS) - 1} known"
            raise ValueError(text, spec.ERROR_OPCODE)
        name, _, form, item, _ = spec.LAYOUTS[opcode]
        rest = len(payload) - calcsize(form)
        if rest < 0 or (rest % item if item else rest):
            items = f" and a multiple of {item} more" if item else ""
            text = f"payload: {len(payload)} bytes given, {calcsize(form)}{items} needed"
            raise ValueError(text, spec.ERROR_PAYLOAD)
        if self.network is None and opcode not in spec.UNBOUND:
            raise ValueError("network: none yet, CONFIGURE first", spec.ERROR_UNCONFIGURED)
        handler = getattr(self, name, None)
        return handler(opcode, payload) if handler else self._change(opcode, payload)

    def work(self, budget):
        """Goes on with a rebuild that is under way, for about budget multiply-accumulates."""
        self.building = self.network is not None and self.network.build_step(budget)

    def hello(self, opcode, payload):
        self._transfer.end()
        config = [0] * (2 + len(spec.CONFIG))
        if self.network:
            config = [1] + _config(self.network.info()) + [self.network.footprint()]
        versions = (spec.VERSION_PROTOCOL, spec.VERSION_SPEC, spec.VERSION_STATE)
        limits = (spec.LIMIT_FEATURES, spec.LIMIT_CLASSES, spec.LIMIT_EVENTS, spec.LIMIT_LAYERS)
        sizes = (spec.WIRE_FRAME_MAX, spec.WIRE_CHUNK, heap_free())
        size = self._put(opcode, *versions, *limits, *sizes, self._tick_kind, *config, self.paired)
        for text in (spec.VERSION_LIBRARY, board(), implementation()):
            data = text.encode()[:255]
            size = self._append(self._append(size, bytes((len(data),))), data)
        return size

    def configure(self, opcode, payload):
        config = dict(zip(spec.CONFIG, _fields(opcode, payload)))
        if self.network is None:
            self.network = self.module.Network(**config)
        else:
            self.network.configure(**config)
        self._transfer.end()
        self._feed.end()
        self.building = False
        return self._put(opcode, self.network.footprint(), self.network.digest())

    def learn(self, opcode, payload):
        label, begin = _fields(opcode, payload)
        return self._learned(opcode, self.network.learn, payload[4:], label, not begin)

    def infer(self, opcode, payload):
        return self._put_answer(0, *self._timed(self.network.infer, payload))

    def digest(self, opcode, payload):
        return self._put(opcode, self.network.digest())

    def info(self, opcode, payload):
        i = self.network.info()
        digest = self._digest_if_whole()
        found = (i.neurons, i.depth, i.error, i.level, i.clock, i.work, i.frozen, self.building)
        board = (self._decoder.dropped & 0xFFFFFFFF, self._decoder.refused & 0xFFFFFFFF, heap_free())
        return self._put(opcode, *_config(i), *found, self.network.footprint(), digest, *board)

    def export(self, opcode, payload):
        offset = _fields(opcode, payload)[0]
        start = FIELDS + calcsize(spec.LAYOUTS[opcode][4])
        room = self._encoder.view[start : start + spec.WIRE_CHUNK]
        total, size = self._transfer.export(self.network, offset, room)
        length = self._put(opcode, total) + size
        self._transfer.go_on(offset + size, total, False)
        return length

    def load(self, opcode, payload):
        offset, total = _fields(opcode, payload)
        end = self._transfer.load(self.network, offset, total, payload[8:])
        if end == total:
            self._feed.end()
        return self._put(opcode, end, self.network.digest() if end == total else 0)

    def exit(self, opcode, payload):
        self.running = False
        return 0

    def build(self, opcode, payload):
        _, ticks = self._timed(self.network.build_step, *_fields(opcode, payload))
        digest = self._digest_if_whole()
        return self._put(opcode, self.building, digest, ticks)

    def correct(self, opcode, payload):
        return self._learned(opcode, self.network.correct, *_fields(opcode, payload))

    def unknowns(self, opcode, payload):
        return self._append_items(0, "<I", self.network.unknowns())

    def unknown(self, opcode, payload):
        return self._append(0, self.network.unknown(*_fields(opcode, payload)))

    def name(self, opcode, payload):
        unknowns = [unpack_from("<I", payload, at)[0] for at in range(2, len(payload), 4)]
        return self._learned(opcode, self.network.name, unknowns, *_fields(opcode, payload))

    def cost(self, opcode, payload):
        cost = self.module.cost(**dict(zip(spec.LAYOUTS[opcode][1], _fields(opcode, payload))))
        return self._put(opcode, cost.work, cost.step, cost.bytes)

    def model(self, opcode, payload):
        over, rule, hold = _fields(opcode, payload)
        if not 1 <= over <= spec.VOTE_OVER:
            raise ValueError(f"over: {over} given, 1..{spec.VOTE_OVER} allowed", spec.ERROR_ARGUMENT)
        if rule > spec.RULE_MEAN:
            raise ValueError(f"by: {rule} given, 0..{spec.RULE_MEAN} allowed", spec.ERROR_ARGUMENT)
        self._feed.model(payload[3:], over, rule, hold)
        return self._put(opcode, *self._feed.facts())

    def front(self, opcode, payload):
        return self._put(opcode, *self._feed.facts())

    def teach(self, opcode, payload):
        label, begin, events = _fields(opcode, payload)
        self._feed.teach(label, events, not begin, self.network)
        return 0

    def samples(self, opcode, payload):
        skipped, with_features = _fields(opcode, payload)
        feed, samples = self._feed, payload[6:]
        given = feed.begin(skipped, samples, self.network)
        form = spec.LAYOUTS[opcode][4]
        size, longest = calcsize(form), EVENT + (len(feed.x) if with_features else 0)
        taken = ticks = events = 0
        lesson = False  # one at the most: no request takes longer than a LEARN
        while taken < given and size + longest <= ROOM and not lesson:
            (more, at), spent = self._timed(feed.take, samples, taken)
            taken, ticks = taken + more, ticks + spent
            if at is not None:
                lesson = feed.stream.left > 0
                size = self._put_event(size, at, with_features)
                events += 1
        self._put_at(0, form, taken, feed.stream.left, ticks & TICKS_MASK, events)
        return size

    def _put_event(self, size, at, with_features):
        """What becomes of the event that the feed has made, as SAMPLES tells it."""
        x, stream = self._feed.x, self._feed.stream
        features = x if with_features else b""
        behind = size + calcsize(spec.EVENT)
        outcome, label, end = spec.OUTCOME_MADE, -1, behind
        if self.network:
            label = stream.label
            (it, voted), ticks = self._timed(stream.take, self.network, x)
            if voted is not None:
                outcome, label, end = spec.OUTCOME_ANSWERED, voted, self._put_answer(behind, it, ticks)
            elif isinstance(it, ValueError):
                outcome, end = spec.OUTCOME_REFUSED, self._put_refusal(behind, it)
            else:
                outcome, end = spec.OUTCOME_LEARNED, self._put_learned(behind, it, ticks)
        self._put_at(size, spec.EVENT, at, outcome, label, len(features) // 2)
        return self._append(end, features)

    def _change(self, opcode, payload):
        """All that only changes the network: UNDO to FREEZE."""
        change = getattr(self.network, spec.LAYOUTS[opcode][0])
        _, ticks = self._timed(change, *_fields(opcode, payload))
        self._transfer.end()
        return self._put(opcode, self.network.digest(), ticks)

    def _learned(self, opcode, call, *arguments):
        """Changes the network by a call that gives a Learned; replies with it."""
        return self._put_learned(0, *self._timed(call, *arguments))

    def _put_learned(self, size, it, ticks):
        """Puts a Learned behind so many bytes, with the digest; the network has changed."""
        self._transfer.end()
        digest = self._digest_if_whole()
        evicted = it.evicted if it.reason else 0
        found = (it.event, it.neurons, it.depth, it.error, it.action, it.reason, evicted)
        return self._put_at(size, spec.LAYOUTS[spec.OPCODE_LEARN][4], *found, self.building, digest, ticks)

    def _put_answer(self, size, it, ticks):
        found = (it.label, it.verdict, it.margin, it.distance, it.novelty, it.confidence, it.value)
        size = self._put_at(size, spec.LAYOUTS[spec.OPCODE_INFER][4], *found, ticks, len(it.nearest))
        return self._append_items(self._append_items(size, "<I", it.nearest), "<i", it.outputs)

    def _put_refusal(self, size, error):
        text = str(error.args[0]).encode()[:WORDS]
        return self._append(self._put_at(size, "<bB", error.args[1], len(text)), text)

    def _digest_if_whole(self):
        """Returns the digest, 0 where a rebuild is pending, and notes in `building` whether one is."""
        digest = self.network.digest_if_whole()
        self.building = digest is None
        return digest or 0

    def _timed(self, call, *arguments):
        """Returns what the call returns, and the time it took."""
        start = self._ticks()
        result = call(*arguments)
        return result, (self._ticks() - start) & TICKS_MASK

    def _put(self, opcode, *values):
        return self._put_at(0, spec.LAYOUTS[opcode][4], *values)

    def _put_at(self, size, form, *values):
        """Puts numbers behind so many bytes of the reply; returns how many there are then."""
        pack_into(form, self._encoder.buffer, FIELDS + size, *values)
        return size + calcsize(form)

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


def _fields(opcode, payload):
    """Returns the numbers of a request in their order; those that can be 0 or 1 alone as a bool."""
    _, names, form, _, _ = spec.LAYOUTS[opcode]
    values = list(unpack_from(form, payload))
    for i in range(len(names)):
        if names[i] in spec.FLAGS:
            if values[i] > 1:
                raise ValueError(f"{names[i]}: {values[i]} given, 0..1 allowed", spec.ERROR_ARGUMENT)
            values[i] = values[i] == 1
    return values


def _config(info):
    """Returns the configuration of a network in the order of the wire."""
    return [getattr(info, name) for name in spec.CONFIG]


def _ticks():
    """Returns the finest clock of this board and whether it counts processor ticks (else microseconds)."""
    if sys.platform != "rp2" and getattr(time, "ticks_cpu", int)():  # there, a counter, not rp2's timer
        return time.ticks_cpu, 1
    return getattr(time, "ticks_us", None) or (lambda: time.perf_counter_ns() // 1000), 0


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
