# SPDX-License-Identifier: MIT
"""The numbers of requests and replies as bytes: the layouts of spec.py as structs (PROTOCOL.md section 6)."""

import struct
from typing import NamedTuple

from .. import spec
from ..errors import KernelError
from ..integers import check_int

ROOM = spec.WIRE_FRAME_MAX - spec.WIRE_HEADER - spec.WIRE_MAC - spec.WIRE_CHECKSUM  # bytes of the longest payload


class Layout(NamedTuple):
    """The names of the numbers at the start of a payload, in their order, and their struct."""

    names: tuple
    form: struct.Struct

    def unpack(self, data):
        """The numbers at the start of data, by name."""
        return dict(zip(self.names, self.form.unpack_from(data), strict=True))


def _layout(fields):
    return Layout(tuple(it[0] for it in fields), struct.Struct("<" + "".join(it[1] for it in fields)))


REQUESTS = {opcode: _layout(fields) for opcode, fields in spec.REQUESTS.items()}
REPLIES = {opcode: _layout(fields) for opcode, fields in spec.REPLIES.items()}
EVENT = _layout(spec.EVENT)  # of a reply to SAMPLES


def pack(opcode, values, tail=b""):
    """The payload of a request: its numbers, {name: int}, and the bytes behind them.

    Raises TypeError for what is no int, and KernelError, as the board would, for what does not fit the wire.
    """
    packed = b"".join(_number(*field, values[field[0]]) for field in spec.REQUESTS[opcode])
    if len(packed) + len(tail) > ROOM:
        name, size, error = spec.TOO_LONG[opcode]
        raise KernelError(
            error, f"{name}: {len(tail) // size} given, at most {(ROOM - len(packed)) // size} fit the wire"
        )
    return packed + tail


def _number(name, kind, error, value):
    try:
        return struct.pack("<" + kind, check_int(name, value))
    except struct.error as cause:
        bits = 8 * struct.calcsize("<" + kind)
        low, high = (0, 2**bits - 1) if kind.isupper() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        raise KernelError(error, f"{name}: {value} given, {low}..{high} fit the wire") from cause
