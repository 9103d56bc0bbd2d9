# SPDX-License-Identifier: MIT
"""Random walks: sizes, events and operations drawn from a seed, every implementation compared after every step with `==`.

The standard walk is one and the same for every implementation, wherever it runs: its digests stand in vectors/walk.json.
"""

import numpy as np

from operations import apply

HARD = ("tails", "glitches", "repeated", "equal", "outliers", "contradictions")
KINDS = ("uniform", "clusters", "corners", "bits", "constant features", "small", *HARD)
WEIGHTS = {
    "learn": 32,
    "infer": 12,
    "begin": 3,
    "step": 6,
    "undo": 3,
    "forget": 2,
    "relabel": 2,
    "correct": 3,
    "drop": 2,
    "name": 3,
    "rename": 1,
    "drop_class": 1,
    "freeze": 1,
    "reload": 1,
    "unknowns": 1,
}


def events(draw, kind, features, classes):
    """Yields events (x int16 [features], label) of a kind for ever."""
    for x, label in (hard_events if kind in HARD else plain_events)(draw, kind, features, classes):
        yield np.clip(x, -32768, 32767).astype(np.int16), label


def plain_events(draw, kind, features, classes):
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
        yield x, label


def hard_events(draw, kind, features, classes):
    """What a numeric range has to stand: some of it far out, or the same again and again under any label."""
    centres = draw.normal(size=(classes, features)) * 3000
    few = draw.integers(-9, 10, (4, features)) * 10 ** draw.integers(0, 4)  # what repeats itself
    direction = draw.integers(1, 9, features)
    while True:
        label, place = int(draw.integers(classes)), int(draw.integers(4))
        x = {
            "tails": lambda: draw.standard_t(1.1, features) * 30,
            "glitches": lambda label=label: centres[label] + draw.normal(size=features) * 600,
            "repeated": lambda place=place: few[place],
            "equal": lambda: few[0],
            "outliers": lambda: draw.integers(-2, 3, features),  # far ones after a tight cluster
            "contradictions": lambda place=place: place * direction,  # one label, then another, at each next place
        }[kind]()
        far = draw.random() < {"glitches": 0.02, "outliers": 0.1, "contradictions": 0.1}.get(kind, 0)
        label = place % 2 % classes if kind == "contradictions" else label
        yield draw.choice([-32768, 32767], features) if far else x, label


def walk(seed, makes, steps, most_events, most_features=24):
    """Walks every implementation of makes through the same operations; returns how many events were learned.

    The failing seed and step stand in the assertion.
    """
    draw = np.random.default_rng(seed)
    config = draw_config(draw, seed, most_events, most_features)
    nets = [make(**config) for make in makes]
    stream = events(draw, KINDS[seed % len(KINDS)], config["features"], config["classes"])

    def same(what, values):
        assert all(value == values[0] for value in values), f"seed {seed}, {what}, {config}: {values}"

    same("footprint", [net.footprint() for net in nets])
    for step in range(steps):
        operation = draw_operation(draw, stream, config, step, nets[0])
        same(f"step {step}, {operation}", [apply(net, operation) for net in nets])
        same(f"step {step}, info after {operation}", [net.info() for net in nets])
        if operation[0] not in ("begin", "step"):
            same(f"step {step}, digest after {operation}", [net.digest() for net in nets])
    same("unknowns", [net.unknowns() for net in nets])
    same("export", [bytes(net.export()) for net in nets])
    return nets[0].info().clock


def draw_config(draw, seed, most_events, most_features):
    regression = seed % 5 == 4
    return {
        "features": int(draw.integers(1, most_features + 1)) if seed % 7 else min(160, 4 * most_features),
        "classes": 1 if regression else int(draw.integers(1, 17)),
        "events": int(draw.integers(1, most_events + 1)),
        "layers": int(draw.integers(1, 5)),
        "regression": regression,
        "background": bool(seed % 2),
    }


