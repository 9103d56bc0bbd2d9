# SPDX-License-Identifier: MIT
"""What all estimators share: parameters, the network behind them, what it knows, and the way to a board."""

import copy
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from .. import spec
from ..errors import DeeplomathError, KernelError
from ..mirror import contour, metric
from ..mirror.dot import squared_distances
from ..mirror.layout import check_range
from ..mirror.network import Network
from ..results import Verdict
from . import checked
from .draft import asks


class Nearest(NamedTuple):
    """An event that was taught and kept: its row, counted from 0 over all that was taught; its label; how far it lies.

    distance: in deviations within classes, as the known set is measured (NUMERICS.md, Contour).
    """

    row: int
    label: object
    distance: float


class Pushed(NamedTuple):
    """What a board was given: the digest that it proved, the name of each class by its number, and the scale.

    scale: the Scale that makes a board's events of X, None where X is int16 as it is.
    """

    digest: int
    names: dict
    scale: object


class NetworkEstimator(BaseEstimator):
    """A Network behind scikit-learn's calls. Not for itself: DeeplomathClassifier and the others are made of it.

    net_: the deeplomath.Network, another one after each call that teaches. scale_: the Scale of the features, or None.
    n_taught_: rows taught so far.
    A fit or partial_fit that fails changes nothing. Many threads may ask at once, also while one teaches: they are answered
    by what was learned before. Those that teach wait for each other.
    """

    def __init__(
        self,
        *,
        budget=None,
        layers=spec.DEFAULT_LAYERS,
        false_reject_permille=spec.DEFAULT_FALSE_REJECT_PERMILLE,
        scale="auto",
    ):
        self.budget = budget
        self.layers = layers
        self.false_reject_permille = false_reject_permille
        self.scale = scale

    # What it knows

    @asks
    def known(self, X):
        """Whether each row of X is like what was taught: bool [n]. False of what predict should not be believed on."""
        return np.array([answer.verdict != Verdict.UNKNOWN for answer in self.answers(X)], bool)

    @asks
    def verdict(self, X):
        """The Verdict on each row of X, an array [n] of deeplomath.Verdict: UNKNOWN, UNCERTAIN or KNOWN."""
        found = np.empty(len(answers := self.answers(X)), object)
        found[:] = [answer.verdict for answer in answers]
        return found

    @asks
    def answers(self, X):
        """The network's own answers to the rows of X, a list of deeplomath.Answer, integers to the bit as a board gives."""
        x = self._events(X)
        return self.net_.infer_many(x)

    @asks
    def explain(self, X, n=spec.LIMIT_NEAREST):
        """The n kept events nearest to each row of X, 1..512 or as many as there are: lists of Nearest, nearest first."""
        check_range("n", n, 1, spec.LIMIT_EVENTS, spec.ERROR_ARGUMENT)
        x = self._events(X).astype(np.int64)
        live = self.net_.live
        distance2 = squared_distances(metric.first_coordinates(live.metric, x), live.z_q8)
        order = np.argsort(distance2, 1, kind="stable")[:, :n]
        return [
            [
                Nearest(live.ids[i], self._label(live.labels[i]), contour.distance(int(of_row[i])) / 4096)
                for i in nearest.tolist()
            ]
            for of_row, nearest in zip(distance2, order)
        ]

    # Keeping, and the way to a board

    @asks
    def state(self):
        """The network's state as bytes: what a board loads, and from_state takes."""
        check_is_fitted(self)
        return self.net_.export()

    @asks
    def to_board(self, device, events=None):
        """Makes the network of a board this one; a Pushed. device: a deeplomath.Device, or anything with its methods.

        events: the board's budget, at least the events kept; None: that of the network. DeeplomathError: the board proved
        another digest. KernelError, DeviceError: it refused (ERROR_MEMORY: give a smaller budget, and fit anew).
        """
        check_is_fitted(self)
        net = self.net_ if events is None else self.net_.resized(events=events)
        device.configure(**net.config._asdict())
        device.load(net.export())
        digest, proved = net.digest(), device.digest()
        if proved != digest:
            raise DeeplomathError(f"digest: {proved:08x} on the board, {digest:08x} here")
        return Pushed(digest, self._names(), self.scale_)

    def __getstate__(self):
        state = dict(super().__getstate__())
        if "net_" in state:
            state["net_"] = state["net_"].export()  # small, and proved by its digest when it is read
        return state

    def __setstate__(self, state):
        if "net_" in state:
            state = state | {"net_": Network.from_state(state["net_"])}
        super().__setstate__(state)

    @classmethod
    def _from_network(cls, data, scale):
        """A fitted estimator of the state of a network."""
        net = Network.from_state(data)
        config = net.config
        made = cls(
            budget=config.events, layers=config.layers, false_reject_permille=config.false_reject_permille, scale=scale
        )
        made.net_, made.n_features_in_, made.n_taught_ = net, config.features, net.memory.clock
        made.scale_ = checked.scale_of(scale, np.zeros((1, config.features), np.int16))
        return made

    # Learning

    def _begin(self, x, classes, regression=False):
        """Scale and empty network for the first rows x [n, d]; room for them, or for the budget."""
        self.scale_ = checked.scale_of(self.scale, x)
        sizes = dict(features=x.shape[1], classes=classes, layers=self.layers, regression=regression)
        events = checked.budget(self.budget)
        self.net_ = Network(events=events, false_reject_permille=self.false_reject_permille, **sizes)
        self.n_taught_ = 0

    def _go_on(self, classes):
        """A network of its own to learn on in, with room for so many classes, and without a budget for 512 events."""
        now = self.net_.config
        events = spec.LIMIT_EVENTS if self.budget is None else now.events
        if (classes, events) == (now.classes, now.events):
            self.net_ = copy.deepcopy(self.net_)
        else:
            self.net_ = self.net_.resized(classes=classes, events=events)

    def _teach_all(self, x, labels):
        """Teaches rows at once where all find room, and else in their order, one by one."""
        if self.budget is None:
            checked.limit("events", len(x), spec.LIMIT_EVENTS)
            self.net_ = self.net_.resized(events=len(x))
        if len(x) > self.net_.config.events:
            return self._teach_each(x, labels)
        self.net_.learn_many(checked.as_events(self, x, self.scale_), labels)
        self.n_taught_ += len(x)

    def _teach_each(self, x, labels):
        """Teaches rows in their order, each by the rules of a board's memory."""
        for at, (row, label) in enumerate(zip(checked.as_events(self, x, self.scale_), labels)):
            try:
                self.net_.learn(row, int(label))
            except KernelError as error:
                raise checked.refused(error, self.net_.config, at) from error
        self.n_taught_ += len(x)

    def _events(self, X):
        check_is_fitted(self)
        if not self.net_.live.ids:  # of a state of a network that is empty
            raise NotFittedError("net_: no event is learned yet: fit or partial_fit does that")
        return checked.as_events(self, checked.rows(self, X), self.scale_)
