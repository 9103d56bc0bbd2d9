# SPDX-License-Identifier: MIT
"""The function network: events in, layers found, answers out. Twin of firmware/kernel/dlm_network.c. NUMERICS.md, Network."""

import numpy as np

from . import contour, metric, solve, spec, state
from .errors import KernelError
from .fixed import isqrt, saturate
from .results import Answer, Info, Learned


class Layer:
    """One layer: where its neurons stand, how it measures, what each neuron says."""

    def __init__(self, n_q8, s2_q16, s_answer_q12):
        self.n_q8 = n_q8  # scaled coordinates of the neurons [m, D]
        self.s2_q16 = s2_q16  # squared metric of the first coordinates [d]
        self.s_q12 = isqrt(s2_q16 << 8)
        self.s_answer_q12 = s_answer_q12  # metric of the answers of the layer below
        self.width = None
        self.kernel_q30 = None
        self.solution = None

    def solve(self, targets_q16, counts):
        """Tries both widths and keeps the one with the smaller leave-one-out error, the narrow one on a tie."""
        distance2 = solve.squared_distances(self.n_q8, self.n_q8)
        narrow = solve.base_width(self.n_q8)
        for width in (narrow, solve.widen(narrow)):
            kernel_q30 = solve.kernel(distance2, width)
            solution = solve.solve(kernel_q30, targets_q16, counts)
            if self.solution is None or solution.error_q32 < self.solution.error_q32:
                self.width, self.kernel_q30, self.solution = width, kernel_q30, solution


