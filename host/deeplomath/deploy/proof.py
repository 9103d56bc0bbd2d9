# SPDX-License-Identifier: MIT
"""Whether a board computes right: a short life in lockstep with the mirror."""

import numpy as np

from ..audit.lockstep import Lockstep
from ..link.client import Device
from ..link.transport import BAUD

LIFE = 24  # events of the self-test


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
    lockstep.window_features((np.arange(96, dtype=np.int16) * 331 % 997).reshape(32, 3))
    return lockstep
