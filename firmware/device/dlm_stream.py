# SPDX-License-Identifier: MIT
"""The way of an event behind the front-end: it is learned while a label is taught, else answered and voted on.

The same file on board and host, and whether the event was sent or sampled (PROTOCOL.md, SAMPLES).
"""


class Stream:
    """What is taught, and the vote over what is answered.

    vote: a Vote. label: what is taught; left: the events that are still to be learned under it; whole: whether each waits
    for its rebuild.
    """

    def __init__(self, vote):
        self.vote = vote
        self.label, self.left, self.whole = 0, 0, True

    def teach(self, label, events, whole=True):
        """The next events, so many, are learned under a label; 0 ends it."""
        self.label, self.left, self.whole = label, events, whole

    def end(self):
        """Nothing is taught any more, and no answer counts: another network comes."""
        self.left = 0
        self.vote.reset()

    def take(self, network, x):
        """The Learned or Answer of an event, and the label that the vote says, None of what is learned.

        What the network refuses to learn is the ValueError in place of a Learned; it is still to be learned.
        """
        if self.left:
            try:
                learned = network.learn(x, self.label, self.whole)
            except ValueError as error:
                return error, None
            self.left -= 1
            return learned, None
        answer = network.infer(x)
        return answer, self.vote.take(answer.label, answer.verdict != 0, answer.outputs)
