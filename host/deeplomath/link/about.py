# SPDX-License-Identifier: MIT
"""What a board says of itself beside its network: Hello when it is greeted, Health at any time."""

from collections import namedtuple
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import spec
from . import layout


class Hello(namedtuple("Hello", layout.REPLIES[spec.OPCODE_HELLO].names + spec.TEXTS[spec.OPCODE_HELLO])):
    """What a board says of itself: the fields of PROTOCOL.md section 6.1, under their names and in their order.

    The configuration (features to background) and footprint are 0 until it is configured; library, board and
    implementation are text.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # the fields are those of a table

        def __getattr__(self, name: str) -> Any: ...


class Health(NamedTuple):
    """State of the board beside its network.

    dropped, refused: frames it had to drop, and that its session refused, since the service began; heap_free: bytes free on
    its heap; saving: whether what is in its RAM is saved, one of spec.SAVINGS.
    """

    dropped: int
    refused: int
    heap_free: int
    saving: int
