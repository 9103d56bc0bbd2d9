# SPDX-License-Identifier: MIT
"""The phases of a rebuild, and what they cost. Twin of firmware/kernel/dlm_phases.c. NUMERICS.md, Rebuild."""

from ..results import Cost
from . import metric
from .layout import footprint

PHASES = (  # in their order; those from WIDTH to NEXT_COORDINATES once for each layer tried
    "VARIANCE",
    "COORDINATES",
    "WIDTH",
    "FACTOR",
    "WEIGHTS",
    "STORE",
    "DECIDE",
    "RESIDUALS",  # these four once, where layer 0 of a network of classes has a successor
    "SPREAD",
    "CORRELATION",
    "INVERSE",
    "BASE",
    "SLOPES",
    "NEXT_COORDINATES",
    "NEAREST",
    "CONTOUR",
)


def phase_work(config, phase, layer, m):
    """Multiply-accumulates of each row of a phase in a rebuild of m events, a list."""
    d, classes, n = config.features, config.classes, config.coordinates(layer)
    rows = range(m)
    base = d if config.regression else d * (d + 3) // 2
    if phase == "VARIANCE":
        return [8 * m] * d
    if phase == "WIDTH":
        return [m * n]
    if phase == "FACTOR":
        return [(row + 1) * n + (row + 1) * (row + 2) // 2 + row * classes for row in rows]
    if phase == "WEIGHTS":
        return [2 * left * (left + 1) + 4 * left * (classes + 1) for left in range(m, 0, -4)]
    if phase in ("STORE", "DECIDE"):
        return [m * classes]
    if phase == "RESIDUALS":
        return [2 * m] * d
    if phase == "SPREAD":
        return [(row + 1) * m for row in range(d)]
    if phase == "CORRELATION":
        return [(row + 1) * m + (row + 1) * (row + 2) // 2 for row in range(d)]
    if phase == "INVERSE":
        return [2 * left * (left + 1) for left in range(d, 0, -4)]
    if phase == "NEAREST":
        return [(row + 1) * d for row in rows]
    if phase == "CONTOUR":
        return [m]
    if phase == "SLOPES":
        return [m * (n + d + 1)] * len(metric.slope_events(m))
    return [{"COORDINATES": 2 * d, "BASE": base, "NEXT_COORDINATES": d + classes}[phase]] * m


def phases(config, tried):
    """Yields (phase, layer) in the order of a rebuild that tries this many layers."""
    yield from (("VARIANCE", 0), ("COORDINATES", 0))
    of_layer = PHASES[PHASES.index("WIDTH") : PHASES.index("DECIDE") + 1]
    whitening = PHASES[PHASES.index("RESIDUALS") : PHASES.index("INVERSE") + 1]
    onward = PHASES[PHASES.index("BASE") : PHASES.index("NEXT_COORDINATES") + 1]
    for layer in range(tried):
        goes_on = layer + 1 < config.layers and (layer == 0 or layer + 1 < tried)
        whitens = goes_on and layer == 0 and not config.regression
        yield from ((phase, layer) for phase in of_layer + whitening * whitens + onward * goes_on)
    yield from (("NEAREST", 0), ("CONTOUR", 0))


def rebuild_work(config, m, tried):
    """Multiply-accumulates of each row of a rebuild of m events that tries this many layers, a list."""
    if not m:
        return []
    return [work for phase, layer in phases(config, tried) for work in phase_work(config, phase, layer, m)]


def cost(config):
    """What a network of this configuration can cost at most, a Cost."""
    work = rebuild_work(config, config.events, config.layers)
    return Cost(sum(work), max(work), footprint(config))
