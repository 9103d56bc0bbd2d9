# SPDX-License-Identifier: MIT
"""The face that users see: Network and cost. Twin of firmware/kernel/dlm.h. NUMERICS.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import spec
from ..errors import KernelError
from ..integers import as_bytes, as_int16
from . import answer, layout, memory, phases, rebuild, state

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Never, Self

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Buffer

    from ..results import Answer, Cost, Info, Learned


def cost(
    *,
    features: int,
    classes: int,
    events: int,
    layers: int = spec.DEFAULT_LAYERS,
    regression: bool = False,
    background: bool = False,
) -> Cost:
    """What a network of this configuration can cost at most, a Cost; raises KernelError as Network does."""
    rate = spec.DEFAULT_FALSE_REJECT_PERMILLE
    return phases.cost(layout.check(features, classes, events, layers, rate, regression, background))


class Network:
    """A function network that learns event by event. The mirror of `deeplomath.Network` on the board, bit for bit.

    features: 1..160, classes: 1..16, events: 1..512 (the budget), layers: 1..4 (the most), false_reject_permille: 1..500;
    regression: labels are int16 values to predict, classes is 1; background: room for a second network on the board, so that
    the old one answers while it is rebuilt (learn with build=False).
    unbounded: compute on unbounded Python ints (slow), to show any overflow that 64-bit runs would share.
    Wrong arguments raise KernelError (a ValueError) that names the value and its limits; the network stays as it was.
    It is for one thread at a time; only infer_many may be called by many at once, while none changes the network.

    >>> net = Network(features=2, classes=2, events=8)
    >>> for label, x in enumerate(([0, 0], [900, 900])):
    ...     _ = net.learn(np.array(x, np.int16), label)
    >>> net.infer(np.array([880, 890], np.int16)).label
    1
    """

    def __init__(
        self,
        *,
        features: int,
        classes: int,
        events: int,
        layers: int = spec.DEFAULT_LAYERS,
        false_reject_permille: int = spec.DEFAULT_FALSE_REJECT_PERMILLE,
        regression: bool = False,
        background: bool = False,
        unbounded: bool = False,
    ) -> None:
        self.config = layout.check(features, classes, events, layers, false_reject_permille, regression, background)
        self.dtype = object if unbounded else np.int64
        self.clear()

    @classmethod
    def from_state(cls, data: Buffer) -> Self:
        """The Network whose state export gave, of the configuration that the state has in it.

        KernelError ERROR_STATE_*: it is none, or of a configuration that no network has. TypeError: no bytes.
        """
        data = as_bytes(data, "state")
        sizes = state.configuration(data)
        try:
            net = cls(**sizes)
        except KernelError as error:
            raise KernelError(spec.ERROR_STATE_CONFIG, f"state: of no network that can be: {error}") from error
        net.load(data)
        return net

    def resized(self, *, events: int | None = None, classes: int | None = None, **others: Never) -> Network:
        """A Network of other events (the budget) or classes, with the same events and experience, rebuilt. Host only.

        KernelError ERROR_EVENTS, ERROR_CLASSES: fewer than the events kept, or fewer classes than this has; or as Network.
        TypeError: anything else, features too, cannot change, since the events kept are of the network as it is.
        """
        for name in others:
            kept = f"the events kept have {self.config.features} features, and were learned with what this network is"
            raise TypeError(f"{name}: cannot change, only events and classes can: {kept}; make another Network")
        rebuild.finish(self)
        sizes = {name: size for name, size in (("events", events), ("classes", classes)) if size is not None}
        net = Network(**self.config._asdict() | sizes, unbounded=self.dtype is object)
        layout.check_range("events", net.config.events, len(self.memory.events), spec.LIMIT_EVENTS, spec.ERROR_EVENTS)
        layout.check_range("classes", net.config.classes, self.config.classes, spec.LIMIT_CLASSES, spec.ERROR_CLASSES)
        memory.copy(self, net)
        return net

    def configure(self, **sizes: Any) -> None:
        """Becomes an empty network, of the arguments of Network; wrong ones change nothing, nor does ERROR_FROZEN."""
        memory.check_thawed(self)
        self.__init__(**sizes, unbounded=self.dtype is object)

    def clear(self) -> None:
        """Forgets everything."""
        memory.init(self)

    # Learning

    def learn(self, x: ArrayLike, label: int, build: bool = True) -> Learned:
        """Learns the event x [features], integers that fit int16, as label; returns a Learned.

        label: 0..classes-1, or the int16 value of a regression.

        An event that already stands for it absorbs it; else it is kept as a neuron, for which the least useful event goes
        when the budget is used up. build=False (with background): the rebuild is left to build_step; until it is whole, the
        old network answers. KernelError ERROR_FROZEN, ERROR_MODE, ERROR_LABEL, ERROR_CLOCK, or ERROR_FULL when the budget is
        used up and each event is one of the last two of its class.
        """
        return (memory.learn if build else memory.learn_begin)(self, self._event(x), label)

    def learn_many(self, x: ArrayLike, labels: Sequence[int]) -> None:
        """Keeps every event of x (int16 [n, features]) as a neuron, none absorbed, and rebuilds once: for data at hand.

        Host only; the state can be loaded into a board. KernelError ERROR_FULL when the budget is too small.
        """
        memory.check_thawed(self)
        events = self._events(x)
        if not hasattr(labels, "__len__"):
            raise TypeError(f"labels: {type(labels).__name__} given, a list or an array needed")
        if len(labels) != len(events):
            raise KernelError(spec.ERROR_ARGUMENT, f"labels: {len(labels)} given, {len(events)} needed")
        memory.learn_many(self, events, labels)

    def build_step(self, budget: int) -> bool:
        """Goes on with a rebuild for about budget multiply-accumulates, at least one step; True while there is more to do."""
        layout.check_range("budget", budget, 1, 2**32 - 1, spec.ERROR_ARGUMENT)
        return rebuild.build_step(self, budget)

    def undo(self) -> None:
        """Takes the last learn or naming back; the digest is that of before, and unknowns that were named are remembered again.

        KernelError ERROR_NOTHING unless the last change was a learn, a correction or a naming.
        """
        memory.undo(self)

    def forget(self, event: int) -> None:
        """Forgets the event of this id and its experience. KernelError ERROR_EVENT.

        Forgetting the newest takes back its ticks of the clocks: if nothing had to go for it, the digest is that of before.
        """
        memory.forget(self, event)

    def relabel(self, event: int, label: int) -> None:
        """Gives an event another label, which touches it as a learn does. KernelError ERROR_EVENT, ERROR_LABEL, ERROR_CLOCK."""
        memory.relabel(self, event, label)

    def correct(self, label: int) -> Learned:
        """Learns the event last seen under label ("that was a 3"), undoing its learn first if it was learned; a Learned.

        KernelError ERROR_NOTHING when none was seen since the last other change, or as learn.
        """
        return memory.correct(self, label)

    def drop(self) -> None:
        """Undoes the learn of the event last seen ("drop it"), or takes it out of the unknowns. KernelError ERROR_NOTHING."""
        memory.drop(self)

    def unknowns(self) -> tuple[int, ...]:
        """Ids of the unknown events remembered, oldest first, a tuple. They count the unknowns met; they are no event ids."""
        return tuple(unknown.id for unknown in self.memory.nameless())

    def unknown(self, unknown: int) -> NDArray[np.int16]:
        """Features int16 [features] of a remembered unknown. KernelError ERROR_EVENT."""
        return self.memory.find_unknown(unknown).x.astype(np.int16)

    def name(self, unknowns: Iterable[int], label: int) -> Learned:
        """Learns the unknowns of these ids, in this order, under label, and forgets them as unknowns; the last's Learned.

        KernelError ERROR_COUNT, ERROR_EVENT (an id not there, or twice), or as learn.
        """
        return memory.name(self, tuple(unknowns), label)

    def rename_class(self, label: int, to: int) -> None:
        """Moves all events of class `label`, and its clock, to the class `to`, which has no events.

        KernelError ERROR_MODE, ERROR_LABEL, ERROR_PRESENT.
        """
        memory.rename_class(self, label, to)

    def drop_class(self, label: int) -> None:
        """Forgets all events of a class, and its clock. KernelError ERROR_MODE or ERROR_LABEL."""
        memory.drop_class(self, label)

    def freeze(self, frozen: bool = True) -> None:
        """Stops all learning, or lets it go on: meanwhile all that changes events raises KernelError ERROR_FROZEN."""
        memory.freeze(self, frozen)

    # Asking

    def infer(self, x: ArrayLike) -> Answer:
        """What the network says of the event x [features], integers that fit int16: an Answer.

        When nothing is learned its label is -1, its verdict unknown. x is remembered as the event last seen, and an
        unknown one among the unknowns.
        """
        return memory.infer(self, self._event(x))

    def infer_many(self, x: ArrayLike) -> list[Answer]:
        """The Answers to the events x (int16 [n, features]), a list; none of them is remembered. Host only."""
        events = self._events(x)
        return answer.answers(self.live, np.array(events, self.dtype)) if len(events) else []

    def info(self) -> Info:
        """Configuration and present size, an Info."""
        return memory.info(self)

    def footprint(self) -> int:
        """Bytes of the one buffer that the kernel on the board needs for this configuration."""
        return layout.footprint(self.config)

    @property
    def depth(self) -> int:
        """Layers that earned their place."""
        return len(self.live.layers)

    # Storing

    def digest(self) -> int:
        """CRC-32 of everything the network is: configuration, events, experience, contour, metric and layers."""
        rebuild.finish(self)
        return state.digest(self)

    def state_size(self) -> int:
        """Bytes of the state."""
        return state.state_size(self)

    def export(self) -> bytes:
        """The state as bytes: configuration, events, experience: the network is rebuilt from them (NUMERICS.md, State)."""
        rebuild.finish(self)
        return state.export(self)

    def export_part(self, offset: int, buffer: Buffer) -> int:
        """Writes the state from offset on into a writable buffer; returns how many bytes, at most what is left of it.

        KernelError ERROR_ARGUMENT of an offset beyond the state.
        """
        data = self.export()
        layout.check_range("offset", offset, 0, len(data), spec.ERROR_ARGUMENT)
        room = memoryview(buffer).cast("B")
        part = data[offset : offset + len(room)]
        room[: len(part)] = part
        return len(part)

    def load(self, data: Buffer) -> None:
        """Takes the state that export gave, for the same configuration; a wrong one raises, and all stays as it was.

        KernelError ERROR_FROZEN or ERROR_STATE_*. Then what was seen last, the unknowns, and what undo needs are forgotten.
        """
        data = as_bytes(data, "state")
        self.load_part(0, data)
        self.load_staged(len(data))

    def load_part(self, offset: int, part: Buffer) -> None:
        """Puts a part of a state aside, for load_staged. KernelError ERROR_FROZEN, or ERROR_STATE_SIZE where it goes too far."""
        memory.check_thawed(self)
        layout.check_range("offset", offset, 0, 2**32 - 1, spec.ERROR_ARGUMENT)
        state.load_part(self, int(offset), part)

    def load_staged(self, size: int) -> None:
        """Takes the state of this size that load_part put aside, as load does; KernelErrors as there."""
        memory.check_thawed(self)
        layout.check_range("size", size, 0, 2**32 - 1, spec.ERROR_ARGUMENT)
        rebuild.finish(self)
        state.load_staged(self, int(size))

    def _event(self, x):
        """x as a row in the network's dtype; TypeError, or KernelError ERROR_ARGUMENT or ERROR_FEATURES."""
        x = as_int16(x, "event", ("feature",))
        if len(x) != self.config.features:
            raise KernelError(spec.ERROR_FEATURES, f"features: {len(x)} given, {self.config.features} needed")
        return x.astype(self.dtype)

    def _events(self, x):
        """The rows of x, each as _event has it; an array of int16 of the right width is taken whole."""
        whole = isinstance(x, np.ndarray) and x.dtype == np.int16 and x.ndim == 2 and x.shape[1] == self.config.features
        if not whole and not hasattr(x, "__iter__"):
            raise TypeError(f"events: {type(x).__name__} given, rows of integers needed")
        return x.astype(self.dtype) if whole else [self._event(row) for row in x]
