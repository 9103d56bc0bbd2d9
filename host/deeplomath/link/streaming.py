# SPDX-License-Identifier: MIT
"""Samples to a board, events back: front-end, teaching and stream of a Device (PROTOCOL.md, MODEL to FRONT)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from .. import spec
from ..errors import DeeplomathError, KernelError, ProtocolError
from ..integers import as_bytes, as_int16, check_int
from ..results import Front
from . import layout, replies

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike
    from typing_extensions import Buffer

    from ..model.model import Model
    from ..results import Answer, Event

RULES = {name: number for number, name in spec.RULES.items()}


class Streaming:
    """The methods of a Device that stream; they need its _request, _lock, _known, _tell_names and _log_model."""

    _front = None  # what is known of the board's front-end, a Front
    # Of the Model, where one was given: label to name, and name to label while one is taught.
    _naming = _taught_as = None

    def model(self, model: Model | Buffer | None = None, *, over: int = 1, by: str = "majority", hold: int = 0) -> int:
        """Makes a front-end of this model the board's only one; returns its footprint in bytes.

        model: a deeplomath.Model, whose vote it is then, or the bytes of a program with a vote as a model file's [vote] has
        it; None takes the front-end away. The board keeps the names of a Model, those taught later too. The network stays:
        configure(**model.config()) makes one that fits. What streamed before is over: index and overruns begin at 0,
        nothing is taught, no answer counts. Raises KernelError ERROR_PROGRAM with operation, field and limit, and
        DeviceError ERROR_MEMORY; then all is as before.
        """
        program, naming = b"" if model is None else model, None
        if hasattr(model, "program"):
            program, naming = model.program, model.name
            over, by, hold = model.vote
        if not isinstance(by, str) or by not in RULES:
            raise KernelError(spec.ERROR_ARGUMENT, f"by: {by!r} given, one of {', '.join(RULES)} needed")
        program = as_bytes(program, "model", "a Model or the bytes of a program")
        with self._lock:
            before, self._front = self._front, None  # of a request without a reply nobody knows what it left
            try:
                got, _ = self._request(spec.OPCODE_MODEL, program, over=over, by=RULES[by], hold=hold)
            except (KernelError, TypeError):
                self._front = before
                raise
            self._front, self._naming = Front(**got), naming
            self._taught_as = getattr(model, "naming", None)
            self._tell_names(model)
            self._log_model(model)
            return self._front.footprint

    def call(self, naming: Callable[[int | Answer], str]) -> None:
        """What events are called from now on, of a board whose Model is not here: naming makes a name of a label or an Answer."""
        self._naming = naming

    def front(self) -> Front:
        """The front-end on the board, and how its stream goes: a Front."""
        self._front = Front(**self._request(spec.OPCODE_FRONT)[0])
        return self._front

    def teach(self, label: int | str, events: int = 1, build: bool = True) -> None:
        """The next events of the stream, so many, are learned under a label, or a name of the Model; 0 ends it.

        build=False, for a network with background: they do not wait for the rebuilds.
        """
        named = isinstance(label, str)
        if named and not self._taught_as:
            raise TypeError("label: str given, an int needed, or a Model on the board that has names")
        with self._taught_as(label, events) if named else contextlib.nullcontext(label) as number:
            self._request(spec.OPCODE_TEACH, label=number, flags=int(not build), events=events)
            self._tell_names(self._model)

    def skip(self, n: int) -> None:
        """n samples were lost: they count as overruns, and windows, filters and gate begin anew."""
        if check_int("n", n) < 0:
            raise KernelError(spec.ERROR_ARGUMENT, f"n: {n} given, 0 or more allowed")
        while n:
            part = min(n, 2**32 - 1)
            self._request(spec.OPCODE_SAMPLES, skipped=part, with_features=0)
            n -= part

    def stream(self, samples: ArrayLike, features: bool = True) -> list[Event]:
        """The Events that samples complete, a list, as deeplomath.Model.push gives them; the board does all of it.

        samples: integers that fit int16 [n, lines], [n] of one line; in chunks of any size, by as many calls as you like.
        features: whether the events shall come with their features. Sets last_digest, and last_ticks to the time that the
        front-end took. What fails on the way has, as `events`, those that came before; front().index says how many samples
        the board has taken.
        """
        with self._lock:
            lines = (self._front or self.front()).lines
            if lines == 1 and np.ndim(samples) == 1:
                samples = np.reshape(np.asarray(samples), (-1, 1))
            samples = as_int16(samples, "samples", ("sample", "line"))
            if lines and samples.shape[1] != lines:
                raise KernelError(spec.ERROR_ARGUMENT, f"lines: {samples.shape[1]} given, {lines} needed")
            most = (layout.ROOM - layout.REQUESTS[spec.OPCODE_SAMPLES].form.size) // (2 * max(lines, 1))
            events, ticks, start = [], 0, 0
            while start < len(samples):
                try:
                    taken, more, spent = self._samples(samples[start : start + most], features)
                except DeeplomathError as error:
                    error.events = events
                    raise
                start, ticks = start + taken, ticks + spent
                events += more
            self.last_ticks = ticks
            return events

    def _samples(self, chunk, features):
        """Sends a chunk; returns how many samples the board took, the Events, and the ticks of the front-end."""
        data = chunk.astype("<i2").tobytes()
        got, rest = self._request(spec.OPCODE_SAMPLES, data, skipped=0, with_features=int(bool(features)))
        if not 0 < got["taken"] <= len(chunk):
            raise ProtocolError(f"samples: {got['taken']} taken, 1..{len(chunk)} allowed")
        events = []
        for _ in range(got["n_events"]):
            found, rest = self._event(spec.OPCODE_SAMPLES, rest)
            if (found.x is not None) != bool(features):
                raise ProtocolError(
                    f"samples: a reply with {0 if found.x is None else len(found.x)} features of an event"
                )
            if found.learned:
                self.last_digest = found.digest
            events.append(found)
        replies.check_tail(spec.OPCODE_SAMPLES, rest, 0)
        return got["taken"], events, got["ticks"]

    def _event(self, opcode, rest):
        """The Event at the start of these bytes of a reply, and what stands behind it."""
        return replies.stream_event(opcode, rest, lambda: self._known().classes, self._naming)
