# SPDX-License-Identifier: MIT
"""Which event absorbs a new one, and which goes for it. Twin of firmware/kernel/dlm_selection.c. NUMERICS.md, Memory."""

from .. import spec
from ..fixed import round_shift
from ..results import Reason
from . import contour, metric
from .dot import squared_distances
from .layout import ONE_Q12, ONE_Q16


def _answers_well(config, network, answer, label):
    """Whether the network already answers an event of this label with margin, or a regression with precision."""
    level = network.contour.level_q12
    if len(network.present) == 1:  # no other class sets a margin: only what is as near as events of a class usually are
        level = min(level, ONE_Q12)
    if answer.novelty > level:
        return False
    if not config.regression:
        return answer.label == label and answer.margin > spec.MEMORY_ABSORB_MARGIN
    miss = abs(label * 256 - answer.value) * network.target.mantissa
    return round_shift(miss, network.target.shift - 8) <= spec.MEMORY_ABSORB_MISS


def absorber(config, network, x, answer, label):
    """Position of the event that absorbs x, just answered, under label: the nearest of its class; None if it is to be inserted."""
    if not _answers_well(config, network, answer, label):
        return None
    z = metric.first_coordinates(network.metric, x[None, :])
    distance2 = squared_distances(z, network.layers[0].scaled_q8)[0]
    own = [i for i, neuron_class in enumerate(network.classes) if neuron_class == config.class_of(label)]
    return network.order[min(own, key=lambda i: (distance2[i], i))]


def _lack(config, network, i):
    """What the left-out margin of neuron i lacks of 1, Q16; in a regression, by how much its value is missed."""
    if config.regression:
        return abs(int(network.targets[i, 0]) - int(network.left_out[i, 0]))
    return ONE_Q16 - contour.margin(network.left_out[i], network.classes[i], network.present)


def least_useful(config, kept, network):
    """(position, reason) of the event that the network misses least, or (None, 0) if none may go.

    One of the last two of its class may not go. Usefulness Q16: what the left-out margin lacks of 1, plus an eighth of the
    distance to the nearest event of the class in spacings, less 0.2 of the age in budgets.
    """
    nearest = contour.nearest_distances(network.layers[0].scaled_q8, network.classes, same_class=True)
    best, best_ageless = None, None
    for i, at in enumerate(network.order):
        event = kept.events[at]
        if network.classes.count(network.classes[i]) <= 2:
            continue
        distance = contour.novelty(nearest[i], ONE_Q16, network.contour.spacing_q12)
        age = min(kept.clock - event.touched, spec.MEMORY_AGE) * spec.MEMORY_WEIGHT_AGE // config.events
        ageless = _lack(config, network, i) + (distance << spec.MEMORY_DISTANCE_SHIFT)
        useful, ageless = (ageless - age, i), (ageless, i)
        best = useful if best is None or useful < best else best
        best_ageless = ageless if best_ageless is None or ageless < best_ageless else best_ageless
    if best is None:
        return None, Reason.NONE
    return network.order[best[1]], Reason.REDUNDANT if best[1] == best_ageless[1] else Reason.AGED
