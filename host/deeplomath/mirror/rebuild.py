# SPDX-License-Identifier: MIT
"""The network made anew from the events kept. Twin of firmware/kernel/dlm_rebuild.c. NUMERICS.md, Rebuild."""

import numpy as np

from .. import spec
from ..fixed import isqrt, saturate
from . import contour, metric, solve, whiten
from .dot import squared_distances
from .layout import ONE_Q16
from .phases import rebuild_work


class Layer:
    """One layer: where its neurons stand, how it measures, what each neuron says."""

    def __init__(self, scaled_q8, s2_q16, s_answer_q12):
        self.scaled_q8 = scaled_q8  # scaled coordinates of the neurons [m, D]
        self.s2_q16 = s2_q16  # squared metric of the base coordinates [d]
        self.s_q12 = isqrt(s2_q16 << 8)
        self.s_answer_q12 = s_answer_q12  # metric of the answers of the layer below
        self.share_q16 = ONE_Q16  # of its answers in the outputs with it
        self.width = None
        self.kernel_q30 = None
        self.solution = None
        self.alpha, self.alpha_shift = None, 0  # what each neuron says [m, C], Q(21 - alpha_shift)

    def solve(self, targets_q16):
        """Measures the width and solves for it."""
        distance2 = squared_distances(self.scaled_q8, self.scaled_q8)
        self.width = solve.base_width(self.scaled_q8)
        self.kernel_q30 = solve.kernel(distance2, self.width)
        factor = solve.factor(solve.with_ridge(self.kernel_q30))
        self.solution = solve.solve(factor, solve.substitute(factor, targets_q16))
        self.alpha, self.alpha_shift = solve.to_16_bits(self.solution.alpha_q21)


class BuiltNetwork:
    """One network, made of the events kept: all that an answer needs, so that an old one can answer while a new one is made."""

    def __init__(self, config, events, experience, dtype):
        self.config, self.dtype = config, dtype
        self.labels = [event.label for event in events]
        self.ids = [event.id for event in events]
        self.classes = [config.class_of(label) for label in self.labels]
        self.present = sorted(set(self.classes))
        self.layers, self.tried, self.error_q16 = [], 0, 0
        self.target, self.contour = metric.NO_SCALE, contour.EMPTY
        if events:
            x, classes = np.array([event.x for event in events], dtype), np.array(self.classes)
            self.metric = metric.first_metric(x, classes)
            self.z_q8 = metric.first_coordinates(self.metric, x)  # the known set is measured in these [m, d]
            self.targets = self._targets()
            self.layer_metric, self.whitening_q10 = metric.layer_metric(x, classes), None
            self._find_layers(metric.base_coordinates(self.layer_metric, x), classes)
            self.contour = contour.contour(self.z_q8, self.classes, self.left_out, self.present)
            self.learn_from_experience(experience)

    def learn_from_experience(self, experience):
        """Sets level and confidence from the experience there is, a list of events.Experience."""
        rate = self.config.false_reject_permille
        self.contour = contour.learn_from_experience(self.contour, self.ids, experience, rate)

    @property
    def work(self):
        """Multiply-accumulates that it took."""
        return sum(rebuild_work(self.config, len(self.ids), self.tried))

    def _targets(self):
        """T in Q16 [m, C]: 1 - 1/c for the own class, -1/c for another of the c present, 0 for one that is not; or values."""
        if self.config.regression:
            self.target = metric.scale_target(self.labels)
            return np.array([[solve.value_target(self.target, value)] for value in self.labels], self.dtype)
        share = ONE_Q16 // len(self.present)
        targets = np.zeros((len(self.ids), self.config.classes), self.dtype)
        targets[:, self.present] = -share
        targets[np.arange(len(self.ids)), self.classes] = ONE_Q16 - share
        return targets

    def _find_layers(self, z, classes):
        """Adds layers while they earn their place. z: base coordinates Q8 [m, d] of the first one."""
        layer, best, base = Layer(z, np.full(z.shape[1], ONE_Q16, self.dtype), 0), None, z
        while True:
            layer.solve(self.targets)
            self.tried += 1
            answers = saturate(self.targets - layer.solution.residual_q16, spec.KERNEL_ANSWER_MAX)
            mixed = Mixed(self.targets, answers) if best is None else best.with_layer(answers)
            if best is not None and not decide(mixed.error, best.error):
                break
            layer.share_q16, best = mixed.share_q16, mixed
            self.layers.append(layer)
            if len(self.layers) == self.config.layers:
                break
            if self.tried == 1 and not self.config.regression:
                self.whitening_q10 = whiten.whitening(z, classes)
                base = whiten.whiten(self.whitening_q10, z)
            layer = self._next_layer(layer, base, answers, classes)
        self.left_out, self.error_q16 = best.left_out, (best.error // len(self.ids)) >> 16

    def _next_layer(self, layer, base, answers, classes):
        s2_q16 = metric.next_metric(base, layer.s2_q16, layer.kernel_q30, layer.alpha, classes)
        s_answer_q12 = int(isqrt(base.shape[1] << 24))
        scaled_q8 = metric.layer_coordinates(base, answers, isqrt(s2_q16 << 8), s_answer_q12)
        return Layer(scaled_q8, s2_q16, s_answer_q12)


class Mixed:
    """Left-out answers [m, C] of the layers so far, each weighted by 1 / its own error; their error Q32."""

    def __init__(self, targets, answers):
        self.targets, self.left_out, self.share_q16 = targets, answers, ONE_Q16
        self.error = self._error(answers)
        self._harmonic = self.error >> 8  # 1 / sum (1 / own error of a layer), Q24

    def with_layer(self, answers):
        """The Mixed of these layers and one more with these left-out answers."""
        own = self._error(answers) >> 8
        both = self._harmonic + own
        more = Mixed(self.targets, answers)
        more.share_q16 = (self._harmonic << 16) // both if both else ONE_Q16 // 2
        more.left_out = solve.mix(self.left_out, answers, more.share_q16)
        more.error, more._harmonic = more._error(more.left_out), own * more.share_q16 >> 16
        return more

    def _error(self, answers):
        misses = self.targets - answers
        return int((misses * misses).sum())


def decide(error, best_error):
    """Whether a further layer, with this error, is kept after the ones with best_error."""
    gained = spec.KERNEL_GAIN_DENOMINATOR * error <= spec.KERNEL_GAIN_NUMERATOR * best_error
    return gained and error < best_error


def build_begin(net):
    """Begins to rebuild a Network from the events kept; the old network answers until the new one is whole."""
    net.next = BuiltNetwork(net.config, net.memory.events, net.memory.experience, net.dtype)
    net.steps = None  # counted where steps are asked for


def build_step(net, budget):
    """Goes on with the rebuild for about budget multiply-accumulates, at least one row; whether there is more to do."""
    done = 0
    if net.next and net.steps is None:
        net.steps = rebuild_work(net.config, len(net.next.ids), net.next.tried)[::-1]
    while net.steps and done < budget:
        done += net.steps.pop() or 1
    if not net.steps:
        finish(net)
    return net.next is not None


def finish(net):
    """Finishes a rebuild that is under way."""
    if net.next:
        net.live, net.next, net.steps = net.next, None, None


def rebuild(net):
    """Rebuilds a Network from the events kept, all at once."""
    build_begin(net)
    finish(net)
