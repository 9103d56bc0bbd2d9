# SPDX-License-Identifier: MIT
"""The known-set map of a feed, made anew in a thread of its own whenever the network is another one."""

import threading

from ..errors import DeeplomathError
from ..mirror.network import Network
from .plane import drawn

PAUSE = 0.5  # seconds between two looks
ASKED = 40  # of the last events, placed on the map


class Mapping:
    """The newest Map of a Feed, `found`, None before one. `with` lets it run. The mirror rebuilds the network of the board:
    `proved` is the digest that both have.
    """

    def __init__(self, feed):
        self.feed, self.found, self.proved, self.differs = feed, None, None, None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deeplomath-map", daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._closed.set()
        self._thread.join()

    def _run(self):
        while not self._closed.wait(PAUSE):
            self.look()

    def look(self):
        """Makes the Map, where the network is another one than that of the last."""
        digest, state = self.feed.state()
        if state is None or digest == self.proved or digest == self.differs:
            return
        try:
            network = Network.from_state(state)
        except DeeplomathError:  # the mirror makes another network of it
            self.differs = digest
            return
        self.feed.know({event.id: event.label for event in network.memory.events})
        answered = [row.x for row in self.feed.read(row=self.feed.rows.last - ASKED)[1] if row.x and row.verdict]
        sheet = self.found.sheet if self.found else None
        usable = [x for x in answered if len(x) == network.config.features]
        self.found = drawn(network, usable, sheet) or self.found
        self.proved = digest
