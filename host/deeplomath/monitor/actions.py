# SPDX-License-Identifier: MIT
"""What a person does to a board that is watched: each action, and what came of it in words."""

import contextlib

from ..errors import DeeplomathError, KernelError, ModelError
from ..link.saving import fitting
from ..model import fields
from ..results import Answer, Verdict
from ..spec import ERROR_ARGUMENT
from .shown import called

NAMES = "teach", "correct", "drop", "undo", "gather", "rename", "freeze", "save", "run"
LESSON = 1000  # events of one, at most


class Naming:
    """The names of the classes, on the board too: the Model's where there is one.

    device: a Device; model: a Model or None; classes: how many there may be.
    """

    def __init__(self, device, model=None):
        self.device, self.model = device, model
        kept = device.names
        self.title = kept[0] if kept else ""
        self.names = model.names if model else []
        if kept and not self.names:
            self.names[:] = kept[1:]

    def label(self, name):
        """The label of a class by its name or its number; a new name gets the next one that is free. KernelError: there is none."""
        name, classes = str(name).strip(), self.device.info().classes
        if name in self.names:
            return self.names.index(name)
        if name.isascii() and name.isdecimal():
            if int(name) >= classes:
                raise KernelError(ERROR_ARGUMENT, f"class: {name} given, 0..{classes - 1} allowed")
            return int(name)
        if not 0 < len(name) <= fields.LONGEST or not name.isprintable() or name == "unknown":
            raise ModelError(
                f"name: {fields.shown(name)} given, a name of 1..{fields.LONGEST} characters other than unknown needed"
            )
        if len(self.names) >= classes:
            raise ModelError(f"name: {name!r} given, all {classes} classes have names: {', '.join(self.names)}")
        self.names.append(name)
        return len(self.names) - 1

    def of(self, answer):
        """The name of a label or of an Answer, "unknown" for that verdict."""
        if isinstance(answer, Answer):
            answer = -1 if answer.verdict == Verdict.UNKNOWN else answer.label
        return called(self.names, answer)

    @contextlib.contextmanager
    def kept(self):
        """Within it new names count; they are told to the board, and forgotten where it fails."""
        before = list(self.names)
        try:
            yield self
        except DeeplomathError:
            self.names[:] = before
            raise
        if self.names != before:
            self.device.names = fitting((self.title, *self.names))


class Actions:
    """The actions on a Device, each a method that returns words. DeeplomathError: it could not be done; all is as before.

    source: what gives the events, of sources.py; naming: a Naming.
    """

    def __init__(self, device, source, naming):
        self.device, self.source, self.naming = device, source, naming
        self.saved = 0  # number of the last save

    def teach(self, name, events=1):
        """The next events, so many, are learned as this class; 0 ends a lesson."""
        if not 0 <= events <= LESSON:
            raise KernelError(ERROR_ARGUMENT, f"events: {events} given, 0..{LESSON} allowed")
        label = self.teach_as(name, events)
        self.source.shots = 0  # who teaches by hand is not to be disturbed by what the recording teaches
        if not events:
            return "the lesson is ended"
        return f"the next {_events(events)} {_are(events)} learned as {self.naming.of(label)}"

    def teach_as(self, name, events):
        """The same for who wants no words; returns the label, None where a lesson ends."""
        if not events:
            self.device.teach(0, 0)
            return None
        with self.naming.kept() as naming:
            label = naming.label(name)
            self.device.teach(label, events)
        return label

    def correct(self, name):
        """That was a NAME: the event last answered or learned is learned as this class."""
        with self.naming.kept() as naming:
            label = naming.label(name)
            learned = self.device.correct(label)
        return f"the last event is learned as {self.naming.of(label)}: {self._now(learned)}"

    def drop(self):
        """Drop it: the event last answered or learned is forgotten."""
        self.device.drop()
        return f"the last event is dropped: {self._now()}"

    def undo(self):
        """The last learn, or all of the last naming, is taken back."""
        self.device.undo()
        return f"undone: {self._now()}"

    def gather(self, name):
        """The unknowns that the board remembers become one class."""
        unknowns = self.device.unknowns()
        if not unknowns:
            raise KernelError(ERROR_ARGUMENT, "unknowns: none is remembered, so none can be named")
        with self.naming.kept() as naming:
            label = naming.label(name)
            learned = self.device.name(unknowns, label)
        return f"{_events(len(unknowns), 'unknown')} {_are(len(unknowns))} {self.naming.of(label)} now: {self._now(learned)}"

    def rename(self, name, to):
        """Gives a class another name."""
        to = str(to).strip()
        with self.naming.kept() as naming:
            label = naming.label(name)
            if to in naming.names and naming.names.index(to) != label:
                raise ModelError(f"name: {to!r} given, another class is called so; correct teaches an event as that")
            if not 0 < len(to) <= fields.LONGEST or not to.isprintable() or to == "unknown":
                raise ModelError(
                    f"name: {fields.shown(to)} given, a name of 1..{fields.LONGEST} characters other than unknown needed"
                )
            naming.names += [f"class {i}" for i in range(len(naming.names), label + 1)]
            naming.names[label] = to
        return f"{name} is called {to} now"

    def freeze(self, frozen=None):
        """All learning stops, or goes on; None: the other of the two."""
        frozen = not self.device.info().frozen if frozen is None else frozen
        self.device.freeze(frozen)
        return "frozen: nothing is learned any more" if frozen else "thawed: it learns again"

    def save(self):
        """The board saves for the time without power."""
        self.saved = self.device.save()
        return f"saved on the board: save {self.saved}"

    def run(self, running=None):
        """The samples go on, or rest; None: the other of the two."""
        running = not self.source.running if running is None else running
        self.source.run(running)
        return "the samples come" if running else "the samples rest"

    def _now(self, learned=None):
        """What the network is now."""
        neurons = learned.neurons if learned else self.device.info().neurons
        digest = self.device.last_digest
        return f"{neurons} neurons" + ("" if digest is None else f", digest {digest:08x}")


def _events(n, one="event"):
    return f"{n} {one}{'s' * (n != 1)}"


def _are(n):
    return "is" if n == 1 else "are"
