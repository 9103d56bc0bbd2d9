# SPDX-License-Identifier: MIT
"""What a network says of an event. Twin of firmware/kernel/dlm_answer.c. NUMERICS.md, Network."""

import numpy as np

from .. import spec
from ..fixed import q15, round_shift, saturate
from ..results import Answer, Verdict
from . import contour, metric, solve, whiten
from .dot import products, squared_distances


def answer_layer(kernel_q30, alpha, shift):
    """A layer's answers Q16 [n, C], clipped to +-8, from kernel_q30 [n, m] and alpha [m, C] of solve.to_16_bits."""
    return saturate(round_shift(products(q15(kernel_q30), alpha), 20 - shift), spec.KERNEL_ANSWER_MAX)


def answer_layers(network, x):
    """Outputs Q16 [n, C] of the features x [n, d]."""
    z = metric.base_coordinates(network.layer_metric, x)
    base = z if network.whitening_q10 is None else whiten.whiten(network.whitening_q10, z)
    scaled_q8, outputs, answers = z, 0, None
    for index, layer in enumerate(network.layers):
        if index:
            scaled_q8 = metric.layer_coordinates(base, answers, layer.s_q12, layer.s_answer_q12)
        distance2 = squared_distances(scaled_q8, layer.scaled_q8)
        answers = answer_layer(solve.kernel(distance2, layer.width), layer.alpha, layer.alpha_shift)
        outputs = solve.mix(outputs, answers, layer.share_q16)
    return outputs


def answers(network, x):
    """The Answers of a BuiltNetwork to the features x [n, d], a list."""
    if not network.ids:
        nothing = (0,) * network.config.classes
        return [Answer(-1, Verdict.UNKNOWN, 0, 0, spec.CONTOUR_NOVELTY_MAX, 0, 0, (), nothing)] * len(x)
    distance2 = squared_distances(metric.first_coordinates(network.metric, x), network.z_q8)
    return [answer(network, *of_one) for of_one in zip(answer_layers(network, x), distance2)]


def answer(network, outputs, distance2):
    """The Answer of a BuiltNetwork with these outputs Q16 [C], at these squared distances Q16 [m] from its neurons."""
    label = contour.best_class(outputs, network.present)
    margin = contour.margin(outputs, label, network.present)
    distance = int(contour.distance(int(distance2.min())))
    novelty = contour.novelty(distance, margin, network.contour.spacing_q12)
    verdict = contour.verdict(novelty, margin, network.contour.level_q12)
    confidence = contour.confidence(network.contour, margin)
    value = solve.value(network.target, int(outputs[0])) if network.config.regression else 0
    order = np.argsort(distance2, kind="stable")[: spec.LIMIT_NEAREST]
    nearest = tuple(network.ids[i] for i in order)
    all_outputs = tuple(int(v) for v in outputs)
    return Answer(label, verdict, margin, distance, novelty, confidence, value, nearest, all_outputs)
