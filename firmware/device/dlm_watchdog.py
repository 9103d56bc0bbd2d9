# SPDX-License-Identifier: MIT
"""A line under a watchdog: a board whose loop hangs is reset, and starts again with what it saved (STORE.md, Watchdog)."""


class Watched:
    """A line whose every look feeds the watchdog, which resets the board so many seconds behind the last one.

    ValueError: the port cannot wait for so long. Nothing stops it again, on most ports: not EXIT either.
    """

    def __init__(self, line, seconds):
        from machine import WDT  # here, for not each port has one

        self._line = line
        self._dog = WDT(timeout=1000 * seconds)

    def read(self, view, wait):
        """As the line does, but it waits only a little."""
        self.rest(wait)
        return self._line.read(view, False)

    def rest(self, wait=True):
        """Waits for what comes, a little, or not at all."""
        self._dog.feed()
        if wait:
            self._line.rest()
            self._dog.feed()