def draw_operation(draw, stream, config, step, net):
    """An operation with its arguments, now and then wrong ones; a frozen network thaws soon."""
    x, label = next(stream)
    label = int(draw.integers(-3000, 3000)) if config["regression"] else label
    label = int(draw.integers(-1, config["classes"] + 1)) if draw.random() < 0.05 else label
    names, weights = zip(*WEIGHTS.items())
    name = str(draw.choice(names, p=np.array(weights) / sum(weights)))
    event = int(draw.integers(max(0, step - 12), step + 1))
    if net.info().frozen and draw.random() < 0.5:
        return ["freeze", False]
    return {
        "learn": [name, x.tolist(), label],
        "begin": [name, x.tolist(), label],
        "step": [name, int(draw.integers(1, 3000))],
        "infer": [name, x.tolist()],
        "forget": [name, event],
        "relabel": [name, event, label],
        "correct": [name, label],
        "name": [name, list(net.unknowns()[: int(draw.integers(0, 4))]), label],
        "rename": [name, label, int(draw.integers(0, config["classes"] + 1))],
        "drop_class": [name, label],
        "freeze": [name, True],
    }.get(name, [name])


STANDARD = {"features": 18, "classes": 7, "events": 64}
STANDARD_EVENTS = 1000

# What comes after each so many events learned, as lists of operations: event is the id of the last one, x and label its
# content, new an event of a class that is not known before step 300.
BETWEEN = {
    7: lambda event, x, label, new, net: [["infer", x]],
    40: lambda event, x, label, new, net: [["undo"], ["learn", x, label]],
    90: lambda event, x, label, new, net: [["infer", new], ["correct", 0], ["drop"]],
    110: lambda event, x, label, new, net: [["relabel", event, (label + 1) % 6], ["relabel", event, label]],
    130: lambda event, x, label, new, net: [["forget", event], ["forget", event]],
    100: lambda event, x, label, new, net: [["infer", new], ["unknowns"]],
    300: lambda event, x, label, new, net: [["name", list(net.unknowns()), 6]],
    350: lambda event, x, label, new, net: [["freeze", True], ["learn", x, label], ["undo"], ["freeze", False]],
    490: lambda event, x, label, new, net: [["rename", 1, 2], ["drop_class", 2], ["rename", 1, 2], ["rename", 2, 1]],
    499: lambda event, x, label, new, net: [["reload"]],
}


def draws(seed):
    """Small whole numbers that are the same on every machine and in every version of every library."""
    state = seed * 2654435761 % 2**32 or 1
    while True:
        state = (state * 1664525 + 1013904223) % 2**32
        yield state >> 16


def standard_walk(net):
    """Walks an empty network of the STANDARD configuration through 1,000 events; yields its digest after each 100."""
    draw = draws(1)
    centres = [[next(draw) % 6000 - 3000 for _ in range(18)] for _ in range(7)]

    def near(label, step):
        """An event of a class; all classes drift together."""
        return [v + 12 * step + next(draw) % 900 - 450 for v in centres[label]]

    for step in range(1, STANDARD_EVENTS + 1):
        label = next(draw) % (6 if step <= 300 else 7)
        x, new = near(label, step), near(6, step)
        event = apply(net, ["learn", x, label])[0]
        for every, operations in BETWEEN.items():
            if step % every == 0:
                for operation in operations(event, x, label, new, net):
                    apply(net, operation)
        if step % 100 == 0:
            yield net.digest()


def stream(seed, n, features, classes, kind="clusters"):
    """n (features, label) pairs, drawn."""
    draw = np.random.default_rng(seed)
    source = events(draw, kind, features, classes)
    return [next(source) for _ in range(n)]


def taught(make, seed, n, **config):
    """A network that learned such a stream."""
    net = make(**config)
    for x, label in stream(seed, n, config["features"], config["classes"]):
        net.learn(x, label)
    return net
