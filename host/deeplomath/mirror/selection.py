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
    distance2 = squared_distances(z, network.z_q8)[0]
    own = [i for i, neuron_class in enumerate(network.classes) if neuron_class == config.class_of(label)]
    return min(own, key=lambda i: (distance2[i], i))


def _lack(config, network, i):
    """What the left-out margin of neuron i lacks of 1, Q16; in a regression, by how much its value is missed."""
    if config.regression:
        return abs(int(network.targets[i, 0]) - int(network.left_out[i, 0]))
    return ONE_Q16 - contour.margin(network.left_out[i], network.classes[i], network.present)


def _sure_misses(experience):
    """How many of 2^10 sure answers of the experience were wrong, where some sure hits are taken for granted."""
    sure = [entry.hit for entry in experience if entry.margin_q8 > spec.MEMORY_DOUBT_MARGIN]
    return (sure.count(False) << 10) // (len(sure) + spec.MEMORY_DOUBT_PRIOR)


def _age(untouched, present):
    """Age of an event that was not touched in so many learns of its class, in learns of all, where so many classes are present."""
    return min(min(untouched, spec.MEMORY_AGE) * present, spec.MEMORY_AGE)


def _doubt(lack, age, budget, rate_q10):
    """Doubt in the label of an event, Q16: what it lacks too much, times the rate of sure misses, times its age in budgets."""
    aged_q10 = (min(age, budget) << 10) // budget
    return (max(0, lack - spec.MEMORY_DOUBT_LACK) * rate_q10 >> 10) * aged_q10 >> spec.MEMORY_DOUBT_SHIFT


def _uses(config, kept, network):
    """Yields (neuron, uses Q16) of the events that may go: without age and doubt, without the doubt, and with both.

    One of the last two of its class may not go. Use: what the left-out margin lacks of 1, plus an eighth of the distance to
    the nearest event of the class in spacings, less 0.2 of the age in budgets, less the doubt in its label.
    """
    nearest = contour.nearest_distances(network.z_q8, network.classes, same_class=True)
    rate_q10 = _sure_misses(kept.experience)
    for i, event in enumerate(kept.events):
        own = network.classes[i]
        if network.classes.count(own) <= 2:
            continue
        distance = contour.novelty(nearest[i], ONE_Q16, network.contour.spacing_q12)
        age = _age(kept.class_clock[own] - event.touched, len(network.present))
        lack = _lack(config, network, i)
        ageless = lack + (distance << spec.MEMORY_DISTANCE_SHIFT)
        undoubted = ageless - age * spec.MEMORY_WEIGHT_AGE // config.events
        yield i, (ageless, undoubted, undoubted - _doubt(lack, age, config.events, rate_q10))


def least_useful(config, kept, network):
    """(position, Reason) of the event that the network misses least, or (None, NONE) if none may go.

    The reason is the first of REDUNDANT, AGED and DOUBTED of whose use it is the least: the first neuron on a tie.
    """
    found = list(_uses(config, kept, network))
    if not found:
        return None, Reason.NONE
    neurons = [min(found, key=lambda of: of[1][k])[0] for k in range(3)]
    reason = (Reason.REDUNDANT, Reason.AGED, Reason.DOUBTED)[neurons.index(neurons[2])]
    return neurons[2], reason
