# SPDX-License-Identifier: MIT
"""A session of the board and its requests by name, and what they are made of."""

import struct

import numpy as np

from deeplomath import spec
from deeplomath.link import frame, layout
from wire import BOARD_MODULE, dlm_session, replies_of

CONFIG = dict(features=3, classes=2, events=6, layers=2, false_reject_permille=50, regression=False, background=True)
EVENTS = [((100, -200, 300), 1), ((-5, 7, 32767), 0), ((90, -210, 310), 1), ((-32768, 0, 1), 0)]


def pack(x):
    return np.array(x, "<i2").tobytes()


def learn_payload(label=0, x=(1, 2, 3), flags=0):
    return struct.pack("<hH", label, flags) + pack(x)


def configure_payload(config=CONFIG, **changes):
    return struct.pack("<HBHBHBB", *dict(config, **changes).values())


def ids(*numbers):
    return struct.pack(f"<{len(numbers)}I", *numbers)


class Talk:
    """A service and its requests by name, each with the next sequence number."""

    def __init__(self, module=BOARD_MODULE, config=CONFIG):
        self.session, self.sequence = dlm_session.Session(module), 0
        self.done("hello")
        if config:
            self.done("configure", configure_payload(config))

    @property
    def handlers(self):
        return self.session.handlers

    def send(self, wire):
        replies = b"".join(bytes(it) for it in replies_of(self.session, wire))
        return frame.Decoder().feed(replies)

    def say(self, name, payload=b"", **options):
        self.sequence += 1
        opcode = getattr(spec, "OPCODE_" + name.upper())
        (reply,) = self.send(frame.encode(opcode, self.sequence, payload, **options))
        assert reply[:3] == (spec.VERSION_PROTOCOL, opcode | spec.WIRE_REPLY, self.sequence)
        return struct.unpack_from("<b", reply.payload)[0], reply.payload[1:]

    def done(self, name, payload=b""):
        status, body = self.say(name, payload)
        assert status == 0, body.decode()
        it = layout.REPLIES[getattr(spec, "OPCODE_" + name.upper())]
        return it.unpack(body), body[it.form.size :]

    def refused(self, name, payload=b""):
        """Status and text, after making sure that the network has not changed."""
        before = self.handlers.network and self.handlers.network.digest()
        status, body = self.say(name, payload)
        assert status < 0
        assert (self.handlers.network and self.handlers.network.digest()) == before
        return status, body.decode()

    def learn(self, x, label, flags=0):
        return self.done("learn", learn_payload(label, x, flags))[0]
