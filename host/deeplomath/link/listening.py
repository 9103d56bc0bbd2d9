# SPDX-License-Identifier: MIT
"""A board that samples by itself, watched: its source run or at rest, its answers fetched (PROTOCOL.md, LISTEN and LIVE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import spec
from ..errors import DeeplomathError, ProtocolError
from ..results import Heard, Live
from . import replies

if TYPE_CHECKING:
    from ..results import Event

NUMBERS = 2**32  # of answers, from which on they begin at 0
MOST = 64  # requests of one call


class Listening:
    """The methods of a Device that watch a board's own source; they need its _request, _lock and _event.

    heard: what the last listen told beside its events, a Heard, None before one.
    """

    heard: Heard | None = None
    _next = 0  # number of the answer behind the last one that was heard

    def live(self, running: bool | None = True) -> Live:
        """Lets the board's own source run, or rest; a Live. A stream begins anew with it, as model says.

        What is taught goes on. While it runs, stream, skip and model are refused with DeviceError ERROR_LIVE. It runs
        whether somebody listens or not. DeviceError ERROR_SOURCE: the board has none, or it does not start.
        """
        got, rest = self._request(spec.OPCODE_LIVE, running=int(bool(running)))
        (fault,) = replies.texts(spec.OPCODE_LIVE, rest)
        return Live(**got | dict(running=bool(got["running"]), fault=fault))

    def listen(self, since: int | None = None) -> list[Event]:
        """The Events that the board's own source has led to, a list, as `stream` gives them, oldest first.

        since: number of the first one wanted, 0 the first of all; None: those behind what the last call gave. They come
        with their features, if the board's main.py says so. Those that had to go for newer ones are counted: heard.lost.
        After 64 replies the rest is left for the next call: heard.waiting. What fails on the way has, as `events`, those
        that came before; the next call goes on behind them. DeviceError ERROR_SOURCE: the board has no source; ERROR_ANSWER:
        no such answer is there yet; ERROR_HELLO: the service began anew, so the next call begins at 0.
        """
        events, lost = [], 0
        with self._lock:
            at = self._next if since is None else since
            for _ in range(MOST):
                try:
                    got, more = self._fetched(at)
                except DeeplomathError as error:
                    error.events = events
                    raise
                at = self._next = got.next
                events, lost = events + more, lost + got.lost
                self.heard = got._replace(lost=lost)
                if not more or not got.waiting:
                    break
        return events

    def _fetched(self, since):
        """What one request fetches: a Heard, and the Events."""
        got, rest = self._request(spec.OPCODE_LISTEN, since=since)
        events = []
        for _ in range(got.pop("n_events")):
            found, rest = self._event(spec.OPCODE_LISTEN, rest)
            events.append(found)
        replies.check_tail(spec.OPCODE_LISTEN, rest, 0)
        if (since + got["lost"] + len(events) - got["next"]) % NUMBERS:
            raise ProtocolError(f"listen: a reply with next {got['next']} behind {len(events)} answers from {since} on")
        return Heard(**got), events
