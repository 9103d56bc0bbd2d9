# SPDX-License-Identifier: MIT
"""Proofs of a board's key, and sessions under it: the twin of firmware/device/dlm_pair.py (PROTOCOL.md section 10)."""

import hmac
import secrets
import struct
from hashlib import sha256
from typing import NamedTuple

from .. import spec
from ..errors import DeviceError, ProtocolError
from . import frame

TO_HOST, TO_BOARD, SESSION = b"dlm board", b"dlm host", b"dlm session"  # what a key is used for
_SEALED = spec.VERSION_PROTOCOL | spec.WIRE_SEALED


class Proofs(NamedTuple):
    """What follows from a key, both nonces and the board's identity: the proofs of both, and the key of the session."""

    of_host: bytes
    of_board: bytes
    session: bytes


class Session:
    """A session that is open: it seals requests, and opens their replies. count: of the last request, OPEN's sequence at first."""

    def __init__(self, key, count):
        self.key, self.count = key, count

    def encode(self, opcode, sequence, payload=b""):
        """The wire bytes of the next request, as frame.encode gives them."""
        count = self.count + ((sequence - self.count) & 0xFFFF)
        if count >= spec.WIRE_REQUESTS:
            raise ProtocolError(f"session: {spec.WIRE_REQUESTS} requests made: connect again")
        self.count = count
        return frame.encode(opcode, sequence, payload + self._mac((_SEALED, opcode, sequence), payload), _SEALED)

    def opened(self, it):
        """The Frame of a reply to the last request without its MAC; None where the board of this session did not make it."""
        payload, mac = it.payload[: -spec.WIRE_MAC], it.payload[-spec.WIRE_MAC :]
        if it.version != _SEALED or not hmac.compare_digest(self._mac(it[:3], payload), mac):
            return None
        return it._replace(version=spec.VERSION_PROTOCOL, payload=payload)

    def _mac(self, header, payload):
        data = struct.pack("<I", self.count) + frame.HEADER.pack(*header) + payload
        return digest(self.key, data)[: spec.WIRE_MAC]


def new_key():
    """A key, 32 random bytes."""
    return secrets.token_bytes(spec.WIRE_KEY)


def digest(key, *parts):
    """HMAC-SHA256 of the parts in a row."""
    return hmac.digest(key, b"".join(parts), sha256)


def proofs(key, nonce, board_nonce, identity):
    """The Proofs of a key for the nonces of host and board and the board's identity."""
    said = nonce + board_nonce + identity
    return Proofs(*(digest(key, use, said) for use in (TO_BOARD, TO_HOST, SESSION)))


def challenge(ask):
    """Nonces of host and board, and the board's identity. ask: sends opcode and payload, returns what is behind the status."""
    nonce = secrets.token_bytes(spec.WIRE_NONCE)
    said = ask(spec.OPCODE_CHALLENGE, nonce)
    if not spec.WIRE_NONCE < len(said) <= spec.WIRE_NONCE + spec.WIRE_IDENTITY:
        least, most = spec.WIRE_NONCE + 1, spec.WIRE_NONCE + spec.WIRE_IDENTITY
        raise ProtocolError(f"challenge: a reply with {len(said)} bytes, {least}..{most} needed")
    return nonce, said[: spec.WIRE_NONCE], said[spec.WIRE_NONCE :]


def open_session(ask, key, nonces, count):
    """The Session under a key, after `challenge`; count() gives OPEN's sequence.

    DeviceError ERROR_KEY: the board does not take the key, or cannot prove that it has it.
    """
    needed = proofs(key, *nonces)
    said = ask(spec.OPCODE_OPEN, needed.of_host)
    if not hmac.compare_digest(said, needed.of_board):
        raise DeviceError(spec.ERROR_KEY, "open: what answers has no such key: it is not the board that was paired")
    return Session(needed.session, count())


def check_key(key):
    """A key as bytes. TypeError and DeviceError: it is none."""
    if not isinstance(key, bytes | bytearray | memoryview):
        raise TypeError(f"key: {type(key).__name__} given, {spec.WIRE_KEY} bytes needed")
    if len(key) != spec.WIRE_KEY:
        raise DeviceError(spec.ERROR_KEY, f"key: {len(key)} bytes given, {spec.WIRE_KEY} needed")
    return bytes(key)
