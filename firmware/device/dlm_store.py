# SPDX-License-Identifier: MIT
"""Two slots on a filesystem, one of them whole at any time: files alone, whatever they hold (STORE.md)."""

import os
from binascii import crc32
from struct import calcsize, pack, unpack, unpack_from

import dlm_spec as spec

MAGIC = b"DLMK"
HEADER = "<4sHHHIIII"  # magic, versions of slot, spec and state, sequence, length, CRC-32 and digest of what is saved
SIZE = calcsize(HEADER) + 4  # at the end of a slot, with the CRC-32 of the header itself
CHUNK = 512  # bytes that pass at a time
FREE, WHOLE, TORN = -1, -2, -3  # what a slot may be; else why it is kept aside, a RESTORED_
NOT_THERE = 2  # ENOENT
WORDS = {28: "full", 30: "write-protected", 13: "write-protected", 1: "write-protected"}


class Store:
    """Slots dlm_a.bin and dlm_b.bin in a folder of the board, by default the one it starts in.

    size: bytes of each, made once; None: as many as what is saved first needs, and made anew where that grows. What raises
    has saved nothing, and the save before is whole.
    """

    def __init__(self, folder="", size=None):
        base = folder.rstrip("/") + "/" if folder else ""
        self._paths = (base + "dlm_a.bin", base + "dlm_b.bin")
        self._aside = base + "dlm_kept_{}.bin"
        self._size = size
        self._buffer = memoryview(bytearray(CHUNK))
        self._headers = [None, None]  # of those that are whole
        self.last = 0  # sequence of the last save, here or in what was kept aside
        self.blocked = "disk: look() comes first"  # why nothing can be saved

    def look(self):
        """Reads both slots, and keeps aside what this service cannot take; returns why, a RESTORED_, or RESTORED_EMPTY."""
        found = [self._inspect(path) for path in self._paths]
        self.blocked = None
        reason = spec.RESTORED_EMPTY
        for at in range(2):
            status, header = found[at]
            if status == TORN:  # by the save behind the other one, or else of itself
                newer = found[1 - at][1]
                status = FREE if newer and newer[4] > header[4] else spec.RESTORED_DAMAGED
            self._headers[at] = header if status == WHOLE else None
            self.last = max(self.last, header[4] if header else 0)
            if status >= 0:
                reason = max(reason, status)
                self._keep_aside(at)
        return reason

    def newest(self):
        """Returns sequence, length and digest of the newest whole save; None where there is none."""
        at = self._newest()
        return None if at is None else (self._headers[at][4], self._headers[at][5], self._headers[at][7])

    def read(self, start, end, take):
        """Gives bytes start to end of the newest save to take(offset from start, chunk), chunk by chunk."""
        with open(self._paths[self._newest()], "rb") as file:
            file.seek(start)
            for offset in range(0, end - start, CHUNK):
                chunk = self._buffer[: min(CHUNK, end - start - offset)]
                _fill(file, chunk)
                take(offset, chunk)

    def is_whole(self):
        """Whether each byte of the newest save still is what was saved."""
        at = self._newest()
        with open(self._paths[at], "rb") as file:
            return self._sum(file, self._headers[at][5]) == self._headers[at][6]

    def refuse(self):
        """The newest save is of no use here: it is kept aside."""
        at = self._newest()
        self._headers[at] = None
        self._keep_aside(at)

    def save(self, length, most, digest, fill):
        """Saves so many bytes in place of the older save, of what may become `most` bytes long; returns the sequence.

        fill(offset, room): puts the bytes from offset on in room, and returns how many. ValueError: ERROR_SLOT, it is longer
        than a slot; ERROR_DISK, the filesystem refuses.
        """
        self._check(length)
        newest = self._newest()
        at = 0 if newest is None else 1 - newest
        self._headers[at] = None
        try:
            header = self._replace(self._paths[at], length, self._size or SIZE + most, digest, fill)
        except OSError as error:
            words = _words(error)
        else:
            self._headers[at] = header
            self.last = header[4]
            return self.last
        raise ValueError(words, spec.ERROR_DISK)  # here, for a board keeps no cause of it

    def _check(self, length):
        if self.blocked:
            raise ValueError(self.blocked, spec.ERROR_DISK)
        if self._size and SIZE + length > self._size:
            text = f"slot: {SIZE + length} bytes needed, {self._size} allowed"
            raise ValueError(text, spec.ERROR_SLOT)
        if self.last >= spec.STORE_SEQUENCE:
            raise ValueError(f"sequence: {self.last} saves made, no more can be counted", spec.ERROR_DISK)

    def _newest(self):
        a, b = self._headers
        if a and b:
            return 0 if a[4] >= b[4] else 1
        return 0 if a else 1 if b else None

    def _inspect(self, path):
        """Returns what a slot is, and its header where that is to be trusted."""
        try:
            with open(path, "rb") as file:
                size = file.seek(0, 2)
                tail = bytearray(min(size, SIZE))
                file.seek(size - len(tail))
                _fill(file, tail)
                status, header = _judge(tail, size)
                if status == WHOLE and self._sum(file, header[5]) != header[6]:
                    status = TORN
                elif status == WHOLE and header[2:4] != (spec.VERSION_SPEC, spec.VERSION_STATE):
                    status = spec.RESTORED_VERSION
                return status, header
        except OSError as error:
            return (FREE if error.args[0] == NOT_THERE else spec.RESTORED_UNREADABLE), None

    def _sum(self, file, length):
        """The CRC-32 of the first bytes of a slot."""
        file.seek(0)
        crc = 0
        for offset in range(0, length, CHUNK):
            chunk = self._buffer[: min(CHUNK, length - offset)]
            _fill(file, chunk)
            crc = crc32(chunk, crc)
        return crc

    def _replace(self, path, length, size, digest, fill):
        """Writes a slot, its header last; returns that."""
        if _size(path) < size:
            _make(path, size, self._buffer)
        crc = self._write(path, length, fill)
        versions = spec.STORE_LAYOUT, spec.VERSION_SPEC, spec.VERSION_STATE
        header = (MAGIC,) + versions + (self.last + 1, length, crc, digest)
        with open(path, "r+b") as file:
            file.seek(-SIZE, 2)
            file.write(_sealed(header))
        return header

    def _write(self, path, length, fill):
        """Writes what is saved, and reads it back; returns its CRC-32. The header of before no longer fits it."""
        with open(path, "r+b") as file:
            crc = offset = 0
            while offset < length:
                chunk = self._buffer[: min(CHUNK, length - offset)]
                chunk = chunk[: fill(offset, chunk)]
                file.write(chunk)
                crc = crc32(chunk, crc)
                offset += len(chunk)
            file.flush()
            if self._sum(file, length) != crc:
                raise OSError(5)
        return crc

    def _keep_aside(self, at):
        """Gives a slot another name, under which nothing is written."""
        try:
            for n in range(spec.STORE_ASIDE):
                path = self._aside.format(n)
                if _size(path) < 0:
                    os.rename(self._paths[at], path)
                    return
            self.blocked = f"disk: {spec.STORE_ASIDE} slots are kept aside, as {self._aside.format(0)}: remove them"
        except OSError as error:
            self.blocked = _words(error)


