# SPDX-License-Identifier: MIT
"""The MicroPython module `deeplomath` on a board, for editors. Its host twin is the Network of the Python package."""

from collections.abc import Sequence
from typing import Final

from _typeshed import ReadableBuffer, WriteableBuffer

__version__: Final[str]

# What methods return. The board has these types, but the module does not name them.

class Learned:
    """Result of learn, correct and name. error is Q16; evicted is -1 when no event had to go."""

    event: Final[int]
    neurons: Final[int]
    depth: Final[int]
    error: Final[int]
    action: Final[int]  # 0 inserted, 1 absorbed
    reason: Final[int]  # 0 none, 1 redundant, 2 aged, 3 doubted
    evicted: Final[int]

class Answer:
    """Result of infer. label is -1 when nothing is learned; margin, confidence, outputs are Q16, distance, novelty Q12."""

    label: Final[int]
    verdict: Final[int]  # 0 unknown, 1 uncertain, 2 known
    margin: Final[int]
    distance: Final[int]
    novelty: Final[int]
    confidence: Final[int]
    value: Final[int]  # Q8, of a regression
    nearest: Final[tuple[int, ...]]
    outputs: Final[tuple[int, ...]]

class Info:
    """Configuration and present size. error is Q16, level Q12."""

    features: Final[int]
    classes: Final[int]
    events: Final[int]
    layers: Final[int]
    false_reject_permille: Final[int]
    regression: Final[bool]
    background: Final[bool]
    neurons: Final[int]
    depth: Final[int]
    error: Final[int]
    level: Final[int]
    clock: Final[int]
    work: Final[int]
    frozen: Final[bool]
    building: Final[bool]

class Cost:
    """Result of cost: multiply-accumulates of a rebuild, those a step may take beyond its budget, bytes of the buffer."""

    work: Final[int]
    step: Final[int]
    bytes: Final[int]

class Network:
    """A function network that learns event by event. An event x is an array('h') or another buffer of int16.

    A refused argument raises ValueError(text, code) and changes nothing. MemoryError comes ahead of a change.
    """

    def __init__(
        self,
        *,
        features: int,
        classes: int,
        events: int,
        layers: int = 2,
        regression: bool = False,
        background: bool = False,
        false_reject_permille: int = 50,
    ) -> None: ...
    def configure(
        self,
        *,
        features: int,
        classes: int,
        events: int,
        layers: int = 2,
        regression: bool = False,
        background: bool = False,
        false_reject_permille: int = 50,
    ) -> None:
        """Becomes an empty network, in the block that is there where it fits."""

    def learn(self, x: ReadableBuffer, label: int, build: bool = True) -> Learned:
        """Learns the event as label. build=False (with background) leaves the rebuild to build_step."""

    def build_step(self, budget: int, /) -> bool:
        """Goes on with a rebuild for about budget multiply-accumulates; True while there is more to do."""

    def undo(self) -> None:
        """Takes the last learn or naming back: the network is as before, digest and all."""

    def forget(self, event: int, /) -> None:
        """Forgets the event of this id."""

    def relabel(self, event: int, label: int, /) -> None:
        """Gives the event of this id another label."""

    def correct(self, label: int, /) -> Learned:
        """Learns the event last seen under label."""

    def drop(self) -> None:
        """Forgets the event last seen."""

    def unknowns(self) -> tuple[int, ...]:
        """Ids of the unknown events remembered, oldest first."""

    def unknown(self, unknown: int, /) -> bytes:
        """Features of a remembered unknown, int16."""

    def name(self, unknowns: Sequence[int], label: int, /) -> Learned:
        """Learns the unknowns of these ids under label."""

    def rename_class(self, label: int, to: int, /) -> None:
        """Moves all events of a class to another, which has none."""

    def drop_class(self, label: int, /) -> None:
        """Forgets all events of a class."""

    def freeze(self, frozen: bool = True) -> None:
        """Stops all learning, or lets it go on."""

    def infer(self, x: ReadableBuffer, /) -> Answer:
        """What the network says of the event."""

    def digest(self) -> int:
        """CRC-32 of everything the network is; a rebuild is finished first."""

    def digest_if_whole(self) -> int | None:
        """The same, None while a rebuild is under way."""

    def state_size(self) -> int:
        """Bytes of the state."""

    def export(self) -> bytes:
        """The state: configuration, events, experience."""

    def export_part(self, offset: int, part: WriteableBuffer, /) -> int:
        """Writes the state from offset on into a buffer; returns how many bytes."""

    def load(self, state: ReadableBuffer, /) -> None:
        """Takes a state of the same configuration; a wrong one raises, and all stays as it was."""

    def load_part(self, offset: int, part: ReadableBuffer, /) -> None:
        """Puts a part of a state aside, for load_staged."""

    def load_staged(self, size: int, /) -> None:
        """Takes the state of this size that load_part put aside."""

    def footprint(self) -> int:
        """Bytes of the one buffer of the network."""

    def info(self) -> Info:
        """Configuration and present size."""

def cost(
    *, features: int, classes: int, events: int, layers: int = 2, regression: bool = False, background: bool = False
) -> Cost:
    """What a network of this configuration can cost at most."""
