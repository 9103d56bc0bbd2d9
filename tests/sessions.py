# SPDX-License-Identifier: MIT
"""Sessions for the tests of logs: each way to change a network and to ask it, on anything with the face of a Device."""

import numpy as np

from deeplomath import Model
from deeplomath.results import Verdict

CONFIG = dict(features=3, classes=4, events=10, background=True)
STRANGE = 30000, -30000, 30000


def events(n, seed=0):
    """int16 [n, 3]: of two classes in turn, 0 and 1."""
    draw = np.random.default_rng(seed)
    rows = draw.normal(0, 120, (n, 3)) + np.where(np.arange(n) % 2, 2500, -2500)[:, None]
    return np.rint(rows).astype(np.int16)


def session(device, n=24):
    """All that changes a network, and all that asks it; returns the digests on the way."""
    digests = [device.configure(**CONFIG) and device.digest()]
    for i, x in enumerate(events(n)):
        device.infer(x)
        device.learn(x, i % 2, build=i % 5 != 4)
        if i % 5 == 4:
            while device.build_step(500):
                pass
        digests.append(device.digest())
    device.learn(events(1, 9)[0], 1)
    device.undo()
    device.learn(events(1, 8)[0], 1)
    device.correct(0)
    device.learn(events(1, 7)[0], 0)
    device.drop()
    for i in range(3):
        assert device.infer(np.array(STRANGE) - 100 * i).verdict == Verdict.UNKNOWN
    device.drop()
    found = device.unknowns()
    device.unknown(found[0])
    device.name(found, 2)
    device.undo()
    device.name(found, 2)
    last = device.learn(events(1, 6)[0], 1).event
    device.relabel(last, 0)
    device.forget(last)
    device.rename_class(2, 3)
    digests.append(device.digest())
    state = device.export()
    device.drop_class(3)
    device.freeze()
    device.freeze(False)
    device.cost(features=3, classes=4, events=10)
    digests.append(device.digest())
    device.load(state)
    device.learn(events(1, 5)[0], 1)
    device.info()
    digests.append(device.digest())
    return digests


def swings(n, seed, size):
    """int16 [n, 6]: what an IMU measures of a swing."""
    time = np.arange(n)[:, None] / 50
    rows = size * np.sin(2 * np.pi * (1 + seed % 3) * time + np.arange(6))
    return np.rint(rows + np.random.default_rng(seed).normal(0, 40, (n, 6))).astype(np.int16)


def streamed(device):
    """Samples through the preset `motion`: taught, answered, some lost; returns what came of it."""
    model = Model("motion")
    device.configure(**model.config())
    device.model(model)
    device.teach("walking", 3)
    found = device.stream(swings(400, 1, 3000))
    device.teach("standing", 2)
    found += device.stream(swings(300, 2, 300))
    device.skip(17)
    return found + device.stream(swings(400, 3, 3000)) + device.stream(swings(300, 4, 300), features=False)
