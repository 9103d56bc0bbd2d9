# SPDX-License-Identifier: MIT
"""A state on its way in chunks, out by EXPORT or in by LOAD, one at a time (PROTOCOL.md, EXPORT and LOAD)."""

from dlm_spec import ERROR_OFFSET, ERROR_PAYLOAD, ERROR_STATE_SIZE


class Transfer:
    """How far a state is on its way; at first none is."""

    def __init__(self):
        self._loading = False  # whether it comes in,
        self._next = 0  # how much of it is through, 0 of none,
        self._total = 0  # and of how much

    def end(self):
        """What is on its way is given up."""
        self._next = 0

    def export(self, network, offset, room):
        """Fills room with the state of network from offset on; returns the bytes of the state, and how many are there.

        When the reply is made, go_on notes it: a request that fails leaves the transfer where it was.
        """
        self._check(offset, False)
        size = network.export_part(offset, room)
        return network.state_size(), size

    def load(self, network, offset, total, chunk):
        """Takes a chunk of a state of total bytes, and behind the last one the state; returns the next offset."""
        end = offset + len(chunk)
        self._check(offset, True)
        if offset and total != self._total:
            raise ValueError(f"total: {total} given, {self._total} begun", ERROR_OFFSET)
        most = network.footprint()  # no state is longer than what is made of it
        if total > most:
            raise ValueError(f"state: {total} bytes given, {most} allowed", ERROR_STATE_SIZE)
        if end > total:
            raise ValueError(f"state: chunk up to {end} given, {total} in all", ERROR_PAYLOAD)
        network.load_part(offset, chunk)
        self.go_on(end, total, True)
        if end == total:
            network.load_staged(total)
        return end

    def go_on(self, end, total, loading):
        """Notes how far it is; one that is through is on its way no more."""
        self._next = end if end < total else 0
        self._total = total
        self._loading = loading

    def _check(self, offset, loading):
        needed = self._next if self._loading == loading else 0
        if offset and offset != needed:
            raise ValueError(f"offset: {offset} given, {needed} needed", ERROR_OFFSET)
