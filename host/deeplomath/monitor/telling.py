# SPDX-License-Identifier: MIT
"""A feed in words: (name, text) pairs and lines, the same in every face."""

import itertools

from .. import spec
from .shown import ANSWERED, AWAY, CONNECTED, LEARNED, WAITS

# One sign a verdict, as the demo has them, and what stands for it where the terminal knows ASCII alone.
SIGNS = {"known": "●", "uncertain": "◐", "unknown": "○", LEARNED: "+", "": "-"}
PLAIN = str.maketrans({"●": "*", "◐": "o", "○": "?", "█": "#", "░": ".", "·": "-", "…": "."})
STATES = {CONNECTED: "connected", WAITS: "NO ANSWER for some seconds", AWAY: "AWAY: looked for every second"}
SAVED = {
    spec.SAVING_DONE: "nothing has changed since",
    spec.SAVING_DUE: "what has changed since is not saved yet",
    spec.SAVING_FAILED: "the last attempt to save failed",
}


def sign(row):
    """The sign of a Row."""
    return SIGNS[row.verdict if row.kind == ANSWERED else row.kind if row.kind == LEARNED else ""]


def title(status):
    """What is watched, and how its line is."""
    state = STATES.get(status.line, "ended")
    return f"{status.board} at {status.port}" if status.port else status.board, state


def answer(row):
    """(name, text) pairs on the last event; row: a Row or None."""
    if row is None:
        return [("answer", "no event yet")]
    if row.kind == LEARNED:
        return [("learned", row.name or "a class"), *_where(row)]
    if row.kind != ANSWERED:
        return [(row.kind, row.name or "the board has no network"), *_where(row)]
    sure = sureness(row) or ("nothing is learned" if row.label < 0 else "none of an unknown")
    pairs = [("answer", f"{sign(row)} {row.name}"), ("verdict", row.verdict), ("probability", sure)]
    pairs += [("novelty", f"{min(row.novelty, 99):.2f} of the level")] if row.label >= 0 else []
    pairs += [("vote", row.voted)]
    if row.nearest:
        pairs += [("nearest", nearest(row))]
    return pairs + _where(row)


def sureness(row):
    """The probability that the answer is right, as text; "" of an unknown: it is that of a class which was not answered."""
    return "" if row.verdict in ("unknown", "") or row.label < 0 else f"{row.probability:.0%}"


def nearest(row):
    """The nearest events, those of one class together."""
    groups = itertools.groupby(row.nearest, key=lambda it: it[1])
    return ", ".join(f"{' '.join(f'#{number}' for number, _ in group)} {name}".rstrip() for name, group in groups)


def _where(row):
    said = [("it was", row.said)] if row.said else []
    return [*said, ("event", f"{row.number:,}, at sample {row.at:,}")]


def board(status):
    """(name, text) pairs on the network, the memory, the stream and the saves."""
    info = status.info
    if info is None:
        return [("network", "none yet"), ("memory", f"{status.heap_free:,} bytes free"), *_stream(status)]
    frozen = ", frozen" if info.frozen else ", being rebuilt" if info.building else ""
    digest = f"{status.digest:08x}" if status.digest is not None else "while it is rebuilt, none"
    return [
        ("neurons", f"{info.neurons} of {info.events}, depth {info.depth}{frozen}"),
        ("classes", ", ".join(status.names) or "none has a name"),
        ("unknowns", f"{len(status.unknowns)} remembered"),
        ("memory", f"{status.footprint:,} bytes, {status.heap_free:,} free"),
        *_stream(status),
        ("saved", saved(status)),
        ("digest", digest),
    ]


def _stream(status):
    lost = f", {status.lost:,} lost" if status.lost else ""
    unheard = f", {status.unheard} answers lost" if status.unheard else ""
    behind = f", {status.behind:.0f} s behind" if status.behind >= 1 else ""
    rest = "" if status.running else ", at rest"
    return [
        ("rate", f"{status.rate:.1f} events a second{rest}{behind}"),
        ("samples", f"{status.samples:,}{lost}{unheard}"),
        *([("lesson", f"{status.teaching[1]} more as {status.teaching[0]}")] if status.teaching else []),
    ]


def saved(status):
    """What the board keeps for the time without power."""
    if status.restored == spec.RESTORED_NONE:
        return "no store, so RAM alone"
    number = f"save {status.saved}" if status.saved else "never"
    return f"{number}; {SAVED[status.saving]}"


def line(row, width, said=0):
    """A Row in one line of so many characters at most; said: the width of the column of what it was, 0 without."""
    name = row.name or "-"
    was = f" {row.said[:said]:{said}}" if said else ""
    begin = f"{row.at:>9,}{was} {sign(row)} "
    if row.kind == LEARNED:
        return f"{begin}learned as {name}: {row.neurons} neurons, depth {row.depth}"[:width]
    if row.kind != ANSWERED:
        return f"{begin}{row.kind}: {name}"[:width]
    return f"{begin}{name[:16]:16} {sureness(row):>4} {row.verdict:9} {nearest(row)}"[:width].rstrip()
