# SPDX-License-Identifier: MIT
"""What a feed shows: rows of events, the status of the board, and what was said; tuples that no face can change."""

import collections
import itertools
from typing import NamedTuple

from .. import spec
from ..results import Info, Verdict

VERDICTS = {verdict: verdict.name.lower() for verdict in Verdict}
ANSWERED, LEARNED, REFUSED, IDLE = "answered", "learned", "refused", "no network"
CONNECTED, WAITS, AWAY, ENDED = "connected", "waits", "away", "ended"


class Row(NamedTuple):
    """An event, as people read it.

    number: from 1, in the order in which the feed took them; at: index of its last sample; seconds: the feed's clock; said:
    what it was, by the recording, "" where nothing tells; kind: ANSWERED, LEARNED, REFUSED or IDLE; label: the class
    answered or learned, -1 of none; name: its name, "unknown" for that verdict, or why it was refused; verdict: unknown,
    uncertain or known, "" where none; probability: 0..1 that the class is right; novelty: in shares of the level, above 1
    is unknown; voted: the name of what the vote says; nearest: (id, name of its class or "") of the nearest events, nearest
    first; neurons, depth: of the network by then; x: the features, a tuple, or None where the board gave none.
    """

    number: int
    at: int
    seconds: float
    said: str
    kind: str
    label: int = -1
    name: str = ""
    verdict: str = ""
    probability: float = 0.0
    novelty: float = 0.0
    voted: str = ""
    nearest: tuple = ()
    neurons: int = 0
    depth: int = 0
    x: tuple | None = None


class Said(NamedTuple):
    """What came of an action, or happened to the board. ok: False where it could not be done."""

    number: int
    seconds: float
    ok: bool
    words: str


class Status(NamedTuple):
    """What the board is at this moment, as far as it was asked.

    board, port, stream: words on the board, on where it is, on what gives the samples; line: CONNECTED, WAITS, AWAY, or ENDED;
    info: an Info, None without a network; names: of the classes; unknowns: ids of those remembered; digest: of the network,
    None while it is rebuilt; footprint, heap_free: bytes; saved: number of the last save, 0 of none; saving: one of
    spec.SAVINGS; restored: one of spec.RESTORED_*; samples: of the stream; lost: samples lost, unheard: answers lost;
    running: whether samples come; teaching: (name, events still to be learned) or None; rate: events a second; behind:
    seconds by which the stream is late; events, learned, unknown, refused: counts since the feed began; waiting: actions
    that wait.
    """

    board: str = ""
    port: str = ""
    stream: str = ""
    line: str = CONNECTED
    info: Info | None = None
    names: tuple = ()
    unknowns: tuple = ()
    digest: int | None = None
    footprint: int = 0
    heap_free: int = 0
    saved: int = 0
    saving: int = spec.SAVING_DONE
    restored: int = spec.RESTORED_NONE
    samples: int = 0
    lost: int = 0
    unheard: int = 0
    running: bool = False
    teaching: tuple | None = None
    rate: float = 0.0
    behind: float = 0.0
    events: int = 0
    learned: int = 0
    unknown: int = 0
    refused: int = 0
    waiting: int = 0

    def name(self, label):
        """What a class is called."""
        return called(self.names, label)


def called(names, label):
    """The name of a label among these names; "unknown" of -1."""
    if label < 0:
        return "unknown"
    return names[label] if label < len(names) and names[label] else f"class {label}"


class History:
    """The last `most` of what was added, each with its `number`, from 1 on: what a face lacks is found by that."""

    def __init__(self, most):
        self._kept = collections.deque(maxlen=most)
        self.last = 0  # number of the newest

    def add(self, row):
        """Adds a tuple whose number is the next one."""
        self._kept.append(row)
        self.last = row.number

    def since(self, number=0):
        """Those behind this number, oldest first, a list."""
        missing = min(max(0, self.last - number), len(self._kept))
        return list(itertools.islice(self._kept, len(self._kept) - missing, None))

    def __len__(self):
        return len(self._kept)
