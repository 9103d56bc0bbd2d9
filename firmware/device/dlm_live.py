# SPDX-License-Identifier: MIT
"""A board that samples by itself: its source's samples go the way of sent ones, its answers into a queue (PROTOCOL.md, LIVE).

    live = dlm_live.Live(source, dlm_main.handlers())
    live.model(program, features=36, classes=4, events=64)
    live.run()
    dlm_main.serve()

A source is anything with readinto(buffer) -> frames: it puts samples into a memoryview of int16, of each all lines, and
returns how many these are, None or 0 where there is none yet; it never waits. What it also may have:
lines   values of a sample; a front-end of another number is refused
start() it begins to sample now; what came before is dropped
lost    samples that it had to drop so far, all ahead of those that readinto gave last
"""

import gc
import time
from array import array
from struct import unpack_from

import dlm_spec as spec
from dlm_feed import ROOM
from dlm_handlers import EVENT, FIELDS
from dlm_queue import Queue

VALUES = 384  # int16 that are taken of a source at once: 64 samples of 6 lines
CLOCKS = 26  # where the clocks of the classes stand in a state (NUMERICS.md, State)
PAUSE = 100  # milliseconds of rest for a source that failed


class Live:
    """Samples, features, network and vote of the board itself, a step at a time, whether a host is there or not.

    handlers: of the session that is served (dlm_main.handlers()). queue: bytes of the answers that wait for a host.
    features: whether they wait with their features. panel: its look(live) is called behind each step. clock: milliseconds.

    running: whether it samples. idle: whether the source had nothing at the last step. outcome, label: of the last event,
    as in its answer (PROTOCOL.md, SAMPLES); outcome is None at first. faults: how often the source failed; fault: how it
    did last, a text.
    """

    def __init__(self, source, handlers, queue=4096, features=True, panel=None, clock=None):
        self.source, self.panel = source, panel
        self.queue = Queue(queue)
        self.running, self.idle = False, True
        self.outcome, self.label = None, -1
        self.faults, self.fault = 0, ""
        self._handlers, self._features = handlers, features
        self._clock = clock or time.ticks_ms
        self._values = memoryview(array("h", bytes(2 * VALUES)))
        self.buffer = bytearray(FIELDS + EVENT + 2 * spec.LIMIT_FEATURES)  # of an answer on its way to the queue
        self.view = memoryview(self.buffer)
        self._ended = 0, 0  # overruns and index of the stream that ran last
        self._failed_at = None  # when the source failed, unless it has worked since
        self._rest()
        handlers.sampler = self

    def model(self, program, over=1, rule=spec.RULE_MAJORITY, hold=0, **config):
        """A front-end of this program with its vote, and an empty network of this configuration, where none is there yet."""
        handlers = self._handlers
        if handlers.network is None:
            gc.collect()  # what stays shall lie close
            handlers._feed.model(program, over, rule, hold)
            handlers.network = handlers.module.Network(**config)
            handlers.changed()

    def run(self, running=True):
        """Lets the source run, or rest. A stream begins anew with it: index and overruns at 0, no answer counts."""
        bytearray(ROOM)  # or MemoryError, before anything has changed
        if running and not self.running:
            self._begin()
        elif self.running and not running:
            self._end()

    def step(self):
        """Takes what the source has: at most VALUES of it, and up to one event. Returns how many answers were put, 0 or 1.

        MemoryError: nothing is lost, the next step goes on with it.
        """
        put = 0
        self.idle = True
        if self.running:
            try:
                put = self._go_on()
            except MemoryError:
                raise
            except Exception as error:  # of a source of any kind; the service goes on
                self._fail(error)
        if self.panel:
            self._show()
        return put

    def _show(self):
        try:
            self.panel.look(self)
        except MemoryError:
            raise
        except Exception as error:  # of a button or a LED; the service goes on
            self._note(error)

    def teach(self, label, events=1, whole=True):
        """The next events, so many, are learned under a label; 0 ends it."""
        self._handlers._feed.teach(label, events, whole, self._handlers.network)

    def correct(self, label):
        """ "That was a `label`": learns the last event under it."""
        return self._handlers.change("correct", label)

    def undo(self):
        """Takes the last learn back."""
        self._handlers.change("undo")

    def teaching(self):
        """How many events are still to be learned."""
        stream = self._handlers._feed.stream
        return stream.left if stream else 0

    def known(self):
        """Whether the last event was answered, and the vote says a class, which is `label`."""
        return self.outcome == spec.OUTCOME_ANSWERED and self.label >= 0

    def untaught(self):
        """The first class under which nothing was ever learned; None where there is none."""
        network = self._handlers.network
        head = bytearray(CLOCKS + 4 * network.info().classes)
        network.export_part(0, head)
        for label in range((len(head) - CLOCKS) // 4):
            if not unpack_from("<I", head, CLOCKS + 4 * label)[0]:
                return label
        return None

    def overruns(self):
        """Samples of the stream that were lost."""
        return self._handlers._feed.front.overruns if self.running else self._ended[0]

    def index(self):
        """Samples of the stream so far, those lost included."""
        return self._handlers._feed.index if self.running else self._ended[1]

    def _begin(self):
        feed = self._handlers._feed
        feed.check(self._handlers.network)
        lines = feed.front.lines
        has = getattr(self.source, "lines", lines)
        if has != lines:
            raise ValueError(f"lines: {lines} of the front-end, {has} of the source", spec.ERROR_ARGUMENT)
        room = self._values[: VALUES // lines * lines]
        if not self._started():
            raise ValueError("source: " + self.fault, spec.ERROR_SOURCE)
        feed.restart()
        self._rest()
        self._lost = getattr(self.source, "lost", 0)
        self._lines, self._room = lines, room
        self.running = True

    def _started(self):
        """Starts the source, if it is to be started; returns whether it did."""
        try:
            getattr(self.source, "start", int)()
            return True
        except MemoryError:
            raise
        except Exception as error:  # of a source of any kind
            self._note(error)
            return False

    def _end(self):
        self._ended = self.overruns(), self.index()
        self.running = False
        self._rest()
        self._handlers._feed.restart()

    def _rest(self):
        self._given = self._taken = 0  # samples in the buffer, and how many of them the front-end has
        self._at = None  # index of an event that was made, and not yet learned or answered
        self._samples = None

    def _go_on(self):
        if self._at is None and self._taken == self._given:
            self._read()
        if self._at is None and self._taken < self._given:
            self.idle = False
            more, self._at = self._handlers._feed.take(self._samples, self._taken)
            self._taken += more
        if self._at is None:
            return 0
        bytearray(ROOM)  # or MemoryError, before the network has changed
        size = self._handlers.put_event_into(self, self._at, self._features)
        self._at = None
        answer = self.view[FIELDS : FIELDS + size]
        self.outcome = answer[8]
        label = answer[9] | answer[10] << 8
        self.label = label - 0x10000 if label & 0x8000 else label
        self.queue.put(answer)
        return 1

    def _read(self):
        """Asks the source, but for a while behind a failure."""
        now = self._clock()
        if self._failed_at is not None and 0 <= now - self._failed_at < PAUSE:
            return
        given = self.source.readinto(self._room) or 0
        self._failed_at = None
        if not 0 <= given * self._lines <= len(self._room):
            raise ValueError(f"source: {given} samples given, 0..{len(self._room) // self._lines} allowed")
        lost = getattr(self.source, "lost", 0)
        feed = self._handlers._feed
        feed.skip(lost - self._lost)
        self._lost = lost
        self._given, self._taken = given, 0
        self._samples = self._room[: given * self._lines]

    def _fail(self, error):
        """Notes a failure. A source that fails is asked again after a while; whatever else it is, the stream ends."""
        self._note(error)
        self._failed_at = self._clock()
        if not isinstance(error, OSError):
            feed = self._handlers._feed
            self._ended = feed.front.overruns if feed.front else 0, feed.index
            self.running = False
            self._rest()

    def _note(self, error):
        self.faults += 1
        self.fault = f"{type(error).__name__}: {error.args[0] if error.args else ''}"
