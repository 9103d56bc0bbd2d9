# SPDX-License-Identifier: MIT
"""What a board may answer: each reply is held to the bounds of PROTOCOL.md section 6 before anything is made of it."""

from typing import NamedTuple

from .. import spec
from ..errors import DeviceError, KernelError, ProtocolError
from ..mirror import state
from ..text import printable

_SIZES = {
    "features": (1, spec.LIMIT_FEATURES),
    "classes": (1, spec.LIMIT_CLASSES),
    "events": (1, spec.LIMIT_EVENTS),
    "layers": (1, spec.LIMIT_LAYERS),
    "false_reject_permille": (spec.LIMIT_FALSE_REJECT_PERMILLE_MIN, spec.LIMIT_FALSE_REJECT_PERMILLE),
}
_FLAG = (0, 1)
_RANGES = {
    **dict.fromkeys(("tick_kind", "configured", "regression", "background", "frozen", "building"), _FLAG),
    "chunk": (1, spec.WIRE_CHUNK),
    "verdict": (min(spec.VERDICTS), max(spec.VERDICTS)),
    "action": (min(spec.ACTIONS), max(spec.ACTIONS)),
    "reason": (min(spec.REASONS), max(spec.REASONS)),
    "n_nearest": (0, spec.LIMIT_NEAREST),
}
# Longest part of a reply behind its fixed fields, in bytes; 0 for those not named. HELLO's three texts have 256 each.
_TAILS = {
    spec.OPCODE_HELLO: 3 * 256,
    spec.OPCODE_INFER: 4 * (spec.LIMIT_NEAREST + spec.LIMIT_CLASSES),
    spec.OPCODE_EXPORT: spec.WIRE_CHUNK,
    spec.OPCODE_FEATURES: 2 * 3 * spec.LIMIT_CHANNELS,
    spec.OPCODE_UNKNOWNS: 4 * spec.LIMIT_UNKNOWNS,
    spec.OPCODE_UNKNOWN: 2 * spec.LIMIT_FEATURES,
}
_WORDS = 256  # bytes of an error's text that a reply may be expected to have
_AROUND = spec.WIRE_HEADER + 1 + spec.WIRE_CHECKSUM + 3 + 8  # bytes of a reply beside fields and tail: zeros, stuffing


class Network(NamedTuple):
    """What is known of the network on a board: its sizes, all within the limits, and its footprint in bytes."""

    features: int
    classes: int
    events: int
    footprint: int

    @property
    def largest_state(self):
        """Bytes that an export of it can have at most."""
        events = self.events * (12 + 2 * self.features)
        experience = spec.MEMORY_EXPERIENCE * state.EXPERIENCE.itemsize
        return min(state.HEADER.size + events + experience + state.TRAILER.size, self.footprint)


def longest(opcode, fixed):
    """Bytes on the wire of the longest reply to an opcode whose fixed fields have this many."""
    return _AROUND + max(fixed + _TAILS.get(opcode, 0), _WORDS)


def check(opcode, got, tail):
    """ProtocolError unless the fields of a reply are within their ranges, and what follows them no longer than it can be."""
    name = spec.OPCODES[opcode]
    sizes = _SIZES if got.get("configured", opcode == spec.OPCODE_INFO) else {}
    for field, value in got.items():
        low, high = sizes.get(field) or _RANGES.get(field, (value, value))
        if not low <= value <= high:
            raise ProtocolError(f"{name}: a reply with {field} {value}, {low}..{high} allowed")
    if len(tail) > _TAILS.get(opcode, 0):
        raise ProtocolError(
            f"{name}: a reply with {len(tail)} bytes behind its fields, {_TAILS.get(opcode, 0)} allowed"
        )


def check_tail(opcode, tail, needed):
    """ProtocolError unless so many bytes follow the fixed fields of a reply."""
    if len(tail) != needed:
        raise ProtocolError(
            f"{spec.OPCODES[opcode]}: a reply with {len(tail)} bytes behind its fields, {needed} needed"
        )


def texts(tail):
    """The three texts of HELLO's reply, printable. ProtocolError: they do not fill it."""
    found = []
    for _ in range(3):
        size = tail[0] if tail else 0
        if len(tail) < 1 + size:
            raise ProtocolError(f"hello: a reply with {len(tail)} bytes left for a text, {1 + size} needed")
        found.append(printable(tail[1 : 1 + size].decode("utf-8", "replace")))
        tail = tail[1 + size :]
    check_tail(spec.OPCODE_HELLO, tail, 0)
    return found


def failure(status, text):
    """The exception for a reply with another status than 0 and this text, bytes."""
    words = printable(text.decode("utf-8", "replace"))
    if status == spec.ERROR_PROTOCOL:
        return ProtocolError(words)
    if status > 0:
        return ProtocolError(f"status: {status} given, 0 or an error below it needed: {words}")
    return (KernelError if status > spec.ERROR_OPCODE else DeviceError)(status, words)
