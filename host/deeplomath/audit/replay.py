# SPDX-License-Identifier: MIT
"""Rebuilds the network of a log on the mirror, and proves each result and digest, up to the first that differs (LOG.md)."""

from .. import spec
from ..errors import KernelError
from ..link.exchanged import CHANGES
from . import asked, lockstep
from .twin import Twin

_OF_THE_PAST = frozenset((spec.OPCODE_UNDO, spec.OPCODE_CORRECT, spec.OPCODE_DROP, spec.OPCODE_NAME))
_INFO = "neurons", "depth", "error", "level", "clock", "work", "frozen"
_AHEAD = 64  # events of a board's own source that are tried ahead of a request


class Replay:
    """The replay of an audit.log.Log.

    twin: the Twin so far; proved: digests found equal; compared: results found equal; unproved: {words: how often} of what
    could not be compared. asks: whether Steps have `before`, which costs an answer for each learn.
    """

    def __init__(self, log, asks=False):
        self.log, self.asks = log, asks
        self.twin, self.proved, self.compared, self.unproved = Twin(), 0, 0, {}
        self.config, self.digest, self.last = None, None, []
        self._state, self._lost, self._doubt, self._anchored = b"", "nothing was made yet", False, False
        self._maybe, self._live, self._looks, self._heard = [], [], [], 0
        self._next = self._ahead = 0  # of answers: the next number; those tried ahead of a request

    def steps(self, until=None):
        """Yields a Step for each record, up to number `until`.

        Mismatch: board and mirror differ, and where. DataError: no board and no host say such a thing.
        """
        if self.log.hello.get("live"):  # the board has a source of its own
            self._live, self._looks = asked.heard(self.log)
        for record in self.log:
            if until is not None and record.number > until:
                return
            with asked.a_session(self.log, record):
                step = self._step(record)
            yield step
            self.last = [*self.last[1 - lockstep.HISTORY :], asked.words(record)]

    def _step(self, record):
        it = record.exchanged
        if not it.replied:
            self._maybe.append(it)
            self._count("a request without a reply")
            return asked.Step(record)
        waiting = self._waiting(record)
        before = self.twin.copied() if self._maybe or waiting else None
        try:
            if waiting and it.opcode in CHANGES:
                return self._behind(record, it, waiting)
            return self._replayed(record, it)
        except lockstep.Mismatch:
            found = self._otherwise(record, it, before) if self._maybe else None
            if not found:
                raise
            return found
        finally:
            if it.digest is not None:
                self._maybe = []

    def _waiting(self, record):
        """What the board's own source had led to by then, maybe: it was not fetched yet, but in the next look for all."""
        if record.exchanged.opcode == spec.OPCODE_LISTEN:
            return []
        end = next((count for number, count in self._looks if number > record.number), len(self._live))
        return self._live[self._heard : min(end, self._heard + _AHEAD)]

    def _otherwise(self, record, it, before):
        """The Step where a request without a reply was executed ahead of it, None where that does not explain it."""
        for maybe in self._maybe:
            made, self.twin = asked.call(maybe), before.copied()
            if made and not isinstance(_outcome(made, self.twin), KernelError):
                step = self._tried(record, it)
                if step:
                    return step._replace(calls=(made, *step.calls))
        self.twin = before
        return None

    def _behind(self, record, it, waiting):
        """The Step of a change, behind as many of the waiting events as what was told of both allows."""
        start, walked, ahead, best = self.twin, self.twin.copied(), [], None
        for pair in [*waiting, None]:
            self.twin = walked.copied()
            if step := self._tried(record, it):
                best = len(ahead), self.twin, step._replace(calls=(*ahead, *step.calls))
            self.twin = walked
            if pair is None or not self._same_live(pair):
                break
            ahead.append(asked.Call("learn" if pair[0].learned else "infer", _given(pair)))
        if best is None:
            self.twin = start
            return self._replayed(record, it)
        n, self.twin, step = best
        self._heard, self._ahead = self._heard + n, self._ahead + n
        return step

    def _tried(self, record, it):
        """The Step of a request, None where board and mirror differ."""
        counted = self.proved, self.compared
        try:
            return self._replayed(record, it)
        except lockstep.Mismatch:
            self.proved, self.compared = counted
            return None

    def _replayed(self, record, it):
        handler = _HANDLERS.get(it.opcode, Replay._plain)
        if it.status:
            return self._refused(record, it)
        return handler(self, record, it)

    def _refused(self, record, it):
        """What the kernel of the board refused, the mirror has to refuse too; what the service refused changes nothing."""
        made = asked.call(it)
        if it.status == spec.ERROR_HELLO:
            self._doubt = True
        if not made or self._lost or it.status <= spec.ERROR_OPCODE or it.opcode == spec.OPCODE_MODEL:
            return asked.Step(record)
        twin = self.twin.copied() if it.opcode in _OF_THE_PAST else self.twin
        found = _outcome(made, twin)
        if isinstance(found, KernelError):
            self._same(record, [("status", it.status, found.code)])
        elif it.opcode in _OF_THE_PAST and self._doubt:
            self.twin.forget_beside()
        else:
            raise self._mismatch(record, [("status", it.status, 0)])
        return asked.Step(record)

    def _plain(self, record, it):
        """A request that is a call of the network: its result and its digest are compared."""
        made = asked.call(it)
        if not made:
            return asked.Step(record)
        if it.opcode == spec.OPCODE_CONFIGURE:
            self.config, self._lost, self._doubt = dict(made.options), "", False
        elif self._lost and it.opcode not in (spec.OPCODE_MODEL, spec.OPCODE_TEACH):
            return self._unproved(record, self._lost)
        before = self._before(made)
        found = _outcome(made, self.twin)
        if isinstance(found, KernelError):
            if it.opcode in _OF_THE_PAST and (self._anchored or self._doubt):
                self._lost = f"{it.name} of what was before the log"
                return self._unproved(record, self._lost)
            raise self._mismatch(record, [("status", 0, found.code)])
        if it.opcode == spec.OPCODE_INFER and self.twin.building and found != it.result:
            self.twin.finish()  # the board was ahead
            found = self.twin.network.infer_many(made.arguments)[0]
        if it.result is not None:
            self._same(record, [*zip(found._fields, it.result, found, strict=True)])
        self._prove(record, it.digest)
        events = (found,) if it.result is not None else ()
        labels = (it.fields.get("label"),)
        return asked.Step(record, (made,), it.digest, events, (before,) if events else (), labels if events else ())

    def _before(self, made):
        """What the network says of an event that is to be learned, where it is asked for."""
        net = self.twin.network
        if not self.asks or made.name != "learn" or net is None or not net.memory.events:
            return None
        return net.infer_many([made.arguments[0]])[0]

    def _hello(self, record, it):
        if not it.got["configured"]:
            self.twin, self._lost, self.config = Twin(), "there is no network", None
        elif self._lost:
            self._lost = "what the board had learned before the log"
            self.config = _config(it.got)
        else:
            self._doubt = True  # it may have been reset: then undo, unknowns and what was seen last are gone
        return asked.Step(record)

    def _info(self, record, it):
        self.config = self.config or _config(it.got)
        if self._lost:
            return asked.Step(record)
        if not it.got["building"]:
            self.twin.finish()
            info = self.twin.network.info()._asdict()
            self._same(record, [(name, it.got[name], int(info[name])) for name in _INFO])
        self._prove(record, it.digest)
        return asked.Step(record, digest=it.digest)

    def _digest(self, record, it):
        if not self._lost:
            self._prove(record, it.digest)
        return asked.Step(record, digest=it.digest)

    def _export(self, record, it):
        """The whole state is compared, or begun with where the mirror does not know it."""
        self._state = self._state[: it.fields["offset"]] + it.rest
        if len(self._state) < it.got["total"]:
            return asked.Step(record)
        if not self._lost:
            mirrored = self.twin.network.export()
            if self._state != mirrored:
                raise self._mismatch(record, [], lockstep.state_difference(self._state, mirrored))
            self.compared += 1
            return asked.Step(record)
        try:
            self.twin.begin_with(self.config, self._state)
        except KernelError as error:
            if error.code == spec.ERROR_STATE_DIGEST:
                raise self._mismatch(record, [("state", "exported", str(error))]) from error
            return self._unproved(record, f"a state that is none: {error}")
        self._lost, self._anchored = "", True
        calls = asked.Call("configure", (), dict(self.config)), asked.Call("load", (self._state,))
        return asked.Step(record, calls, self.twin.network.digest())

    def _load(self, record, it):
        self._state = self._state[: it.fields["offset"]] + it.tail
        if len(self._state) < it.fields["total"]:
            return asked.Step(record)
        made = asked.Call("load", (self._state,))
        if self._lost:
            self.twin.network, self._lost = lockstep.Network(**self.config), ""
        found = _outcome(made, self.twin)
        if isinstance(found, KernelError):
            raise self._mismatch(record, [("status", 0, found.code)])
        self._prove(record, it.digest)
        return asked.Step(record, (made,), it.digest)

    def _restore(self, record, it):
        if not self._lost and self.twin.network.digest() == it.digest:
            self.twin.forget_beside()
            self._anchored = True
        else:
            self._lost = "a save that the board had, restored"
            self.config = None
        return asked.Step(record)

    def _build(self, record, it):
        if self._lost:
            return self._unproved(record, self._lost)
        building = self.twin.network.build_step(it.fields["budget"])
        if not it.got["building"]:
            self.twin.finish()
        elif not building:
            raise self._mismatch(record, [("building", 1, 0)])
        self._prove(record, it.digest)
        return asked.Step(record, digest=it.digest)

    def _unknowns(self, record, it):
        ids = tuple(asked.integers(it.rest, "<u4").tolist())
        if self._lost:
            return asked.Step(record)
        there = self.twin.network.unknowns()
        if there != ids and (self._anchored or self._doubt):
            if not self.twin.put_unknowns(ids):
                self.twin.network.memory.unknowns = []  # each is asked for next
            return asked.Step(record)
        self._same(record, [("unknowns", ids, there)])
        return asked.Step(record)

    def _unknown(self, record, it):
        if self._lost:
            return asked.Step(record)
        number, x = it.fields["unknown"], asked.event(it.rest)
        if number not in self.twin.network.unknowns() and (self._anchored or self._doubt):
            self.twin.add_unknown(number, x)
        else:
            self._same(record, [("features", x.tolist(), self.twin.network.unknown(number).tolist())])
        return asked.Step(record)

    def _samples(self, record, it):
        if self.twin.front is None:
            return self._events(record, it, zip(it.events, it.labels, strict=True))
        self.twin.skip(it.fields["skipped"])
        rows = asked.samples(it, self.twin.front.lines)
        made = self.twin.made(rows)
        if len(made) != len(it.events):
            raise self._mismatch(record, [("events", len(it.events), len(made))])
        for told, (at, x) in zip(it.events, made, strict=True):
            self._same(record, [("sample", told.at, at)])
            if told.x is not None:
                self._same(record, [("features", told.x.tolist(), x.tolist())])
        told = [(event._replace(x=x), label) for event, label, (_, x) in zip(it.events, it.labels, made, strict=True)]
        step = self._events(record, it, told)
        skipped = (asked.Call("skip", (it.fields["skipped"],)),) if it.fields["skipped"] else ()
        return step._replace(calls=(*skipped, asked.Call("stream", (rows,))))

    def _listen(self, record, it):
        """The answers that were not fetched before, but for those that were tried ahead of a request."""
        first = it.fields["since"] + it.got["lost"]
        told = zip(it.events, it.labels, strict=True)
        fresh = [pair for number, pair in enumerate(told, first) if number >= self._next]
        if it.got["lost"] and first > self._next and not self._lost:
            self._lost = "answers of the board's own source that were lost"
        self._next = max(self._next, it.got["next"])
        done, self._ahead = min(self._ahead, len(fresh)), max(0, self._ahead - len(fresh))
        self._heard += len(fresh) - done
        return self._events(record, it, fresh[done:])

    def _live_again(self, record, it):
        self.twin.begin_stream()
        return asked.Step(record)

    def _events(self, record, it, told):
        """Gives events that the board told to the mirror, one by one, and compares what became of each."""
        events, before, calls, labels = [], [], [], []
        for event, label in told:
            made = event.answer is None and event.learned is None and event.refused is None
            if made:
                continue
            if self._lost or event.x is None:
                self._lost = self._lost or (event.learned and "an event that came without its features") or ""
                self._count(self._lost or "an answer to an event that came without its features")
                continue
            if it.opcode == spec.OPCODE_LISTEN:
                self.twin.follow_lesson(event, label)
            before.append(self._before(asked.Call("learn", (event.x,))) if event.learned else None)
            if self.twin.building and event.answer and event.answer != self.twin.network.infer_many([event.x])[0]:
                self.twin.finish()
            found = self.twin.take(event.at, event.x)
            if not lockstep.same_event(event, found._replace(name=event.name, voted_name=event.voted_name)):
                raise self._mismatch(record, lockstep.event_rows(event, found))
            self.compared += 1
            self.proved += event.digest is not None
            self.digest = event.digest if event.digest is not None else self.digest
            events.append(found)
            labels.append(label if event.learned else None)
            calls.append(asked.Call("learn" if event.learned else "infer", _given((event, label))))
        return asked.Step(record, tuple(calls), it.digest, tuple(events), tuple(before), tuple(labels))

    def _same_live(self, pair):
        event, label = pair
        self.twin.follow_lesson(event, label)
        if event.x is None or not (event.answer or event.learned):
            return event.x is not None
        found = self.twin.take(event.at, event.x)
        return lockstep.same_event(event, found._replace(name=event.name, voted_name=event.voted_name))

    def _same(self, record, rows):
        if any(not lockstep.same(board, mirror) for _, board, mirror in rows):
            raise self._mismatch(record, rows)
        self.compared += 1

    def _prove(self, record, digest):
        if digest is None or self.twin.network is None:
            return
        mirrored = self.twin.network.digest()
        if mirrored != digest:
            raise self._mismatch(record, [("digest", f"{digest:08x}", f"{mirrored:08x}")])
        self.proved, self.digest = self.proved + 1, digest

    def _unproved(self, record, words):
        self._count(words)
        return asked.Step(record)

    def _count(self, words):
        self.unproved[words] = self.unproved.get(words, 0) + 1

    def _mismatch(self, record, rows, *findings):
        net = self.twin.network
        around = []
        if net is not None:
            info = net.info()
            around = [f"The mirror has {info.neurons} events kept of {info.clock} learned, depth {info.depth}."]
            around += [f"The last digest that was equal: {self.digest:08x}."] if self.digest is not None else []
        words = [it for it in (*findings, *around) if it]
        return lockstep.Mismatch(record.number, f"{record.exchanged.name} of the log", rows, self.last, words)


_HANDLERS = {
    spec.OPCODE_HELLO: Replay._hello,
    spec.OPCODE_INFO: Replay._info,
    spec.OPCODE_DIGEST: Replay._digest,
    spec.OPCODE_EXPORT: Replay._export,
    spec.OPCODE_LOAD: Replay._load,
    spec.OPCODE_RESTORE: Replay._restore,
    spec.OPCODE_BUILD: Replay._build,
    spec.OPCODE_UNKNOWNS: Replay._unknowns,
    spec.OPCODE_UNKNOWN: Replay._unknown,
    spec.OPCODE_SAMPLES: Replay._samples,
    spec.OPCODE_LISTEN: Replay._listen,
    spec.OPCODE_LIVE: Replay._live_again,
}


def _outcome(made, side):
    try:
        return made.on(side)
    except KernelError as error:
        return error


def _given(pair):
    event, label = pair
    return (event.x, label) if event.learned else (event.x,)


def _config(got):
    return {name: got[name] for name, *_ in spec.CONFIG}
