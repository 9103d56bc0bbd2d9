# SPDX-License-Identifier: MIT
"""Samples to events on the board: the front-end, what is taught, the vote, and how far the stream is (PROTOCOL.md, SAMPLES)."""

from binascii import crc32
from struct import calcsize, unpack_from

import deeplomath_signal  # at once: loaded later, it would lie where a network is to grow

import dlm_spec as spec
from dlm_stream import Stream
from dlm_vote import Vote

ROOM = 256 * calcsize("P")  # bytes that an event takes on its way: of samples that are taken none may be lost
RATE = 4  # where it stands in a program


class Feed:
    """Holds at most one front-end. front: None without one; x: bytes of the last event's features; index: samples so far."""

    def __init__(self):
        self.front = self.stream = self.x = None
        self.index = 0

    def model(self, program, over, rule, hold):
        """A front-end of this program (bytes) and its vote, in place of those before; of no bytes none."""
        if not 1 <= over <= spec.VOTE_OVER:
            raise ValueError(f"over: {over} given, 1..{spec.VOTE_OVER} allowed", spec.ERROR_ARGUMENT)
        if rule > spec.RULE_MEAN:
            raise ValueError(f"by: {rule} given, 0..{spec.RULE_MEAN} allowed", spec.ERROR_ARGUMENT)
        front = stream = x = None
        if len(program):
            stream = Stream(Vote(over, rule == spec.RULE_MEAN, hold, spec.LIMIT_CLASSES))
            same = self.front and self.front.program == program  # takes no memory again
            front = self.front if same else deeplomath_signal.FrontEnd(program)
            x = self.x if same else bytearray(2 * front.features)
            bytearray(ROOM)  # of the reply
            front.reset()
        self.front, self.stream, self.x = front, stream, x
        self.index = 0

    def teach(self, label, events, whole, network):
        """Lets the next events be learned under a label. What network would refuse of it is refused at once."""
        self._check_front()
        if events:
            info = network.info()
            if info.frozen:
                raise ValueError("learning is frozen", spec.ERROR_FROZEN)
            if not info.regression and not 0 <= label < info.classes:
                raise ValueError(f"label: {label} given, 0..{info.classes - 1} allowed", spec.ERROR_LABEL)
            if not whole and not info.background:
                raise ValueError("mode: build=False asked of a network without background", spec.ERROR_MODE)
        self.stream.teach(label, events, whole)

    def end(self):
        """Nothing is taught any more, and no answer counts: another network comes."""
        if self.stream:
            self.stream.end()

    def begin(self, skipped, samples, network):
        """Makes ready for samples (bytes of int16), so many lost ahead of them; returns how many these are."""
        self._check_front()
        values = self.front.lines
        if len(samples) % (2 * values):
            text = f"samples: {len(samples) // 2} values given, a multiple of {values} needed"
            raise ValueError(text, spec.ERROR_ARGUMENT)
        self.check(network)
        bytearray(ROOM)  # or MemoryError, before anything has changed
        self.skip(skipped)
        return len(samples) // (2 * values)

    def check(self, network):
        """Makes sure of a front-end, and that it makes the features of the network, where there is one."""
        self._check_front()
        needed = network.info().features if network else self.front.features
        if needed != self.front.features:
            raise ValueError(f"features: {self.front.features} made, {needed} needed", spec.ERROR_FEATURES)

    def skip(self, n):
        """So many samples were lost."""
        if n:
            self.front.skip(n)
            self.index += n

    def restart(self):
        """A stream begins anew: index and overruns are 0, and no answer counts. What is taught stays."""
        if self.front:
            self.front.reset()
            self.stream.vote.reset()
        self.index = 0

    def take(self, samples, start):
        """Takes samples from number start on until an event is known; returns how many, and its index, None of none."""
        taken = self.front.take(samples, start, self.x)
        self.index += taken
        return taken, self.front.at

    def facts(self):
        """Returns what FRONT tells, in its order."""
        front, stream = self.front, self.stream
        if front is None:
            return [0] * (len(spec.LAYOUTS[spec.OPCODE_MODEL][4]) - 1)  # a letter a field, behind the "<"
        program = front.program
        rate = unpack_from("<I", program, RATE)[0]
        vote = stream.vote
        sizes = [front.features, front.lines, rate, front.footprint, front.work, len(program), crc32(program)]
        rule = spec.RULE_MEAN if vote.mean else spec.RULE_MAJORITY
        return sizes + [vote.over, rule, vote.hold, self.index, front.overruns, stream.label, stream.left]

    def _check_front(self):
        if self.front is None:
            raise ValueError("front-end: none yet, MODEL first", spec.ERROR_FRONT)
