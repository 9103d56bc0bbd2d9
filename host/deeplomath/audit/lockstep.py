# SPDX-License-Identifier: MIT
"""A board and the mirror walked together: results and digests compared event by event, the first difference explained."""

import collections
import contextlib
import copy
import zlib

import numpy as np

from .. import spec
from ..errors import DeeplomathError, KernelError
from ..mirror import memory, state
from ..mirror.network import Network
from ..results import Answer, Learned, event
from ..signal.front import FrontEnd
from ..stream import Stream
from ..vote import Vote

HISTORY = 3  # requests before a mismatch that are shown with it
STATE_HEADER = (
    *("magic", "state", "spec", "features", "classes", "layers", "events", "false_reject_permille", "flags"),
    *("frozen", "neurons", "experience", "clock"),
)
WHOLE = 2**32 - 1  # budget with which a build_step ends any rebuild


class Mismatch(DeeplomathError):
    """A board and the mirror differ.

    event: its number, 1, 2, ... (0: before the first); request: what was asked; rows: (quantity, board's, mirror's);
    before: the requests just before; findings: sentences on where the difference lies.
    """

    def __init__(self, event, request, rows, before=(), findings=()):
        super().__init__(f"event {event}, {request}: the board and the mirror differ")
        self.event, self.request, self.rows = event, request, rows
        self.before, self.findings = list(before), list(findings)


