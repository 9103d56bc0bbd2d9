# SPDX-License-Identifier: MIT
"""The function network: events in, layers found, answers out. Twin of firmware/kernel/dlm_network.c. NUMERICS.md, Network."""

from typing import NamedTuple

import numpy as np

from .. import spec
from ..errors import KernelError
from ..fixed import isqrt, saturate
from ..results import Answer, Cost, Info, Learned
from . import contour, memory, metric, solve, state


class Config(NamedTuple):
    """What a network is for; all sizes are fixed for its life."""

    features: int
    classes: int
    layers: int
    events: int
    false_reject_permille: int
    regression: bool
    background: bool

    def class_of(self, label):
        """Class of an event with this label: the label, or 0 in a regression."""
        return 0 if self.regression else label

    def label_limits(self):
        """The smallest and the largest label."""
        return (-32768, 32767) if self.regression else (0, self.classes - 1)

    def coordinates(self, layer):
        """Coordinates that a layer sees."""
        return self.features + (self.classes if layer else 0)


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
        self.alpha, self.alpha_shift = None, 0  # what each neuron says [m, C], Q(21 - alpha_shift)

    def solve(self, targets_q16):
        """Solves for the wide width where its evidence on the first events is better by enough, else for the narrow one."""
        distance2 = solve.squared_distances(self.n_q8, self.n_q8)
        narrow, n = solve.base_width(self.n_q8), solve.trial(len(self.n_q8))
        wide = solve.widen(narrow)
        loss, loss_of_wide = (_misfit(distance2[:n, :n], width, targets_q16[:n]) for width in (narrow, wide))
        self.width = wide if loss_of_wide + n * spec.KERNEL_TRIAL_GAIN < loss else narrow
        self.kernel_q30 = solve.kernel(distance2, self.width)
        factor = solve.factor(solve.with_ridge(self.kernel_q30))
        self.solution = solve.solve(factor, solve.substitute(factor, targets_q16))
        self.alpha, self.alpha_shift = solve.to_16_bits(self.solution.alpha_q21)


def _misfit(distance2_q16, width, targets_q16):
    factor = solve.factor(solve.with_ridge(solve.kernel(distance2_q16, width)))
    return solve.negative_log_evidence(factor, solve.substitute(factor, targets_q16))


