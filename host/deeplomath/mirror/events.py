# SPDX-License-Identifier: MIT
"""The events kept, their experience, and the unknowns remembered. Twin of firmware/kernel/dlm_events.c. NUMERICS.md, Memory."""

from typing import NamedTuple

import numpy as np

from .. import spec
from ..errors import KernelError
from ..integers import check_int
from .layout import check_range


class Event(NamedTuple):
    """An event as it is kept; x is int16 values [d] in the dtype that the network computes in."""

    id: int
    touched: int  # the clock of its class when it was last learned, absorbed one or was relabelled
    label: int  # class, or value of a regression
    count: int  # 1..LIMIT_COUNT
    x: np.ndarray


class Experience(NamedTuple):
    """What the network had to say of a labelled event before it was learned."""

    event: int
    novelty_q12: int
    margin_q8: int  # of the class answered, within 0..1
    hit: bool
    inserted: bool  # the learn inserted the event; else this absorbed it


class Unknown(NamedTuple):
    """An unknown event that is remembered."""

    id: int
    x: np.ndarray
    named: bool  # by the last change: it is remembered only for undo


class Undo(NamedTuple):
    """What undo puts back: what was kept before the last change, one learn or the learns of one naming."""

    events: list
    experience: list
    clock: int
    class_clock: list
    label: int  # under which the event was learned
    absorbed: bool  # all that was learned was


class Kept:
    """What a network keeps: events and experience, oldest first, and what it remembers beside them."""

    def __init__(self, classes):
        self.clock = 0
        self.class_clock = [0] * classes  # learns of each class; of a regression, all are of class 0
        self.frozen = False
        self.events = []
        self.experience = []
        self.undo = None  # Undo, where the last change was a learn or a naming
        self.seen = None  # ("inferred" | "unknown" | "learned", x) of the event seen last
        self.unknowns = []  # Unknown, oldest first
        self.unknowns_met = 0  # modulo 2^32

    # Events

    def find_event(self, event):
        """Position of the event with this id, or KernelError ERROR_EVENT."""
        check_int("event", event)
        for at, kept in enumerate(self.events):
            if kept.id == event:
                return at
        raise KernelError(spec.ERROR_EVENT, f"event: {event} given, no such event kept")

    def members(self, config):
        """Events kept of each class, a list."""
        counts = [0] * config.classes
        for event in self.events:
            counts[config.class_of(event.label)] += 1
        return counts

    def remove_event(self, at):
        """Takes the event at a position out; returns it."""
        return self.events.pop(at)

    def insert_event(self, event):
        """Puts an event in, behind the others."""
        self.events.append(event)

    def has_room(self, config, label, n):
        """Whether n more events of a class find room: each takes a free position, or that of one beyond the second of its class."""
        members = self.members(config)
        room = config.events - len(self.events) + sum(max(0, count - 2) for count in members)
        own = members[config.class_of(label)]
        for _ in range(n):
            if not room:
                return False
            own += 1
            room += (own > 2) - 1
        return True

    def tick(self, own):
        """Counts a learn of class `own`; returns its clock before, when the event learned is touched."""
        self.class_clock[own] += 1
        return self.class_clock[own] - 1

    # Experience

    def add_experience(self, entry):
        """Adds an Experience; the oldest goes when there is no room."""
        self.experience = [*self.experience, entry][-spec.MEMORY_EXPERIENCE :]

    def forget_experience(self, event):
        """Forgets the experience of the event with this id."""
        self.experience = [entry for entry in self.experience if entry.event != event]

    # Events with their experience and their clocks

    def forget_event(self, config, at):
        """Forgets the event at this position and its experience; the newest takes its ticks of both clocks along."""
        event = self.events[at]
        own = config.class_of(event.label)
        if event.id + 1 == self.clock:
            self.clock -= 1
            self.class_clock[own] -= event.touched + 1 == self.class_clock[own]
        self.forget_experience(event.id)
        self.remove_event(at)

    def move_class(self, label, to):
        """Moves the events of class `label`, and its clock, to the class `to`, which has no events."""
        self.events = [event._replace(label=to) if event.label == label else event for event in self.events]
        clock, self.class_clock[label] = self.class_clock[label], 0
        self.class_clock[to] = clock

    # Unknowns

    def remove_oldest_unknown(self):
        """Removes the oldest unknown that was named, or the oldest of all if there is none."""
        named = (at for at, unknown in enumerate(self.unknowns) if unknown.named)
        del self.unknowns[next(named, 0)]

    def find_unknown(self, unknown):
        """The Unknown of this id, or KernelError ERROR_EVENT where it is not remembered, or only for undo."""
        check_int("unknown", unknown)
        for kept in self.nameless():
            if kept.id == unknown:
                return kept
        raise KernelError(spec.ERROR_EVENT, f"unknown: {unknown} given, no such unknown remembered")

    def remember_unknown(self, x):
        """Puts an unknown event into the ring of unknowns."""
        if len(self.unknowns) == spec.LIMIT_UNKNOWNS:
            self.remove_oldest_unknown()
        self.unknowns.append(Unknown(self.unknowns_met, x, False))
        self.unknowns_met = (self.unknowns_met + 1) % 2**32

    def nameless(self):
        """The unknowns that have not been named."""
        return [unknown for unknown in self.unknowns if not unknown.named]


def check_label(config, label):
    """KernelError ERROR_LABEL of a label outside its limits."""
    check_range("label", label, *config.label_limits(), spec.ERROR_LABEL)
