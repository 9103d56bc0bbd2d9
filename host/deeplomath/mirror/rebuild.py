# SPDX-License-Identifier: MIT
"""The network made anew from the events kept, and what that costs. Twin of firmware/kernel/dlm_rebuild.c. NUMERICS.md, Rebuild."""

import numpy as np

from .. import spec
from ..fixed import isqrt, saturate
from ..results import Cost
from . import contour, metric, solve
from .dot import squared_distances
from .layout import ONE_Q16, footprint, trial

PHASES = (  # in their order; those from WIDTH to NEXT_COORDINATES once for each layer tried
    "VARIANCE",
    "COORDINATES",
    "WIDTH",
    "FACTOR",
    "WEIGHTS",
    "STORE",
    "DECIDE",
    "SIMILARITY",
    "SLOPES",
    "NEXT_COORDINATES",
    "CONTOUR",
)


def phase_work(config, phase, layer, m):
    """Multiply-accumulates of each row of a phase in a rebuild of m events, a list."""
    d, classes, n = config.features, config.classes, config.coordinates(layer)
    rows = range(m)
    if phase == "VARIANCE":
        return [2 * m] * d
    if phase == "WIDTH":
        return [m * n]
    if phase == "FACTOR":  # of both widths until one is chosen
        widths = [2 if row < trial(m) else 1 for row in rows]
        return [(row + 1) * n + w * ((row + 1) * (row + 2) // 2 + row * classes) for row, w in zip(rows, widths)]
    if phase == "WEIGHTS":
        return [2 * left * (left + 1) + 4 * left * (classes + 1) for left in range(m, 0, -4)]
    if phase in ("STORE", "DECIDE"):
        return [m * classes]
    if phase == "SIMILARITY":
        return [(row + 1) * n for row in rows]
    if phase == "CONTOUR":
        return [m]
    return [{"COORDINATES": d, "SLOPES": m * (d + 1), "NEXT_COORDINATES": d + classes}[phase]] * m


def phases(config, tried):
    """Yields (phase, layer) in the order of a rebuild that tries this many layers."""
    yield from (("VARIANCE", 0), ("COORDINATES", 0))
    first, decide, last = (PHASES.index(phase) for phase in ("WIDTH", "DECIDE", "NEXT_COORDINATES"))
    for layer in range(tried):
        goes_on = layer + 1 < config.layers and (layer == 0 or layer + 1 < tried)
        yield from ((phase, layer) for phase in PHASES[first : 1 + (last if goes_on else decide)])
    yield "CONTOUR", 0


def rebuild_work(config, m, tried):
    """Multiply-accumulates of each row of a rebuild of m events that tries this many layers, a list."""
    if not m:
        return []
    return [work for phase, layer in phases(config, tried) for work in phase_work(config, phase, layer, m)]


def cost(config):
    """What a network of this configuration can cost at most, a Cost."""
    work = rebuild_work(config, config.events, config.layers)
    return Cost(sum(work), max(work), footprint(config))


def event_of_neuron(i, m):
    """Position of the event of neuron i, of m: one of each two neighbours, by the Thue-Morse sequence, is in the first half."""
    half = (m + 1) // 2
    pair = i if i < half else i - half
    return min(2 * pair + (pair.bit_count() + (i >= half)) % 2, m - 1)


class Layer:
    """One layer: where its neurons stand, how it measures, what each neuron says."""

    def __init__(self, scaled_q8, s2_q16, s_answer_q12):
        self.scaled_q8 = scaled_q8  # scaled coordinates of the neurons [m, D]
        self.s2_q16 = s2_q16  # squared metric of the first coordinates [d]
        self.s_q12 = isqrt(s2_q16 << 8)
        self.s_answer_q12 = s_answer_q12  # metric of the answers of the layer below
        self.width = None
        self.kernel_q30 = None
        self.solution = None
        self.alpha, self.alpha_shift = None, 0  # what each neuron says [m, C], Q(21 - alpha_shift)

    def solve(self, targets_q16):
        """Chooses the width and solves for it."""
        distance2 = squared_distances(self.scaled_q8, self.scaled_q8)
        self.width = solve.choose(distance2, solve.base_width(self.scaled_q8), targets_q16)
        self.kernel_q30 = solve.kernel(distance2, self.width)
        factor = solve.factor(solve.with_ridge(self.kernel_q30))
        self.solution = solve.solve(factor, solve.substitute(factor, targets_q16))
        self.alpha, self.alpha_shift = solve.to_16_bits(self.solution.alpha_q21)


class BuiltNetwork:
    """One network, made of the events kept: all that an answer needs, so that an old one can answer while a new one is made."""

    def __init__(self, config, events, experience, dtype):
        self.config, self.dtype = config, dtype
        self.order = [event_of_neuron(i, len(events)) for i in range(len(events))]
        events = [events[at] for at in self.order]
        self.labels = [event.label for event in events]
        self.ids = [event.id for event in events]
        self.classes = [config.class_of(label) for label in self.labels]
        self.present = sorted(set(self.classes))
        self.layers, self.tried, self.error_q16 = [], 0, 0
        self.target, self.contour = metric.NO_SCALE, contour.EMPTY
        if events:
            x = np.array([event.x for event in events], dtype)
            self.metric = metric.first_metric(x, np.array(self.classes))
            z = metric.first_coordinates(self.metric, x)
            self.targets = self._targets()
            self._find_layers(z)
            self.contour = contour.contour(z, self.classes, self.left_out, self.present)
            self.learn_from_experience(experience)

    def learn_from_experience(self, experience):
        """Sets level and confidence from the experience there is, a list of events.Experience."""
        rate = self.config.false_reject_permille
        self.contour = contour.learn_from_experience(self.contour, experience, rate)

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

    def _find_layers(self, z):
        d, classes = self.config.features, np.array(self.classes)
        s2, scaled_q8, s_answer = np.full(d, ONE_Q16, self.dtype), z, 0
        sums, best_error = np.zeros_like(self.targets), None
        while len(self.layers) < self.config.layers:
            layer = Layer(scaled_q8, s2, s_answer)
            layer.solve(self.targets)
            self.tried += 1
            answers = saturate(self.targets - layer.solution.residual_q16, spec.KERNEL_ANSWER_MAX)
            mean = (sums + answers) // (len(self.layers) + 1)
            misses = self.targets - mean
            error = int((misses * misses).sum())
            if best_error is not None and not decide(error, best_error):
                break
            self.layers.append(layer)
            sums, best_error, self.left_out = sums + answers, error, mean
            if len(self.layers) < self.config.layers:
                s2 = metric.next_metric(z, s2, layer.kernel_q30, layer.alpha, classes)
                s_answer = int(isqrt(d << 24))
                scaled_q8 = metric.layer_coordinates(z, answers, isqrt(s2 << 8), s_answer)
        self.error_q16 = (best_error // len(self.ids)) >> 16


def decide(error, best_error):
    """Whether a further layer, with this error, is kept after the ones with best_error."""
    gained = spec.KERNEL_GAIN_DENOMINATOR * error <= spec.KERNEL_GAIN_NUMERATOR * best_error
    return gained and error < best_error


def build_begin(net):
    """Begins to rebuild a Network from the events kept; the old network answers until the new one is whole."""
    net.next = BuiltNetwork(net.config, net.memory.events, net.memory.experience, net.dtype)
    net.steps = rebuild_work(net.config, len(net.next.ids), net.next.tried)[::-1]


def build_step(net, budget):
    """Goes on with the rebuild for about budget multiply-accumulates, at least one row; whether there is more to do."""
    done = 0
    while net.steps and done < budget:
        done += net.steps.pop() or 1
    if not net.steps:
        finish(net)
    return net.next is not None


def finish(net):
    """Finishes a rebuild that is under way."""
    if net.next:
        net.live, net.next, net.steps = net.next, None, []


def rebuild(net):
    """Rebuilds a Network from the events kept, all at once."""
    build_begin(net)
    finish(net)
