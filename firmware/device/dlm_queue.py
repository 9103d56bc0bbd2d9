# SPDX-License-Identifier: MIT
"""Answers in a ring of bytes, each under its number; the oldest go for the newest (PROTOCOL.md, LISTEN)."""

import dlm_spec as spec

LEAST = 512  # bytes that hold the longest answer
HEAD = 2  # bytes of an answer's length, ahead of it
MOST = 255  # answers that are read at once
NUMBERS = 0xFFFFFFFF  # modulo 2^32


class Queue:
    """Takes no memory but its ring. size: of it, in bytes. next: how many answers were put; kept: those still here."""

    def __init__(self, size):
        if size < LEAST:
            raise ValueError(f"queue: {size} bytes given, {LEAST} or more needed", spec.ERROR_ARGUMENT)
        self._ring = memoryview(bytearray(size))
        self._size = size
        self._start = self._used = 0
        self.next = self.kept = 0

    def put(self, answer):
        """Puts an answer, a memoryview of bytes, behind the others; as many of the oldest go as it takes."""
        size = len(answer)
        while self._used + HEAD + size > self._size:
            gone = HEAD + self._length(self._start)
            self._start = (self._start + gone) % self._size
            self._used -= gone
            self.kept -= 1
        at = (self._start + self._used) % self._size
        self._ring[at] = size & 0xFF
        self._ring[(at + 1) % self._size] = size >> 8
        at = (at + HEAD) % self._size
        first = min(size, self._size - at)
        self._ring[at : at + first] = answer[:first]
        self._ring[: size - first] = answer[first:]
        self._used += HEAD + size
        self.kept += 1
        self.next += 1

    def read(self, since, room):
        """Copies the answers from number `since` on, as far as they are here and fit room, a memoryview.

        Returns the number of the first of them, how many they are, and their bytes.
        """
        wanted = (self.next - since) & NUMBERS
        if wanted > NUMBERS >> 1:
            raise ValueError(f"since: {since} given, {self.next & NUMBERS} is the next answer", spec.ERROR_ANSWER)
        wanted = min(wanted, self.kept)
        at = self._start
        for _ in range(self.kept - wanted):
            at = (at + HEAD + self._length(at)) % self._size
        n = used = 0
        while n < min(wanted, MOST):
            size = self._length(at)
            if used + size > len(room):
                break
            at = (at + HEAD) % self._size
            first = min(size, self._size - at)
            room[used : used + first] = self._ring[at : at + first]
            room[used + first : used + size] = self._ring[: size - first]
            at = (at + size) % self._size
            used += size
            n += 1
        return self.next - wanted, n, used

    def _length(self, at):
        return self._ring[at] | self._ring[(at + 1) % self._size] << 8
