# SPDX-License-Identifier: MIT
"""Export, import and digest: canonical little-endian bytes. Twin of firmware/kernel/dlm_state.c. NUMERICS.md, State, Digest."""

import struct
import zlib

import numpy as np

from .. import spec
from ..errors import KernelError
from ..integers import as_bytes
from . import rebuild
from .events import Event, Experience, Kept
from .layout import EXPERIENCE, HEADER, TRAILER, experience_at, record_type, state_bytes

MAGIC = b"DLMS"
HIT = 0x8000  # in `margin`: the class answered was right
INSERTED = 0x4000  # and: the learn inserted the event
MARGIN_MAX = 256  # Q8: 1


def digest(net):
    """CRC-32 of constants, header, class clocks, events, experience, contour, metric and layers of a Network."""
    live = net.live
    parts = [_constants(net), _header(net), _class_clock(net), _events(net)]
    contour = live.contour
    sizes = live.error_q16, contour.spacing_q12, contour.level_q12, contour.slope_q16, contour.at_zero_q16
    parts.append(struct.pack("<IIIIIiIII", *sizes, *live.target, len(live.layers)))
    if live.ids:
        parts += _metrics(live)
    parts.append(_bytes(live.contour.novelty_q12, "<u2"))
    for layer in live.layers:
        parts.append(struct.pack("<III", layer.share_q16, *layer.width))
        parts += [_bytes(layer.s2_q16, "<u4"), _bytes(layer.scaled_q8, "<i2")]
        parts += [struct.pack("<I", layer.alpha_shift), _bytes(layer.alpha.T, "<i2")]
    return zlib.crc32(b"".join(parts))


def _metrics(live):
    """What a BuiltNetwork measures in: for the known set, and for the layers."""
    of_layers = live.layer_metric
    scales = [struct.pack("<iII", *map(int, scale)) for of in (live.metric, of_layers.scale) for scale in zip(*of)]
    found = [*scales, _bytes(of_layers.low, "<i2"), _bytes(of_layers.high, "<i2"), _bytes(live.z_q8, "<i2")]
    if live.whitening_q10 is not None:
        found.append(_bytes(live.whitening_q10[np.tril_indices(len(live.whitening_q10))], "<i2"))
    return found


def export(net):
    """The state of a Network as bytes."""
    state = _header(net) + _class_clock(net) + _events(net) + struct.pack("<I", digest(net))
    return state + struct.pack("<I", zlib.crc32(state))


def state_size(net):
    """Bytes of the state of a Network."""
    return state_bytes(net.config, len(net.memory.events), len(net.memory.experience))


def configuration(data):
    """The arguments of the Network whose state data is, unproved but for magic and versions. Raises KernelError."""
    if len(data) < HEADER.size:
        raise KernelError(spec.ERROR_STATE_SIZE, f"state: {len(data)} bytes given, at least {HEADER.size} needed")
    features, classes, layers, events, rate, flags, *_ = _checked_header(data)
    sizes = dict(features=features, classes=classes, events=events, layers=layers, false_reject_permille=rate)
    return sizes | dict(regression=bool(flags & 1), background=bool(flags & 2))


def load_part(net, offset, part):
    """Puts a part of a state aside. Raises KernelError where it goes beyond the largest state."""
    part, room = as_bytes(part, "state"), len(net.staging)
    if offset + len(part) > room:
        raise KernelError(spec.ERROR_STATE_SIZE, f"state: {offset + len(part)} bytes given, at most {room} allowed")
    net.staging[offset : offset + len(part)] = part


def load_staged(net, n):
    """Puts the state of n bytes that was staged into the Network, or raises KernelError and leaves it as it was."""
    data = bytes(net.staging[:n])
    class_clock, records, experience = _parse(net, data, n)
    net.staging[:] = bytes(len(net.staging))  # nothing of it may pass for a part of the next one
    frozen, _, _, clock = HEADER.unpack_from(data)[-4:]
    _check_kept(net.config, frozen, clock, class_clock, records, experience)
    before, live = net.memory, net.live
    net.memory = _kept(net.dtype, clock, class_clock, frozen, records, experience)
    rebuild.rebuild(net)
    stored, rebuilt = TRAILER.unpack_from(data, n - TRAILER.size)[0], digest(net)
    if rebuilt != stored:
        net.memory, net.live = before, live
        raise KernelError(spec.ERROR_STATE_DIGEST, f"state: digest {stored:08x} stored, {rebuilt:08x} rebuilt")


def _constants(net):
    constants = np.array(spec.DIGESTED if net.memory.events else spec.DIGESTED + spec.EXP2_Q30)
    return _bytes(constants, "<u4")


def _sizes(config):
    flags = config.regression | config.background << 1
    return [config.features, config.classes, config.layers, config.events, config.false_reject_permille, flags]


def _header(net):
    kept = net.memory
    counts = int(kept.frozen), len(kept.events), len(kept.experience), kept.clock
    return HEADER.pack(MAGIC, spec.VERSION_STATE, spec.VERSION_SPEC, *_sizes(net.config), *counts)


def _class_clock(net):
    return struct.pack(f"<{net.config.classes}I", *net.memory.class_clock)


