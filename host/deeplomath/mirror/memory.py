# SPDX-License-Identifier: MIT
"""The events kept: absorb, insert, evict, experience, unknowns. Twin of firmware/kernel/dlm_memory.c. NUMERICS.md, Memory."""

from typing import NamedTuple

import numpy as np

from .. import spec
from ..fixed import round_shift
from . import contour, metric, solve


class Event(NamedTuple):
    """An event as it is kept; x is int16 values [d] of the memory's kind."""

    id: int
    touched: int
    label: int  # class, or value of a regression
    count: int  # 1..LIMIT_COUNT
    x: np.ndarray


class Experience(NamedTuple):
    """What the network had to say of a labelled event before it was learned."""

    event: int
    novelty_q12: int
    margin_q8: int  # of the class answered, within 0..1
    hit: bool


class Unknown(NamedTuple):
    """An unknown event that is remembered."""

    id: int
    x: np.ndarray
    named: bool  # by the last change: it is remembered only for undo


class Undo(NamedTuple):
    """What undo puts back: the memory as it was before the last change, one learn or the learns of one naming."""

    events: list
    experience: list
    clock: int
    label: int  # under which the event was learned
    absorbed: bool  # all that was learned was


class Memory:
    """Events and experience, oldest first."""

    def __init__(self):
        self.clock = 0
        self.frozen = False
        self.events = []
        self.experience = []
        self.undo = None  # Undo, where the last change was a learn or a naming
        self.seen = None  # ("inferred" | "unknown" | "learned", x) of the event seen last
        self.unknowns = []  # Unknown, oldest first
        self.unknowns_met = 0  # modulo 2^32

    def find(self, event):
        """Place of the event with this id; None if it is not kept."""
        return next((i for i, kept in enumerate(self.events) if kept.id == event), None)

    def changed(self):
        """To be called when the events have changed: there is nothing to undo, nor to correct, any more."""
        self.undo = self.seen = None
        self.unknowns = self.nameless()

    def insert(self, x, label, victim):
        """Keeps x as a new event, in place of the event `victim` (None: in a free place); returns its id."""
        self.changed()
        self.undo = Undo(list(self.events), list(self.experience), self.clock, label, False)
        if victim is not None:
            del self.events[victim]
        self.events.append(Event(self.clock, self.clock, label, 1, x))
        return self.clock

    def absorb(self, at, label):
        """Lets the event at this place stand for one more, learned under label; returns its id."""
        self.changed()
        self.undo = Undo(list(self.events), list(self.experience), self.clock, label, True)
        kept = self.events[at]
        self.events[at] = kept._replace(count=min(kept.count + 1, spec.LIMIT_COUNT), touched=self.clock)
        return kept.id

    def experienced(self, event, answer, own):
        """Adds what was answered to an event of class `own` before it was learned; the oldest goes when there is no room."""
        entry = Experience(event, answer.novelty, contour.margin_q8(answer.margin), answer.label == own)
        self.experience = [*self.experience, entry][-spec.MEMORY_EXPERIENCE :]

    def take_back(self):
        """Undoes the last change; the unknowns that it named are remembered again."""
        self.events, self.experience, self.clock, *_ = self.undo
        self.unknowns = [unknown._replace(named=False) for unknown in self.unknowns]
        self.changed()

    def forget(self, at):
        """Forgets the event at this place and its experience; the newest takes its tick of the clock along."""
        event = self.events.pop(at).id
        self.experience = [entry for entry in self.experience if entry.event != event]
        self.clock -= event + 1 == self.clock

    def nameless(self):
        """The unknowns that have not been named."""
        return [unknown for unknown in self.unknowns if not unknown.named]

    def remember_unknown(self, x):
        """Puts an unknown event into the ring of unknowns; the oldest goes when there is no room, named ones first."""
        if len(self.unknowns) == spec.LIMIT_UNKNOWNS:
            named = (i for i, unknown in enumerate(self.unknowns) if unknown.named)
            del self.unknowns[next(named, 0)]
        self.unknowns.append(Unknown(self.unknowns_met, x, False))
        self.unknowns_met = (self.unknowns_met + 1) % 2**32

    def named(self, ids, undo):
        """To be called when the unknowns of these ids have been learned; undo puts back what was before all of them."""
        self.changed()
        self.undo = undo
        self.unknowns = [unknown._replace(named=unknown.id in ids) for unknown in self.unknowns]

    def has_room(self, config, label, n):
        """Whether n more events of a class find room: each takes a free place, or that of one beyond the second of its class."""
        members = [config.class_of(event.label) for event in self.events]
        room = config.events - len(members) + sum(max(0, members.count(c) - 2) for c in set(members))
        own = members.count(config.class_of(label))
        for _ in range(n):
            if not room:
                return False
            own += 1
            room += (own > 2) - 1
        return True


def absorber(config, memory, built, x, answer, label):
    """Place of the event that absorbs x, just answered, under label: the nearest of its class; None if it is to be inserted."""
    if not _answers_well(config, built, answer, label):
        return None
    z = metric.coordinates(built.metric, x[None, :])
    distance2 = solve.squared_distances(z, built.layers[0].n_q8)[0]
    own = [i for i, neuron_class in enumerate(built.classes) if neuron_class == config.class_of(label)]
    return built.order[min(own, key=lambda i: (distance2[i], i))]


def _answers_well(config, built, answer, label):
    """Whether the network already answers an event of this label with margin, or a regression with precision."""
    level = built.contour.level_q12
    if len(built.present) == 1:  # no other class sets a margin: only what is as near as events of a class usually are
        level = min(level, contour.ONE_Q12)
    if answer.novelty > level:
        return False
    if not config.regression:
        return answer.label == label and answer.margin > spec.MEMORY_ABSORB_MARGIN
    miss = abs(label * 256 - answer.value) * built.target.mantissa
    return round_shift(miss, built.target.shift - 8) <= spec.MEMORY_ABSORB_MISS


def _lack(config, built, i):
    """What the left-out margin of neuron i lacks of 1, Q16; in a regression, by how much its value is missed."""
    if config.regression:
        return abs(int(built.targets[i, 0]) - int(built.left_out[i, 0]))
    return contour.ONE_Q16 - contour.margin(built.left_out[i], built.classes[i], built.present)


def least_useful(config, memory, built):
    """(place, reason) of the event that the network misses least, never one of the last two of its class; (None, 0) if none may go.

    Usefulness Q16: what the left-out margin lacks of 1, plus an eighth of the distance to the nearest event of the class in
    spacings, less 0.2 of the age in budgets.
    """
    nearest = contour.nearest_distances(built.layers[0].n_q8, built.classes, same_class=True)
    best, best_ageless = None, None
    for i, place in enumerate(built.order):
        event = memory.events[place]
        if built.classes.count(built.classes[i]) <= 2:
            continue
        distance = contour.novelty(nearest[i], contour.ONE_Q16, built.contour.spacing_q12)
        age = min(memory.clock - event.touched, spec.MEMORY_AGE) * spec.MEMORY_WEIGHT_AGE // config.events
        ageless = _lack(config, built, i) + (distance << spec.MEMORY_DISTANCE_SHIFT)
        useful, ageless = (ageless - age, i), (ageless, i)
        best = useful if best is None or useful < best else best
        best_ageless = ageless if best_ageless is None or ageless < best_ageless else best_ageless
    if best is None:
        return None, spec.REASON_NONE
    return built.order[best[1]], spec.REASON_REDUNDANT if best[1] == best_ageless[1] else spec.REASON_AGED
