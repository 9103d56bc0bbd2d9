# SPDX-License-Identifier: MIT
"""Export, import and digest: canonical little-endian bytes. Twin of firmware/kernel/dlm_state.c. NUMERICS.md, State, Digest."""

import struct
import zlib

import numpy as np

from . import spec
from .errors import KernelError

MAGIC = b"DLMS"
HEADER = struct.Struct("<4sHHHBBHHHI")
TRAILER = struct.Struct("<II")  # digest, CRC-32 of all before it


def digest(net):
    """CRC-32 of the constants, the header, the events, the contour, the metric and the layers of a Network."""
    parts = [_constants(net), _header(net), _events(net)]
    parts.append(struct.pack("<IIIB", net.contour.spacing_q12, net.contour.level_q12, net.error_q16, net.depth))
    if len(net.x):
        parts += [
            _bytes(net.metric.mean_q8, "<i4"),
            _bytes(net.metric.mantissa, "<u4"),
            _bytes(net.metric.shift, "<u1"),
        ]
        parts.append(_bytes(net.contour.novelty_q12, "<u2"))
    for layer in net.layers:
        parts.append(struct.pack("<II", *layer.width))
        parts += [_bytes(layer.s2_q16, "<u4"), _bytes(layer.n_q8, "<i2"), _bytes(layer.solution.alpha_q20, "<i4")]
    return zlib.crc32(b"".join(parts))


def export(net):
    """The state of a Network as bytes."""
    state = _header(net) + _events(net) + struct.pack("<I", digest(net))
    return state + struct.pack("<I", zlib.crc32(state))


def load(net, data):
    """Puts the state into the Network, which must have the same configuration. Raises KernelError and changes nothing otherwise."""
    data = bytes(data)
    clock, records = _check(net, data)
    before = net.clock, net.x, net.labels, net.counts, net.touched, net.ids
    _fill(net, clock, records)
    stored = TRAILER.unpack_from(data, len(data) - TRAILER.size)[0]
    if digest(net) != stored:
        rebuilt = digest(net)
        net.clock, net.x, net.labels, net.counts, net.touched, net.ids = before
        net._build()
        raise KernelError(spec.ERROR_STATE_DIGEST, f"state: digest {stored:08x} stored, {rebuilt:08x} rebuilt")


def footprint(net):
    """Bytes of the kernel's buffer: the layout of dlm_network.c, lay_out(). NUMERICS.md, Memory."""
    d, m, classes = net.features, net.events, net.classes
    first, further = (d + 1) // 2 * 2, (d + classes + 1) // 2 * 2
    sizes = [spec.MEMORY_HEADER, 2 * m * d, m, m, 4 * m, 4 * m, 4 * d, 4 * d, d, 2 * m]
    for index in range(net.max_layers):
        sizes += [2 * m * (further if index else first), 4 * m * classes, 4 * d, 2 * d]
    sizes += [2 * m * (m + 1), 4 * m * classes, 4 * m * classes, 8 * m, 4 * m, 8 * d, 4 * further]
    return sum((size + 7) // 8 * 8 for size in sizes)


def _constants(net):
    constants = np.array(spec.DIGESTED if len(net.x) else spec.DIGESTED + spec.EXP2_Q30)
    return _bytes(constants, "<u4")


def _header(net):
    sizes = net.features, net.classes, net.max_layers, net.events, net.false_reject_permille
    return HEADER.pack(MAGIC, spec.VERSION_STATE, spec.VERSION_SPEC, *sizes, len(net.x), net.clock)


def _record_type(net):
    return np.dtype(
        [("id", "<u4"), ("touched", "<u4"), ("label", "u1"), ("count", "u1"), ("x", "<i2", (net.features,))]
    )


def _events(net):
    records = np.zeros(len(net.x), _record_type(net))
    for name, values in zip(records.dtype.names, (net.ids, net.touched, net.labels, net.counts, net.x)):
        records[name] = values
    return records.tobytes()


def _bytes(values, dtype):
    return values.astype(dtype).tobytes()


def _check(net, data):
    """(clock, records) of a state that is whole and fits the Network."""
    if len(data) < HEADER.size + TRAILER.size:
        raise KernelError(
            spec.ERROR_STATE_SIZE, f"state: {len(data)} bytes given, at least {HEADER.size + TRAILER.size} needed"
        )
    magic, state_version, spec_version, *sizes, neurons, clock = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise KernelError(spec.ERROR_STATE_MAGIC, f"state: begins with {magic!r}, {MAGIC!r} needed")
    if (state_version, spec_version) != (spec.VERSION_STATE, spec.VERSION_SPEC):
        found, needed = f"{state_version}.{spec_version}", f"{spec.VERSION_STATE}.{spec.VERSION_SPEC}"
        raise KernelError(spec.ERROR_STATE_VERSION, f"state: version {found} given, {needed} needed")
    own = [net.features, net.classes, net.max_layers, net.events, net.false_reject_permille]
    if sizes != own:
        names = "features, classes, layers, events, false_reject_permille"
        raise KernelError(spec.ERROR_STATE_CONFIG, f"state: {names} = {sizes} given, {own} needed")
    size = HEADER.size + neurons * _record_type(net).itemsize + TRAILER.size
    if neurons > net.events or len(data) != size:
        raise KernelError(
            spec.ERROR_STATE_SIZE, f"state: {len(data)} bytes given, {size} needed for its {neurons} events"
        )
    if TRAILER.unpack_from(data, size - TRAILER.size)[1] != zlib.crc32(data[:-4]):
        raise KernelError(spec.ERROR_STATE_CHECKSUM, "state: damaged, its checksum does not match")
    records = np.frombuffer(data, _record_type(net), neurons, HEADER.size)
    wrong = (records["label"] >= net.classes) | (records["count"] < 1) | (records["count"] > spec.LIMIT_COUNT)
    if wrong.any():
        raise KernelError(
            spec.ERROR_STATE_EVENT, f"state: event {int(wrong.argmax())} has a label or count outside its limits"
        )
    return clock, records


def _fill(net, clock, records):
    net.clock = clock
    net.x = records["x"].astype(net._kind)
    net.labels, net.touched, net.ids = (records[name].astype(np.int64) for name in ("label", "touched", "id"))
    net.counts = records["count"].astype(net._kind)
    net._build()
