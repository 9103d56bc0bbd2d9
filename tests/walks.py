# SPDX-License-Identifier: MIT
"""Random walks: sizes and events drawn from a seed, every implementation compared after every step with `==`."""

import numpy as np

KINDS = ("uniform", "clusters", "corners", "bits", "constant features", "small")


def events(draw, kind, features, classes):
    """Yields events (x int16 [features], label) of a kind for ever."""
    centres = draw.normal(size=(classes, features)) * 3000
    while True:
        label = int(draw.integers(classes))
        near = centres[label] + draw.normal(size=features) * 600
        x = {
            "uniform": lambda: draw.integers(-32768, 32768, features),
            "clusters": lambda near=near: near,
            "corners": lambda: draw.choice([-32768, 32767], features),
            "bits": lambda: draw.integers(0, 2, features),
            "constant features": lambda near=near: np.where(np.arange(features) % 2, 7, near),
            "small": lambda: draw.integers(-3, 4, features) * (draw.random() < 0.7),
        }[kind]()
        yield np.clip(x, -32768, 32767).astype(np.int16), label


def walk(seed, makes, most_events, most_features=40):
    """Walks every implementation of makes through the same events; returns how many were learned.

    The failing seed and step stand in the assertion.
    """
    draw = np.random.default_rng(seed)
    features = int(draw.integers(1, most_features + 1)) if seed % 7 else min(160, 4 * most_features)
    classes, budget = int(draw.integers(1, 17)), int(draw.integers(1, most_events + 1))
    config = {"features": features, "classes": classes, "events": budget, "layers": int(draw.integers(1, 5))}
    nets = [make(**config) for make in makes]
    stream = events(draw, KINDS[seed % len(KINDS)], features, classes)

    def same(step, values):
        assert all(value == values[0] for value in values), f"seed {seed}, step {step}, {config}: {values}"

    same("footprint", [net.footprint() for net in nets])
    for step in range(budget):
        x, label = next(stream)
        same(step, [net.learn(x, label) for net in nets])
        same(step, [net.digest() for net in nets])
        x, _ = next(stream)
        same(step, [net.infer(x) for net in nets])
    same("export", [bytes(net.export()) for net in nets])
    same("info", [net.info() for net in nets])
    return budget
