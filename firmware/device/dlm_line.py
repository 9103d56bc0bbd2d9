# SPDX-License-Identifier: MIT
"""Bytes from and to a line of the board: the REPL's stream, a byte a call, or one of its own (PROTOCOL.md section 2)."""

import time

try:
    import select
except ImportError:  # a port without
    select = None

END = -1  # of the input
IDLE = 100  # milliseconds of sleep between two looks at a silent line
PATIENCE = 1000  # milliseconds until the rest of a reply that nobody takes is dropped


class Repl:
    """The REPL's stream, a byte a call, none behind a zero: it waits until all it was asked for is there."""

    def __init__(self, reader):
        self._reader = reader
        self._ready = _poll(reader)
        self._byte = bytearray(1)

    def read(self, view, wait):
        """Fills view up to a zero or its end; without wait, no further than what is there. Returns how many bytes, or END."""
        size = 0
        while size < len(view) and (wait or self._ready(0)):
            got = self._reader.readinto(self._byte)
            if got:
                view[size] = self._byte[0]
                size += 1
                if not self._byte[0]:
                    break
            elif got == 0:
                return size or END
            elif not wait:
                break
        return size

    def rest(self):
        """Waits for what comes, a little."""
        self._ready(IDLE)


class Stream:
    """A stream of its own, as many bytes a call as are there."""

    def __init__(self, reader):
        self._reader = reader
        self._ready = _poll(reader)
        self._any = getattr(reader, "any", None)

    def read(self, view, wait):
        """Puts what is there in view, and waits for it a little with wait. Returns how many bytes, or END."""
        if not self._ready(IDLE if wait else 0):
            return 0
        got = self._reader.readinto(self._room(view))
        if got is None and wait:
            time.sleep(0.001)
        return END if got == 0 else got or 0

    def rest(self):
        """Waits for what comes, a little."""
        self._ready(IDLE)

    def _room(self, view):
        """Returns the part of view to ask for: a UART asked for more than is there waits for the time of a character."""
        there = self._any() if self._any else True
        return view if there is True else view[: max(there, 1)]


def write(writer, reply):
    """Sends a reply, in as many parts as it takes; what nobody takes for PATIENCE is dropped."""
    patience = PATIENCE
    while patience:
        size = writer.write(reply)
        if size:
            reply = reply[size:]
            if not reply:
                return
            patience = PATIENCE
        else:
            time.sleep(0.001)
            patience -= 1


def _poll(reader):
    """Returns a function that waits some milliseconds, or until reading would not wait, and tells whether it would not.

    It always says so, and at once, where nobody can know.
    """
    try:
        poller = select.poll()
        poller.register(reader, select.POLLIN)
        return lambda milliseconds: bool(poller.poll(milliseconds))
    except (AttributeError, OSError, TypeError, ValueError):  # no select, or none for this stream
        return lambda milliseconds: True
