# SPDX-License-Identifier: MIT
"""A machine with a bearing, synthetic: seven states at four loads, acceleration at 8192 Hz. No machine was measured.

A shaft turns a little slower under load. Unbalance shakes once a turn, misalignment mostly twice, looseness at halves and
multiples. A damaged bearing knocks at a rate of its geometry, a little irregularly, and each knock rings at a resonance of the
housing; one of the inner race comes and goes with the turn, one of a ball with the cage. All of it differs from recording to
recording: severity, phase, resonance, noise. All is drawn from the seed of its name.
"""

from typing import NamedTuple

import numpy as np

from .speech import random_of

RATE = 8192
WINDOW = 2048  # samples of an event of the preset
LOADS = (0, 1, 2, 3)
TURNS = (29.95, 29.5, 29.1, 28.8)  # Hz of the shaft
PUSH = (0.8, 1.0, 1.15, 1.3)  # how much harder all is than at load 1
NOISE = 120  # LSB, the deviation of the machine's noise at load 1
RESONANCE = 2900  # Hz


class State(NamedTuple):
    """What a state adds. turns: amplitude (LSB) of multiples of the shaft's turn; knocks: a turn, and how strong, LSB;
    swing: turns a swing of the knocks' strength, 0: none."""

    turns: dict
    knocks: float = 0
    strength: float = 0
    swing: float = 0


STATES = {
    "normal": State({1: 90, 2: 30}),
    "inner race": State({1: 95, 2: 30}, 5.42, 1500, 1),
    "outer race": State({1: 90, 2: 35}, 3.58, 1300, 0),
    "ball": State({1: 90, 2: 30}, 4.71, 1100, 0.398),
    "unbalance": State({1: 420, 2: 40}),
    "misalignment": State({1: 150, 2: 330, 3: 120}),
    "looseness": State({0.5: 170, 1: 150, 1.5: 120, 2: 100, 2.5: 80, 3: 70}),
}


def recording(state, load, number, windows=1):
    """Samples int16 [windows * WINDOW, 1] of a machine in this state, of the recording of this number."""
    random, kind = random_of("bearing", state, load, number), STATES[state]
    time = np.arange(windows * WINDOW) / RATE
    turn = TURNS[load] * random.normal(1, 0.004)
    push = PUSH[load] * np.exp(random.normal(0, 0.12))
    samples = _background(random, len(time)) * NOISE * np.exp(random.normal(0, 0.1)) * PUSH[load] ** 0.5
    for order, amplitude in kind.turns.items():
        amplitude *= push * np.exp(random.normal(0, 0.2))
        samples += amplitude * np.sin(2 * np.pi * (order * turn * time + random.random()))
    if kind.knocks:
        samples += push * np.exp(random.normal(0, 0.2)) * _knocks(random, kind, turn, time)
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)[:, None]


def _background(random, n):
    """Noise of deviation 1, half of it white, half of it rolling off from 500 Hz on."""
    white, rolled = random.normal(size=(2, n))
    spectrum = np.fft.rfft(rolled) / np.sqrt(1 + (np.fft.rfftfreq(n, 1 / RATE) / 500) ** 2)
    low = np.fft.irfft(spectrum, n)
    return (white + low / low.std()) / np.sqrt(2)


def _knocks(random, kind, turn, time):
    """The ringing of knocks at their rate, each up to 2 % late or early."""
    rate, n = kind.knocks * turn, len(time)
    count = int(time[-1] * rate) + 2
    at = (np.arange(count) + random.random() + random.normal(0, 0.02, count)) / rate
    strength = kind.strength * np.exp(random.normal(0, 0.15, count))
    if kind.swing:
        strength *= 0.55 + 0.45 * np.cos(2 * np.pi * (kind.swing * turn * at + random.random()))
    struck = np.zeros(n)
    index = np.rint(at * RATE).astype(int)
    inside = (index >= 0) & (index < n)
    np.add.at(struck, index[inside], strength[inside])
    decay, tone = np.arange(200) / RATE, RESONANCE * random.normal(1, 0.02)
    ring = np.exp(-decay * 900) * np.sin(2 * np.pi * tone * decay)
    return np.convolve(struck, ring)[:n]