def _events(net):
    records = np.zeros(len(net.memory.events), record_type(net.config))
    for i, event in enumerate(net.memory.events):
        records[i] = (*event[:4], event.x.astype(np.int16))
    experience = [
        (e.event, e.novelty_q12, e.margin_q8 | HIT * e.hit | INSERTED * e.inserted) for e in net.memory.experience
    ]
    return records.tobytes() + np.array(experience, EXPERIENCE).tobytes()


def _bytes(values, dtype):
    return values.astype(dtype).tobytes()


def _checked_header(data):
    """The fields of a state's header behind its magic and versions, which are right. Raises KernelError."""
    magic, state_version, spec_version, *rest = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise KernelError(spec.ERROR_STATE_MAGIC, f"state: begins with {magic!r}, {MAGIC!r} needed")
    if (state_version, spec_version) != (spec.VERSION_STATE, spec.VERSION_SPEC):
        found, needed = f"{state_version}.{spec_version}", f"{spec.VERSION_STATE}.{spec.VERSION_SPEC}"
        raise KernelError(spec.ERROR_STATE_VERSION, f"state: version {found} given, {needed} needed")
    return rest


def _parse(net, data, n):
    """(class clocks, a list, records and experience, arrays) of a state of n bytes, whole and for a network like this one."""
    least = HEADER.size + TRAILER.size
    if n < least:
        raise KernelError(spec.ERROR_STATE_SIZE, f"state: {n} bytes given, at least {least} needed")
    rest = list(_checked_header(data))
    sizes, (_, n_events, n_experience, _) = rest[:6], rest[6:]
    if sizes != _sizes(net.config):
        names = "features, classes, layers, events, false_reject_permille, flags"
        raise KernelError(spec.ERROR_STATE_CONFIG, f"state: {names} = {sizes} given, {_sizes(net.config)} needed")
    needed = state_bytes(net.config, n_events, n_experience)
    limits = ("events", n_events, net.config.events), ("experience", n_experience, spec.MEMORY_EXPERIENCE)
    for name, count, most in limits:
        if count > most:
            raise KernelError(spec.ERROR_STATE_SIZE, f"state: {name} {count} given, 0..{most} allowed")
    if n != needed:
        raise KernelError(spec.ERROR_STATE_SIZE, f"state: {n} bytes given, {needed} needed for its {n_events} events")
    if TRAILER.unpack_from(data, needed - TRAILER.size)[1] != zlib.crc32(data[:-4]):
        raise KernelError(spec.ERROR_STATE_CHECKSUM, "state: damaged, its checksum does not match")
    class_clock = np.frombuffer(data, "<u4", net.config.classes, HEADER.size)
    records = np.frombuffer(data, record_type(net.config), n_events, HEADER.size + class_clock.nbytes)
    experience = np.frombuffer(data, EXPERIENCE, n_experience, experience_at(net.config, n_events))
    return class_clock.tolist(), records, experience


def _check_kept(config, frozen, clock, class_clock, records, experience):
    """Whether all that a state brings is within the limits of NUMERICS.md, State."""
    _check_field("frozen", frozen, 0, 1)
    _check_field("clock", clock, 0, spec.LIMIT_CLOCK)
    for own, learns in enumerate(class_clock):
        _check_field(f"class {own}: clock", learns, 0, spec.LIMIT_CLOCK)
    least_id, labels, touches = 0, config.label_limits(), set()
    for i, (event, touched, label, count, _) in enumerate(records.tolist()):
        _check_field(f"record {i}: id", event, least_id, clock - 1)
        _check_field(f"record {i}: label", label, *labels)
        own = config.class_of(label)
        _check_field(f"record {i}: touched", touched, 0, class_clock[own] - 1)
        if (own, touched) in touches:
            raise KernelError(
                spec.ERROR_STATE_EVENT, f"state: record {i}: touched {touched} given, twice in class {own}"
            )
        _check_field(f"record {i}: count", count, 1, spec.LIMIT_COUNT)
        touches.add((own, touched))
        least_id = event + 1
    for i, (event, _, margin) in enumerate(experience.tolist()):
        _check_field(f"experience {i}: event", event, 0, clock - 1)
        _check_field(f"experience {i}: margin", margin & ~HIT & ~INSERTED, 0, MARGIN_MAX)


def _check_field(name, value, low, high):
    if not low <= value <= high:
        allowed = f"{low}..{high} allowed" if low <= high else "none allowed"
        raise KernelError(spec.ERROR_STATE_EVENT, f"state: {name} {value} given, {allowed}")


def _kept(dtype, clock, class_clock, frozen, records, experience):
    kept = Kept(len(class_clock))
    kept.clock, kept.class_clock, kept.frozen = clock, list(class_clock), bool(frozen)
    kept.events = [
        Event(*(int(r[name]) for name in ("id", "touched", "label", "count")), r["x"].astype(dtype)) for r in records
    ]
    kept.experience = [
        Experience(int(e), int(n), int(m) & ~HIT & ~INSERTED, bool(int(m) & HIT), bool(int(m) & INSERTED))
        for e, n, m in experience
    ]
    return kept
