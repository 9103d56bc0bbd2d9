# SPDX-License-Identifier: MIT
"""The key of a board, and sessions under it: the twin of host/deeplomath/link/pair.py (PROTOCOL.md section 10)."""

import os
import time
from hashlib import sha256
from struct import pack_into

import dlm_spec as spec

KEY, TRIES, SEED = "dlm_key.bin", "dlm_tries.bin", "dlm_seed.bin"
OPCODES = (spec.OPCODE_CHALLENGE, spec.OPCODE_OPEN, spec.OPCODE_PAIR)
TO_HOST, TO_BOARD, SESSION = b"dlm board", b"dlm host", b"dlm session"  # what a key is used for
BLOCK = 64  # bytes, of SHA-256
RESERVE = 512  # bytes: the MAC of a reply finds room, whatever its request took


class Guard:
    """What a board knows of its key and of the session under it; it says which frames are taken, and seals replies.

    folder: of the files. infer: INFER is answered without a session. Refusals are ValueError with text and error.
    """

    def __init__(self, folder="", infer=False):
        self._folder = folder
        self._free = (spec.OPCODE_HELLO,) + OPCODES[:2] + ((spec.OPCODE_INFER,) if infer else ())
        self.key = self._identity = None
        self._read_key()
        self._identity = _unique() or self._identity or _fresh()[:8]
        self._tries = _size(folder + TRIES)
        self._since = _now()  # the last wrong proof, or the start: the wait begins anew with each
        self._seed = self._nonces = None
        self._inner = self._outer = None  # of the session's key: none is open
        self._ends = False  # whether it ends with the reply that is being made
        self._count = bytearray(4)
        self._taken = 0
        self._reserve = bytearray(RESERVE)

    def admit(self, frame, opcode, sequence, sealed):
        """Returns where the payload of a frame ends, if the frame may be executed; a sealed one is taken once."""
        end = len(frame) - spec.WIRE_CHECKSUM
        if self._ends:
            self._inner, self._ends = None, False
        if not sealed:
            if self.key is not None and opcode not in self._free:
                raise ValueError("paired: the board has a key, and this takes a session", spec.ERROR_PAIRED)
            return end
        if not self._inner or opcode == spec.OPCODE_OPEN:
            raise ValueError("session: none is open, or this opens one", spec.ERROR_SESSION)
        if self._reserve is None:
            self._reserve = bytearray(RESERVE)
        ahead = (sequence - self._taken) & 0xFFFF
        end -= spec.WIRE_MAC
        if not 0 < ahead < 0x8000 or end < spec.WIRE_HEADER:
            raise ValueError(f"session: request {sequence} given, {self._taken & 0xFFFF} taken", spec.ERROR_SESSION)
        taken = self._taken + ahead
        if taken >= spec.WIRE_REQUESTS:
            raise ValueError(f"session: {spec.WIRE_REQUESTS} requests made, open another", spec.ERROR_SESSION)
        if _differ(self._mac(taken, frame[:end]), frame[end : end + spec.WIRE_MAC]):
            raise ValueError("session: a frame of another session", spec.ERROR_SESSION)
        self._taken = taken
        return end

    def run(self, opcode, payload, room, sequence):
        """Does CHALLENGE, OPEN or PAIR; fills room and returns its length."""
        needed = {OPCODES[0]: (spec.WIRE_NONCE,), OPCODES[1]: (spec.WIRE_KEY,), OPCODES[2]: (0, spec.WIRE_KEY)}[opcode]
        if len(payload) not in needed:
            text = f"payload: {len(payload)} bytes given, {' or '.join(map(str, needed))} needed"
            raise ValueError(text, spec.ERROR_PAYLOAD)
        payload = bytes(payload)
        if opcode == spec.OPCODE_PAIR:
            reply = self._pair(payload)
        elif opcode == spec.OPCODE_OPEN:
            reply = self._open(payload, sequence)
        else:
            reply = self._challenge(payload)
        room[: len(reply)] = reply
        return len(reply)

    def sign(self, view, start, end):
        """Puts the MAC of the reply to the request last taken behind its bytes view[start:end]."""
        try:
            mac = self._mac(self._taken, view[start:end])
        except MemoryError:
            self._reserve = None
            mac = self._mac(self._taken, view[start:end])  # collects what is left of the request, and the reserve
        view[end : end + spec.WIRE_MAC] = mac[: spec.WIRE_MAC]

    def _challenge(self, nonce):
        mine = self._nonce()
        self._nonces = nonce + mine + self._identity
        return mine + self._identity

    def _open(self, proof, sequence):
        if not self.key:
            words = "none on this board" if self.key is None else f"damaged, {self._folder}{KEY}"
            raise ValueError(f"key: {words}", spec.ERROR_KEY)
        left = self._left()
        if left:
            raise ValueError(f"open: {left} s to wait after {self._tries} wrong proofs", spec.ERROR_WAIT)
        nonces, self._nonces = self._nonces, None  # a challenge is good for one try
        if nonces is None:
            raise ValueError("open: CHALLENGE comes first", spec.ERROR_KEY)
        if _differ(hmac(self.key, TO_BOARD, nonces), proof):
            self._note_wrong()
            raise ValueError(f"key: a wrong proof, {self._tries} so far", spec.ERROR_KEY)
        if self._tries:
            _remove(self._folder + TRIES)
            self._tries = 0
        self._inner, self._outer = pads(hmac(self.key, SESSION, nonces))
        self._taken = sequence
        return hmac(self.key, TO_HOST, nonces)

    def _pair(self, key):
        if key:
            owner = b"" if _unique() else self._identity
            try:
                _replace(self._folder + KEY, key + bytes((len(owner),)) + owner)
            except OSError as error:
                raise ValueError(f"key: {KEY} cannot be written: {error}", spec.ERROR_KEY) from error
            self._ends = self.key is None  # whatever session there was had no key behind it
            self.key = key
        else:
            if self.key is None:
                raise ValueError("key: none on this board", spec.ERROR_KEY)
            for name in (_new(KEY), KEY, TRIES, SEED):
                _remove(self._folder + name)
            if _read(self._folder + KEY) is not None:
                raise ValueError(f"key: {KEY} cannot be removed", spec.ERROR_KEY)
            self.key = None
        return b""

    def _read_key(self):
        """Takes the key from its file, or from one that was written whole and did not get its name yet."""
        found = _read(self._folder + KEY)
        if found is None:
            found = _read(self._folder + _new(KEY))
            if not _is_key(found):
                return
            os.rename(self._folder + _new(KEY), self._folder + KEY)
        self.key = found[: spec.WIRE_KEY] if _is_key(found) else b""  # damaged: it opens nothing
        self._identity = found[spec.WIRE_KEY + 1 :]

    def _mac(self, count, data):
        pack_into("<I", self._count, 0, count)
        return digest(self._inner, self._outer, self._count, data)

    def _nonce(self):
        """Returns what never came before and nobody foresees: of the port's random numbers, the clock, and a seed kept in a file.

        The file is written anew once a start: where a port's random numbers are weak, its nonces differ still.
        """
        fresh = _fresh() + str(_now()).encode()
        if self._seed is None:
            kept = _read(self._folder + SEED) or b""
            self._seed = sha256(kept + fresh).digest()
            if self.key:
                self._keep_seed()
        self._seed = hmac(self._seed, fresh)
        return hmac(self.key or b"", self._seed)[: spec.WIRE_NONCE]

    def _keep_seed(self):
        try:
            _replace(self._folder + SEED, sha256(self._seed).digest())
        except OSError as error:
            if not hasattr(os, "urandom"):
                self._seed = None
                raise ValueError(f"nonce: no urandom, and {SEED} cannot be written: {error}", spec.ERROR_KEY) from error

    def _left(self):
        """Returns how many seconds the next try has to wait."""
        if self._tries < spec.WIRE_FREE_TRIES:
            return 0
        wait = 1 << (min(self._tries, spec.WIRE_MOST_TRIES) - spec.WIRE_FREE_TRIES)
        gone = _ticks_diff(_now(), self._since) // 1000
        return wait - gone if 0 <= gone < wait else 0

    def _note_wrong(self):
        """Counts a wrong proof by the length of a file, which a power cut cannot shorten."""
        self._since = _now()
        if self._tries < spec.WIRE_MOST_TRIES:
            self._tries += 1
            try:
                with open(self._folder + TRIES, "ab") as file:
                    file.write(b"\1")
            except OSError:
                pass  # counted until the next reset


