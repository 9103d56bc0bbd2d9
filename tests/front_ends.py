# SPDX-License-Identifier: MIT
"""Front-ends of every implementation behind one face, that of `deeplomath.FrontEnd`; and programs to run on them.

make = front_ends.MIRROR | UNBOUNDED | KERNEL
front = make(program)
"""

import ctypes
import functools
import struct

import numpy as np

import deeplomath
from deeplomath import KernelError, spec
from implementations import library

# Programs


def op(kind, flags=0, *parts):
    """An operation; parts: (struct's code of an item, items)."""
    body = b"".join(struct.pack(f"<{len(items)}{code}", *items) for code, items in parts)
    return struct.pack("<BBH", getattr(spec, f"OPERATION_{kind.upper()}"), flags, len(body)) + body


def program(lines, operations, features=None, rate=50_000):
    """A program; features: by default, what it makes."""
    code = struct.pack("<2sBBIHH", b"DF", spec.SIGNAL_VERSION, lines, rate, len(operations), features or 0)
    code += b"".join(operations)
    return code if features is not None else with_features(code)


def with_features(code):
    """A program whose header says the features that it makes, if nothing else is wrong with it."""
    try:
        deeplomath.FrontEnd(code)
    except KernelError as refused:
        words = str(refused)
        if words.startswith("program: features: "):
            return code[:10] + struct.pack("<H", int(words.split()[-2])) + code[12:]
    return code


# The C library


class _Refusal(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("operation", "kind", "field", "given", "low", "high")]

    def __str__(self):
        where = f"operation {self.operation}" if self.operation else "program"
        where += f", {spec.OPERATIONS[self.kind]}" if self.kind else ""
        allowed = f"{self.low}..{self.high} allowed" if self.low < self.high else f"{self.low} needed"
        return f"{where}: {spec.FIELDS[self.field].replace('_', ' ')}: {self.given} given, {allowed}"


class _Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("work", "footprint", "lines", "features", "apart")]


class _Event(ctypes.Structure):
    _fields_ = [("features", ctypes.c_void_p), ("at", ctypes.c_uint64), ("ready", ctypes.c_uint32)]


@functools.cache
def _signal():
    dlm, pointer = library(), ctypes.c_void_p
    dlm.dlm_front_push.argtypes = [pointer, pointer, ctypes.c_uint32, pointer]
    dlm.dlm_front_push.restype = ctypes.c_uint32
    dlm.dlm_front_skip.argtypes = [pointer, ctypes.c_uint64]
    dlm.dlm_front_overruns.restype = dlm.dlm_front_index.restype = ctypes.c_uint64
    return dlm


