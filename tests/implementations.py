# SPDX-License-Identifier: MIT
"""Every implementation behind one face, that of the mirror: `deeplomath.Network`.

make = implementations.MIRROR | UNBOUNDED | KERNEL, or a Device of an emulated board
net = make(features=, classes=, events=, layers=, false_reject_permille=)
"""

import ctypes
import functools
import os
from pathlib import Path

import numpy as np

import deeplomath
from deeplomath import spec
from deeplomath.results import Answer, Cost, Info, Learned

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = os.environ.get("DEEPLOMATH_LIBRARY", str(ROOT / "build/host/libdlm.so"))


def _structure(name, **fields):
    """A ctypes.Structure with these fields, the twin of one in dlm.h."""
    return type(name, (ctypes.Structure,), {"_fields_": list(fields.items())})


u8, u16, u32, i32, u64 = ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, ctypes.c_int32, ctypes.c_uint64
_Config = _structure(
    "_Config",
    n_features=u16,
    n_events=u16,
    false_reject_permille=u16,
    n_classes=u8,
    n_layers=u8,
    regression=u8,
    background=u8,
)
_Learned = _structure("_Learned", event=u32, evicted=u32, error_q16=u32, n_neurons=u16, depth=u16, action=u8, reason=u8)
_Answer = _structure(
    "_Answer",
    label=i32,
    verdict=i32,
    margin_q16=i32,
    distance_q12=u32,
    novelty_q12=u32,
    confidence_q16=i32,
    value_q8=i32,
    n_nearest=u32,
    nearest=u32 * spec.LIMIT_NEAREST,
    outputs_q16=i32 * spec.LIMIT_CLASSES,
)
_Info = _structure(
    "_Info",
    config=_Config,
    clock=u32,
    error_q16=u32,
    level_q12=u32,
    work=u32,
    n_neurons=u16,
    depth=u16,
    frozen=u8,
    building=u8,
)
_Cost = _structure("_Cost", work=u64, step=u32, bytes=u32)


@functools.cache
def library():
    """The kernel as a shared library for ctypes."""
    dlm = ctypes.CDLL(LIBRARY)
    dlm.dlm_footprint.restype = dlm.dlm_state_size.restype = ctypes.c_size_t
    dlm.dlm_digest.restype = ctypes.c_uint32
    dlm.probe_exp2_neg.argtypes = [ctypes.c_uint32]
    dlm.dlm_isqrt.argtypes = dlm.dlm_log2_q11.argtypes = [ctypes.c_uint64]
    dlm.dlm_bit_length.argtypes = [ctypes.c_uint64]
    dlm.dlm_divide.argtypes = [ctypes.c_uint64, ctypes.c_uint32]
    dlm.dlm_divide.restype = ctypes.c_uint64
    dlm.dlm_select.argtypes = [ctypes.POINTER(ctypes.c_uint32), ctypes.c_uint32, ctypes.c_uint32]
    dlm.dlm_select.restype = ctypes.c_uint32
    dlm.dlm_isqrt.restype = dlm.probe_exp2_neg.restype = dlm.probe_spacing.restype = ctypes.c_uint32
    dlm.probe_round_shift.argtypes = [ctypes.c_int64, ctypes.c_uint]
    dlm.probe_round_shift.restype = ctypes.c_int64
    dlm.probe_saturate.argtypes = [ctypes.c_int64, ctypes.c_int32]
    return dlm


def _checked(status):
    if status:
        raise deeplomath.KernelError(status, f"kernel: {spec.ERRORS[status]}")


def _int16(values):
    return np.ascontiguousarray(values, dtype=np.int16).ctypes.data_as(ctypes.c_void_p)