def hmac(key, *parts):
    """HMAC-SHA256 of the parts in a row (RFC 2104), 32 bytes."""
    return digest(*pads(key), *parts)


def pads(key):
    """Returns the inner and the outer block of a key."""
    if len(key) > BLOCK:
        key = sha256(key).digest()
    inner, outer = bytearray(b"\x36" * BLOCK), bytearray(b"\x5c" * BLOCK)
    for at in range(len(key)):
        inner[at] ^= key[at]
        outer[at] ^= key[at]
    return inner, outer


def digest(inner, outer, *parts):
    """HMAC-SHA256 of the parts in a row, by the blocks of its key."""
    it = sha256(inner)
    for part in parts:
        it.update(part)
    last = sha256(outer)
    last.update(it.digest())
    return last.digest()


def _differ(whole, given):
    """Tells whether given is not the start of whole, in a time that does not depend on where they differ."""
    difference = 0
    for at in range(len(given)):
        difference |= whole[at] ^ given[at]
    return difference != 0


def _is_key(found):
    return found is not None and len(found) > spec.WIRE_KEY and len(found) == spec.WIRE_KEY + 1 + found[spec.WIRE_KEY]


def _unique():
    """Returns what the processor is known by; nothing on a port that does not say."""
    try:
        import machine

        return bytes(machine.unique_id())[: spec.WIRE_IDENTITY]
    except (ImportError, AttributeError):
        return b""


def _fresh():
    """Returns random bytes of the port, or its clock where it has none."""
    return os.urandom(spec.WIRE_NONCE) if hasattr(os, "urandom") else sha256(str(_now()).encode()).digest()


def _now():
    """Milliseconds of a clock that runs on."""
    return time.ticks_ms() if hasattr(time, "ticks_ms") else int(time.monotonic() * 1000)


def _ticks_diff(now, before):
    return time.ticks_diff(now, before) if hasattr(time, "ticks_diff") else now - before


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _size(path):
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


def _new(path):
    """What a file is called while it is written."""
    return path[:-3] + "new"


def _replace(path, data):
    """Writes a file whole, and then in the place of the one before; a power cut leaves the one or the other."""
    with open(_new(path), "wb") as file:
        file.write(data)
    _remove(path)  # FAT renames to no name that is there
    os.rename(_new(path), path)


def _remove(path):
    try:
        os.remove(path)
    except OSError:
        pass
