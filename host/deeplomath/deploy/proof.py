# SPDX-License-Identifier: MIT
"""Whether a board computes right: a short life in lockstep with the mirror."""

import numpy as np

from ..audit.lockstep import Lockstep
from ..link.client import Device
from ..link.transport import BAUD
from ..model import text
from ..model.model import Model

LIFE = 24  # events of the self-test
SAMPLES = 400

# A front-end in which every kind of arithmetic has a part.
MODEL = """
[source]
lines = ["a", "b"]
rate = 100

[[front_end]]
op = "mix"
shift = 1
new = ["sum = a + b"]

[[front_end]]
op = "norm"
of = ["a", "b"]
new = "length"

[[front_end]]
op = "biquad"
of = "sum"
new = "slow"
sections = [[10328631, 20657262, 10328631, -843479200, 347922810]]

[[front_end]]
op = "window"
of = ["length", "slow"]
samples = 32
hop = 24

[[front_end]]
op = "stats"
values = ["deviation"]

[[front_end]]
op = "power"

[[front_end]]
op = "bands"
bins = [0, 4, 16]

[[front_end]]
op = "map"
subtract = "mean"

[classes]
count = 3

[vote]
over = 3
by = "mean"
"""


def self_test(port, baud=BAUD):
    """A short life on the board, each result and digest compared with the mirror's; the last digest, and the heap free."""
    with Device(port, baud=baud, timeout=4, attempts=3) as device:  # a service takes its time to start
        try:
            lockstep = _live(device)
            return lockstep.digest, device.health().heap_free
        finally:
            device.exit()


def _live(device):
    """The Lockstep of a life in which everything that a board computes has a part."""
    lockstep = Lockstep(device, features=6, classes=3, events=16)
    for i in range(LIFE):
        x = np.array([(7919 * (i + 1) * (k + 3)) % 401 + 900 * (i % 3 == k % 3) for k in range(6)], np.int16)
        lockstep.infer(x) if i % 5 == 4 else lockstep.learn(x, i % 3)
    lockstep.undo()
    lockstep.finish()
    lockstep.model(Model(text.parsed(MODEL)))
    lockstep.teach(2, 3)
    lockstep.stream((np.arange(2 * SAMPLES) * 331 % 997 * 17 - 8000).reshape(SAMPLES, 2))
    device.model(None)
    return lockstep
