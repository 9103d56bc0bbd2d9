# SPDX-License-Identifier: MIT
"""What a log tells of its session: each event as a row, what was told of it afterwards, and what the mirror has proved."""

import collections
import statistics
from typing import NamedTuple

from .. import spec
from ..audit.lockstep import Mismatch
from ..audit.replay import Replay
from ..results import Answer, Learned, Verdict
from .shown import ANSWERED, LEARNED, REFUSED, VERDICTS, Row, called

RECENT = 20  # answers over which a share is taken
DRIFT = 0.5  # share of unknown ones among them from which on drift is marked
MARKS = {
    spec.OPCODE_CORRECT: "correction",
    spec.OPCODE_UNDO: "undo",
    spec.OPCODE_DROP: "drop",
    spec.OPCODE_NAME: "naming",
    spec.OPCODE_FREEZE: "freeze",
}


class Told(NamedTuple):
    """An event whose class was told after the network had answered it.

    number: of the event; truth: the class told; answer: the class answered, -1 unknown; probability: 0..1 of the answer;
    fresh: nothing of that class had been learned before, so that unknown is the right answer.
    """

    number: int
    truth: int
    answer: int
    probability: float
    fresh: bool

    @property
    def right(self):
        """Whether the answer was the class told, or unknown of a class that is new."""
        return self.answer < 0 if self.fresh else self.answer == self.truth


class Summary:
    """All of one log, read whole. log: an audit.log.Log.

    rows: a Row of each event; told: [Told]; marks: [(number of the last event, what)]; ticks: {"learn", "infer": [ticks]};
    network: the mirror at the end, None where there was none; proved, compared: digests and results found equal; unproved:
    {words: how often}; differs: the Mismatch with which the proof ended, None where all is equal; names: of the classes.
    """

    def __init__(self, log):
        self.log, self.rows, self.told, self.marks = log, [], [], []
        self.ticks, self.differs = collections.defaultdict(list), None
        self._seen = set()  # classes that were learned
        self._level, self._size = 1, dict(neurons=0, depth=0)  # of the network
        self._last = None  # the last answer
        replay = Replay(log, asks=True)
        try:
            for step in replay.steps():
                self._take(step, replay.twin.network)
        except Mismatch as error:
            self.differs = error
        self.network, self.digest = replay.twin.network, replay.digest
        self.proved, self.compared, self.unproved = replay.proved, replay.compared, replay.unproved
        self.names = tuple(log.names[1:])
        self.rows = [row._replace(name=self._name(row)) for row in self.rows]
        self._mark_drift()

    @property
    def title(self):
        """What the session was of: model and board."""
        return ", ".join(filter(None, (self.log.names[:1] or ("",))[:1] + (self.log.device,))) or "a board"

    def rate(self):
        """The rate of false rejects that was asked for, 0..1."""
        return self.network.config.false_reject_permille / 1000 if self.network else 0.0

    def unknowns(self):
        """How many unknowns wait for a name."""
        return len(self.network.unknowns()) if self.network else 0

    def costs(self):
        """{"learn", "infer": (median, most, how many)} of the board's ticks."""
        return {kind: (statistics.median(it), max(it), len(it)) for kind, it in self.ticks.items() if it}

    def _take(self, step, network):
        it = step.record.exchanged
        if not it.done:
            return
        if network is not None:
            info = network.info()
            self._level, self._size = max(1, info.level), dict(neurons=info.neurons, depth=info.depth)
        labels = it.labels if len(it.labels) == len(step.events) else (it.fields.get("label", -1),) * len(step.events)
        before = step.before or (None,) * len(step.events)
        for found, label, answer in zip(step.events, labels, before, strict=True):
            result = found if isinstance(found, Answer | Learned) else found.answer or found.learned
            at, x = (getattr(found, name, None) for name in ("at", "x"))
            self._event(result, label, answer, at, x, it.opcode)
        for event in it.events:
            if event.ticks is not None:
                self.ticks["learn" if event.learned else "infer"].append(event.ticks)
        if it.result is not None and it.got.get("ticks"):
            self.ticks["infer" if isinstance(it.result, Answer) else "learn"].append(it.got["ticks"])
        if it.opcode in MARKS:
            self._named(it)

    def _event(self, result, label, before, at, x, opcode):
        """A Row of what came of an event, but for a correction or a naming, which are of an event that was a row before."""
        if opcode in (spec.OPCODE_CORRECT, spec.OPCODE_NAME):
            return
        number = len(self.rows) + 1
        row = Row(number, number if at is None else at, 0.0, "", REFUSED, **self._size)
        if isinstance(result, Learned):
            if before is not None:
                self._say(number, label, before)
            self._seen.add(label)
            row = row._replace(kind=LEARNED, label=label, neurons=result.neurons, depth=result.depth)
        elif result is not None:
            self._last = result
            row = row._replace(
                kind=ANSWERED,
                label=result.label,
                verdict=VERDICTS[result.verdict],
                probability=result.probability,
                novelty=result.novelty / self._level,
            )
        self.rows.append(row._replace(x=None if x is None else tuple(map(int, x))))

    def _say(self, number, truth, answer):
        given = -1 if answer.verdict == Verdict.UNKNOWN else answer.label
        self.told.append(Told(number, truth, given, answer.probability, truth not in self._seen))

    def _named(self, it):
        """A mark; of a correction and a naming, what was told."""
        number, label = len(self.rows), it.fields.get("label", -1)
        what = MARKS[it.opcode]
        self.marks.append((number, what))
        if what == "correction" and self._last is not None:
            self._say(number, label, self._last)
        elif what == "naming":
            fresh = label not in self._seen
            self.told += [Told(number, label, -1, 0.0, fresh) for _ in range(len(it.tail) // 4)]
        if what in ("correction", "naming"):
            self._seen.add(label)

    def _name(self, row):
        return "unknown" if row.verdict == "unknown" else called(self.names, row.label)

    def _mark_drift(self):
        """Marks where half of the last answers begin to be unknown, once something is known."""
        recent, drifts = collections.deque(maxlen=RECENT), False
        for row in self.rows:
            if row.kind != ANSWERED or row.label < 0:
                continue
            recent.append(row.verdict == "unknown")
            many = len(recent) == RECENT and sum(recent) >= DRIFT * RECENT
            if many and not drifts:
                self.marks.append((row.number, "drift"))
            drifts = many


def confusion(told, n):
    """[n][n + 1] counts: truth in rows, answers in columns, unknown last."""
    table = [[0] * (n + 1) for _ in range(n)]
    for it in told:
        if 0 <= it.truth < n:
            table[it.truth][it.answer if 0 <= it.answer < n else n] += 1
    return table


def accuracy(told):
    """[(number, share right of the last RECENT)] along the events that were told."""
    recent, found = collections.deque(maxlen=RECENT), []
    for it in told:
        recent.append(it.right)
        found.append((it.number, sum(recent) / len(recent)))
    return found


def reliability(told, bins=5):
    """[(mean probability, share right, how many)] of answers that were no unknown, by their probability."""
    groups = collections.defaultdict(list)
    for it in told:
        if it.answer >= 0:
            groups[min(bins - 1, int(it.probability * bins))].append(it)
    return [
        (
            sum(it.probability for it in group) / len(group),
            sum(it.answer == it.truth for it in group) / len(group),
            len(group),
        )
        for _, group in sorted(groups.items())
    ]
