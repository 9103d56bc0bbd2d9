# SPDX-License-Identifier: MIT
"""The one object behind every face of the monitor: it owns the board, takes its events, and does what it is asked in turn.

One thread talks to the board. Faces read `status`, `rows` and `said` whenever they like, and `ask` for actions from any
thread. Nothing in it grows: histories have a limit, and so has the queue of actions.
"""

import collections
import concurrent.futures
import queue
import threading
import time
from typing import NamedTuple

from .. import spec
from ..errors import DeeplomathError, DeviceError, KernelError, TransportError
from .actions import NAMES as ACTION_NAMES
from .actions import Actions, Naming
from .shown import (
    ANSWERED,
    AWAY,
    CONNECTED,
    ENDED,
    IDLE,
    LEARNED,
    REFUSED,
    VERDICTS,
    WAITS,
    History,
    Row,
    Said,
    Status,
    called,
)

ROWS, WORDS, ACTIONS = 2000, 200, 32  # events, sayings and waiting actions that are kept
LOOK = 1.0  # seconds between two looks at the status
PAUSE = 0.05  # seconds that the thread waits where nothing is to be done
AGAIN = 1.0  # seconds until a board that is away is looked for again
QUIET = 3.0  # seconds of one round from which on it is told that the board does not answer
WINDOW = 10.0  # seconds over which the rate is taken


class Outcome(NamedTuple):
    """What came of an action. ok: False where it could not be done; words: what to tell."""

    ok: bool
    words: str


