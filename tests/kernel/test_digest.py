# SPDX-License-Identifier: MIT
"""A digest made by NUMERICS.md, State and Digest, alone: its list of tables, spec.toml, struct; nothing of state.py."""

import re
import struct
import tomllib
import zlib
from decimal import Decimal, getcontext

import numpy as np
import pytest

from implementations import KERNEL, MIRROR, ROOT

SPEC = tomllib.loads((ROOT / "shared_spec" / "spec.toml").read_text())
NUMERICS = (ROOT / "shared_spec" / "NUMERICS.md").read_text()


def tables(text=NUMERICS):
    """Names of the tables whose constants NUMERICS.md, Digest, says are part of every digest."""
    section = text.split("\n## Digest\n")[1].split("\n## ")[0]
    (names,) = re.findall(r"constants of the tables ([\w, ]+) of `spec\.toml`", " ".join(section.split()))
    return re.split(r", | and ", names)


def u32(*values):
    return struct.pack(f"<{len(values)}I", *(int(value) & 0xFFFFFFFF for value in values))


def i16(rows):
    return b"".join(struct.pack("<h", int(value)) for row in rows for value in row)


def constants(names, empty):
    """Of these tables in the order of spec.toml; of an empty network the table of 2^-x as well, T[s] = round(2^(30 - s/64))."""
    getcontext().prec = 40
    steps = [int((Decimal(2) ** (30 - Decimal(s) / 64)).to_integral_value()) for s in range(65)] if empty else []
    return u32(*(value for table in SPEC if table in names for value in SPEC[table].values()), *steps)


def header(net):
    c, kept, version = net.config, net.memory, SPEC["version"]
    sizes = c.features, c.classes, c.layers, c.events, c.false_reject_permille, c.regression + 2 * c.background
    counts = kept.frozen, len(kept.events), len(kept.experience), kept.clock
    return struct.pack("<4sHHHBBHHBBHHI", b"DLMS", version["state"], version["spec"], *sizes, *counts)


def kept(net):
    clocks = u32(*net.memory.class_clock)
    records = [
        struct.pack("<IIhH", event.id, event.touched, event.label, event.count) + i16([event.x])
        for event in net.memory.events
    ]
    experience = [
        struct.pack("<IHH", one.event, one.novelty_q12, one.margin_q8 + 2**15 * one.hit + 2**14 * one.inserted)
        for one in net.memory.experience
    ]
    return b"".join([clocks, *records, *experience])


def layer_bytes(layer):
    width = u32(layer.share_q16, layer.width.mantissa, layer.width.shift)
    return width + u32(*layer.s2_q16) + i16(layer.scaled_q8) + u32(layer.alpha_shift) + i16(layer.alpha.T)


def digest(net, names):
    """The CRC-32 of NUMERICS.md's list for a mirror."""
    live, contour = net.live, net.live.contour
    found = constants(names, not net.memory.events) + header(net) + kept(net)
    found += u32(live.error_q16, contour.spacing_q12, contour.level_q12, contour.slope_q16, contour.at_zero_q16)
    found += u32(*live.target, len(live.layers))
    if net.memory.events:
        found += b"".join(u32(*scale) for of in (live.metric, live.layer_metric.scale) for scale in zip(*of))
        found += i16([live.layer_metric.low, live.layer_metric.high]) + i16(live.z_q8)
        if net.config.layers > 1 and not net.config.regression:
            found += i16(row[: i + 1] for i, row in enumerate(live.whitening_q10))
    found += struct.pack(f"<{len(contour.novelty_q12)}H", *contour.novelty_q12)
    return zlib.crc32(found + b"".join(map(layer_bytes, live.layers)))


def taught(make, n, regression=False):
    """A network after n events; of classes: one class has a lone event, one none, some are absorbed, some layers are kept."""
    draw = np.random.default_rng(21)
    net = make(features=3, classes=1 if regression else 4, events=12, regression=regression)
    for i in range(n):
        x = (draw.normal(size=3) * 1000).astype(np.int16)
        net.learn(x, int(x[0]) if regression else 3 if i == 5 else int(int(x[0]) * int(x[1]) > 0))
    return net


LIVES = pytest.mark.parametrize(
    "n, regression", [(0, False), (25, False), (25, True)], ids=["empty", "25", "regression"]
)


@pytest.mark.kernel
@LIVES
def test_the_digest_is_that_of_the_list_in_numerics_md(n, regression):
    mirror, kernel = (taught(make, n, regression) for make in (MIRROR, KERNEL))
    assert digest(mirror, tables()) == mirror.digest() == kernel.digest()


@LIVES
def test_the_list_is_red_without_any_of_its_tables(n, regression):
    mirror = taught(MIRROR, n, regression)
    for name in tables():
        assert digest(mirror, [table for table in tables() if table != name]) != mirror.digest(), name