class Network:
    """A function network that learns event by event. The mirror of `deeplomath.Network` on the board, bit for bit.

    features: 1..160, classes: 1..16, events: 1..512 (the budget), layers: 1..4 (the most), false_reject_permille: 1..500.
    unbounded: compute on unbounded Python ints (slow), to show any overflow that 64-bit runs would share.
    Wrong arguments raise KernelError (a ValueError) that names the value and its limits; the network stays as it was.

    >>> net = Network(features=2, classes=2, events=8)
    >>> for label, x in enumerate(([0, 0], [900, 900])):
    ...     _ = net.learn(np.array(x, np.int16), label)
    >>> net.infer(np.array([880, 890], np.int16)).label
    1
    """

    def __init__(
        self,
        *,
        features,
        classes,
        events,
        layers=spec.DEFAULT_LAYERS,
        false_reject_permille=spec.DEFAULT_FALSE_REJECT_PERMILLE,
        unbounded=False,
    ):
        _check("features", features, 1, spec.LIMIT_FEATURES, spec.ERROR_FEATURES)
        _check("classes", classes, 1, spec.LIMIT_CLASSES, spec.ERROR_CLASSES)
        _check("events", events, 1, spec.LIMIT_EVENTS, spec.ERROR_EVENTS)
        _check("layers", layers, 1, spec.LIMIT_LAYERS, spec.ERROR_LAYERS)
        rate_limits = spec.LIMIT_FALSE_REJECT_PERMILLE_MIN, spec.LIMIT_FALSE_REJECT_PERMILLE
        _check("false_reject_permille", false_reject_permille, *rate_limits, spec.ERROR_FALSE_REJECT)
        self.features, self.classes, self.events, self.max_layers = features, classes, events, layers
        self.false_reject_permille = false_reject_permille
        self._kind = object if unbounded else np.int64
        self.clear()

    def clear(self):
        """Forgets everything."""
        self.clock = 0
        self.x = np.zeros((0, self.features), self._kind)
        self.labels = np.zeros(0, np.int64)
        self.counts = np.zeros(0, self._kind)
        self.touched = np.zeros(0, np.int64)
        self.ids = np.zeros(0, np.int64)
        self._build()

    def learn(self, x, label):
        """Learns the event x (int16 [features]) as label (0..classes-1); returns a Learned. Full: KernelError ERROR_FULL."""
        x = self._event(x)
        _check("label", label, 0, self.classes - 1, spec.ERROR_LABEL)
        if len(self.x) == self.events:
            raise KernelError(spec.ERROR_FULL, f"events: budget of {self.events} is full")
        event, self.clock = self.clock, self.clock + 1
        self.x = np.vstack([self.x, x])
        self.labels = np.append(self.labels, label)
        self.counts = np.append(self.counts, np.array([1], self._kind))
        self.touched = np.append(self.touched, event)
        self.ids = np.append(self.ids, event)
        self._build()
        return Learned(event, len(self.x), self.depth, self.error_q16)

    def infer(self, x):
        """What the network says of the event x (int16 [features]): an Answer; label -1 and unknown when nothing is learned."""
        x = self._event(x)
        if not len(self.x):
            return Answer(-1, spec.VERDICT_UNKNOWN, 0, 0, spec.CONTOUR_NOVELTY_MAX, (0,) * self.classes)
        outputs, distance2 = self._outputs(x[None, :])
        outputs, distance2 = outputs[0], distance2[0]
        label = max(self.present, key=lambda c: (outputs[c], -c))
        margin_q16 = contour.margin(outputs, label, self.present)
        distance_q12 = int(contour.distance(int(distance2[self.labels == label].min())))
        novelty_q12 = contour.novelty(distance_q12, margin_q16, self.contour.spacing_q12)
        verdict = contour.verdict(novelty_q12, margin_q16, self.contour.level_q12)
        return Answer(label, verdict, margin_q16, distance_q12, novelty_q12, tuple(int(v) for v in outputs))

    def digest(self):
        """CRC-32 of everything the network is: configuration, events, contour, metric and layers."""
        return state.digest(self)

    def export(self):
        """The state as bytes: configuration and events, from which the network is rebuilt (NUMERICS.md, State)."""
        return state.export(self)

    def load(self, data):
        """Takes the state that export gave, for the same configuration; a wrong one raises and changes nothing."""
        state.load(self, data)

    def footprint(self):
        """Bytes of the one buffer that the kernel on the board needs for this configuration."""
        return state.footprint(self)

    def info(self):
        """Configuration and present size, an Info."""
        return Info(
            self.features,
            self.classes,
            self.events,
            self.max_layers,
            self.false_reject_permille,
            len(self.x),
            self.depth,
            self.error_q16,
            self.contour.level_q12,
            self.clock,
        )

    @property
    def depth(self):
        """Layers that earned their place."""
        return len(self.layers)

    def _event(self, x):
        x = np.asarray(x)
        if x.dtype != np.int16 or x.ndim != 1:
            raise TypeError(f"event: {x.dtype} with {x.ndim} axes given, int16 [features] needed")
        if len(x) != self.features:
            raise KernelError(spec.ERROR_FEATURES, f"features: {len(x)} given, {self.features} needed")
        return x.astype(self._kind)

    def _build(self):
        """Rebuilds the whole network from the events kept."""
        self.layers, self.error_q16 = [], 0
        self.present = sorted(set(int(label) for label in self.labels))
        self.metric = None
        self.contour = contour.Contour(contour.ONE_Q12, contour.ONE_Q12, np.zeros(0, np.int64))
        if not len(self.x):
            return
        self.metric = metric.first_metric(self.x, self.labels)
        z = metric.coordinates(self.metric, self.x)
        targets = self._targets()
        s2, n_q8, s_answer = np.full(self.features, 1 << 16, self._kind), z, 0
        sums, best_error, loo_mean = np.zeros_like(targets), None, None
        while len(self.layers) < self.max_layers:
            layer = Layer(n_q8, s2, s_answer)
            layer.solve(targets, self.counts)
            answers = saturate(targets - layer.solution.residual_q16, spec.KERNEL_ANSWER_MAX)
            mean = (sums + answers) // (len(self.layers) + 1)
            misses = targets - mean
            error = int((self.counts[:, None] * misses * misses).sum())
            if best_error is not None and not self._earns(error, best_error):
                break
            self.layers.append(layer)
            sums, best_error, loo_mean = sums + answers, error, mean
            if len(self.layers) < self.max_layers:
                s2 = metric.next_metric(z, s2, layer.kernel_q30, layer.solution.alpha_q20, self.labels)
                s_answer = int(isqrt(self.features << 24))
                n_q8 = metric.layer_coordinates(z, answers, isqrt(s2 << 8), s_answer)
        self.error_q32 = best_error
        self.error_q16 = (best_error // int(self.counts.sum())) >> 16
        distance2 = solve.squared_distances(z, z)
        self.contour = contour.contour(distance2, self.labels, loo_mean, self.present, self.false_reject_permille)

    @staticmethod
    def _earns(error, best_error):
        gained = spec.KERNEL_GAIN_DENOMINATOR * error <= spec.KERNEL_GAIN_NUMERATOR * best_error
        return gained and error < best_error

    def _targets(self):
        """T in Q16 [m, C]: 1 - 1/c for the own class, -1/c for another that is present, 0 for one that is not; c present."""
        share = (1 << 16) // len(self.present)
        targets = np.zeros((len(self.x), self.classes), self._kind)
        targets[:, self.present] = -share
        targets[np.arange(len(self.x)), self.labels] = (1 << 16) - share
        return targets

    def _outputs(self, x):
        """Outputs Q16 [n, C] of the features x [n, d] and their squared distances Q16 [n, m] in the first metric."""
        z = metric.coordinates(self.metric, x)
        n_q8, sums, answers, first_distance2 = z, 0, None, None
        for index, layer in enumerate(self.layers):
            if index:
                n_q8 = metric.layer_coordinates(z, answers, layer.s_q12, layer.s_answer_q12)
            distance2 = solve.squared_distances(n_q8, layer.n_q8)
            answers = solve.answer(solve.kernel(distance2, layer.width), layer.solution.alpha_q20)
            sums = sums + answers
            first_distance2 = distance2 if first_distance2 is None else first_distance2
        return sums // len(self.layers), first_distance2


def _check(name, value, low, high, code):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: {type(value).__name__} given, an int needed")
    if not low <= value <= high:
        raise KernelError(code, f"{name}: {value} given, {low}..{high} allowed")
