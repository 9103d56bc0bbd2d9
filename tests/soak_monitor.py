# SPDX-License-Identifier: MIT
"""A long watch: a board samples by itself and gives 50 events a second; the monitor hears them all, and does not grow.

python tests/soak_monitor.py --seconds 600    # on MicroPython's unix port; status 1 if something grows, is lost or lags

Every few seconds somebody teaches, corrects or undoes, and the page's map is made anew, as with a browser there. What is
counted: events against samples, rows, queue, objects of Python, and the memory that Python has traced.
"""

import argparse
import gc
import sys
import tempfile
import time
import tracemalloc

from bokeh.document import Document

import soak
from deeplomath import Device
from deeplomath.link import emulator
from deeplomath.monitor import feed as feeds
from deeplomath.monitor.feed import Feed
from deeplomath.monitor.mapping import Mapping
from deeplomath.monitor.page import Page
from deeplomath.monitor.sources import Live
from implementations import ROOT
from streaming import statistics

RATE = 50  # events a second
LOOKS = 12  # at what it takes, evenly over the time
SPARE_BYTES, SPARE_OBJECTS = 1 << 20, 4000  # by which two looks may differ: what waits for the collector, and histories
ACTIONS = ("teach", "0", 2), ("undo",), ("correct", "1"), ("undo",), ("freeze",), ("freeze",)


def code(events, folder):
    """The program of the board: that of the other soak, slower."""
    return soak.BOARD.format(
        sources=str(ROOT / "firmware" / "sources"),
        rules=soak.RULES,
        samples=soak.HOP * events,
        rate=RATE * soak.HOP,
        lesson=soak.LESSON,
        folder=folder,
        program=statistics(2, soak.HOP, soak.HOP),
        config=soak.CONFIG,
    )


def taken():
    """(bytes that Python has traced, objects that its collector knows)."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0], len(gc.get_objects())


def run(seconds, say=print):
    """Watches for so many seconds; returns [(bytes, objects)] of each look. AssertionError: something grew or was lost."""
    events, looks = RATE * seconds, []
    with tempfile.TemporaryDirectory() as folder, emulator.UnixBoard(code=code(events, folder), repl=False) as board:
        with Device(board.port, timeout=20, reconnect=True) as device, Feed(device, Live(device)) as feed:
            mapping = Mapping(feed)
            page = Page(Document(), feed, mapping)
            tracemalloc.start()
            for look in range(LOOKS):
                until = events * (look + 1) // LOOKS
                while feed.status.events < until and feed.fault is None and feed.status.samples < soak.HOP * events:
                    feed.ask(*ACTIONS[int(time.monotonic()) % len(ACTIONS)]).result(timeout=60)
                    mapping.look()
                    page.update()
                    time.sleep(0.5)
                looks.append(taken())
                status = feed.status
                say(
                    f"{status.events} of {events} events, {looks[-1][0]:,} bytes, {looks[-1][1]:,} objects, {status.rate:.0f}/s"
                )
                assert feed.fault is None and status.waiting == 0
                assert len(feed.rows) <= feeds.ROWS and len(feed.said) <= feeds.WORDS
                assert status.unheard == status.lost == 0, f"{status.unheard} answers and {status.lost} samples lost"
                behind = status.samples // soak.HOP - status.events
                assert behind <= 2 * RATE, f"{behind} events behind the board"
    return looks


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=600)
    options = parser.parse_args()
    try:
        looks = run(options.seconds)
        full = [look for i, look in enumerate(looks) if (i + 1) * options.seconds * RATE // LOOKS > feeds.ROWS]
        if len(full) > 1:  # the histories are full by then
            grown = [last - first for first, last in zip(full[0], full[-1], strict=True)]
            assert grown[0] < SPARE_BYTES and grown[1] < SPARE_OBJECTS, f"grown by {grown[0]} bytes, {grown[1]} objects"
    except AssertionError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.seconds} s at {RATE} events a second: nothing grew, nothing was lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
