# SPDX-License-Identifier: MIT
"""An anomaly detector: learn what a machine does when all is well, then give the alarm for anything else.

The network has one class. What lies outside of what it knows is unknown, and unknown is the alarm. You choose how often
it may be wrong about a good window: false_reject_permille=20 allows about 1 in 50.

    import anomaly
    anomaly.run(windows)    # windows: gives one list of int16 samples after the other

Run as a program it needs no machine: it makes up the samples of a motor whose bearing breaks.
"""

from array import array

import deeplomath

NORMAL = 0  # the only class
UNKNOWN = 0  # answer.verdict: 0 unknown, 1 uncertain, 2 known
GOOD_WINDOWS = 40  # so many are learned at the start


def features(samples):
    """Three numbers that tell of a window: its mean, its range, and how much neighbours differ. Each fits int16."""
    steps = sum(abs(b - a) for a, b in zip(samples, samples[1:]))
    return array("h", [sum(samples) // len(samples), (max(samples) - min(samples)) // 2, steps // len(samples) // 2])


def motor(windows=80, broken_from=60, length=64):
    """Windows of a motor: a hum and some noise, the same each time; the broken one rattles on top."""
    noise = 1
    for window in range(windows):
        samples = []
        for i in range(length):
            noise = noise * 75 % 65537
            hum = 900 * (abs(i % 16 - 8) - 4)
            rattle = 2500 if window >= broken_from and i % 5 == 0 else 0
            samples.append(hum + rattle + noise % 400)
        yield samples


def run(windows):
    """Learns the first windows, watches the rest; returns the numbers of those that gave the alarm."""
    net = deeplomath.Network(features=3, classes=1, events=32, false_reject_permille=20)
    alarms = []
    for number, samples in enumerate(windows):
        x = features(samples)
        if number < GOOD_WINDOWS:
            net.learn(x, NORMAL)
            continue
        answer = net.infer(x)
        if answer.verdict == UNKNOWN:
            alarms.append(number)
            print("alarm: window", number, "is at", answer.novelty * 100 // net.info().level, "% of what is allowed")
    print(len(alarms), "alarms in", number + 1 - GOOD_WINDOWS, "windows")
    return alarms


if __name__ == "__main__":
    run(motor())
