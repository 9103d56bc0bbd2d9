# SPDX-License-Identifier: MIT
"""Requests and replies of a session as what they mean, in their order: for a log, and for whoever reads one."""

import struct
from typing import NamedTuple

from .. import spec
from ..errors import DeeplomathError, ProtocolError
from ..results import Answer, Learned
from ..text import printable
from . import layout, replies

CHANGES = frozenset(opcode for opcode, fields in spec.REPLIES.items() if fields in (spec.CHANGED, spec.LEARNED))
_CONFIG = tuple(name for name, *_ in spec.CONFIG)


class Exchanged(NamedTuple):
    """A request and its reply.

    opcode, name: of the request, "learn"; fields: its numbers by name; tail: the bytes behind them. replied: there was a
    reply; status: 0, or an error of spec.ERRORS, None without a reply; words: of an error. got: the numbers of the reply by
    name; rest: the bytes behind them. result: the Learned or Answer in it, else None; events: those of a stream, a tuple of
    results.Event; labels: of each, what was taught, or what the vote says. digest: of the network behind it, None where the
    reply has none or the rebuild is pending.
    """

    opcode: int
    name: str
    fields: dict
    tail: bytes
    replied: bool = False
    status: int | None = None
    words: str = ""
    got: dict = {}
    rest: bytes = b""
    result: Learned | Answer | None = None
    events: tuple = ()
    labels: tuple = ()
    digest: int | None = None

    @property
    def done(self):
        """Whether the board says that it did it."""
        return self.status == 0


class Understanding:
    """Understands the exchanges of a session one by one; config and names: of the network, as the last ones told.

    config: the arguments of Network, None before any was told; names: of model and classes, a tuple, empty of none.
    """

    def __init__(self):
        self.config, self.names = None, ()

    def of(self, opcode, request, reply):
        """The Exchanged of these payloads; reply: None where there was none. ProtocolError: they break PROTOCOL.md."""
        form = layout.REQUESTS.get(opcode)
        if not form or len(request) < form.form.size:
            raise ProtocolError(f"a request of opcode {opcode} and {len(request)} bytes, which is none")
        asked = Exchanged(opcode, spec.OPCODES[opcode], form.unpack(request), bytes(request[form.form.size :]))
        if reply is None:
            return asked
        if not reply:
            raise ProtocolError(f"{asked.name}: a reply without a status")
        status, body = struct.unpack_from("<b", reply)[0], reply[1:]
        asked = asked._replace(replied=True, status=status)
        if status:
            return asked._replace(words=printable(body.decode("utf-8", "replace")))
        got, rest = replies.take(opcode, body)
        found = self._meant(asked._replace(got=got, rest=rest))
        self._follow(found)
        return found

    def naming(self, label):
        """The name of an Answer or a label, None where the board was told none."""
        if isinstance(label, Answer):
            label = -1 if label.verdict == spec.VERDICT_UNKNOWN else label.label
        if label < 0:
            return "unknown"
        return self.names[label + 1] or None if label + 1 < len(self.names) else None

    def _meant(self, it):
        """With what the numbers of a reply are."""
        got, rest, events, labels, result = it.got, it.rest, (), (), None
        digest = None if got.get("building") else got.get("digest")
        if it.opcode == spec.OPCODE_LOAD and it.fields["offset"] + len(it.tail) < it.fields["total"]:
            digest = None
        if it.opcode == spec.OPCODE_HELLO:
            got = got | dict(zip(spec.TEXTS[it.opcode], replies.texts(it.opcode, rest), strict=True))
        elif it.opcode == spec.OPCODE_INFER:
            result = replies.answer(it.opcode, got, rest, self._classes())
        elif spec.REPLIES[it.opcode] is spec.LEARNED:
            result = replies.learned(got)
        elif "n_events" in got:
            found = []
            for _ in range(got["n_events"]):
                label = replies.numbers(it.name, spec.EVENT, layout.EVENT, rest)[0]["label"]
                event, rest = replies.stream_event(it.opcode, rest, self._classes, self.naming)
                found.append(event)
                labels = (*labels, label)
            events, digests = tuple(found), [event.digest for event in found if event.learned]
            digest = digests[-1] if digests else None
        return it._replace(got=got, result=result, events=events, labels=labels, digest=digest)

    def _follow(self, it):
        """What is known of network and names from here on."""
        if it.opcode == spec.OPCODE_CONFIGURE:
            self.config = {name: it.fields[name] for name in _CONFIG}
        elif it.opcode == spec.OPCODE_INFO or it.opcode == spec.OPCODE_HELLO and it.got["configured"]:
            self.config = {name: it.got[name] for name in _CONFIG}
        if it.opcode == spec.OPCODE_HELLO:
            self.names = it.got["names"]
        elif it.opcode == spec.OPCODE_NAMES:
            self.names = replies.names(it.rest)

    def _classes(self):
        if self.config is None:
            raise ProtocolError("an answer of a network of which nothing is known")
        return self.config["classes"]


def understood(understanding, opcode, request, reply):
    """The Exchanged, or the words on why there is none."""
    try:
        return understanding.of(opcode, request, reply), ""
    except (DeeplomathError, ValueError) as error:
        return None, str(error)
