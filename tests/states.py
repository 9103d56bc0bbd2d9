# SPDX-License-Identifier: MIT
"""States made by hand, field by field, with a checksum that is right: NUMERICS.md, State."""

import struct
import zlib
from typing import NamedTuple

import numpy as np

from deeplomath import Network, spec
from deeplomath.mirror import layout, memory, state

HIT, INSERTED = 0x8000, 0x4000
HEADER_BYTES, EXPERIENCE_BYTES, TRAILER_BYTES = 26, 8, 8

# With the two points that are taken for granted, 87 sum q^2 - (sum q)^2 is 0 once the sums are cut to 32 bits: a kernel that
# lets these margins in divides by zero.
MARGINS = (15079,) * 27 + (14726, 1501, 74) + (0,) * 55


class Record(NamedTuple):
    id: int
    touched: int
    label: int
    count: int
    x: tuple


class Entry(NamedTuple):
    """Of the experience; margin with HIT and INSERTED."""

    event: int
    novelty: int
    margin: int


class State(NamedTuple):
    """What a state of a network of this configuration (the arguments of Network) says; class_clock: all the clock where None."""

    config: dict
    clock: int
    records: tuple = ()
    experience: tuple = ()
    frozen: int = 0
    class_clock: tuple | None = None

    @property
    def class_clocks(self):
        return (self.clock,) * self.config["classes"] if self.class_clock is None else self.class_clock

    def pack(self, digest=0):
        """The bytes; digest is what the state says that its network has."""
        config = Network(**self.config).config
        flags = config.regression | config.background << 1
        sizes = config.features, config.classes, config.layers, config.events, config.false_reject_permille, flags
        counts = self.frozen, len(self.records), len(self.experience), self.clock
        data = struct.pack("<4sHHHBBHHBBHHI", b"DLMS", spec.VERSION_STATE, spec.VERSION_SPEC, *sizes, *counts)
        data += struct.pack(f"<{len(self.class_clocks)}I", *self.class_clocks)
        for record in self.records:
            data += struct.pack(f"<IIhH{len(record.x)}h", *record[:4], *record.x)
        for entry in self.experience:
            data += struct.pack("<IHH", *entry)
        return sealed(data + struct.pack("<I", digest))

    def digest(self):
        """What the mirror makes of it, which must be within all limits."""
        net = Network(**self.config)
        records = np.array([tuple(r) for r in self.records], layout.record_type(net.config))
        net.memory = state._kept(net.dtype, self.clock, self.class_clocks, self.frozen, records, list(self.experience))
        memory.rebuilt(net)
        return net.digest()

    def sound(self):
        """The bytes with the digest that its network has."""
        return self.pack(self.digest())


def records_at(config):
    """Bytes of a state ahead of its records, of a configuration (the arguments of Network)."""
    return HEADER_BYTES + 4 * config["classes"]


def sealed(data):
    """Bytes with their CRC-32 behind them."""
    return data + struct.pack("<I", zlib.crc32(data))


def that_divides_by_zero():
    """A state of 768 bytes whose checksum is right."""
    config = {"features": 19, "classes": 1, "events": 4}
    experience = tuple(Entry(0, 0, margin) for margin in MARGINS)
    return State(config, 1, (Record(0, 0, 0, 1, tuple(range(19))),), experience)
