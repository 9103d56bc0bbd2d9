# SPDX-License-Identifier: MIT
"""The vote over the last answers, which keeps a label from flickering (NUMERICS.md, Vote). The same file on board and host."""

from array import array

UNKNOWN = -1


class Vote:
    """What the last answers say together.

    over: the answers that count, 1 or more; mean: by the mean of their outputs, else by the majority of their labels;
    hold: answers for which a label that won stays; classes: the most that an answer may have. voted: the label that
    stands, UNKNOWN at first.
    """

    def __init__(self, over=1, mean=False, hold=0, classes=16):
        self.over, self.mean, self.hold, self.classes = over, mean, hold, classes
        self._ballots = bytearray(over)  # label + 1, 0 of unknown; a ring
        self._outputs = array("i", bytes(4 * over * classes if mean else 0))
        self._scores = array("i", bytes(4 * classes))
        self._runs = bytearray(classes)  # 1: a class that may win
        self.reset()

    def reset(self):
        """Forgets all answers."""
        self.voted = UNKNOWN
        self._left = self._taken = 0

    def take(self, label, known, outputs):
        """One answer more: its label, whether its verdict was not unknown, its outputs; returns the label that stands."""
        at = self._taken % self.over
        self._ballots[at] = label + 1 if known else 0
        if self.mean:
            for i in range(len(outputs)):
                self._outputs[at * self.classes + i] = outputs[i]
            for i in range(len(outputs), self.classes):
                self._outputs[at * self.classes + i] = 0
        self._taken += 1
        winner = self._winner()
        if self._left:
            self._left -= 1
        elif winner != self.voted:
            self.voted, self._left = winner, self.hold
        return self.voted

    def _winner(self):
        scores, runs = self._scores, self._runs
        for i in range(self.classes):
            scores[i] = runs[i] = 0
        counted = min(self._taken, self.over)
        unknown = 0
        for at in range(counted):
            if self._ballots[at]:
                self._count(at)
            else:
                unknown += 1
        if 2 * unknown > counted:
            return UNKNOWN
        best = max(scores[i] for i in range(self.classes) if runs[i])
        if self.voted >= 0 and runs[self.voted] and scores[self.voted] == best:
            return self.voted
        for back in range(1, counted + 1):  # of those that are equal, the one answered last
            label = self._ballots[(self._taken - back) % self.over] - 1
            if label >= 0 and scores[label] == best:
                return label
        return min(i for i in range(self.classes) if runs[i] and scores[i] == best)

    def _count(self, at):
        """Adds what the answer in this place says."""
        label = self._ballots[at] - 1
        self._runs[label] = 1
        if not self.mean:
            self._scores[label] += 1
            return
        for i in range(self.classes):
            output = self._outputs[at * self.classes + i]
            self._scores[i] += output
            if output:
                self._runs[i] = 1
