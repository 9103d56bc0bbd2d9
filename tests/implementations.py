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
from deeplomath.results import Answer, Info, Learned

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = os.environ.get("DEEPLOMATH_LIBRARY", str(ROOT / "build/host/libdlm.so"))


class _Config(ctypes.Structure):
    _fields_ = [
        ("n_features", ctypes.c_uint16),
        ("n_events", ctypes.c_uint16),
        ("false_reject_permille", ctypes.c_uint16),
        ("n_classes", ctypes.c_uint8),
        ("n_layers", ctypes.c_uint8),
    ]


class _Learned(ctypes.Structure):
    _fields_ = [
        ("event", ctypes.c_uint32),
        ("error_q16", ctypes.c_uint32),
        ("n_neurons", ctypes.c_uint16),
        ("depth", ctypes.c_uint16),
    ]


class _Answer(ctypes.Structure):
    _fields_ = [
        ("label", ctypes.c_int32),
        ("verdict", ctypes.c_int32),
        ("margin_q16", ctypes.c_int32),
        ("distance_q12", ctypes.c_uint32),
        ("novelty_q12", ctypes.c_uint32),
        ("outputs_q16", ctypes.c_int32 * spec.LIMIT_CLASSES),
    ]


class _Info(ctypes.Structure):
    _fields_ = [
        ("config", _Config),
        ("clock", ctypes.c_uint32),
        ("error_q16", ctypes.c_uint32),
        ("level_q12", ctypes.c_uint32),
        ("n_neurons", ctypes.c_uint16),
        ("depth", ctypes.c_uint16),
    ]


@functools.cache
def library():
    """The kernel as a shared library for ctypes."""
    dlm = ctypes.CDLL(LIBRARY)
    dlm.dlm_footprint.restype = dlm.dlm_state_size.restype = ctypes.c_size_t
    dlm.dlm_digest.restype = ctypes.c_uint32
    dlm.probe_exp2_neg.argtypes = dlm.dlm_isqrt.argtypes = dlm.dlm_log2_q11.argtypes = [ctypes.c_uint64]
    dlm.dlm_bit_length.argtypes = [ctypes.c_uint64]
    dlm.dlm_isqrt.restype = dlm.probe_exp2_neg.restype = dlm.probe_spacing.restype = ctypes.c_uint32
    dlm.probe_round_shift.argtypes = [ctypes.c_int64, ctypes.c_uint]
    dlm.probe_round_shift.restype = ctypes.c_int64
    dlm.probe_saturate.argtypes = [ctypes.c_int64, ctypes.c_int32]
    dlm.probe_distance2.restype = ctypes.c_uint64
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
    ):
        self.config = _Config(features, events, false_reject_permille, classes, layers)
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

    def learn(self, x, label):
        learned = _Learned()
        _checked(library().dlm_learn(self.net, _int16(x), label, ctypes.byref(learned)))
        return Learned(learned.event, learned.n_neurons, learned.depth, learned.error_q16)

    def infer(self, x):
        a = _Answer()
        library().dlm_infer(self.net, _int16(x), ctypes.byref(a))
        outputs = tuple(a.outputs_q16[: self.config.n_classes])
        return Answer(a.label, a.verdict, a.margin_q16, a.distance_q12, a.novelty_q12, outputs)

    def digest(self):
        return library().dlm_digest(self.net)

    def export(self):
        state = ctypes.create_string_buffer(library().dlm_state_size(self.net))
        library().dlm_export(self.net, state)
        return state.raw

    def load(self, data):
        _checked(library().dlm_import(self.net, bytes(data), ctypes.c_size_t(len(data))))

    def info(self):
        info, c = _Info(), self.config
        library().dlm_info(self.net, ctypes.byref(info))
        sizes = c.n_features, c.n_classes, c.n_events, c.n_layers, c.false_reject_permille
        return Info(*sizes, info.n_neurons, info.depth, info.error_q16, info.level_q12, info.clock)

    def fields(self):
        """What the network is made of, as `fields` gives it of the mirror."""
        dlm, d, m = library(), self.config.n_features, self.info().neurons
        found = {name: self._array(dlm.probe_array, (i,), kind, (d,)) for i, (name, kind) in enumerate(METRIC_FIELDS)}
        found["spacing_q12"], found["level_q12"] = dlm.probe_spacing(self.net), self.info().level
        found["novelty_q12"] = self._array(dlm.probe_array, (3,), np.uint16, (m,))
        found["layers"] = [self._layer(index) for index in range(self.info().depth)]
        return found

    def _layer(self, index):
        dlm, d, m, classes = library(), self.config.n_features, self.info().neurons, self.config.n_classes
        n, stride = d + (classes if index else 0), dlm.probe_stride(self.net, index)
        width = self._array(dlm.probe_width, (index,), np.uint32, (2,))
        rows = self._array(dlm.probe_layer_array, (index, 0), np.int16, (m, stride))
        return {
            "width": width,
            "n_q8": [row[:n] for row in rows],
            "s2_q16": self._array(dlm.probe_layer_array, (index, 1), np.uint32, (d,)),
            "alpha_q20": self._array(dlm.probe_layer_array, (index, 2), np.int32, (m, classes)),
        }

    def _array(self, function, which, kind, shape):
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        function.restype = ctypes.c_void_p
        data = ctypes.string_at(function(self.net, *which), size)
        return np.frombuffer(data, kind).reshape(shape).tolist()


METRIC_FIELDS = (("mean_q8", np.int32), ("mantissa", np.uint32), ("shift", np.uint8))


def fields(net):
    """What a mirror's network is made of, as plain lists: first metric, contour, layers."""
    found = {name: getattr(net.metric, name).tolist() for name, _ in METRIC_FIELDS}
    found["spacing_q12"], found["level_q12"] = net.contour.spacing_q12, net.contour.level_q12
    found["novelty_q12"] = net.contour.novelty_q12.tolist()
    found["layers"] = [
        {
            "width": list(layer.width),
            "n_q8": layer.n_q8.tolist(),
            "s2_q16": layer.s2_q16.tolist(),
            "alpha_q20": layer.solution.alpha_q20.tolist(),
        }
        for layer in net.layers
    ]
    return found


def kernel_window_features(samples):
    """deeplomath.window_features by the C kernel."""
    samples = np.ascontiguousarray(samples, np.int16)
    n, channels = samples.shape
    features = np.zeros(3 * channels, np.int16)
    _checked(
        library().dlm_window_features(
            _int16(samples), ctypes.c_size_t(n), ctypes.c_size_t(channels), features.ctypes.data_as(ctypes.c_void_p)
        )
    )
    return features


MIRROR = deeplomath.Network
UNBOUNDED = functools.partial(deeplomath.Network, unbounded=True)
KERNEL = KernelNetwork
