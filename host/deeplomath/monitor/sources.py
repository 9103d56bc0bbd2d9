# SPDX-License-Identifier: MIT
"""Where a feed's events come from: the board's own sensor, heard, or samples of this computer, streamed in their time."""

import collections
import time

from ..errors import DeeplomathError

CHUNK = 0.1  # seconds of samples in one request, at most
FASTEST = 2048  # samples of one request, at most
FEW = 16  # the same, until the first event of a part of which some are to be learned
PARTS = 64  # remembered, to say what an event was


class Live:
    """The events of a board that samples by itself; `take` fetches what it answered since."""

    behind, ended, shots = 0.0, False, 0

    def __init__(self, device):
        self.device = device
        self.words = "the board's own sensor"
        self.running = device.hello.live == 2
        self.unheard = 0  # answers that had to go before they were fetched
        self._index, self._at = 0, -1

    def take(self):
        """[(Event, "")] of what came since the last call. DeeplomathError: what failed, what came before in `events`."""
        try:
            events = self.device.listen()
        except DeeplomathError as error:
            error.events = [(event, "") for event in getattr(error, "events", ())]
            raise
        heard = self.device.heard
        self.unheard += heard.lost
        if heard.index < self._index:
            self._at = -1  # the board began anew
        self._index = heard.index
        fresh = [event for event in events if event.at > self._at]  # behind a break it may tell some again
        self._at = max([self._at, *(event.at for event in fresh)])
        return [(event, "") for event in fresh]

    def run(self, running=True):
        """Lets the board sample, or rest."""
        self.running = self.device.live(running).running

    def settle(self, index):
        """The board counts its samples by itself."""


class Streamed:
    """Samples of this computer, sent to the board in their time.

    device: a Device with a front-end; parts: an iterable of (name, samples int16 [n, lines]), name "" where nothing is
    known; rate: samples a second, None as fast as it goes; words: what they are; shots: so many events of each of the
    names `only` are learned when they are first met, each behind one that lies in the same part.
    """

    unheard = 0

    def __init__(self, device, parts, rate, words, shots=0, only=(), clock=time.monotonic):
        self.device, self.rate, self.words, self.clock = device, rate, words, clock
        self.shots, self.only, self.teach = shots, only, device.teach
        self.ended, self.running = False, True
        self.index = device.front().index  # samples that the board has taken
        self._parts = iter(parts)
        self._said = collections.deque([(0, "")], PARTS)  # (index of the first sample, name) of the parts sent
        self._part, self._sent, self._began = (), 0, None
        self._taught = collections.Counter()
        self._met, self._lesson = 0, False  # events of the part that is sent; whether they are being learned

    def run(self, running=True):
        """Goes on, or rests."""
        self.running, self._began, self._sent = bool(running), None, 0

    def settle(self, index):
        """The board says how many samples it has taken: something was lost on the way, or its stream began anew."""
        if index != self.index:
            moved = [(max(0, first + index - self.index), name) for first, name in self._said]
            self._said = collections.deque(moved, PARTS)
            self.index = index

    @property
    def behind(self):
        """Seconds by which the samples sent lag behind their time."""
        if not self.rate or self._began is None or not self.running or self.ended:
            return 0.0
        return max(0.0, self.clock() - self._began - self._sent / self.rate)

    def take(self):
        """[(Event, what it was)] of the samples that are due. DeeplomathError: what failed, what came before in `events`."""
        if not self.running or self.ended or not self._fill():
            return []
        due = self._due()
        if due <= 0:
            return []
        chunk, self._part = self._part[:due], self._part[due:]
        self._sent += len(chunk)
        try:
            found = self._told(self.device.stream(chunk))
        except DeeplomathError as error:
            self._began, self._sent = None, 0  # what was not sent meanwhile a sensor would have lost
            error.events = self._told(getattr(error, "events", ()))
            raise
        self.index += len(chunk)
        try:
            self._teach(bool(found))
        except DeeplomathError as error:
            self.shots, error.events = 0, found
            raise
        return found

    def _told(self, events):
        """The Events, each with what it was."""
        found = [(event, self._what(event.at)) for event in events]
        self._met += len(found)
        for event, name in found:
            self._taught[name] += event.learned is not None
        return found

    def _due(self):
        """How many samples are to be sent now."""
        most = FEW if self._wanted() and not self._met else FASTEST
        if not self.rate:
            return most
        if self._began is None:
            self._began = self.clock()
        most = min(most, max(1, round(self.rate * CHUNK)))
        return min(most, int((self.clock() - self._began) * self.rate) - self._sent)

    def _fill(self):
        """Takes the next part where this one is at its end; False where there is none."""
        while not len(self._part):
            part = next(self._parts, None)
            if part is None:
                self.ended = True
                return False
            if self._lesson:  # it ended before all was learned
                self.teach(self._said[-1][1], 0)
                self._lesson = False
            name, self._part = part
            self._said.append((self.index, name))
            self._met = 0
        return True

    def _what(self, at):
        """What the sample at this index was."""
        return next((name for first, name in reversed(self._said) if first <= at), "")

    def _wanted(self):
        """How many events of the part that is sent are still to be learned."""
        name = self._said[-1][1]
        return max(0, self.shots - self._taught[name]) if name in self.only else 0

    def _teach(self, came):
        """Lets the events to come be learned, where their part is to be, and an event before them was of the same part."""
        wanted = self._wanted()
        if came and wanted and not self._lesson:
            self.teach(self._said[-1][1], wanted)
        self._lesson = bool(wanted and (came or self._lesson))
