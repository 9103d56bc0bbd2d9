# SPDX-License-Identifier: MIT
"""dlm_layout.c and layout.py: limits, and the buffer that a network needs."""

import ctypes

import numpy as np
import pytest

from deeplomath import KernelError, spec
from implementations import KERNEL, MIRROR, UNBOUNDED, _Config, library

every = pytest.mark.parametrize("make", [MIRROR, UNBOUNDED, KERNEL], ids=["mirror", "unbounded", "kernel"])
SIZES = {"features": 3, "classes": 2, "events": 4, "layers": 2, "false_reject_permille": 50}
LIMITS = [
    ("features", 1, spec.LIMIT_FEATURES, spec.ERROR_FEATURES),
    ("classes", 1, spec.LIMIT_CLASSES, spec.ERROR_CLASSES),
    ("events", 1, spec.LIMIT_EVENTS, spec.ERROR_EVENTS),
    ("layers", 1, spec.LIMIT_LAYERS, spec.ERROR_LAYERS),
    ("false_reject_permille", 1, spec.LIMIT_FALSE_REJECT_PERMILLE, spec.ERROR_FALSE_REJECT),
]


@every
@pytest.mark.parametrize(("name", "low", "high", "code"), LIMITS)
def test_every_size_works_up_to_its_limit_and_not_beyond(make, name, low, high, code):
    for value in (low, high):
        net = make(**{**SIZES, name: value})
        assert getattr(net.info(), name) == value
        net.learn(np.ones(net.info().features, np.int16), 0)
    for value in (low - 1, high + 1):
        with pytest.raises(KernelError) as refused:
            make(**{**SIZES, name: value})
        assert refused.value.code == code


@pytest.mark.parametrize(("name", "low", "high", "code"), LIMITS)
def test_an_error_names_the_value_and_the_limit(name, low, high, code):
    with pytest.raises(KernelError, match=f"{name}: {high + 1} given, {low}..{high} allowed"):
        MIRROR(**{**SIZES, name: high + 1})


@pytest.mark.kernel
@pytest.mark.parametrize("shift", [0, 4])
def test_a_buffer_too_small_or_misaligned_is_refused(shift):
    config, net = _Config(3, 4, 50, 2, 2, 0, 0), ctypes.c_void_p()
    size = library().dlm_footprint(ctypes.byref(config))
    memory = np.zeros(size // 8 + 2, np.uint64)
    given = ctypes.c_size_t(size if shift else size - 1)
    status = library().dlm_init(
        ctypes.byref(config), ctypes.c_void_p(memory.ctypes.data + shift), given, ctypes.byref(net)
    )
    assert status == spec.ERROR_BUFFER and not memory.any()


@pytest.mark.kernel
@pytest.mark.parametrize("n", [1, 2, 3, 512])
def test_the_kernel_stays_inside_its_buffer(n):
    net = KERNEL(features=160 if n < 512 else 1, classes=16, events=n, layers=4)
    for i in range(min(n, 20)):
        net.learn(np.full(net.config.n_features, i * 1000, np.int16), i % 16)
        net.infer(np.full(net.config.n_features, -i, np.int16))
    assert net.intact()