class Feed:
    """A board that is watched: its events, its status, and the one queue of actions to it.

    device: a Device, best with reconnect=True; source: a Live or Streamed of it; model: the Model that the board has, None
    where it came without; board, port: words on what and where it is; prepare: called without arguments to give a board
    that lost everything its network and front-end again, None where that may not be done.

    status: a Status; rows, said: a History of Row and of Said; fault: the exception with which the thread ended, None
    while all is well. start() lets it run, close() ends it after what was asked before; `with` does both. step() does one
    round in the caller's thread.
    """

    def __init__(self, device, source, model=None, *, board="", port="", prepare=None, clock=time.monotonic):
        self.device, self.source, self.clock, self.prepare = device, source, clock, prepare
        self.naming = Naming(device, model)
        self.actions = Actions(device, source, self.naming)
        device.call(self.naming.of)
        source.teach = self.actions.teach_as
        self.rows, self.said = History(ROWS), History(WORDS)
        self.status = Status(board=board, port=port, stream=source.words, saved=device.hello.saved)
        self.fault = None
        self._asked = queue.Queue(ACTIONS)
        self._closed, self._thread = threading.Event(), None
        self._labels = {}  # class of each event that is kept, by its id
        self._times = collections.deque(maxlen=512)  # of the last events
        self._looked = self._tried = None  # when
        self._log_fault, self._began = "", None  # when the round began that goes on
        self._state, self._state_digest, self._wants_state = None, None, True
        self._lock = threading.Lock()  # of rows, said, status and state together

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        """Begins the thread; it does not keep the process alive."""
        self._thread = threading.Thread(target=self._run, name="deeplomath-feed", daemon=True)
        self._thread.start()

    def close(self):
        """Ends the thread, after the actions that wait; calling it twice is harmless."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
        while self._asked.qsize():
            self._asked.get_nowait()[0].set_result(Outcome(False, "the monitor is closed"))

    def ask(self, action, *arguments):
        """Puts an action, the name of a method of Actions, into the queue; returns a Future of its Outcome.

        Where ACTIONS wait already it is refused at once.
        """
        if action not in ACTION_NAMES:
            raise KernelError(spec.ERROR_ARGUMENT, f"action: {action!r} given, one of {', '.join(ACTION_NAMES)} needed")
        future = concurrent.futures.Future()
        if self._closed.is_set():
            future.set_result(Outcome(False, "the monitor is closed"))
            return future
        try:
            self._asked.put_nowait((future, action, arguments))
        except queue.Full:
            future.set_result(Outcome(False, f"{action}: {ACTIONS} actions wait already, the board does not answer"))
        return future

    def read(self, row=0, word=0):
        """(Status, Rows behind this number, Said behind that number), taken at one moment."""
        with self._lock:
            began, status = self._began, self.status
            if began is not None and self.clock() - began > QUIET and status.line == CONNECTED:
                status = status._replace(line=WAITS)
            return status, self.rows.since(row), self.said.since(word)

    def state(self):
        """(digest, exported state) of the network, newest first known; (None, None) before. It is fetched anew while asked for."""
        with self._lock:
            self._wants_state = True
            return self._state_digest, self._state

    def know(self, labels):
        """Takes the classes of the events kept, {id: label}, from who has the whole network."""
        self._labels = {number: self.naming.of(label) for number, label in labels.items()}

    def step(self):
        """One round: what was asked, what came, and now and then the status; True where there may be more to do."""
        self._began = self.clock()
        try:
            return self._round()
        finally:
            self._began = None

    def _round(self):
        busy = self._act()
        away = self.status.line == AWAY
        if away and not self._due("_tried", AGAIN):
            return busy
        try:
            if away:
                self._look()
            found = self.source.take()
            self._take(found)
            busy |= bool(found) or self.source.behind > 2 * PAUSE
            if self._changed or self.clock() - self._looked >= LOOK:
                self._look()
        except DeeplomathError as error:
            self._failed(error)
        return busy

    # The thread

    def _run(self):
        try:
            while not (self._closed.is_set() and self._asked.empty()):
                if not self.step():
                    time.sleep(PAUSE)
        except BaseException as error:  # a fault of this program: the face tells it
            self.fault = error
        finally:
            self._publish(line=ENDED)

    def _due(self, name, seconds):
        """Whether so many seconds have gone since this was done last; then it counts as done."""
        now, last = self.clock(), getattr(self, name)
        if last is not None and now - last < seconds:
            return False
        setattr(self, name, now)
        return True

    def _act(self):
        """Does what waits in the queue now; True where there was something."""
        waiting = self._asked.qsize()
        for _ in range(waiting):
            future, action, arguments = self._asked.get_nowait()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                outcome = Outcome(True, getattr(self.actions, action)(*arguments))
            except (DeeplomathError, TypeError) as error:
                outcome = Outcome(False, f"{action}: {error}".replace(f"{action}: {action}:", f"{action}:"))
                if isinstance(error, TransportError):
                    self._failed(error)
            self._say(outcome.words, outcome.ok)
            self._looked = None  # the status has changed
            future.set_result(outcome)
        return waiting > 0

    @property
    def _changed(self):
        return self._looked is None

    def _say(self, words, ok=True):
        with self._lock:
            last = self.said.since(self.said.last - 1)
            if last and not ok and last[0].words == words:
                return  # it was told
            self.said.add(Said(self.said.last + 1, self.clock(), ok, words))

    def _publish(self, **fields):
        with self._lock:
            self.status = self.status._replace(**fields, waiting=self._asked.qsize())

    def _failed(self, error):
        """Tells what failed, once; what came before it is taken."""
        self._take(getattr(error, "events", ()))
        self._tried = self.clock()
        if isinstance(error, TransportError):
            if self.status.line != AWAY:
                self._say(f"the board is away: {error}", False)
            self._publish(line=AWAY)
        elif self.prepare and error_code(error) in (spec.ERROR_UNCONFIGURED, spec.ERROR_FRONT):
            self._say(str(error), False)
            self._prepared()
        elif error_code(error) == spec.ERROR_HELLO:
            self._say(str(error), False)  # it was reset, and is here: it goes on
        else:
            self._say(str(error), False)
            lost = dict(info=None, digest=None, unknowns=()) if error_code(error) == spec.ERROR_UNCONFIGURED else {}
            self._publish(line=AWAY, **lost)  # so that it is tried again, but not at once

    def _prepared(self):
        """Gives a board that lost everything its network and front-end again."""
        try:
            self.prepare()
            self._say("network and front-end are on the board again; what it had learned is lost")
        except DeeplomathError as error:
            self._say(str(error), False)
            self._publish(line=AWAY)

    # What came

    def _take(self, found):
        """Rows of the (Event, what it was) that came."""
        for event, said in found:
            row = self._row(event, said)
            self._times.append(row.seconds)
            counts = self.status
            with self._lock:
                self.rows.add(row)
                self.status = counts._replace(
                    events=counts.events + 1,
                    learned=counts.learned + (row.kind == LEARNED),
                    unknown=counts.unknown + (row.verdict == "unknown"),
                    refused=counts.refused + (row.kind == REFUSED),
                )

    def _row(self, event, said):
        """The Row of an Event."""
        x = None if event.x is None else tuple(map(int, event.x))
        row = Row(self.rows.last + 1, event.at, self.clock(), said, IDLE, x=x)
        info = self.status.info
        row = row._replace(neurons=info.neurons, depth=info.depth) if info else row
        if event.learned:
            learned, self._looked = event.learned, None
            self._labels[learned.event] = name = event.name
            while len(self._labels) > spec.LIMIT_EVENTS:
                del self._labels[next(iter(self._labels))]
            label = self.naming.names.index(name) if name in self.naming.names else -1
            return row._replace(kind=LEARNED, label=label, name=name, neurons=learned.neurons, depth=learned.depth)
        if event.refused:
            return row._replace(kind=REFUSED, name=str(event.refused))
        if not event.answer:
            return row
        answer, level = event.answer, max(1, info.level if info else 1)
        return row._replace(
            kind=ANSWERED,
            label=answer.label,
            name=f"{answer.value / 256:g}" if info and info.regression else self.naming.of(answer),
            verdict=VERDICTS[answer.verdict],
            probability=answer.probability,
            novelty=answer.novelty / level,
            voted=called(self.naming.names, event.voted),
            nearest=tuple((number, self._labels.get(number, "")) for number in answer.nearest),
        )

    # The status

    def _look(self):
        """Asks the board what it is by now."""
        device, self._looked = self.device, self.clock()
        front = device.front()
        self.source.settle(front.index)
        info = health = digest = None
        unknowns = ()
        try:
            info, health = device.info(), device.health()
            unknowns = device.unknowns()
            digest = None if info.building else device.last_digest
        except DeviceError as error:
            if self.prepare or self.status.info or error.code != spec.ERROR_UNCONFIGURED:
                raise  # it had a network
        names = tuple(self.naming.names)
        self._tell_log()
        if self.status.line == AWAY:
            self._say("the board is here again")
        self._publish(
            line=CONNECTED,
            info=info,
            names=names,
            unknowns=unknowns,
            digest=digest,
            footprint=device.footprint() if self._changed_size(info) else self.status.footprint,
            heap_free=health.heap_free if health else device.hello.heap_free,
            saving=health.saving if health else spec.SAVING_DONE,
            saved=max(device.hello.saved, self.actions.saved),
            restored=device.hello.restored,
            samples=front.index,
            lost=front.overruns,
            unheard=self.source.unheard,
            running=self.source.running and not self.source.ended,
            teaching=(called(names, front.label), front.teaching) if front.teaching else None,
            rate=self._rate(),
            behind=self.source.behind,
        )
        self._fetch_state(digest)

    def _tell_log(self):
        """Says once what hinders the log of the session."""
        fault = getattr(self.device.log, "fault", "")
        if fault and fault != self._log_fault:
            self._say(fault, False)
        self._log_fault = fault

    def _changed_size(self, info):
        return info is not None and (self.status.info is None or self.status.info[:7] != info[:7])

    def _rate(self):
        """Events a second, over the last WINDOW seconds."""
        now = self.clock()
        while self._times and self._times[0] < now - WINDOW:
            self._times.popleft()
        return len(self._times) / WINDOW

    def _fetch_state(self, digest):
        """Takes the whole network from the board, where somebody asked for it and it is another one."""
        if not self._wants_state or digest is None or digest == self._state_digest:
            return
        state = self.device.export()
        with self._lock:
            self._state, self._state_digest, self._wants_state = state, digest, False


def error_code(error):
    """The code of a KernelError or DeviceError, None of another."""
    return getattr(error, "code", None)