def _judge(tail, size):
    """Returns what a slot of this size is by what stands at its end, and its header where that is to be trusted."""
    if not any(tail):
        return FREE, None  # nothing was ever saved in it
    if len(tail) < SIZE:
        return spec.RESTORED_DAMAGED, None
    _mend(tail)
    if tail[:4] != MAGIC:
        begun = all(tail[i] in (0, MAGIC[i]) for i in range(4))  # the first header in it was cut off
        return FREE if begun else spec.RESTORED_DAMAGED, None
    header = unpack(HEADER, tail[:-4])
    whole = tail == _sealed(header)
    if header[1] != spec.STORE_LAYOUT and (whole or header[1]):
        return spec.RESTORED_VERSION, None
    if not whole:
        return FREE, None  # a header that was cut off: the save is not finished
    if header[5] + SIZE > size or not 0 < header[4] <= spec.STORE_SEQUENCE:
        return spec.RESTORED_DAMAGED, None
    return WHOLE, header


def _mend(tail):
    """Turns back the one bit that flipped in a header; one of which more is wrong stays as it is: it may have been cut off."""
    data = memoryview(tail)[:-4]
    for bit in range(-1, 8 * len(tail)):  # at first as it is
        if bit >= 0:
            tail[bit >> 3] ^= 1 << (bit & 7)
        if crc32(data) == unpack_from("<I", tail, len(data))[0]:
            return
        if bit >= 0:
            tail[bit >> 3] ^= 1 << (bit & 7)


def _sealed(header):
    """The bytes of a header, with their CRC-32."""
    data = pack(HEADER, *header)
    return data + pack("<I", crc32(data))


def _fill(file, room):
    """Fills room with what comes next. OSError: the file ends before."""
    if file.readinto(room) != len(room):
        raise OSError(5)


def _size(path):
    """The bytes of a file, -1 where there is none."""
    try:
        return os.stat(path)[6]
    except OSError as error:
        if error.args[0] != NOT_THERE:
            raise
        return -1


def _make(path, size, buffer):
    """Makes a file of so many zeros; one for which there is no room is not left there."""
    for i in range(len(buffer)):
        buffer[i] = 0
    try:
        with open(path, "wb") as file:
            for offset in range(0, size, len(buffer)):
                file.write(buffer[: min(len(buffer), size - offset)])
    except OSError:
        try:
            os.remove(path)
        except OSError:
            pass  # then zeros stand there, which the next save takes
        raise


def _words(error):
    number = error.args[0] if error.args else 0
    return "disk: " + (WORDS.get(number) or f"error {number}")