class KernelFrontEnd:
    """The C library through ctypes. Its buffer stands between two guards, which `intact` looks at."""

    GUARD = 64

    def __init__(self, code):
        info, refusal, size = _Info(), _Refusal(), ctypes.c_size_t(len(code))
        code = ctypes.create_string_buffer(bytes(code), len(code))  # of exactly its size, for the sanitizers
        if _signal().dlm_front_check(code, size, ctypes.byref(info), ctypes.byref(refusal)):
            raise KernelError(spec.ERROR_PROGRAM, str(refusal))
        self.features, self.footprint, self.work, self.lines = info.features, info.footprint, info.work, info.lines
        self.apart = info.apart
        self.memory = np.full((self.footprint + 2 * self.GUARD) // 8, 0xA5A5A5A5A5A5A5A5, np.uint64)
        self.front, start = ctypes.c_void_p(), self.memory.ctypes.data + self.GUARD
        room = ctypes.c_size_t(self.footprint)
        assert not _signal().dlm_front_init(code, size, ctypes.c_void_p(start), room, ctypes.byref(self.front))

    def intact(self):
        """Whether nothing was written outside of the buffer."""
        memory = self.memory.view(np.uint8)
        return bool((memory[: self.GUARD] == 0xA5).all() and (memory[self.GUARD + self.footprint :] == 0xA5).all())

    def push(self, samples):
        samples = np.ascontiguousarray(samples, np.int16).reshape(-1, self.lines)
        events, taken = [], 0
        while taken < len(samples):
            x = np.zeros(self.features, np.int16)
            event = _Event(x.ctypes.data)
            part = samples[taken:].copy()  # of exactly its size, for the sanitizers
            taken += _signal().dlm_front_push(self.front, part.ctypes.data, len(part), ctypes.byref(event))
            if event.ready:
                events.append((event.at, x))
        return events

    def skip(self, n):
        _signal().dlm_front_skip(self.front, n)

    def reset(self):
        _signal().dlm_front_reset(self.front)

    @property
    def overruns(self):
        return _signal().dlm_front_overruns(self.front)

    @property
    def program(self):
        size = ctypes.c_size_t()
        _signal().dlm_front_program.restype = ctypes.POINTER(ctypes.c_uint8)
        return bytes(_signal().dlm_front_program(self.front, ctypes.byref(size))[: size.value])


MIRROR = deeplomath.FrontEnd
UNBOUNDED = functools.partial(deeplomath.FrontEnd, unbounded=True)
KERNEL = KernelFrontEnd


def plain(events):
    """Events as lists and numbers."""
    return [[int(at), x.tolist()] for at, x in events]


def run(front, samples, chunks=None):
    """Plain events of samples pushed in chunks of these sizes, over and over; None: in one."""
    if not chunks:
        return plain(front.push(samples))
    events, at = [], 0
    while at < len(samples):
        for size in chunks:
            events += front.push(samples[at : at + size])
            at += size
    return plain(events)


# Samples


def samples_of(recipe, lines):
    """Samples int16 [n, lines] of parts [what, n, size]; what differs from line to line is shifted or drawn."""
    state, parts = 1, []
    for what, n, size in recipe:
        rows = np.zeros((n, lines), np.int64)
        for line in range(lines):
            time = np.arange(n) + 3 * line
            if what == "noise":
                for i in range(n):
                    state = (state * 1664525 + 1013904223) % 2**32
                    rows[i, line] = (state >> 8) % (2 * size + 1) - size
            elif what == "level":
                rows[:, line] = size
            elif what == "impulse":
                rows[n // 2, line] = size
            elif what == "ramp":
                rows[:, line] = time * size
            else:  # a square wave of this half period, at the rails
                rows[:, line] = np.where(time // size % 2, 32767, -32768)
        parts.append(np.clip(rows, -32768, 32767))
    return np.concatenate(parts).astype(np.int16)


# Single operations of the C library


class _Operation(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint8) for name in ("kind", "flags", "line", "made")]
    _fields_ += [("body", ctypes.c_uint16), ("n", ctypes.c_uint16), ("state", ctypes.c_uint32)]
    _fields_ += [("at", ctypes.c_uint16), ("missing", ctypes.c_uint16)]


def _pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def kernel_lines(kind, flags, read, n, body, lines):
    """New lines [new, n] of lines [line, n] by a sample operation; n: rows, lines or sections."""
    made = n if kind == spec.OPERATION_MIX else 1
    operation = _Operation(kind, flags, read, len(lines), 0, n)
    now, state = np.zeros(len(lines) + made, np.int16), np.zeros(10 * max(n, 1), np.int32)
    if kind == spec.OPERATION_BIQUAD:
        library().dlm_biquad_init(_pointer(state), body, n)
    found = []
    for samples in np.array(lines, np.int16).T:
        now[: len(lines)] = samples
        library().dlm_lines_make(ctypes.byref(operation), body, _pointer(state), _pointer(now))
        found.append(now[len(lines) :].copy())
    return np.array(found).T


def kernel_stats(x, flags):
    x, values = np.array(x, np.int16), np.zeros(flags.bit_count(), np.int16)
    library().dlm_stats(_pointer(x), len(x), flags, _pointer(values), 1)
    return values


def kernel_power(x):
    x, power = np.array(x, np.int16), np.zeros(len(x) // 2 + 1, np.uint64)
    library().dlm_power.restype = ctypes.c_uint64
    total = library().dlm_power(_pointer(x), len(x), _pointer(power))
    assert total == int(power.sum())
    return power


def kernel_bands(power, edges, triangles):
    power, values = np.array(power, np.uint64), np.zeros(len(edges) - 1 - triangles, np.int16)
    n, code = 2 * (len(power) - 1), np.array(edges, np.uint16)
    library().dlm_bands(_pointer(power), n, _pointer(code), len(values), bool(triangles), _pointer(values))
    return values


class _Rows(ctypes.Structure):
    _fields_ = [("ring", ctypes.c_void_p), *((name, ctypes.c_uint32) for name in ("stride", "most", "first", "n"))]


def kernel_pool(rows, parts):
    """The pool of rows that lie in a ring with the last third of them at its start."""
    rows = np.array(rows, np.int16)
    n, width = rows.shape
    ring, pooled = np.roll(rows, n // 3, 0).copy(), np.zeros((parts, width), np.int16)
    found = _Rows(ring.ctypes.data, width, n, n // 3, n)
    library().dlm_pool(ctypes.byref(found), parts, width, _pointer(pooled))
    return pooled


def kernel_map(rows, matrix):
    rows, factors = np.array(rows, np.int16), np.array(matrix, np.int16)
    mapped = np.zeros((len(rows), len(matrix) or rows.shape[1]), np.int16)
    library().dlm_map(_pointer(rows), *rows.shape, _pointer(factors), len(matrix), _pointer(mapped))
    return mapped
