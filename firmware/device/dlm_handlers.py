# SPDX-License-Identifier: MIT
"""What each opcode does, one handler each: the other end of host/deeplomath/link/client.py (PROTOCOL.md section 6)."""

from struct import calcsize, pack_into, unpack_from

import dlm_names
import dlm_spec as spec
from dlm_board import board, clock, heap_free, implementation, reset_cause
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
NUMBERS = 0xFFFFFFFF  # of answers, modulo 2^32


class Handlers:
    """Holds at most one network, and makes the payload of each reply behind its status.

    module: `deeplomath` of the board, or one with the same Network and cost. `building`: there may be work left for
    `work`. `running`: until EXIT. `named`: names as NAMES has them. `keeper`: a Keeper, where the board has a store;
    `changes`: how often something changed that it would save. `sampler`: a Live, where the board has a source of its own.
    A handler has the name of its opcode, takes opcode and payload, fills in the reply and returns its length; it raises
    what becomes the status, and then has changed nothing. An opcode without a handler of its own is the method of this name
    of the network: a change that replies with digest and ticks. `paired`: what HELLO tells of the board's key, which the
    session knows.
    """

    def __init__(self, module, decoder, encoder):
        self.module = module
        self.network = None
        self.building = False
        self.running = True
        self.named = b""
        self.keeper = None
        self.sampler = None
        self.changes = 0
        self.paired = False
        self._decoder = decoder
        self._encoder = encoder
        self._transfer = Transfer()
        self._feed = Feed()
        self._ticks, self._tick_kind = clock()

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

    def changed(self):
        """Notes that network, front-end or names are others now: a state on its way is given up, and there is something to save."""
        self._transfer.end()
        self.changes += 1

    def take_over(self, network, names):
        """Takes a network and names that were restored."""
        self.network, self.named, self.building = network, names, False
        self.changed()

    def hello(self, opcode, payload):
        self._transfer.end()
        config = [0] * (2 + len(spec.CONFIG))
        if self.network:
            config = [1] + _config(self.network.info()) + [self.network.footprint()]
        versions = (spec.VERSION_PROTOCOL, spec.VERSION_SPEC, spec.VERSION_STATE)
        limits = (spec.LIMIT_FEATURES, spec.LIMIT_CLASSES, spec.LIMIT_EVENTS, spec.LIMIT_LAYERS)
        sizes = (spec.WIRE_FRAME_MAX, spec.WIRE_CHUNK, heap_free())
        saved = (self.keeper.sequence, self.keeper.restored) if self.keeper else (0, spec.RESTORED_NONE)
        live = 0 if self.sampler is None else 1 + self.sampler.running
        board_is = saved + (reset_cause(), self.paired, live)
        size = self._put(opcode, *versions, *limits, *sizes, self._tick_kind, *config, *board_is)
        for text in (spec.VERSION_LIBRARY, board(), implementation()):
            size = self._append_text(size, text.encode()[: dlm_names.TEXT])
        return self._append_text(size, dlm_names.shortened(self.named))

    def configure(self, opcode, payload):
        config = dict(zip(spec.CONFIG, _fields(opcode, payload)))
        if self._runs() and config["features"] != self._feed.front.features:
            text = f"features: {config['features']} given, {self._feed.front.features} made by the source that runs"
            raise ValueError(text, spec.ERROR_FEATURES)
        if self.network is None:
            self.network = self.module.Network(**config)
        else:
            self.network.configure(**config)
        self.changed()
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
        saving = self.keeper.saving() if self.keeper else spec.SAVING_DONE
        board = (self._decoder.dropped & 0xFFFFFFFF, self._decoder.refused & 0xFFFFFFFF, heap_free(), saving)
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
            self.changed()
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
        self._check_rest("model")
        self._feed.model(payload[3:], over, rule, hold)
        self.changes += 1
        return self._put(opcode, *self._feed.facts())

    def front(self, opcode, payload):
        return self._put(opcode, *self._feed.facts())

    def teach(self, opcode, payload):
        label, begin, events = _fields(opcode, payload)
        self._feed.teach(label, events, not begin, self.network)
        return 0

    def save(self, opcode, payload):
        (sequence, size), ticks = self._timed(self._check_keeper().save)
        return self._put(opcode, sequence, size, ticks)

    def restore(self, opcode, payload):
        self._check_rest("restore")
        return self._put(opcode, *self._check_keeper().restore())

    def names(self, opcode, payload):
        names = dlm_names.checked(payload) if len(payload) else self.named
        size = self._append(0, names)
        if names is not self.named:
            self.named = names
            self.changes += 1
        return size

    def samples(self, opcode, payload):
        skipped, with_features = _fields(opcode, payload)
        self._check_rest("samples")
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

    def listen(self, opcode, payload):
        since = _fields(opcode, payload)[0]
        live, behind = self._source(), calcsize(spec.LAYOUTS[opcode][4])
        room = self._encoder.view[FIELDS + behind : FIELDS + ROOM]
        first, n, size = live.queue.read(since, room)
        end = first + n
        facts = end & NUMBERS, (first - since) & NUMBERS, live.overruns(), live.index(), live.queue.next - end, n
        return self._put(opcode, *facts) + size

    def live(self, opcode, payload):
        live = self._source()
        live.run(_fields(opcode, payload)[0])
        size = self._put(opcode, live.running, live.queue.next & NUMBERS, live.faults & NUMBERS)
        return self._append_text(size, live.fault.encode()[: dlm_names.TEXT])

    def change(self, name, *arguments):
        """Changes the network by its method of this name, as the request would, but from the board itself."""
        result = getattr(self.network, name)(*arguments)
        self.changed()
        self._digest_if_whole()
        return result

    def put_event_into(self, other, at, with_features):
        """What becomes of the event that the feed has made, as SAMPLES tells it, behind FIELDS in other; returns its length.

        other: has buffer and view as an Encoder has; the reply in ours may be wanted again.
        """
        ours, self._encoder = self._encoder, other
        try:
            return self._put_event(0, at, with_features)
        finally:
            self._encoder = ours

    def _source(self):
        if self.sampler is None:
            raise ValueError("source: none on this board, its main.py gives it one", spec.ERROR_SOURCE)
        return self.sampler

    def _runs(self):
        return self.sampler is not None and self.sampler.running

    def _check_rest(self, name):
        if self._runs():
            raise ValueError(f"{name}: the board's own source runs, LIVE 0 first", spec.ERROR_LIVE)

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
        self.changed()
        return self._put(opcode, self.network.digest(), ticks)

    def _learned(self, opcode, call, *arguments):
        """Changes the network by a call that gives a Learned; replies with it."""
        return self._put_learned(0, *self._timed(call, *arguments))

    def _put_learned(self, size, it, ticks):
        """Puts a Learned behind so many bytes, with the digest; the network has changed."""
        self.changed()
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

    def _check_keeper(self):
        if self.keeper is None:
            raise ValueError("store: none on this board, dlm_main.serve(store=...) gives it one", spec.ERROR_STORE)
        return self.keeper

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

    def _append_text(self, size, data):
        """Appends a text, which its length precedes."""
        return self._append(self._append(size, bytes((len(data),))), data)

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
