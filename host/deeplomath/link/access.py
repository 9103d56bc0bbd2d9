# SPDX-License-Identifier: MIT
"""How a Device gets in, and in again: HELLO, a session under a key, pairing, and a board that was reset or re-plugged."""

from __future__ import annotations

import time
from time import time_ns

from .. import spec
from ..errors import DeviceError, TransportError
from . import keys, pair
from .about import Hello
from .connect import Connection
from .exchange import IDLE, InRepl, SessionEnded

_LOOK = 0.1  # seconds between two looks for a port that is gone
_TIMES = 3  # that one request may find the board anew
_UNGREETED = bytes([256 + spec.ERROR_HELLO])
_OF_STREAM = (spec.OPCODE_SAMPLES, spec.OPCODE_TEACH)
_IN_PARTS = (spec.OPCODE_EXPORT, spec.OPCODE_LOAD)


class Anew(Exception):
    """The board came back with the same network, and a transfer in parts has to begin again."""


class Access:
    """The methods of a Device that let it in; they need its _link, _transport, _lock, _hello, _accept, _request and _info."""

    hello: Hello
    started: bool
    last_ticks: int | None
    last_digest: int | None
    identity: bytes | None = None  # of a board that was paired or proved its key, bytes
    _returning = False

    def pair(self, key: bytes | None = None, renew: bool = False) -> bytes:
        """Gives the board a key, which every other request takes from now on, and opens a session; returns the key.

        DeviceError ERROR_KEY: the board has no key, but this user keeps one of its identity: it is another board that gives
        this identity, or it was freed by its REPL. With renew the key kept is replaced.
        key: 32 bytes of your own keeping; None makes one and keeps it in this user's configuration folder, where Device
        finds it. It travels in the open: pair on a line that nobody hears. In a session the new key takes the place of
        the one before.
        """
        with self._lock:
            kept = key is None
            key = pair.new_key() if kept else pair.check_key(key)
            self.identity = pair.challenge(self._said)[2]
            if kept and not renew and not self.hello.paired and keys.load(self.identity):
                words = f"a key of a board of this identity is kept here, {keys.path(self.identity)}, and this board has none"
                raise DeviceError(spec.ERROR_KEY, f"pair: {words}: renew replaces it, if it is the same board")
            if kept:
                keys.save(self.identity, key, keys.NEXT)  # ahead: a board whose key nobody has takes nothing any more
            self._request(spec.OPCODE_PAIR, key)
            self._link.session = None
            self._key = None if kept else key
            self.hello = self.hello._replace(paired=1)
            self._open(self.hello)
            return key

    def unpair(self) -> None:
        """Takes the key away from the board, and its file from this computer: whoever is on the line is obeyed again."""
        with self._lock:
            self._request(spec.OPCODE_PAIR)
            self._link.session = None
            self.hello = self.hello._replace(paired=0)
            self._key = None
            if self.identity:
                keys.remove(self.identity)

    def _connect(self, start=True):
        """HELLO, and a session where the board is paired; returns the Hello."""
        self._link.session = None
        connection = Connection(self._link, self.timeout, self.attempts, start)
        try:
            began = time_ns()
            reply = connection.hello()
            self._link.tell(spec.OPCODE_HELLO, b"", reply, began)
            hello = self._hello(reply)
            self._open(hello)
        except BaseException:
            connection.give_back()
            raise
        self.started = connection.started
        return hello

    def _open(self, hello):
        """Opens a session with a paired board, by the key given or kept. DeviceError: there is none, or another is needed."""
        if not hello.paired:
            if self._key:
                words = "the board has no key, and this Device was given one: pair it, or let the key go"
                raise DeviceError(spec.ERROR_KEY, f"paired: {words}")
            return
        if self._key is False:
            return
        self._link.session = None
        nonces = pair.challenge(self._said)
        self.identity = nonces[2]
        found = [self._key] if self._key else keys.load(self.identity)
        if not found:
            words = "the board has a key that this computer does not have: it was paired elsewhere, which"
            raise DeviceError(
                spec.ERROR_PAIRED, f"paired: {words} would have to unpair it, or give Device(key=...) the key"
            )
        for key in found:
            try:
                nonces = nonces or pair.challenge(self._said)
                self._link.session = pair.open_session(self._said, key, nonces, lambda: self._link.sequence)
            except DeviceError as error:
                if key == found[-1]:
                    raise self._with_file(error) from error
                nonces = None
            else:
                if not self._key:
                    keys.settle(self.identity, key)
                return

    def _with_file(self, error):
        """The DeviceError of a key that was not taken; of one that was kept with its file."""
        if self._key or error.code != spec.ERROR_KEY:
            return error
        return DeviceError(error.code, f"{error}; the key is that of {keys.path(self.identity)}")

    def _said(self, opcode, payload):
        """What stands behind the status of the reply to a request that no network needs."""
        exchange = self._link.begin(opcode, payload)
        return self._accept(opcode, self._link.finish(exchange, 512, self.timeout, self.attempts))[1]

    def _ask(self, opcode, payload, longest):
        """The reply to a request, a Frame; on the way the port may be re-plugged, and the board reset.

        DeviceError and TransportError: it stays away, or what it lost is told.
        """
        exchange, replugged, times = self._link.begin(opcode, payload), False, 0
        while True:
            try:
                reply = self._link.finish(exchange, longest, self.timeout, self.attempts)
                if reply.payload[:1] != _UNGREETED:
                    return reply
                error = None
            except (InRepl, SessionEnded) as found:
                error = found
            except TransportError as found:
                if not self._may_return(opcode) or replugged:
                    raise
                self._replug(found)
                replugged = True
                continue
            times += 1
            if times > _TIMES or self._returning or error and not self._may_return(opcode):
                raise error or TransportError("the service began anew again and again", None)
            self._return(opcode, payload, error)
            exchange = self._link.begin(opcode, payload)

    def _may_return(self, opcode):
        return self.reconnect and not self._returning and opcode != spec.OPCODE_EXIT

    def _replug(self, error):
        """Opens the port again as soon as it is there. The board may not have noticed: the request is finished, not repeated."""
        reopen, limit = getattr(self._transport, "reopen", None), time.monotonic() + self._patience()
        while reopen:
            try:
                reopen()
                break
            except TransportError as it:
                if time.monotonic() >= limit:
                    raise TransportError(f"{error}; {it}", error.executed) from error
                time.sleep(_LOOK)
        self._link.forget()
        self._link.heard_at = -IDLE  # a probe goes first

    def _patience(self):
        return self.timeout * (2**self.attempts - 1)

    def _return(self, opcode, payload, error):
        """Greets a board that was reset, and proves that its network is the one of before; DeviceError: it is not."""
        digest, self._returning = self.last_digest, True
        try:
            self.hello = self._connect(self._start)
            if self.hello.configured:
                self._check_network(spec.OPCODES[opcode], opcode, digest)
            if opcode in _OF_STREAM:
                self._check_stream(spec.OPCODES[opcode])
            self._next = 0  # of the answers of its own source: nobody knows whether it counts on
            if opcode == spec.OPCODE_LISTEN:
                words = "the next call begins at 0, and may give some again"
                raise DeviceError(spec.ERROR_HELLO, f"listen: the service began anew, and may count anew: {words}")
        except TransportError as again:
            executed = error.executed if error else None
            raise TransportError(f"{error or 'the board was reset'}; {again}", executed) from again
        finally:
            self._returning = False
        if opcode in _IN_PARTS and payload[:4] != bytes(4):
            raise Anew

    def _check_stream(self, name):
        """DeviceError: there was a front-end, and one came back. One that did not is missed by the request itself."""
        before = self._front
        if before and self.front().lines:
            words = "its network is as it was, its stream began anew: windows and vote are empty, nothing is taught"
            raise DeviceError(spec.ERROR_HELLO, f"{name}: the board was reset: {words}; ask again to go on")
        self._front = before

    def _check_network(self, name, opcode, digest):
        got = self._info()
        if opcode in spec.UNBOUND and opcode not in _OF_STREAM or digest is not None and self.last_digest == digest:
            return
        before = "a rebuild was pending, so nobody knows its digest" if digest is None else f"{digest:08x} before"
        words = f"digest {got['digest']:08x}, {before}; clock {got['clock']}, {got['neurons']} events kept"
        lost = "what was learned since its last save is lost, or this request was executed ahead of the reset"
        raise DeviceError(
            spec.ERROR_HELLO, f"{name}: the board was reset and came back with another network: {words}: {lost}"
        )