class Lockstep:
    """Gives each request to `board` (a Device, or anything with its methods) and to a mirror of the same configuration.

    config: the arguments of Device.configure. The methods are those of both. Each returns what both answered and raises
    Mismatch if they did not answer the same, or if their digests differ afterwards; while a rebuild is under way there is
    no digest, it is compared once the network is whole. What both refuse raises the KernelError of the mirror.

    events: learned or inferred so far; comparisons: results and digests found equal; ticks: {"features", "learn",
    "infer", "name", ...}: list of what each took on the board; digest: the last one.
    """

    _naming = _taught_as = None  # of the Model, where one was given, as a Device has it

    def __init__(self, board, **config):
        self.board, self.config = board, config
        self.mirror = Network(**config)
        self.events = self.comparisons = 0
        self.ticks = collections.defaultdict(list)
        self.requests = []
        self.footprint = self._agreed("configure", board.configure(**config), self.mirror.footprint())
        self._compare_digests("configure")

    def model(self, model, *, over=1, by="majority", hold=0):
        """Makes a front-end on both sides, as Device.model does; returns its footprint in bytes."""
        over, by, hold = getattr(model, "vote", (over, by, hold))

        def mirrored():
            self._front = None if model is None else FrontEnd(getattr(model, "program", model))
            self._naming, self._taught_as = getattr(model, "name", None), getattr(model, "naming", None)
            self._stream = Stream(Vote(over, by == "mean", hold, spec.LIMIT_CLASSES))
            return self._front.footprint if self._front else 0

        found = self._ask("model", lambda side: side.model(model, over=over, by=by, hold=hold))
        return _returned(self._agreed("model", found, _outcome(lambda _: mirrored(), None)))

    def teach(self, label, events=1, build=True):
        """The next events of the stream are learned under this label on both sides, as Device.teach says."""
        named = isinstance(label, str) and self._taught_as
        with self._taught_as(label, events) if named else contextlib.nullcontext(label) as number:
            self.board.teach(number, events, build)
            self._stream.teach(number, events, build)

    def skip(self, n):
        """n samples were lost on both sides."""
        self.board.skip(n)
        self._front.skip(n)

    def stream(self, samples):
        """The Events that samples complete on both sides, a list: features, results, votes and digests are compared."""
        found = self._ask("features", lambda side: side.stream(samples))
        if isinstance(found, KernelError):  # then neither has taken any
            raise found
        made = self._front.push(samples)
        if len(found) != len(made):
            raise self._mismatch("stream", [("events", len(found), len(made))])
        # The mirror goes to where the board is, and only then is it asked what differs.
        walked = [self._streamed(board, *each) for board, each in zip(found, made, strict=True)]
        for i, (board, mirror) in enumerate(zip(found, walked, strict=True), 1 - len(found)):
            if not same_event(board, mirror):
                request = self.requests[i - 1].partition(": ")[0].partition(", ")[2]
                self.events, self.requests = self.events + i, self.requests[: i - 1]
                raise self._mismatch(request, event_rows(board, mirror))
            self.comparisons += 1
        if found and not self.mirror.info().building:
            self._compare_digests("stream", found[-1].learned or found[-1].answer)
        return found

    def _streamed(self, board, at, x):
        """The mirror's Event of these features; while its rebuild goes on, the board's shows whether that is done there."""
        self.events += 1
        label, building = self._stream.label, self.mirror.info().building
        if building and board.answer and board.answer != self.mirror.infer_many([x])[0]:
            self.mirror.build_step(WHOLE)
        result, voted = self._stream.take(self.mirror, x)
        kind = "infer" if isinstance(result, Answer) else "learn"
        if board.ticks is not None:
            self.ticks[kind].append(board.ticks)
        words = f"learn as {label}" if kind == "learn" else kind
        self.requests.append(f"event {self.events}, {words} at sample {at}: {_brief(result)}")
        whole = isinstance(result, Learned) and not self.mirror.info().building
        return event(at, x, result, voted, label, self._naming, digest=self.mirror.digest() if whole else None)

    def learn(self, x, label, build=True):
        """Learns x (int16 [features]) as label on both sides: a Learned."""
        self.events += 1
        words = "learn" if build else "begin to learn"
        return self._step("learn", f"{words} as {label}", lambda side: side.learn(x, label, build))

    def build_step(self, budget):
        """Goes on with the rebuild on both sides; True while the board has more to do.

        A board also goes on by itself, so it may be ahead of the mirror, never behind: the mirror follows.
        """
        return self._step("build", f"build {budget}", lambda side: side.build_step(budget), lambda: True)

    def infer(self, x):
        """Infers x (int16 [features]) on both sides: an Answer. During a rebuild the old network may answer, or the new."""
        self.events += 1
        return self._step("infer", "infer", lambda side: side.infer(x), lambda: self.mirror.infer_many([x])[0])

    def undo(self):
        """Takes the last learn back on both sides."""
        self._step("undo", "undo", lambda side: side.undo())

    def forget(self, event):
        """Forgets the event of this id on both sides."""
        self._step("forget", f"forget {event}", lambda side: side.forget(event))

    def relabel(self, event, label):
        """Gives the event of this id another label on both sides."""
        self._step("relabel", f"relabel {event} as {label}", lambda side: side.relabel(event, label))

    def correct(self, label):
        """Learns the event last seen under label on both sides: a Learned."""
        return self._step("correct", f"correct to {label}", lambda side: side.correct(label))

    def drop(self):
        """Forgets the event last seen on both sides."""
        self._step("drop", "drop", lambda side: side.drop())

    def unknowns(self):
        """Ids of the unknown events that both sides remember, oldest first."""
        return self._step("unknowns", "unknowns", lambda side: side.unknowns())

    def unknown(self, unknown):
        """Features int16 [features] of an unknown that both sides remember."""
        return self._step("unknown", f"unknown {unknown}", lambda side: side.unknown(unknown))

    def name(self, unknowns, label):
        """Learns the unknowns of these ids under label on both sides: a Learned of the last."""
        which = ", ".join(map(str, unknowns))
        return self._step("name", f"name unknowns {which} as {label}", lambda side: side.name(unknowns, label))

    def rename_class(self, label, to):
        """Moves all events of a class to another on both sides."""
        self._step("rename_class", f"rename class {label} to {to}", lambda side: side.rename_class(label, to))

    def drop_class(self, label):
        """Forgets all events of a class on both sides."""
        self._step("drop_class", f"drop class {label}", lambda side: side.drop_class(label))

    def freeze(self, frozen=True):
        """Stops all learning, or lets it go on, on both sides."""
        self._step("freeze", "freeze" if frozen else "thaw", lambda side: side.freeze(frozen))

    def finish(self):
        """Compares the exported states, and rebuilds the network of the board from its own; returns the state, bytes."""
        exported = self.board.export()
        self._agreed("export", exported, self.mirror.export())
        rebuilt = Network(**self.config)
        rebuilt.load(exported)
        self._agreed("rebuild from the board's state", self.board.digest(), rebuilt.digest())
        return exported

    def _step(self, kind, request, call, old=None):
        """Asks both sides and compares results and digests.

        old: what the mirror answers while its rebuild goes on; a board that answers otherwise has finished its own.
        """
        found = self._ask(kind, call)
        if old and self.mirror.info().building and not same(found, old()):
            self.mirror.build_step(WHOLE)
        result = self._agreed(request, found, _outcome(call, self.mirror))
        if not self.mirror.info().building:
            self._compare_digests(request, result)
        self.requests.append(f"event {self.events}, {request}: {_brief(result)}")
        return _returned(result)

    def _ask(self, kind, call):
        found = _outcome(call, self.board)
        self.ticks[kind].append(getattr(self.board, "last_ticks", None) or 0)
        return found

    def _agreed(self, request, board, mirror):
        if not same(board, mirror):
            raise self._mismatch(request, _rows(board, mirror))
        self.comparisons += 1
        return mirror

    def _compare_digests(self, request, result=None):
        self.digest = self.mirror.digest()
        if self.board.digest() != self.digest:
            raise self._mismatch(request, _rows(result, result) if hasattr(result, "_fields") else [])
        self.comparisons += 1

    def _mismatch(self, request, rows):
        try:
            rows = rows + [row for row in self._state_rows() if row[0] not in {name for name, *_ in rows}]
            findings = self._findings()
        except DeeplomathError as error:
            findings = [f"The board could not be asked further: {error}"]
        return Mismatch(self.events, request, rows, self.requests[-HISTORY:], findings)

    def _state_rows(self):
        board, mirror = self.board.info(), self.mirror.info()
        digests = [("digest", f"{self.board.digest():08x}", f"{self.mirror.digest():08x}")]
        names = "neurons", "depth", "error", "level", "clock"
        return digests + [(name, getattr(board, name), getattr(mirror, name)) for name in names]

    def _findings(self):
        """Sentences on where the difference lies. Configures the board anew: its network is lost."""
        if self.board.digest() == self.mirror.digest():
            return ["The networks are the same; only the result differs."]
        if not self.mirror.memory.events:
            return ["Nothing is learned yet: kernel and mirror were made of different constants."]
        exported, expected = self.board.export(), self.mirror.export()
        kept = state_difference(exported, expected)
        if kept:
            return [kept, self._rebuilt(exported)]
        same = (
            f"The events kept are the same {len(self.mirror.memory.events)}: what differs is the network made of them."
        )
        return [same, self._first_layer()]

    def _rebuilt(self, exported):
        fresh = Network(**self.config)
        try:
            fresh.load(exported)
        except KernelError as error:
            return f"A fresh mirror does not accept the board's state: {error}."
        return "A fresh mirror makes the board's network of the board's events: it computes right, from other events."

    def _first_layer(self):
        for layers in range(1, self.mirror.config.layers + 1):
            mirror = _with_layers(self.mirror, layers)
            self.board.configure(**{**self.config, "layers": layers})
            try:
                self.board.load(mirror.export())
            except KernelError as error:
                if error.code != spec.ERROR_STATE_DIGEST:
                    raise
                if layers == 1:
                    return "Rebuilt with one layer they differ already: look at first metric, first layer, contour."
                return f"Rebuilt with layers up to {layers - 1} they agree, up to {layers} no longer: look at layer {layers}."
        return "Rebuilt from these events they agree: the network of the board was not made of its events alone."


