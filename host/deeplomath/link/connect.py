# SPDX-License-Identifier: MIT
"""Reaches the service on a line, and starts it where a REPL waits instead (PROTOCOL.md section 5)."""

import contextlib
import time

from .. import spec
from ..errors import TransportError
from . import repl
from .exchange import InRepl

_GREETING = 1.0  # seconds until a board that did not answer is taken for one in its REPL
_OFTEN = 4  # HELLOs in the time of one time-out: they press no key, and a board answers them in no time
_LAST = 0.2  # seconds for the reply to the EXIT of a service that was started in vain
_HELLO = 1024  # bytes on the wire of HELLO's longest reply


class Connection:
    """A connection being made: HELLO again and again, the keys that start the service once. started: they were taken."""

    def __init__(self, link, timeout, attempts, start):
        self.link, self.timeout, self.attempts = link, timeout, attempts
        self.started = False
        self._greetings = 0  # HELLOs sent: as many as attempts, however short the time
        self._may_start = start
        self._request, self._wanted = _quiet(link, spec.OPCODE_HELLO)
        self._wire = link.seconds(len(self._request) + _HELLO)
        self._began = time.monotonic()
        self._silence = min(timeout * (attempts + 1) / 2, timeout * (2**attempts - 1)) + 2 * self._wire
        self._limit = self._began + self._silence
        self._hello_at, self._keys_at, self._keys_pressed = (
            self._began,
            self._began + min(timeout, _GREETING) + self._wire,
            False,
        )

    def hello(self):
        """HELLO's reply, a Frame. TransportError: nobody answers, or the service does not start, and why that may be."""
        while (now := time.monotonic()) < self._limit or self._greetings < self.attempts:
            if now >= self._hello_at:
                self._greetings += 1
                self.link.transport.write(self._request)
                self._hello_at = now + self.timeout / _OFTEN + self._wire
            try:
                reply = self.link.listen(self._next_look(), self._wanted)
            except InRepl as error:
                self._use_repl(error)
                continue
            if reply:
                return reply
            if self._may_start and not self._keys_pressed and time.monotonic() >= self._keys_at:
                self._press_keys()
        raise TransportError(self._words())

    def give_back(self):
        """Ends the service that was started, or is about to be: it is of no use to this side, and the REPL was there before."""
        if self.started:
            with contextlib.suppress(TransportError):
                self.link.transport.write(_quiet(self.link, spec.OPCODE_EXIT)[0])
                self.link.transport.read(_LAST)

    def _next_look(self):
        keys = [] if self._keys_pressed or not self._may_start else [self._keys_at]
        end = [self._limit] if self._greetings >= self.attempts else []
        return min([self._hello_at, *keys, *end])

    def _use_repl(self, error):
        """Goes on from the words of a REPL: presses its keys, starts the service, or gives up."""
        tail = self.link.decoder.tail()
        if self.started:
            if refusal := repl.refusal(tail):
                self.started = False
                deploy = f"`deeplomath deploy {self._name()}` puts it there"
                words = f"the board is in its REPL and the service does not start: {refusal}; {deploy}"
                raise InRepl(f"hello: {words}") from error
        elif not self._may_start:
            if time.monotonic() >= self._keys_at:  # what arrived may be of a time before the service
                raise InRepl("hello: the board is in its REPL: nobody serves, and start=False leaves it so") from error
        elif not self._keys_pressed or repl.is_raw(tail):
            self._press_keys()
        elif repl.prompts(tail):
            self._start()

    def _press_keys(self):
        self._keys_pressed = True
        self.link.forget()
        self.link.transport.write(repl.TO_FRIENDLY)
        self._hello_at = time.monotonic() + self.timeout  # meanwhile the line is the REPL's

    def _start(self):
        self.started = True
        self.link.forget()
        self.link.transport.write(repl.START)
        now = time.monotonic()
        self._hello_at, self._limit = now + self.timeout / _OFTEN, now + self._silence

    def _name(self):
        return getattr(self.link.transport, "port", "PORT")

    def _words(self):
        """Words on a line on which nobody answered: what was heard, and what to try."""
        seconds = f"{time.monotonic() - self._began:.3g} s"
        heard = self.link.heard()
        if self.started:
            said = f"then it said: {heard}" if heard else "then nothing was heard"
            return f"hello: the board's REPL was told to start the service; no answer in {seconds}, {said}. Reset the board"
        words = f"it said: {heard}" if heard else "nothing was heard"
        tries = ["is it the right port, and is MicroPython on the board", "does another program read it"]
        if "://" in self._name():
            tries = ["the socket of an emulator serves one program: has another one connected"]
        elif baud := getattr(self.link.transport, "baud", None):
            tries.append(f"has a UART there {baud} baud")
        tries = "? ".join(it[0].upper() + it[1:] for it in tries)
        advice = (
            f"Reset the board; a board that computes is silent, too: Device(timeout={5 * self.timeout:g}) waits longer"
        )
        return f"hello: no answer in {seconds}, {words}. {tries}? {advice}"


def _quiet(link, opcode):
    """A request without a payload, and what its reply is known by.

    It presses no key of a REPL but those of version and EXIT: the first shows the friendly REPL, the other ends a line.
    """
    while True:
        request, wanted = link.next(opcode)
        if not (repl.KEYS - {opcode, spec.VERSION_PROTOCOL}) & set(request[1:-1]):
            return request, wanted