def order(m):
    """Places of the events of m neurons: one of each two neighbours, by the Thue-Morse sequence, in the first half."""
    first = [min(2 * pair + pair.bit_count() % 2, m - 1) for pair in range((m + 1) // 2)]
    return first + [2 * pair + 1 - pair.bit_count() % 2 for pair in range(m // 2)]


class Whole:
    """A whole network, made of the events kept: all that an answer needs."""

    def __init__(self, config, events, experience, kind):
        self.config, self.kind = config, kind
        self.order = order(len(events))
        events = [events[place] for place in self.order]
        self.labels = [event.label for event in events]
        self.ids = [event.id for event in events]
        self.classes = [config.class_of(label) for label in self.labels]
        self.present = sorted(set(self.classes))
        self.layers, self.tried, self.error_q16 = [], 0, 0
        self.target, self.contour = metric.NO_SCALE, contour.EMPTY
        if events:
            x = np.array([event.x for event in events], kind)
            self.metric = metric.first_metric(x, np.array(self.classes))
            z = metric.coordinates(self.metric, x)
            self.targets = self._targets()
            self._find_layers(z)
            self.contour = contour.contour(z, self.classes, self.left_out, self.present)
            self.learn_from(experience)

    def learn_from(self, experience):
        """Sets level and confidence from the experience there is, a list of memory.Experience."""
        rate = self.config.false_reject_permille
        self.contour = contour.from_experience(self.contour, experience, rate)

    @property
    def work(self):
        """Multiply-accumulates that it took."""
        return sum(rebuild_work(self.config, len(self.ids), self.tried))

    def outputs(self, x):
        """Outputs Q16 [n, C] of the features x [n, d], and their squared distances Q16 [n, m] in the first metric."""
        z = metric.coordinates(self.metric, x)
        n_q8, sums, answers, first_distance2 = z, 0, None, None
        for index, layer in enumerate(self.layers):
            if index:
                n_q8 = metric.layer_coordinates(z, answers, layer.s_q12, layer.s_answer_q12)
            distance2 = solve.squared_distances(n_q8, layer.n_q8)
            answers = solve.answer(solve.kernel(distance2, layer.width), layer.alpha, layer.alpha_shift)
            sums = sums + answers
            first_distance2 = distance2 if first_distance2 is None else first_distance2
        return sums // len(self.layers), first_distance2

    def answers(self, x):
        """The Answers to the features x [n, d], a list."""
        if not self.ids:
            nothing = (0,) * self.config.classes
            return [Answer(-1, spec.VERDICT_UNKNOWN, 0, 0, spec.CONTOUR_NOVELTY_MAX, 0, 0, (), nothing)] * len(x)
        return [self._answer(outputs, distance2) for outputs, distance2 in zip(*self.outputs(x))]

    def _answer(self, outputs, distance2):
        label = contour.best_class(outputs, self.present)
        margin = contour.margin(outputs, label, self.present)
        distance = int(contour.distance(int(distance2.min())))
        novelty = contour.novelty(distance, margin, self.contour.spacing_q12)
        verdict = contour.verdict(novelty, margin, self.contour.level_q12)
        confidence = contour.confidence(self.contour, margin)
        value = metric.value(self.target, int(outputs[0])) if self.config.regression else 0
        order = np.argsort(distance2, kind="stable")[: spec.LIMIT_NEAREST]
        nearest = tuple(self.ids[i] for i in order)
        all_outputs = tuple(int(v) for v in outputs)
        return Answer(label, verdict, margin, distance, novelty, confidence, value, nearest, all_outputs)

    def _targets(self):
        """T in Q16 [m, C]: 1 - 1/c for the own class, -1/c for another of the c present, 0 for one that is not; or values."""
        if self.config.regression:
            self.target = metric.target_scale(self.labels)
            return np.array([[metric.scaled_target(self.target, value)] for value in self.labels], self.kind)
        share = (1 << 16) // len(self.present)
        targets = np.zeros((len(self.ids), self.config.classes), self.kind)
        targets[:, self.present] = -share
        targets[np.arange(len(self.ids)), self.classes] = (1 << 16) - share
        return targets

    def _find_layers(self, z):
        d, classes = self.config.features, np.array(self.classes)
        s2, n_q8, s_answer = np.full(d, 1 << 16, self.kind), z, 0
        sums, best_error = np.zeros_like(self.targets), None
        while len(self.layers) < self.config.layers:
            layer = Layer(n_q8, s2, s_answer)
            layer.solve(self.targets)
            self.tried += 1
            answers = saturate(self.targets - layer.solution.residual_q16, spec.KERNEL_ANSWER_MAX)
            mean = (sums + answers) // (len(self.layers) + 1)
            misses = self.targets - mean
            error = int((misses * misses).sum())
            if best_error is not None and not _earns(error, best_error):
                break
            self.layers.append(layer)
            sums, best_error, self.left_out = sums + answers, error, mean
            if len(self.layers) < self.config.layers:
                s2 = metric.next_metric(z, s2, layer.kernel_q30, layer.alpha, classes)
                s_answer = int(isqrt(d << 24))
                n_q8 = metric.layer_coordinates(z, answers, isqrt(s2 << 8), s_answer)
        self.error_q16 = (best_error // len(self.ids)) >> 16


def _earns(error, best_error):
    """Whether a further layer, with this error, is kept after the ones with best_error."""
    gained = spec.KERNEL_GAIN_DENOMINATOR * error <= spec.KERNEL_GAIN_NUMERATOR * best_error
    return gained and error < best_error


def rebuild_work(config, m, tried):
    """Multiply-accumulates of each step of a rebuild of m events that tries this many layers (NUMERICS.md, Rebuild)."""
    if not m:
        return
    d, classes = config.features, config.classes
    yield from [2 * m] * d  # variances
    yield from [d] * m  # placed in the first layer
    for layer in range(tried):
        n = config.coordinates(layer)
        rows = [(row + 1) * n for row in range(m)]
        widths = [1 + (row < solve.trial(m)) for row in range(m)]
        triangle = [w * ((row + 1) * (row + 2) // 2 + row * classes) for row, w in enumerate(widths)]
        yield m * n  # width
        yield from map(sum, zip(rows, triangle))  # A, L, V, of both widths until one is chosen
        yield from [2 * left * (left + 1) + 4 * left * (classes + 1) for left in range(m, 0, -4)]  # W, alpha
        yield m * classes  # alpha in 16 bits
        yield m * classes  # does the layer earn its place?
        if layer + 1 < config.layers and (layer == 0 or layer + 1 < tried):
            yield from rows  # K
            yield from [m * (d + 1)] * m  # slopes
            yield from [d + classes] * m  # placed in the next layer
    yield m  # contour


def cost(*, features, classes, events, layers=spec.DEFAULT_LAYERS, regression=False, background=False):
    """What a network of this configuration can cost at most, a Cost; raises KernelError as Network does."""
    rate = spec.DEFAULT_FALSE_REJECT_PERMILLE
    config = _checked(features, classes, events, layers, rate, regression, background)
    work = list(rebuild_work(config, events, layers))
    return Cost(sum(work), max(work), state.footprint(config))


def _checked(features, classes, events, layers, false_reject_permille, regression, background):
    """The Config, or KernelError that names the value and the limit."""
    _check("features", features, 1, spec.LIMIT_FEATURES, spec.ERROR_FEATURES)
    _check("classes", classes, 1, spec.LIMIT_CLASSES, spec.ERROR_CLASSES)
    _check("events", events, 1, spec.LIMIT_EVENTS, spec.ERROR_EVENTS)
    _check("layers", layers, 1, spec.LIMIT_LAYERS, spec.ERROR_LAYERS)
    if regression and classes != 1:
        raise KernelError(spec.ERROR_MODE, f"classes: {classes} given, 1 needed in a regression")
    rate_limits = spec.LIMIT_FALSE_REJECT_PERMILLE_MIN, spec.LIMIT_FALSE_REJECT_PERMILLE
    _check("false_reject_permille", false_reject_permille, *rate_limits, spec.ERROR_FALSE_REJECT)
    return Config(features, classes, layers, events, false_reject_permille, bool(regression), bool(background))


def _check(name, value, low, high, code):
    _check_int(name, value)
    if not low <= value <= high:
        raise KernelError(code, f"{name}: {value} given, {low}..{high} allowed")


def _check_int(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: {type(value).__name__} given, an int needed")


class Network:
    """A function network that learns event by event. The mirror of `deeplomath.Network` on the board, bit for bit.

    features: 1..160, classes: 1..16, events: 1..512 (the budget), layers: 1..4 (the most), false_reject_permille: 1..500;
    regression: labels are int16 values to predict, classes is 1; background: room for a second network on the board, so that
    the old one answers while it is rebuilt (learn with build=False).
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
        regression=False,
        background=False,
        unbounded=False,
    ):
        self.config = _checked(features, classes, events, layers, false_reject_permille, regression, background)
        self._kind = object if unbounded else np.int64
        self.clear()

    def configure(self, **sizes):
        """Becomes an empty network, of the arguments of Network; wrong ones change nothing, nor does ERROR_FROZEN."""
        self._check_thawed()
        self.__init__(**sizes, unbounded=self._kind is object)

    def clear(self):
        """Forgets everything."""
        self.memory = memory.Memory()
        self._staging = bytearray(state.largest(self.config))  # a state that is being loaded
        self.whole = self._make()  # the network that answers
        self._next, self._steps = None, []  # the one being made, and the work that is still to be done for it

    # Learning

    def learn(self, x, label, build=True):
        """Learns the event x (int16 [features]) as label (0..classes-1, or an int16 value); returns a Learned.

        An event that already stands for it absorbs it; else it is kept as a neuron, for which the least useful event goes
        when the budget is used up. build=False (with background): the rebuild is left to build_step; until it is whole, the
        old network answers. KernelError ERROR_FROZEN, ERROR_MODE, ERROR_LABEL, or ERROR_FULL when the budget is used up and
        each event is one of the last two of its class.
        """
        x = self._event(x)
        self._check_thawed()
        if not build and not self.config.background:
            raise KernelError(spec.ERROR_MODE, "mode: build=False asked of a network without background")
        self._check_label(label)
        self._check_clock(1)
        self._finish()
        learned = self._learn(x, int(label))
        if build:
            self._finish()
        return learned._replace(depth=self.depth, error=self.whole.error_q16)

    def learn_many(self, x, labels):
        """Keeps every event of x (int16 [n, features]) as a neuron, none absorbed, and rebuilds once: for data at hand.

        Host only; the state can be loaded into a board. KernelError ERROR_FULL when the budget is too small.
        """
        self._check_thawed()
        events = [self._event(row) for row in x]
        if len(labels) != len(events):
            raise KernelError(spec.ERROR_ARGUMENT, f"labels: {len(labels)} given, {len(events)} needed")
        for label in labels:
            self._check_label(label)
        self._check_clock(len(events))
        if len(self.memory.events) + len(events) > self.config.events:
            raise KernelError(spec.ERROR_FULL, f"events: budget of {self.config.events} is full")
        for row, label in zip(events, labels):
            self.memory.insert(row, int(label), None)
            self.memory.clock += 1
        self._changed()

    def build_step(self, budget):
        """Goes on with a rebuild for about budget multiply-accumulates, at least one step; True while there is more to do."""
        _check("budget", budget, 1, 2**32 - 1, spec.ERROR_ARGUMENT)
        done = 0
        while self._steps and done < budget:
            done += self._steps.pop() or 1
        if self._next and not self._steps:
            self.whole, self._next = self._next, None
        return self._next is not None

    def undo(self):
        """Takes the last learn or naming back; the digest is that of before, and unknowns that were named are remembered again.

        KernelError ERROR_NOTHING unless the last change was a learn, a correction or a naming.
        """
        self._check_thawed()
        if not self.memory.undo:
            raise KernelError(spec.ERROR_NOTHING, "undo: nothing to undo")
        self._finish()
        absorbed = self.memory.undo.absorbed
        self.memory.take_back()
        if absorbed:
            self.whole.learn_from(self.memory.experience)
        else:
            self._changed()

    def forget(self, event):
        """Forgets the event of this id and its experience. KernelError ERROR_EVENT.

        Forgetting the newest takes back its tick of the clock: if nothing had to go for it, the digest is that of before.
        """
        self._check_thawed()
        self.memory.forget(self._place(event))
        self._changed()

    def relabel(self, event, label):
        """Gives an event another label. KernelError ERROR_EVENT or ERROR_LABEL."""
        self._check_thawed()
        at = self._place(event)
        self._check_label(label)
        self.memory.events[at] = self.memory.events[at]._replace(label=int(label))
        self._changed()

    def correct(self, label):
        """Learns the event last seen under label ("that was a 3"), undoing its learn first if it was learned; a Learned.

        KernelError ERROR_NOTHING when none was seen since the last other change, or as learn.
        """
        self._check_thawed()
        if not self.memory.seen:
            raise KernelError(spec.ERROR_NOTHING, "correct: no event was seen since the last change")
        self._check_label(label)
        how, x = self.memory.seen
        if how != "learned":
            self._check_clock(1)
        self._finish()
        before = self.memory.undo.label if how == "learned" else None
        if how == "learned":
            self.undo()
        try:
            learned = self._learn(x, int(label))
        except KernelError:
            if how == "learned":
                self._learn(x, before)  # as it was: learning is deterministic
                self._finish()
            raise
        self._finish()
        if how == "unknown":
            del self.memory.unknowns[-1]
        return learned._replace(depth=self.depth, error=self.whole.error_q16)

    def drop(self):
        """Undoes the learn of the event last seen ("drop it"), or takes it out of the unknowns. KernelError ERROR_NOTHING."""
        self._check_thawed()
        if not self.memory.seen:
            raise KernelError(spec.ERROR_NOTHING, "drop: no event was seen since the last change")
        how, _ = self.memory.seen
        if how == "learned":
            self.undo()
            return
        if how == "unknown":
            del self.memory.unknowns[-1]
        self.memory.seen = None

    def unknowns(self):
        """Ids of the unknown events remembered, oldest first, a tuple. They count the unknowns met; they are no event ids."""
        return tuple(unknown.id for unknown in self.memory.nameless())

    def unknown(self, unknown):
        """Features int16 [features] of a remembered unknown. KernelError ERROR_EVENT."""
        return self._unknown(unknown).astype(np.int16)

    def name(self, unknowns, label):
        """Learns the unknowns of these ids, in this order, under label, and forgets them as unknowns; the last's Learned.

        KernelError ERROR_COUNT, ERROR_EVENT (an id not there, or twice), or as learn.
        """
        self._check_thawed()
        unknowns = tuple(unknowns)
        _check("unknowns", len(unknowns), 1, spec.LIMIT_UNKNOWNS, spec.ERROR_COUNT)
        for i, unknown in enumerate(unknowns):
            if unknown in unknowns[:i]:
                raise KernelError(spec.ERROR_EVENT, f"unknown: {unknown} given, twice")
            self._unknown(unknown)
        self._check_label(label)
        self._check_clock(len(unknowns))
        self._finish()
        if not self.memory.has_room(self.config, label, len(unknowns)):
            raise KernelError(spec.ERROR_FULL, f"events: budget of {self.config.events} is full")
        undos = []
        for unknown in unknowns:
            learned = self._learn(self._unknown(unknown), int(label))
            self._finish()
            undos.append(self.memory.undo)
        self.memory.named(unknowns, undos[0]._replace(absorbed=all(undo.absorbed for undo in undos)))
        return learned._replace(depth=self.depth, error=self.whole.error_q16)

    def rename_class(self, label, to):
        """Moves all events of class `label` to the class `to`, which has none. KernelError ERROR_MODE, _LABEL, _PRESENT."""
        self._check_class(label)
        self._check_class(to)
        if any(event.label == to for event in self.memory.events):
            raise KernelError(spec.ERROR_PRESENT, f"label: {to} given, a class that has events")
        moved = [event._replace(label=int(to)) if event.label == label else event for event in self.memory.events]
        self.memory.events = moved
        self._changed()

    def drop_class(self, label):
        """Forgets all events of a class. KernelError ERROR_MODE or ERROR_LABEL."""
        self._check_class(label)
        for at in reversed(range(len(self.memory.events))):
            if self.memory.events[at].label == label:
                self.memory.forget(at)
        self._changed()

    def freeze(self, frozen=True):
        """Stops all learning, or lets it go on: meanwhile all that changes events raises KernelError ERROR_FROZEN."""
        self._finish()
        self.memory.frozen = bool(frozen)

    # Asking

    def infer(self, x):
        """What the network says of the event x (int16 [features]): an Answer; label -1 and unknown when nothing is learned.

        x is remembered as the event last seen, and an unknown one among the unknowns.
        """
        x = self._event(x)
        (answer,) = self.whole.answers(x[None, :])
        unknown = answer.verdict == spec.VERDICT_UNKNOWN
        self.memory.seen = "unknown" if unknown else "inferred", x
        if unknown:
            self.memory.remember_unknown(x)
        return answer

    def infer_many(self, x):
        """The Answers to the events x (int16 [n, features]), a list; none of them is remembered. Host only."""
        events = [self._event(row) for row in x]
        return self.whole.answers(np.array(events, self._kind)) if events else []

    def digest(self):
        """CRC-32 of everything the network is: configuration, events, experience, contour, metric and layers."""
        self._finish()
        return state.digest(self)

    def export(self):
        """The state as bytes: configuration, events, experience: the network is rebuilt from them (NUMERICS.md, State)."""
        self._finish()
        return state.export(self)

    def state_size(self):
        """Bytes of the state."""
        return state.size(self)

    def export_part(self, offset, buffer):
        """Writes the state from offset on into a writable buffer; returns how many bytes, at most what is left of it.

        KernelError ERROR_ARGUMENT of an offset beyond the state.
        """
        data = self.export()
        _check("offset", offset, 0, len(data), spec.ERROR_ARGUMENT)
        room = memoryview(buffer).cast("B")
        part = data[offset : offset + len(room)]
        room[: len(part)] = part
        return len(part)

    def load(self, data):
        """Takes the state that export gave, for the same configuration; a wrong one raises, and all stays as it was.

        KernelError ERROR_FROZEN or ERROR_STATE_*. Then what was seen last, the unknowns, and what undo needs are forgotten.
        """
        data = bytes(data)
        self.load_part(0, data)
        self.load_staged(len(data))

    def load_part(self, offset, part):
        """Puts a part of a state aside, for load_staged. KernelError ERROR_FROZEN, or ERROR_STATE_SIZE where it goes too far."""
        self._check_thawed()
        _check("offset", offset, 0, 2**32 - 1, spec.ERROR_ARGUMENT)
        state.stage(self, int(offset), part)

    def load_staged(self, size):
        """Takes the state of this size that load_part put aside, as load does; KernelErrors as there."""
        self._check_thawed()
        _check("size", size, 0, 2**32 - 1, spec.ERROR_ARGUMENT)
        self._finish()
        state.load_staged(self, int(size))

    def footprint(self):
        """Bytes of the one buffer that the kernel on the board needs for this configuration."""
        return state.footprint(self.config)

    def info(self):
        """Configuration and present size, an Info."""
        c, whole = self.config, self.whole
        sizes = c.features, c.classes, c.events, c.layers, c.false_reject_permille, c.regression, c.background
        found = len(whole.ids), self.depth, whole.error_q16, whole.contour.level_q12, self.memory.clock, whole.work
        return Info(*sizes, *found, self.memory.frozen, self._next is not None)

    @property
    def depth(self):
        """Layers that earned their place."""
        return len(self.whole.layers)

    def _event(self, x):
        x = np.asarray(x)
        if x.dtype != np.int16 or x.ndim != 1:
            raise TypeError(f"event: {x.dtype} with {x.ndim} axes given, int16 [features] needed")
        if len(x) != self.config.features:
            raise KernelError(spec.ERROR_FEATURES, f"features: {len(x)} given, {self.config.features} needed")
        return x.astype(self._kind)

    def _place(self, event):
        _check_int("event", event)
        at = self.memory.find(event)
        if at is None:
            raise KernelError(spec.ERROR_EVENT, f"event: {event} given, no such event kept")
        return at

    def _unknown(self, unknown):
        _check_int("unknown", unknown)
        for kept in self.memory.nameless():
            if kept.id == unknown:
                return kept.x
        raise KernelError(spec.ERROR_EVENT, f"unknown: {unknown} given, no such unknown remembered")

    def _check_thawed(self):
        if self.memory.frozen:
            raise KernelError(spec.ERROR_FROZEN, "learning is frozen")

    def _check_clock(self, n):
        if self.memory.clock + n > spec.LIMIT_CLOCK:
            words = f"clock: {self.memory.clock} learns made, {spec.LIMIT_CLOCK} can be counted"
            raise KernelError(spec.ERROR_CLOCK, words)

    def _check_label(self, label):
        _check("label", label, *self.config.label_limits(), spec.ERROR_LABEL)

    def _check_class(self, label):
        self._check_thawed()
        if self.config.regression:
            raise KernelError(spec.ERROR_MODE, "mode: classes asked of a regression")
        self._check_label(label)

    def _learn(self, x, label):
        """The event x is absorbed or inserted, and the rebuild begun; a Learned with depth and error of the old network."""
        kept, known, at, victim, reason = self.memory, None, None, None, spec.REASON_NONE
        if self.whole.classes.count(self.config.class_of(label)) > 1:  # one alone gives no distance to compare with
            (known,) = self.whole.answers(x[None, :])
            at = memory.absorber(self.config, kept, self.whole, x, known, label)
        if at is None and len(kept.events) == self.config.events:
            victim, reason = memory.least_useful(self.config, kept, self.whole)
            if victim is None:
                raise KernelError(spec.ERROR_FULL, f"events: budget of {self.config.events} is full")
        evicted = -1 if victim is None else kept.events[victim].id
        event = kept.insert(x, label, victim) if at is None else kept.absorb(at, label)
        if known:
            kept.experienced(event, known, self.config.class_of(label))
        kept.clock += 1
        undo = kept.undo
        if at is None:
            self._begin()
        else:
            self.whole.learn_from(kept.experience)  # what was absorbed changes no neuron
        kept.undo, kept.seen = undo, ("learned", x)
        action = spec.ACTION_INSERTED if at is None else spec.ACTION_ABSORBED
        return Learned(event, len(kept.events), self.depth, self.whole.error_q16, action, reason, evicted)

    def _begin(self):
        """Begins to rebuild the network from the events kept."""
        self.memory.changed()
        self._next = self._make()
        self._steps = list(rebuild_work(self.config, len(self._next.ids), self._next.tried))[::-1]

    def _finish(self):
        if self._next:
            self.whole, self._next, self._steps = self._next, None, []

    def _changed(self):
        self._begin()
        self._finish()

    def _make(self):
        return Whole(self.config, self.memory.events, self.memory.experience, self._kind)
