# SPDX-License-Identifier: MIT
"""What a board may answer: each reply is held to the bounds of PROTOCOL.md section 6 before anything is made of it."""

import struct
from typing import NamedTuple

import numpy as np

from .. import spec
from ..errors import DeviceError, KernelError, ProtocolError
from ..mirror.layout import largest_state
from ..results import Action, Answer, Learned, Reason, Verdict, event
from ..text import printable
from . import layout

_CONFIG = tuple(name for name, *_ in spec.CONFIG)
_WORDS = 256  # bytes of an error's text that a reply may be expected to have
_AROUND = (
    spec.WIRE_HEADER + 1 + spec.WIRE_MAC + spec.WIRE_CHECKSUM + 3 + 8
)  # bytes of a reply beside fields and tail: zeros, stuffing


class Network(NamedTuple):
    """What is known of the network on a board: its sizes, all within the limits, and its footprint in bytes."""

    features: int
    classes: int
    events: int
    footprint: int

    @property
    def largest_state(self):
        """Bytes that an export of it can have at most."""
        return min(largest_state(self), self.footprint)


def longest(opcode):
    """Bytes on the wire of the longest reply to an opcode."""
    return _AROUND + max(layout.REPLIES[opcode].form.size + spec.TAILS.get(opcode, 0), _WORDS)


def take(opcode, body):
    """What stands behind the status of a reply: its numbers by name, and the bytes behind them.

    ProtocolError: a number is not within its range, or there are fewer bytes than it has, or more than it can have.
    """
    name, most = spec.OPCODES[opcode], spec.TAILS.get(opcode, 0)
    got, tail = numbers(name, spec.REPLIES[opcode], layout.REPLIES[opcode], body)
    if len(tail) > most:
        raise ProtocolError(f"{name}: a reply with {len(tail)} bytes behind its fields, {most} allowed")
    return got, tail


def numbers(name, fields, form, body):
    """The numbers at the start of a body by name, and the bytes behind them; name: of the opcode. ProtocolError as take."""
    size = form.form.size
    if len(body) < size:
        raise ProtocolError(f"{name}: a reply of {len(body)} bytes, {size} needed")
    got = form.unpack(body)
    without = got.get("configured") == 0  # a network: the configuration is 0
    for field, _, low, high in fields:
        low = 0 if without and field in _CONFIG else low
        if not low <= got[field] <= high:
            raise ProtocolError(f"{name}: a reply with {field} {got[field]}, {low}..{high} allowed")
    return got, body[size:]


def answer(opcode, got, tail, classes):
    """The Answer of these numbers and the lists behind them, of a network of so many classes. ProtocolError."""
    near = 4 * got["n_nearest"]
    check_tail(opcode, tail, near + 4 * classes)
    if not -1 <= got["label"] < classes:
        raise ProtocolError(f"{spec.OPCODES[opcode]}: a reply with label {got['label']}, -1..{classes - 1} allowed")
    lists = dict(
        nearest=struct.unpack(f"<{got['n_nearest']}I", tail[:near]), outputs=struct.unpack(f"<{classes}i", tail[near:])
    )
    return pick(Answer, got | lists | dict(verdict=Verdict(got["verdict"])))


def learned(got):
    """The Learned of these numbers."""
    reason = Reason(got["reason"])
    evicted = -1 if reason == Reason.NONE else got["evicted"]
    return pick(Learned, got | dict(action=Action(got["action"]), reason=reason, evicted=evicted))


def stream_event(opcode, rest, classes, naming=None):
    """The Event at the start of these bytes of a reply, and what stands behind it.

    classes: a function that tells how many the network has; naming: of event. ProtocolError.
    """
    name = spec.OPCODES[opcode]
    head, rest = numbers(name, spec.EVENT, layout.EVENT, rest)
    label, result, more = head["label"], None, {}
    if head["outcome"] == spec.OUTCOME_ANSWERED:
        result, ticks, rest = _answer_in(opcode, rest, classes())
        more = dict(ticks=ticks)
    elif head["outcome"] == spec.OUTCOME_LEARNED:
        got, rest = numbers(name, spec.LEARNED, layout.REPLIES[spec.OPCODE_LEARN], rest)
        result, more = learned(got), dict(digest=None if got["building"] else got["digest"], ticks=got["ticks"])
    elif head["outcome"] == spec.OUTCOME_REFUSED:
        status, rest = take_bytes(opcode, rest, 1)
        text, rest = take_text(opcode, rest)
        result = failure(int.from_bytes(status, signed=True), text)
    x, rest = take_bytes(opcode, rest, 2 * head["n_features"])
    x = np.frombuffer(x, "<i2").astype(np.int16) if x else None
    voted = label if head["outcome"] == spec.OUTCOME_ANSWERED else None
    return event(head["at"], x, result, voted, label, naming, **more), rest


def _answer_in(opcode, rest, classes):
    """The Answer at the start of these bytes, its ticks, and what stands behind it."""
    form = layout.REPLIES[spec.OPCODE_INFER]
    got, rest = numbers(spec.OPCODES[opcode], spec.REPLIES[spec.OPCODE_INFER], form, rest)
    tail, rest = take_bytes(opcode, rest, 4 * got["n_nearest"] + 4 * classes)
    return answer(opcode, got, tail, classes), got["ticks"], rest


def pick(kind, got):
    """A named tuple of this kind of what was got, by name."""
    return kind(*(got[name] for name in kind._fields))


def check_tail(opcode, tail, needed):
    """ProtocolError unless so many bytes follow the fixed fields of a reply."""
    if len(tail) != needed:
        raise ProtocolError(
            f"{spec.OPCODES[opcode]}: a reply with {len(tail)} bytes behind its fields, {needed} needed"
        )


def texts(opcode, tail):
    """The texts of a reply, printable; the last are names, a tuple. ProtocolError: they do not fill it."""
    found = []
    for field in spec.TEXTS[opcode]:
        text, tail = take_text(opcode, tail)
        found.append(names(text) if field == "names" else printable(text.decode("utf-8", "replace")))
    check_tail(opcode, tail, 0)
    return found


def names(text):
    """The names in these bytes, printable: a tuple, empty of none."""
    return tuple(printable(it.decode("utf-8", "replace")) for it in text.split(b"\0")) if text else ()


def take_text(opcode, tail):
    """The bytes of a text at the start, and what stands behind it."""
    size = tail[0] if tail else 0
    if len(tail) < 1 + size:
        words = f"a reply with {len(tail)} bytes left for a text, {1 + size} needed"
        raise ProtocolError(f"{spec.OPCODES[opcode]}: {words}")
    return tail[1 : 1 + size], tail[1 + size :]


def take_bytes(opcode, tail, size):
    """So many bytes, and what stands behind them."""
    if len(tail) < size:
        raise ProtocolError(f"{spec.OPCODES[opcode]}: a reply with {len(tail)} bytes left, {size} needed")
    return tail[:size], tail[size:]


def failure(status, text):
    """The exception for a reply with another status than 0 and this text, bytes."""
    words = printable(text.decode("utf-8", "replace"))
    if status == spec.ERROR_PROTOCOL:
        return ProtocolError(words)
    if status > 0:
        return ProtocolError(f"status: {status} given, 0 or an error below it needed: {words}")
    return (KernelError if status > spec.ERROR_OPCODE else DeviceError)(status, words)
