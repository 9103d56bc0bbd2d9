# SPDX-License-Identifier: MIT
"""What a network may be, and how many bytes its parts take. Twin of firmware/kernel/dlm_layout.c. NUMERICS.md, Footprint."""

import struct
from typing import NamedTuple

import numpy as np

from .. import spec
from ..errors import KernelError
from ..integers import check_int

HEADER = struct.Struct("<4sHHHBBHHBBHHI")  # of a state
EXPERIENCE = np.dtype([("event", "<u4"), ("novelty", "<u2"), ("margin", "<u2")])
TRAILER = struct.Struct("<II")  # digest, CRC-32 of all before it
UNDO_BYTES = 28  # what the kernel's undo needs of a learn, but for the features
ONE_Q12 = 1 << 12
ONE_Q16 = 1 << 16


class Config(NamedTuple):
    """What a network is for; all sizes are fixed for its life."""

    features: int
    classes: int
    layers: int
    events: int
    false_reject_permille: int
    regression: bool
    background: bool

    def coordinates(self, layer):
        """Coordinates that a layer sees."""
        return self.features + (self.classes if layer else 0)

    def stride(self, layer):
        """int16 from one row of a layer's coordinates to the next."""
        return even(self.coordinates(layer))

    def whitens(self):
        """Whether a further layer sees whitened coordinates."""
        return self.layers > 1 and not self.regression

    def class_of(self, label):
        """Class of an event with this label: the label, or 0 in a regression."""
        return 0 if self.regression else label

    def label_limits(self):
        """The smallest and the largest label."""
        return (-32768, 32767) if self.regression else (0, self.classes - 1)


def even(n):
    """An even number of int16 that holds n."""
    return (n + 1) // 2 * 2


def check(features, classes, events, layers, false_reject_permille, regression, background):
    """The Config, or KernelError that names the value and the limit."""
    check_range("features", features, 1, spec.LIMIT_FEATURES, spec.ERROR_FEATURES)
    check_range("classes", classes, 1, spec.LIMIT_CLASSES, spec.ERROR_CLASSES)
    check_range("events", events, 1, spec.LIMIT_EVENTS, spec.ERROR_EVENTS)
    check_range("layers", layers, 1, spec.LIMIT_LAYERS, spec.ERROR_LAYERS)
    if regression and classes != 1:
        raise KernelError(spec.ERROR_MODE, f"classes: {classes} given, 1 needed in a regression")
    rate_limits = spec.LIMIT_FALSE_REJECT_PERMILLE_MIN, spec.LIMIT_FALSE_REJECT_PERMILLE
    check_range("false_reject_permille", false_reject_permille, *rate_limits, spec.ERROR_FALSE_REJECT)
    return Config(features, classes, layers, events, false_reject_permille, bool(regression), bool(background))


def check_range(name, value, low, high, code):
    """KernelError with this code unless value is an int of low..high, TypeError where it is none."""
    check_int(name, value)
    if not low <= value <= high:
        raise KernelError(code, f"{name}: {value} given, {low}..{high} allowed")


def record_type(config):
    """An event in a state, as a dtype."""
    return np.dtype(
        [("id", "<u4"), ("touched", "<u4"), ("label", "<i2"), ("count", "<u2"), ("x", "<i2", (config.features,))]
    )


def experience_at(config, n_events):
    """Bytes of a state before its experience."""
    return HEADER.size + 4 * config.classes + n_events * record_type(config).itemsize


def state_bytes(config, n_events, n_experience):
    """Bytes of a state."""
    return experience_at(config, n_events) + n_experience * EXPERIENCE.itemsize + TRAILER.size


def largest_state(config):
    """Bytes of the largest state that a network of this configuration can have."""
    return state_bytes(config, config.events, spec.MEMORY_EXPERIENCE)


def _network_sizes(config):
    """Bytes of each array of one network."""
    d, m = config.features, config.events
    sizes = [2 * m, 4 * m, 12 * d, 2 * m, 2 * m * config.stride(0), 12 * d, 4 * d]
    if config.whitens():
        sizes.append(_packed_bytes(d))
    for layer in range(config.layers):
        sizes += [2 * m * config.stride(layer), 2 * even(m) * config.classes, 4 * d, 2 * d]
    return sizes


def _packed_bytes(rows):
    """Bytes of this number of rows of a lower triangle."""
    blocks = (rows + 3) // 4
    return 16 * blocks * (blocks + 1)


def footprint(config):
    """Bytes of the kernel's buffer, as dlm_lay_out counts them."""
    d, m, classes = config.features, config.events, config.classes
    unknowns = [2 * spec.LIMIT_UNKNOWNS * d, 4 * spec.LIMIT_UNKNOWNS]
    undo = [UNDO_BYTES * spec.LIMIT_UNKNOWNS, 2 * spec.LIMIT_UNKNOWNS * d]
    sizes = [spec.FOOTPRINT_HEADER, 2 * m * d, 12 * m, 8 * spec.MEMORY_EXPERIENCE, *unknowns, *undo, 2 * d]
    sizes += [largest_state(config), *_network_sizes(config) * (1 + config.background)]
    sizes += [
        max(_packed_bytes(m), 2 * d * even(m)),
        4 * m,
        2 * even(m) * classes,
        4 * max(m * classes, spec.MEMORY_EXPERIENCE),
        4 * m,
    ]
    columns = 16 * max(m, d if config.whitens() else 0)
    return _rounded([*sizes, columns, 4 * m, 4 * m * classes, 8 * d, 4 * m, 6 * config.stride(1), 2 * m])


def _rounded(sizes):
    """The sum of sizes, each rounded up to 8 bytes."""
    return sum((size + 7) // 8 * 8 for size in sizes)