class KernelNetwork:
    """The C kernel through ctypes. Its buffer stands between two guards, which `intact` looks at."""

    GUARD = 64

    def __init__(
        self,
        *,
        features,
        classes,
        events,
        layers=spec.DEFAULT_LAYERS,
        false_reject_permille=spec.DEFAULT_FALSE_REJECT_PERMILLE,
        regression=False,
        background=False,
    ):
        self.config = _Config(features, events, false_reject_permille, classes, layers, regression, background)
        _checked(library().dlm_check(ctypes.byref(self.config)))
        size = self.footprint()
        self.memory = np.full((size + 2 * self.GUARD + 7) // 8, 0xA5A5A5A5A5A5A5A5, np.uint64)
        self.size, self.net = size, ctypes.c_void_p()
        start = self.memory.ctypes.data + self.GUARD
        _checked(
            library().dlm_init(
                ctypes.byref(self.config), ctypes.c_void_p(start), ctypes.c_size_t(size), ctypes.byref(self.net)
            )
        )

    def intact(self):
        """Whether nothing was written outside of the buffer."""
        memory = self.memory.view(np.uint8)
        return bool((memory[: self.GUARD] == 0xA5).all() and (memory[self.GUARD + self.size :] == 0xA5).all())

    def footprint(self):
        return library().dlm_footprint(ctypes.byref(self.config))

    def learn(self, x, label, build=True):
        learn = library().dlm_learn if build else library().dlm_learn_begin
        return self._learned(learn, _int16(x), label)

    def build_step(self, budget):
        return bool(library().dlm_build_step(self.net, u32(budget)))

    def undo(self):
        _checked(library().dlm_undo(self.net))

    def forget(self, event):
        _checked(library().dlm_forget(self.net, u32(event)))

    def relabel(self, event, label):
        _checked(library().dlm_relabel(self.net, u32(event), label))

    def correct(self, label):
        return self._learned(library().dlm_correct, label)

    def drop(self):
        _checked(library().dlm_drop(self.net))

    def unknowns(self):
        ids = (u32 * spec.LIMIT_UNKNOWNS)()
        return tuple(ids[: library().dlm_unknowns(self.net, ids)])

    def unknown(self, unknown):
        library().dlm_unknown.restype = ctypes.POINTER(ctypes.c_int16)
        x = library().dlm_unknown(self.net, u32(unknown))
        if not x:
            raise deeplomath.KernelError(spec.ERROR_EVENT, "kernel: no such unknown")
        return np.array(x[: self.config.n_features], np.int16)

    def name(self, unknowns, label):
        return self._learned(library().dlm_name, (u32 * len(unknowns))(*unknowns), u32(len(unknowns)), label)

    def rename_class(self, label, to):
        _checked(library().dlm_rename_class(self.net, label, to))

    def drop_class(self, label):
        _checked(library().dlm_drop_class(self.net, label))

    def freeze(self, frozen=True):
        library().dlm_freeze(self.net, int(frozen))

    def infer(self, x):
        a = _Answer()
        library().dlm_infer(self.net, _int16(x), ctypes.byref(a))
        numbers = a.label, a.verdict, a.margin_q16, a.distance_q12, a.novelty_q12, a.confidence_q16, a.value_q8
        return Answer(*numbers, tuple(a.nearest[: a.n_nearest]), tuple(a.outputs_q16[: self.config.n_classes]))

    def digest(self):
        self._finish()
        return library().dlm_digest(self.net)

    def export(self):
        self._finish()
        state = ctypes.create_string_buffer(library().dlm_state_size(self.net))
        library().dlm_export(self.net, state)
        return state.raw

    def state_size(self):
        return library().dlm_state_size(self.net)

    def export_part(self, offset, buffer):
        self._finish()
        n = min(len(buffer), self.state_size() - offset)
        part = (ctypes.c_uint8 * len(buffer)).from_buffer(buffer)
        library().dlm_export_part(self.net, u32(offset), part, u32(n))
        return n

    def load(self, data):
        _checked(library().dlm_import(self.net, bytes(data), ctypes.c_size_t(len(data))))

    def load_part(self, offset, part):
        _checked(library().dlm_import_part(self.net, u32(offset), bytes(part), u32(len(part))))

    def load_staged(self, size):
        _checked(library().dlm_import_staged(self.net, u32(size)))

    def info(self):
        info, c = _Info(), self.config
        library().dlm_info(self.net, ctypes.byref(info))
        sizes = c.n_features, c.n_classes, c.n_events, c.n_layers, c.false_reject_permille
        found = info.n_neurons, info.depth, info.error_q16, info.level_q12, info.clock, info.work
        flags = bool(info.frozen), bool(info.building)
        return Info(*sizes, bool(c.regression), bool(c.background), *found, *flags)

    def cost(self):
        """deeplomath.cost of this network's configuration."""
        cost = _Cost()
        library().dlm_cost(ctypes.byref(self.config), ctypes.byref(cost))
        return Cost(cost.work, cost.step, cost.bytes)

    def _finish(self):
        while self.build_step(2**32 - 1):
            pass

    def _learned(self, learn, *arguments):
        a = _Learned()
        _checked(learn(self.net, *arguments, ctypes.byref(a)))
        evicted = a.evicted if a.reason else -1
        return Learned(a.event, a.n_neurons, a.depth, a.error_q16, a.action, a.reason, evicted)

    def fields(self):
        """What the network is made of, as `fields` gives it of the mirror."""
        dlm, d, m = library(), self.config.n_features, self.info().neurons
        found = {"scale": self._scales(0), "layer_scale": self._scales(2)}
        found["window"] = self._array(dlm.probe_array, (3,), np.int16, (2, d))
        found["z_q8"] = [
            row[:d] for row in self._array(dlm.probe_array, (4,), np.int16, (m, dlm.probe_stride(self.net, 0)))
        ]
        if self.config.n_layers > 1 and not self.config.regression:
            found["whitening"] = [self._array(dlm.probe_whitening, (i,), np.int16, (i + 1,)) for i in range(d)]
        found["spacing_q12"], found["level_q12"] = dlm.probe_spacing(self.net), self.info().level
        found["novelty_q12"] = self._array(dlm.probe_array, (1,), np.uint16, (m,))
        found["layers"] = [self._layer(index) for index in range(self.info().depth)]
        return found

    def _scales(self, which):
        rows = self._array(library().probe_array, (which,), np.uint32, (self.config.n_features, 3))
        return [[row[0] - (row[0] >> 31 << 32), *row[1:]] for row in rows]

    def _layer(self, index):
        dlm, d, m, classes = library(), self.config.n_features, self.info().neurons, self.config.n_classes
        n, stride = d + (classes if index else 0), dlm.probe_stride(self.net, index)
        width = self._array(dlm.probe_layer_width, (index,), np.uint32, (2,))
        rows = self._array(dlm.probe_layer_array, (index, 0), np.int16, (m, stride))
        return {
            "width": width,
            "share": dlm.probe_share(self.net, index),
            "n_q8": [row[:n] for row in rows],
            "s2_q16": self._array(dlm.probe_layer_array, (index, 1), np.uint32, (d,)),
            "alpha": [
                row[:m] for row in self._array(dlm.probe_layer_array, (index, 2), np.int16, (classes, m + m % 2))
            ],
        }

    def _array(self, function, which, dtype, shape):
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        function.restype = ctypes.c_void_p
        data = ctypes.string_at(function(self.net, *which), size)
        return np.frombuffer(data, dtype).reshape(shape).tolist()


def fields(net):
    """What a mirror's network is made of, as plain lists: metrics, whitening, contour, layers."""
    live = net.live
    found = {"scale": _rows(live.metric), "layer_scale": _rows(live.layer_metric.scale)}
    found["window"] = [live.layer_metric.low.tolist(), live.layer_metric.high.tolist()]
    found["z_q8"] = live.z_q8.tolist()
    if live.whitening_q10 is not None:
        found["whitening"] = [row[: i + 1] for i, row in enumerate(live.whitening_q10.tolist())]
    found["spacing_q12"], found["level_q12"] = live.contour.spacing_q12, live.contour.level_q12
    found["novelty_q12"] = live.contour.novelty_q12.tolist()
    found["layers"] = [
        {
            "width": list(layer.width),
            "share": layer.share_q16,
            "n_q8": layer.scaled_q8.tolist(),
            "s2_q16": layer.s2_q16.tolist(),
            "alpha": layer.alpha.T.tolist(),
        }
        for layer in live.layers
    ]
    return found


def _rows(scale):
    return [[int(v) for v in row] for row in zip(*scale)]


MIRROR = deeplomath.Network
UNBOUNDED = functools.partial(deeplomath.Network, unbounded=True)
KERNEL = KernelNetwork
