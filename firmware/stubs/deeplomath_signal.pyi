# SPDX-License-Identifier: MIT
"""The MicroPython module `deeplomath_signal` on a board, for editors: samples of a sensor to features."""

from array import array
from collections.abc import Sequence
from typing import Final

from _typeshed import ReadableBuffer, WriteableBuffer

__version__: Final[str]

class FrontEnd:
    """What a program, the bytes that `deeplomath model compile` writes, makes of samples.

    A refused argument raises ValueError(text, code), and nothing has changed. MemoryError: no sample was taken.
    """

    features: Final[int]
    footprint: Final[int]
    work: Final[int]
    lines: Final[int]
    at: Final[int | None]  # of the last take: the index of the sample that ended its event
    overruns: Final[int]
    program: Final[bytes]

    def __init__(self, program: ReadableBuffer, /) -> None: ...
    def push(self, samples: ReadableBuffer, /) -> Sequence[tuple[int, array[int]]]:
        """The events that samples complete: (index of the last sample, features). samples: int16, a row after the other."""

    def take(self, samples: ReadableBuffer, start: int, x: WriteableBuffer, /) -> int:
        """Takes samples from number start on until an event is ready, which goes into x; returns how many."""

    def skip(self, n: int, /) -> None:
        """n samples were lost."""

    def reset(self) -> None:
        """Begins anew."""