def _outcome(call, side):
    try:
        return call(side)
    except KernelError as error:
        return error


def _returned(result):
    """The result, unless it is an error, which is raised."""
    if isinstance(result, KernelError):
        raise result
    return result


def same_event(board, mirror):
    """Whether two Events are the same, but for ticks, and for the features of one that has none."""
    features = board.x is None or np.array_equal(board.x, mirror.x)
    rest = [name for name in mirror._fields if name not in ("x", "ticks")]
    return features and all(same(getattr(board, name), getattr(mirror, name)) for name in rest)


def event_rows(board, mirror):
    """(quantity, board's, mirror's) of two Events, what became of them field by field."""
    rows = [("sample", board.at, mirror.at)]
    rows += [] if board.x is None else [("features", board.x.tolist(), mirror.x.tolist())]
    pair = [it.answer or it.learned or it.refused for it in (board, mirror)]
    return [*rows, *_rows(*pair), ("voted", board.voted, mirror.voted), ("digest", board.digest, mirror.digest)]


def same(board, mirror):
    """Whether two results are the same; two KernelErrors are by their codes."""
    if isinstance(board, KernelError) and isinstance(mirror, KernelError):
        return board.code == mirror.code
    if isinstance(mirror, np.ndarray):
        return np.array_equal(board, mirror)
    return type(board) is type(mirror) and board == mirror


def _rows(board, mirror):
    if hasattr(mirror, "_fields") and type(board) is type(mirror):
        return list(zip(mirror._fields, board, mirror, strict=True))
    return [("result", _brief(board), _brief(mirror))]


def _brief(value):
    if isinstance(value, bytes):
        return f"{len(value)} bytes, CRC-32 {zlib.crc32(value):08x}"
    return value.tolist() if isinstance(value, np.ndarray) else value


def state_difference(board, mirror):
    """A sentence on the first difference of two exported states, digests aside; "" if there is none."""
    body, expected = board[: -state.TRAILER.size], mirror[: -state.TRAILER.size]
    if body == expected:
        return ""
    if len(body) < state.HEADER.size:
        return f"The state of the board is cut short: {len(board)} bytes, {len(mirror)} of the mirror."
    header, wanted = state.HEADER.unpack_from(board), state.HEADER.unpack_from(mirror)
    differing = [f"{name} {a} and {b}" for name, a, b in zip(STATE_HEADER, header, wanted, strict=True) if a != b]
    if differing:
        return f"The states begin differently, on the board and on the mirror: {', '.join(differing)}."
    if len(body) != len(expected):
        return f"The states begin alike, but have {len(board)} bytes on the board and {len(mirror)} on the mirror."
    at = next(i for i, (a, b) in enumerate(zip(body, expected, strict=True)) if a != b) - state.HEADER.size
    n_classes, n_events, n_experience = wanted[4], wanted[10], wanted[11]
    if at < 4 * n_classes:
        return f"The clocks of the classes differ, first that of class {at // 4}."
    at -= 4 * n_classes
    size = len(body) - state.HEADER.size - 4 * n_classes - n_experience * state.EXPERIENCE.itemsize
    if at < size:
        return f"The events kept differ, first in number {at * n_events // size}."
    return "The events kept are the same; what the network said of them before they were learned differs."


def _with_layers(net, layers):
    """The mirror with the same events and another limit of layers."""
    net = copy.deepcopy(net)
    net.config = net.config._replace(layers=layers)
    memory.rebuilt(net)
    return net
