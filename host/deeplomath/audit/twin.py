# SPDX-License-Identifier: MIT
"""The mirror with the face of a Device: network, front-end, vote and lessons, so that a session can be given to either."""

import copy

import numpy as np

from .. import spec
from ..mirror.events import Unknown
from ..mirror.network import Network
from ..results import Learned, event
from ..signal.front import FrontEnd
from ..stream import Stream
from ..vote import Vote

WHOLE = 2**32 - 1  # budget with which a build_step ends any rebuild


class Twin:
    """What a board would be. network: the Network, None before configure; front: the FrontEnd, None without one."""

    def __init__(self):
        self.network = self.front = None
        self.stream_of = Stream(Vote(1, False, 0, spec.LIMIT_CLASSES))

    def __getattr__(self, name):
        return getattr(self.network, name)

    def copied(self):
        """A Twin that goes its own way from here."""
        return copy.deepcopy(self)

    def __deepcopy__(self, memo):
        made = Twin()
        made.__dict__.update({name: copy.deepcopy(value, memo) for name, value in self.__dict__.items()})
        return made

    def configure(self, **config):
        """Becomes an empty network; nothing is taught any more."""
        if self.network:
            self.network.configure(**config)
        else:
            self.network = Network(**config)
        self.stream_of.end()
        return self.network.footprint()

    def begin_with(self, config, state):
        """Becomes the network of a state, frozen or not; what the mirror remembers beside it is gone."""
        made = Network(**config)
        made.load(state)
        self.network = made

    def load(self, state):
        """Takes a state, as a Device does; nothing is taught any more."""
        self.network.load(state)
        self.stream_of.end()

    def model(self, program, over, by, hold):
        """Makes a front-end with its vote, or takes it away, as a Device does."""
        self._program, self.front = program, FrontEnd(program) if program else None
        self.stream_of = Stream(Vote(over, by == "mean", hold, spec.LIMIT_CLASSES))

    def follow_lesson(self, event, label):
        """Teaches as the board did by itself, by a button: this Event was learned or refused under a label, or answered."""
        if event.answer:
            self.stream_of.left = 0
        elif not self.stream_of.left or self.stream_of.label != label:
            self.stream_of.teach(label, 1)

    def begin_stream(self):
        """A stream begins anew: windows and filters are empty, and no answer counts for the vote."""
        if self.front:
            self.front = FrontEnd(self._program)
        self.stream_of.vote.reset()

    def teach(self, label, events, build=True):
        """The next events of the stream are learned, as Device.teach says."""
        self.stream_of.teach(label, events, build)

    def skip(self, n):
        """n samples were lost."""
        if self.front:
            self.front.skip(n)

    def made(self, samples):
        """The (index, features) that samples complete."""
        return self.front.push(samples)

    def take(self, at, x):
        """The Event of these features: learned while one is taught, else answered."""
        label = self.stream_of.label
        result, voted = self.stream_of.take(self.network, x)
        whole = isinstance(result, Learned) and not self.building
        return event(at, x, result, voted, label, digest=self.network.digest() if whole else None)

    @property
    def building(self):
        """Whether a rebuild is pending."""
        return self.network is not None and self.network.info().building

    def finish(self):
        """Ends a pending rebuild."""
        if self.building:
            self.network.build_step(WHOLE)

    def forget_beside(self):
        """Forgets what a state does not hold: what undo needs, what was seen last, the unknowns."""
        kept = self.network.memory
        kept.undo = kept.seen = None
        kept.unknowns = []

    def put_unknowns(self, ids):
        """Gives the unknowns these ids, where as many are remembered; returns whether they are."""
        kept = self.network.memory
        there = kept.nameless()
        if len(there) != len(ids):
            return False
        kept.unknowns = [one._replace(id=number) for one, number in zip(there, ids, strict=True)]
        kept.unknowns_met = ids[-1] + 1 if ids else kept.unknowns_met
        return True

    def add_unknown(self, number, x):
        """Remembers an unknown that was met before."""
        kept = self.network.memory
        kept.unknowns.append(Unknown(number, np.asarray(x, self.network.dtype), False))
        kept.unknowns_met = number + 1
