# SPDX-License-Identifier: MIT
"""A model: the front-end and the network that a model file declares, with names for what they learn."""

from __future__ import annotations

import contextlib
import numbers
from importlib import resources
from typing import TYPE_CHECKING, Any

from .. import spec
from ..errors import DeviceError, KernelError, ModelError
from ..integers import check_int
from ..mirror.network import Network
from ..results import Answer, Learned, Verdict, event
from ..signal.front import FrontEnd
from ..stream import Stream
from ..vote import Vote
from . import text
from .fields import LONGEST, UNKNOWN, shown

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

    from ..results import Event

PRESETS = "motion", "keywords", "vibration", "current"


def preset(name):
    """The text of a preset, one of PRESETS."""
    return resources.files(__package__).joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")


def _read(source):
    """The Text of a preset or of a file."""
    name = str(source)
    return text.parsed(preset(name), f"{name}.toml") if name in PRESETS else text.read(source)


class Model:
    """A model file: what is measured, what becomes of it, and what is learned from it.

    source: the path of a file, the name of a preset (motion, keywords, vibration, current), or a Text. ModelError (a
    ValueError) names file, line and field of what is wrong.

    program: the bytes of the front-end. source, vote, steps: as the file has them. names: of the classes so far, a list;
    a class that is taught under a new name gets the next number, up to `classes`.

    >>> model = Model("motion")
    >>> len(model.source.lines), model.front_end().features, model.network().info().events
    (6, 31, 64)
    """

    program: bytes
    names: list[str]
    classes: int

    def __init__(self, source: str | os.PathLike[str] | text.Text) -> None:
        self.text = source if isinstance(source, text.Text) else _read(source)
        self.program, self.source, self.vote = self.text.program, self.text.source, self.text.vote
        self.steps, self.classes = self.text.steps, self.text.classes
        self.names = list(self.text.names)
        self._front = self._net = None
        by_mean = self.vote.by == spec.RULES[spec.RULE_MEAN]
        self._stream = Stream(Vote(self.vote.over, by_mean, self.vote.hold, spec.LIMIT_CLASSES))

    def front_end(self, unbounded: bool = False) -> FrontEnd:
        """A fresh FrontEnd of the program."""
        return FrontEnd(self.program, unbounded=unbounded)

    def network(self, **others: Any) -> Network:
        """A fresh Network of the features, the classes and [network]; others: more of its arguments."""
        return Network(**(self.config() | others))

    def config(self) -> dict[str, Any]:
        """The arguments of Network, and of Device.configure."""
        return dict(features=self.front.features, classes=self.classes, **self.text.network)

    @property
    def front(self) -> FrontEnd:
        """The FrontEnd that push feeds."""
        self._front = self._front or self.front_end()
        return self._front

    @property
    def net(self) -> Network:
        """The Network that push asks, and that teach lets learn; anything with its methods may be put in its place."""
        self._net = self._net or self.network()
        return self._net

    @net.setter
    def net(self, network: Any) -> None:
        given, needed = network.info().features, self.front.features
        if given != needed:
            raise ModelError(f"net: {given} features given, {needed} needed")
        self._net = network

    def teach(self, name: str | int, events: int = 1) -> None:
        """The next events, so many, are learned under this name or label; 0 ends it. ModelError for one too many."""
        if not 0 <= check_int("events", events) < 2**32:
            raise ModelError(f"events: {events!r} given, 0..{2**32 - 1} allowed")
        with self.naming(name, events) as label:
            self._stream.teach(label, events)

    @contextlib.contextmanager
    def naming(self, name: str | int, events: int) -> Iterator[int]:
        """The label of a class, to teach so many events under it: a new name is kept unless that is refused, and not for 0."""
        before = len(self.names)
        label = 0 if not events and isinstance(name, str) and name not in self.names else self.label(name)
        try:
            yield label
        except (KernelError, DeviceError, TypeError):
            del self.names[before:]
            raise

    def label(self, name: str | int) -> int:
        """The label of a class by its name; a new name gets the next number. A label, 0..classes-1, is returned as it is."""
        if isinstance(name, numbers.Integral) and not isinstance(name, bool):
            if not 0 <= name < self.classes:
                raise ModelError(f"label: {name} given, 0..{self.classes - 1} allowed")
            return int(name)
        if name not in self.names:
            if not isinstance(name, str) or not 0 < len(name) <= LONGEST or not name.isprintable() or name == UNKNOWN:
                words = f"a name of 1..{LONGEST} characters that print, other than {UNKNOWN}, needed"
                raise ModelError(f"name: {shown(name)} given, {words}")
            if len(self.names) >= self.classes:
                words = f"{name!r} given, all {self.classes} classes have names: {', '.join(self.names)}"
                raise ModelError(f"name: {words}")
            self.names.append(name)
        return self.names.index(name)

    def name(self, answer: Answer | int) -> str:
        """The name of an Answer or a label: of its class, "unknown" for that verdict, and for the label -1."""
        if isinstance(answer, Answer):
            answer = -1 if answer.verdict == Verdict.UNKNOWN else answer.label
        if answer < 0:
            return UNKNOWN
        return self.names[answer] if answer < len(self.names) else f"class {answer}"

    def push(self, samples: ArrayLike) -> list[Event]:
        """The Events that samples int16 [n, lines] complete, a list: each learned, while one is taught, or answered."""
        return [self._event(at, x) for at, x in self.front.push(samples)]

    def _event(self, at, x):
        label = self._stream.label
        result, voted = self._stream.take(self.net, x)
        digest = self.net.digest() if isinstance(result, Learned) and not self.net.info().building else None
        return event(at, x, result, voted, label, self.name, digest=digest)
