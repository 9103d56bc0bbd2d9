# SPDX-License-Identifier: MIT
"""The requests of a log as calls, the method of a network or a Device with its arguments, and what replay makes of them."""

import contextlib
import struct
from typing import NamedTuple

import numpy as np

from .. import spec
from ..errors import DataError, DeeplomathError
from .lockstep import Mismatch

NO_SESSION = DeeplomathError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, struct.error


class Call(NamedTuple):
    """A call of a method. name: "learn"; arguments: a tuple; options: a dict."""

    name: str
    arguments: tuple = ()
    options: dict = {}

    def on(self, side):
        """Makes the call on a network, a Twin or a Device; returns its result."""
        return getattr(side, self.name)(*self.arguments, **self.options)


class Step(NamedTuple):
    """A request that was replayed.

    record: of the log, a log.Record; calls: what makes another side follow; digest: what was proved, None where nothing was to be;
    events: the Events of it as the mirror has them, those learned or answered by a stream too; before: of each, what the
    network said ahead of learning it, an Answer, None of others.
    """

    record: object
    calls: tuple = ()
    digest: int | None = None
    events: tuple = ()
    before: tuple = ()
    labels: tuple = ()  # of each event: what it was learned as, else None


@contextlib.contextmanager
def a_session(log, record):
    """Within it, what is made of a record of a log. DataError: it says what makes no session, though its checksum is right."""
    try:
        yield
    except Mismatch:
        raise
    except NO_SESSION as error:
        where = f"{log.path}: request {record.number}, {record.exchanged.name}"
        raise DataError(f"{where}: what it says makes no session: {error}") from error


def call(it):
    """The Call of an Exchanged that asks or changes a network by itself, None of any other."""
    made = _CALLS.get(it.opcode)
    return made(it, it.fields) if made else None


def event(tail):
    """The features int16 [n] in the bytes of a request or reply."""
    return integers(tail, "<i2").astype(np.int16)


def integers(tail, kind):
    """The integers of a kind, "<i2" or "<u4", that these bytes are. DataError: they are not whole ones."""
    if left := len(tail) % np.dtype(kind).itemsize:
        raise DataError(f"{len(tail)} bytes of integers given, {left} too many")
    return np.frombuffer(tail, kind)


def samples(it, lines):
    """The samples int16 [n, lines] that a board has taken of an Exchanged of SAMPLES."""
    rows = event(it.tail)
    return rows[: len(rows) // lines * lines].reshape(-1, lines)[: it.got["taken"]]


def heard(log):
    """(pairs, looks) of a log: what the board's own source has led to, as far as it was fetched, each once as (Event, label);
    and of each LISTEN that fetched all there was, (number of its record, pairs until then)."""
    found, looks, behind = [], [], 0
    for record in log:
        it = record.exchanged
        if it.opcode == spec.OPCODE_LISTEN and it.done:
            first = it.fields["since"] + it.got["lost"]
            told = zip(it.events, it.labels, strict=True)
            found += [pair for number, pair in enumerate(told, first) if number >= behind]
            behind = max(behind, it.got["next"])
            looks += [] if it.got["waiting"] else [(record.number, len(found))]
    return found, looks


def words(record):
    """A record in a few words: its number, what was asked, what came of it."""
    it = record.exchanged
    said = "no reply" if not it.replied else it.words or (f"{it.digest:08x}" if it.digest is not None else "done")
    return f"request {record.number}, {it.name}: {said}"


def _options(it):
    return {name: bool(it.fields[name]) if name in _FLAGS else it.fields[name] for name, *_ in spec.CONFIG}


_FLAGS = frozenset(name for name, _, *allowed in spec.CONFIG if allowed == [0, 1])
_CALLS = {
    spec.OPCODE_CONFIGURE: lambda it, _: Call("configure", (), _options(it)),
    spec.OPCODE_LEARN: lambda it, of: Call("learn", (event(it.tail), of["label"], not of["flags"] & 1)),
    spec.OPCODE_INFER: lambda it, _: Call("infer", (event(it.tail),)),
    spec.OPCODE_UNDO: lambda it, _: Call("undo"),
    spec.OPCODE_FORGET: lambda it, of: Call("forget", (of["event"],)),
    spec.OPCODE_RELABEL: lambda it, of: Call("relabel", (of["event"], of["label"])),
    spec.OPCODE_CORRECT: lambda it, of: Call("correct", (of["label"],)),
    spec.OPCODE_DROP: lambda it, _: Call("drop"),
    spec.OPCODE_NAME: lambda it, of: Call("name", (tuple(integers(it.tail, "<u4").tolist()), of["label"])),
    spec.OPCODE_RENAME_CLASS: lambda it, of: Call("rename_class", (of["label"], of["to"])),
    spec.OPCODE_DROP_CLASS: lambda it, of: Call("drop_class", (of["label"],)),
    spec.OPCODE_FREEZE: lambda it, of: Call("freeze", (bool(of["frozen"]),)),
    spec.OPCODE_TEACH: lambda it, of: Call("teach", (of["label"], of["events"], not of["flags"] & 1)),
    spec.OPCODE_MODEL: lambda it, of: Call(
        "model", (it.tail,), dict(over=of["over"], by=spec.RULES[of["by"]], hold=of["hold"])
    ),
}
