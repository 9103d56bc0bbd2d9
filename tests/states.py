# SPDX-License-Identifier: MIT
"""States made by hand, field by field, with a checksum that is right: NUMERICS.md, State."""

import struct
import zlib
from typing import NamedTuple

import numpy as np

from deeplomath import Network, spec
from deeplomath.mirror import layout, memory, state

HIT = 0x8000
HEADER_BYTES, EXPERIENCE_BYTES, TRAILER_BYTES = 26, 8, 8

# With the two points that are taken for granted and that of the event's left-out answer, 19 sum q^2 - (sum q)^2 is 0 once the
# sums are cut to 32 bits: a kernel that lets these margins in divides by zero.
SIXTEEN_MARGINS = (32656, 32644, 32654, 32711, 32662, 32669, 175, 264, 497, 24, 426, 584, 19, 935, 789, 1)


class Record(NamedTuple):
    id: int
    touched: int
    label: int
    count: int
    x: tuple


class Entry(NamedTuple):
    """Of the experience; margin with HIT."""

    event: int
    novelty: int
    margin: int


class State(NamedTuple):
    """What a state of a network of this configuration (the arguments of Network) says."""

    config: dict
    clock: int
    records: tuple = ()
    experience: tuple = ()
    frozen: int = 0

    def pack(self, digest=0):
        """The bytes; digest is what the state says that its network has."""
        config = Network(**self.config).config
        flags = config.regression | config.background << 1
        sizes = config.features, config.classes, config.layers, config.events, config.false_reject_permille, flags
        counts = self.frozen, len(self.records), len(self.experience), self.clock
        data = struct.pack("<4sHHHBBHHBBHHI", b"DLMS", spec.VERSION_STATE, spec.VERSION_SPEC, *sizes, *counts)
        for record in self.records:
            data += struct.pack(f"<IIhH{len(record.x)}h", *record[:4], *record.x)
        for entry in self.experience:
            data += struct.pack("<IHH", *entry)
        return sealed(data + struct.pack("<I", digest))

    def digest(self):
        """What the mirror makes of it, which must be within all limits."""
        net = Network(**self.config)
        records = np.array([tuple(r) for r in self.records], layout.record_type(net.config))
        net.memory = state._kept(net.dtype, self.clock, self.frozen, records, list(self.experience))
        memory.rebuilt(net)
        return net.digest()

    def sound(self):
        """The bytes with the digest that its network has."""
        return self.pack(self.digest())


def sealed(data):
    """Bytes with their CRC-32 behind them."""
    return data + struct.pack("<I", zlib.crc32(data))


def that_divides_by_zero():
    """A state of 212 bytes whose checksum is right."""
    config = {"features": 19, "classes": 1, "events": 4}
    experience = tuple(Entry(0, 0, margin) for margin in SIXTEEN_MARGINS)
    return State(config, 1, (Record(0, 0, 0, 1, tuple(range(19))),), experience)
