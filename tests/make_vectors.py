# SPDX-License-Identifier: MIT
"""Makes shared_spec/vectors/*.json but frame.json by the slow run on unbounded integers: those of ABOUT below.

    python tests/make_vectors.py            write them
    python tests/make_vectors.py --check    exit with status 1 if one of them is not what that run gives

Each case says in `note` which bug it catches; `flags` are words to select by.
"""

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

import signal_vectors  # noqa: E402
from deeplomath import KernelError, cost, fixed, spec  # noqa: E402
from deeplomath.mirror import dot, metric, solve, whiten  # noqa: E402
from deeplomath.signal import log2  # noqa: E402
from deeplomath.vote import Vote  # noqa: E402
from implementations import UNBOUNDED, fields  # noqa: E402
from operations import life, plain  # noqa: E402
from states import sealed, that_divides_by_zero  # noqa: E402
from walks import STANDARD, draws, standard_walk  # noqa: E402

VECTORS = Path(__file__).resolve().parent.parent / "shared_spec" / "vectors"
LOW, HIGH = -32768, 32767


def case(name, note, *flags, **content):
    return {"name": name, "note": note, "flags": list(flags), **content}


def events(seed, n, d, classes, spread=400, apart=3000):
    """n events [d] around one centre a class, with their labels."""
    draw = draws(seed)
    centres = [[next(draw) % (2 * apart) - apart for _ in range(d)] for _ in range(classes)]
    labels = [i % classes for i in range(n)]
    return [[v + next(draw) % (2 * spread) - spread for v in centres[y]] for y in labels], labels


def fixed_cases():
    edge = [0, 1, 2, 3, 4, 15, 16, 17, 2**16 - 1, 2**16, 2**31, 2**32 - 1, 2**32, 2**52 + 1, 2**62 - 1, 2**62]
    squares = [k * k + e for k in (3, 46340, 46341, 65535, 2**26 + 1, 2**31 - 1) for e in (-1, 0, 1)]
    steps = [0, 1, 4095, 4096, 4097, 2**18 - 1, 2**18, 2**18 + 1, 5 << 18, (30 << 18) - 1, 30 << 18, (30 << 18) + 1]
    powers = steps + [s << 12 for s in range(65)] + [s * 26214 + 511 for s in range(1, 99)] + [2**31, 2**32 - 1]
    halves = [
        (v, k)
        for k in (1, 2, 30)
        for h in (1 << (k - 1),)
        for v in (h - 1, h, h + 1, -h - 1, -h, -h + 1, 3 * h, -3 * h)
    ]
    quotients = [(v, k) for k in (1, 2, 3, 4) for v in range(-9, 10)]
    clips = [(v, w) for w in (1, 4095, 2**31 - 1) for v in (-(2**40), -w - 1, -w, -1, 0, w, w + 1, 2**40)]
    as_array = np.array(powers, dtype=object)
    yield case(
        "isqrt",
        "a float root is off by one near squares above 2^52",
        function="isqrt",
        inputs=edge + squares,
        outputs=[int(fixed.isqrt(v)) for v in edge + squares],
    )
    yield case(
        "exp2_neg",
        "each entry of the table, the limit at 30, the largest arguments",
        function="exp2_neg",
        inputs=powers,
        outputs=[int(v) for v in fixed.exp2_neg(as_array)],
    )
    logs = [v for v in edge + squares if v]
    yield case(
        "log2_q11",
        "powers of two and their neighbours, mantissas cut to 31 bits",
        function="log2_q11",
        inputs=logs,
        outputs=[log2.log2_q11(v) for v in logs],
    )
    yield case(
        "round_shift",
        "halves go up, for negative numbers too",
        function="round_shift",
        inputs=halves,
        outputs=[fixed.round_shift(v, k) for v, k in halves],
    )
    yield case(
        "floor_div",
        "C divides towards zero",
        function="floor_div",
        inputs=quotients,
        outputs=[v // k for v, k in quotients],
    )
    yield case(
        "saturate",
        "both ends are reached, none is passed",
        function="saturate",
        inputs=clips,
        outputs=[int(fixed.saturate(v, w)) for v, w in clips],
    )


def dot_cases():
    """Rows of n numbers: a and four b of 13 bits and a sign (as wide as a sum of 64 allows), four c of 29 bits and a sign."""
    draw = draws(29)
    drawn = (lambda: next(draw) % 8191 - 4095, lambda: (next(draw) << 14 | next(draw) >> 2) - 2**29)
    ends = (lambda: next(draw) % 2 * 8190 - 4095, lambda: (next(draw) % 2 * 2 - 1) * (2**29 - 1))
    kinds = (
        ("drawn", "every length of the last steps", *drawn),
        ("ends", "the largest products, of both signs", *ends),
    )
    for n in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 18, 25, 63, 64):
        for name, note, small, large in kinds:
            a, b, c = ([[f() for _ in range(n)] for _ in range(k)] for f, k in ((small, 1), (small, 4), (large, 4)))
            yield case(
                f"{name} {n}",
                note,
                a=a[0],
                b=b,
                c=c,
                sums=[sum(x * y for x, y in zip(a[0], row)) for row in b],
                mixed=[sum(x * y >> 16 for x, y in zip(a[0], row)) for row in c],
                distance2=sum((x - y) ** 2 for x, y in zip(a[0], b[0])),
            )


def metric_cases():
    grid, labels = events(3, 9, 4, 3)
    sets = [
        ("one", "one event: nothing has moved, 1 LSB is the unit", [[7, LOW, HIGH]], [0]),
        ("equal", "equal events under two labels: no variance at all", [[5, 5]] * 4, [0, 1, 0, 1]),
        ("rails", "the largest variance: 2^42 in Q12", [[LOW, HIGH], [HIGH, LOW]], [0, 0]),
        (
            "constant",
            "a feature that never moved takes the largest variance",
            [[0, 9, v] for v in (1, 5, 8)],
            [0, 1, 1],
        ),
        ("one step", "the smallest variance there is", [[100 + (i == 0)] for i in range(12)], [0] * 12),
        ("classes", "within and total variance, mixed by degrees of freedom", grid, labels),
        ("uneven", "a class with one event has no variance within", grid[:4], [0, 0, 0, 2]),
        (
            "spikes",
            "a glitch at either end of the range: the layers see it at the edge of its window",
            [[LOW if i == 3 else HIGH if i == 8 else 40 * i % 77, -i] for i in range(12)],
            [i % 2 for i in range(12)],
        ),
        (
            "relevant",
            "one feature tells the classes apart, five do not: it weighs more, they less",
            [
                [900 * (i % 3) + v % 50, *(v * k % 97 for k in (3, 5, 7, 11, 13))]
                for i, v in enumerate(range(5, 2000, 83))
            ],
            [i % 3 for i in range(25)],
        ),
    ]
    queries = [[LOW], [HIGH], [0], [3]]
    for name, note, x, y in sets:
        first, of_layers = (
            make(np.array(x, object), np.array(y)) for make in (metric.first_metric, metric.layer_metric)
        )
        at = np.array([q * len(x[0]) for q in queries], object)
        yield case(
            name,
            note,
            x=x,
            labels=y,
            mean_q8=first.mean_q8.tolist(),
            mantissa=first.mantissa.tolist(),
            shift=first.shift.tolist(),
            queries=at.tolist(),
            z_q8=metric.first_coordinates(first, at).tolist(),
            window=[values.tolist() for values in of_layers[:2]],
            layer_mean_q8=of_layers.scale.mean_q8.tolist(),
            layer_mantissa=of_layers.scale.mantissa.tolist(),
            layer_shift=of_layers.scale.shift.tolist(),
            base_q8=metric.base_coordinates(of_layers, at).tolist(),
        )


def solve_cases():
    cloud, _ = events(11, 12, 5, 3, 90, 700)
    sets = [
        ("one", "a single event: A is a number", [[3, 4]]),
        ("duplicates", "equal events: the largest inverse", [[1, 2, 3]] * 8),
        ("far", "the largest distances: K is the identity", [[4095] * 6, [-4095] * 6, [4095, -4095] * 3]),
        ("one off", "the smallest spread, the largest mantissa", [[0, 0]] * 5 + [[0, 1]]),
        ("cloud", "an ordinary layer", cloud),
    ]
    for name, note, rows in sets:
        scaled_q8, m = np.array(rows, object), len(rows)
        targets = np.array([[(1 << 16) * (i % 2 == c) - (1 << 15) for c in range(2)] for i in range(m)], object)
        width = solve.base_width(scaled_q8)
        kernel = solve.kernel(dot.squared_distances(scaled_q8, scaled_q8), width)
        factor = solve.factor(solve.with_ridge(kernel))
        v_q11 = solve.substitute(factor, targets)
        solution = solve.solve(factor, v_q11)
        yield case(
            name,
            note,
            n_q8=rows,
            targets_q16=targets.tolist(),
            width=list(width),
            kernel_q30=kernel.tolist(),
            l_q15=factor.l_q15.tolist(),
            root_q28=factor.root_q28.tolist(),
            v_q11=v_q11.tolist(),
            w_q26=solve.inverse(factor).tolist(),
            alpha_q21=solution.alpha_q21.tolist(),
            residual_q16=solution.residual_q16.tolist(),
        )


def whiten_cases():
    draw = draws(31)
    together = [
        [300 * (i % 2) + v, v + next(draw) % 60 - 30, next(draw) % 400] for i, v in enumerate(range(-600, 600, 75))
    ]
    sets = [
        ("one each", "no event differs from its class: nothing moves together", [[100, 4], [-90, 7]], [0, 1]),
        (
            "rounding",
            "events that differ by one step of Q8 alone are not told apart",
            [[1, 0], [0, 0], [9, 9]],
            [0, 0, 1],
        ),
        ("one feature", "the whitening of a number", [[90], [100], [-80], [-85]], [0, 0, 1, 1]),
        (
            "together",
            "two features that move together: their difference weighs more",
            together,
            [i % 2 for i in range(16)],
        ),
        (
            "equal",
            "two features that are one: as singular as it gets",
            [[v, v] for v in range(-300, 300, 50)],
            [0] * 12,
        ),
        ("far", "the largest residuals", [[4095, -4095, 4095], [-4095, 4095, 4095]] * 3, [0] * 6),
    ]
    for name, note, rows, labels in sets:
        z_q8, classes = np.array(rows, object), np.array(labels)
        w_q10 = whiten.whitening(z_q8, classes)
        yield case(
            name,
            note,
            z_q8=rows,
            labels=labels,
            c_q28=whiten.covariance(whiten.residuals(z_q8, classes)).tolist(),
            w_q10=w_q10.tolist(),
            v_q8=whiten.whiten(w_q10, z_q8).tolist(),
        )


def learned(x, labels, **config):
    sizes = {"features": len(x[0]), "classes": max(labels) + 1, "events": len(x)}
    net = UNBOUNDED(**{**sizes, **config})
    for values, label in zip(x, labels):
        net.learn(np.array(values, np.int16), label)
    return net


def contour_cases():
    cloud, labels = events(5, 14, 3, 2)
    sets = [
        ("one", "one event: no experience, no neighbour", [[4, 4]], [0], 50),
        ("two classes, one each", "half the way to the other class", [[0, 0], [900, 300]], [0, 1], 50),
        ("equal", "all distances are zero: the spacing must not be", [[5, 5]] * 3, [0, 0, 0], 50),
        ("equal, two labels", "nearest of its class at zero, none above", [[5, 5]] * 4 + [[9, 9]], [0, 1, 0, 1, 0], 50),
        ("lone", "an event alone in its class is no experience", cloud[:7] + [[0, 0, 0]], labels[:7] + [2], 50),
        ("strict", "a rate so small that the largest novelty is the level", cloud, labels, 1),
        ("loose", "half of the known may be rejected", cloud, labels, 500),
        ("glitch", "a left-out novelty that saturates: 65534, since 65535 says none", [[2], [0], [3538]], [0] * 3, 50),
    ]
    for name, note, x, y, rate in sets:
        net = learned(x, y, false_reject_permille=rate)
        found = fields(net)
        yield case(
            name,
            note,
            x=x,
            labels=y,
            false_reject_permille=rate,
            spacing_q12=found["spacing_q12"],
            level_q12=found["level_q12"],
            novelty_q12=found["novelty_q12"],
        )


def network_cases():
    ring, ring_y = events(13, 18, 5, 3, 900, 1500)
    draw = draws(17)
    corners = [[HIGH if next(draw) % 2 else LOW for _ in range(6)] for _ in range(10)]
    signs = [[next(draw) % 2001 - 1000 for _ in range(4)] for _ in range(40)]
    wide = [[next(draw) % 601 - 300 for _ in range(160)] for _ in range(6)]
    many = [row[:70] for row in wide]
    sets = [
        ("first event", "one event, one class: an answer with sense", [[1, 2, 3]], [0], {}),
        ("two classes", "layers are tried and refused", ring[:6], ring_y[:6], {"events": 9}),
        ("three classes", "an ordinary life, each digest of it", ring, ring_y, {}),
        ("absent classes", "labels 1 and 14 of 16: the others say nothing", ring[:6], [1, 14] * 3, {"classes": 16}),
        ("one class", "targets are all zero, the contour still stands", ring[:5], [0] * 5, {}),
        ("signs", "label = sign(x0 x1): more than one layer", signs, [int(a * b > 0) for a, b, *_ in signs], {}),
        (
            "one layer",
            "the same, held to one layer",
            signs[:20],
            [int(a * b > 0) for a, b, *_ in signs[:20]],
            {"layers": 1},
        ),
        ("corners", "every feature at an end of its range", corners, [i % 2 for i in range(10)], {}),
        ("two labels", "equal events under different labels", [[7, 8]] * 6, [0, 1, 0, 1, 1, 0], {}),
        ("160 features", "the most features: rows longer than a block of 64", wide, [0, 1] * 3, {"layers": 1}),
        ("70 features", "more features than events, whitened", many, [0, 1] * 3, {"layers": 2}),
    ]
    for name, note, x, y, config in sets:
        config = {"features": len(x[0]), "classes": max(y) + 1, "events": len(x), **config}
        queries = [x[0], [v // 2 for v in x[-1]], [LOW] * len(x[0]), [HIGH] * len(x[0])]
        operations = [["digest"], *(["learn", values, label] for values, label in zip(x, y))]
        yield life_case(name, note, config, operations + [["infer", query] for query in queries] + [["info"]])


def life_case(name, note, config, operations):
    net = UNBOUNDED(**config)
    sizes = {key: value for key, value in config.items() if key != "false_reject_permille"}
    return case(
        name,
        note,
        config=config,
        operations=operations,
        outcomes=life(net, operations),
        footprint=net.footprint(),
        cost=plain(cost(**sizes)),
    )


def memory_cases():
    near, near_y = events(23, 40, 4, 3, 300, 2500)
    learn = [["learn", x, y] for x, y in zip(near, near_y)]
    far = [[9000 + 40 * i, -9000, 60 * i, 77] for i in range(5)]
    config = {"features": 4, "classes": 5, "events": 12}
    again = [["learn", near[i % 3], near_y[i % 3]] for i in range(12)]
    corrections = [
        ["infer", near[3]],
        ["correct", 1],
        ["learn", near[4], 2],
        ["correct", 1],
        ["correct", 7],
        ["drop"],
        ["drop"],
    ]
    naming = [["infer", x] for x in far] + [
        ["unknowns"],
        ["unknown", 0],
        ["name", [1, 3], 4],
        ["unknowns"],
        ["name", [1], 4],
    ]
    naming += [
        ["name", [], 4],
        ["name", [0, 0], 4],
        ["infer", far[0]],
        ["correct", 4],
        ["infer", far[4]],
        ["drop"],
        ["unknowns"],
    ]
    values = [["learn", [100 * i, 3 * i * i, 7], 5 * i * i - 900] for i in range(-8, 9)]
    asked = [["infer", [100 * i + 50, 3 * i * i, 7]] for i in range(-9, 9, 3)] + [["infer", [9000, -9000, 9]]]
    one = [["learn", [v % 7, v % 5], 0] for v in range(30)]
    sets = [
        ("absorb and evict", "what is known is absorbed, what is least useful goes", config, learn),
        ("count", "the same events again: they are counted", {**config, "events": 3}, again),
        (
            "undo",
            "of an insert, an eviction, an absorption; then nothing is left",
            config,
            [op for step in learn[:30] for op in (step, ["undo"], ["undo"], step)],
        ),
        (
            "forget",
            "the newest with its tick, an older one, one that is not there",
            config,
            [*learn[:14], ["forget", 13], *learn[13:16], ["forget", 2], ["forget", 2], ["forget", 99], *learn[16:20]],
        ),
        (
            "relabel",
            "an event under another label, and under one that does not exist",
            config,
            [*learn[:9], ["relabel", 3, 1], ["relabel", 3, 5], ["relabel", 77, 1]],
        ),
        ("correct", "that was a 1; drop it", config, [*learn[:12], *corrections]),
        ("name", "unknowns become a class, in one go", config, [*learn[:12], *naming]),
        (
            "undo a naming",
            "all of it is taken back, evictions too, and the unknowns are remembered again; then nothing is left",
            config,
            [
                *learn[:12],
                *(["infer", x] for x in far),
                *(
                    ["name", [4, 1, 2], 4],
                    ["unknowns"],
                    ["unknown", 4],
                    ["drop"],
                    ["undo"],
                    ["unknowns"],
                    ["unknown", 4],
                ),
                *(["undo"], ["name", [4, 1, 2], 4], ["infer", near[5]], ["undo"], ["name", [0], 3], learn[12]),
                *(["undo"], ["unknowns"], ["undo"], ["name", [3], 4], ["forget", 3], ["undo"], ["unknowns"]),
            ],
        ),
        (
            "named first",
            "of more unknowns than are remembered, those that were named go first, and come back no more",
            config,
            [
                *learn[:12],
                *(["infer", [9000 + 3000 * i, -9000, 60 * i, 77]] for i in range(7)),
                *(["name", [2, 5, 6], 4], ["unknowns"]),
                *(["infer", [-9000, 3000 * i + 9000, 60 * i, 77]] for i in range(3)),
                *(["unknowns"], ["undo"], ["unknowns"], ["infer", [-9000, 20000, 1, 77]], ["unknowns"]),
            ],
        ),
        (
            "classes",
            "renamed, dropped, learned again",
            config,
            [*learn[:12], ["rename", 0, 1], ["rename", 0, 4], ["drop_class", 2], *learn[12:18], ["drop_class", 9]],
        ),
        (
            "frozen",
            "nothing is learned, all is answered",
            config,
            [
                *learn[:6],
                ["freeze", True],
                learn[6],
                ["undo"],
                ["forget", 1],
                ["infer", near[7]],
                ["correct", 1],
                ["reload"],
                ["freeze", False],
                learn[6],
            ],
        ),
        ("full", "each event is one of the last two of its class", {**config, "events": 4}, learn[:2] * 3 + learn[:8]),
        (
            "slices",
            "the old network answers until the new one is whole",
            {**config, "background": True, "layers": 2},
            [
                *learn[:9],
                ["begin", *learn[9][1:]],
                ["infer", near[9]],
                ["step", 100],
                ["info"],
                ["step", 700],
                ["step", 10**6],
                ["infer", near[9]],
                ["begin", *learn[10][1:]],
                ["begin", *learn[11][1:]],
                ["step", 1],
                ["undo"],
            ],
        ),
        ("no slices", "there is no room for a second network", config, [learn[0], ["begin", *learn[1][1:]]]),
        (
            "regression",
            "values, not classes; the known set is the same",
            {"features": 3, "classes": 1, "events": 12, "regression": True},
            [*values, *asked, ["rename", 0, 0], ["relabel", 8, -7], ["undo"], ["info"]],
        ),
        (
            "class clocks",
            "a learn and a relabel tick that of their class, undo and forgetting the newest take a tick back",
            config,
            [
                *learn[:6],
                *(
                    ["relabel", 5, 4],
                    ["forget", 5],
                    *learn[5:9],
                    ["relabel", 2, near_y[2]],
                    ["reload"],
                    ["relabel", 3, 3],
                ),
                *(["rename", 3, 4], ["rename", 4, 3], ["rename", 0, 0], ["drop_class", 0], *learn[10:14], ["undo"]),
                *(["drop_class", 3], ["rename", 3, 3], ["rename", 0, 3], ["reload"]),
            ],
        ),
        (
            "doubt",
            "of wrong labels: events that are redundant, aged and doubted go",
            {"features": 2, "classes": 2, "events": 8},
            [["learn", x, y ^ (i % 4 == 1)] for i, (x, y) in enumerate(zip(*events(31, 60, 2, 2, 300, 2500)))],
        ),
        (
            "anomaly",
            "one class alone: known or unknown",
            {"features": 2, "classes": 1, "events": 10},
            [*one, ["infer", [3, 2]], ["infer", [40, 2]]],
        ),
        (
            "experience",
            "more novelties than are remembered",
            {"features": 2, "classes": 2, "events": 4},
            [["learn", [i % 9, i % 4], i % 2] for i in range(300)] + [["undo"], ["reload"]],
        ),
    ]
    for name, note, config, operations in sets:
        yield life_case(name, note, config, operations)


def state_cases():
    x, y = events(19, 5, 3, 2)
    config = {"features": 3, "classes": 2, "events": 6}
    state, first = learned(x, y, **config).export(), 26 + 4 * 2
    own, twin = [i for i, label in enumerate(y) if label == y[-1]][:2]  # of one class

    def flip(at):
        return state[:at] + bytes([state[at] ^ 1]) + state[at + 1 :]

    def forge(at, value):
        """A state changed on purpose, its checksum made right again."""
        return sealed(state[:at] + bytes([value]) + state[at + 1 : -4])

    damaged = [
        ("empty", b""),
        ("cut", state[:-1]),
        ("long", state + b"\0"),
        ("magic", flip(0)),
        ("state version", flip(4)),
        ("spec version", flip(6)),
        ("features", flip(8)),
        ("budget", flip(12)),
        ("flags", flip(16)),
        ("events kept", flip(18)),
        ("experience", flip(20)),
        ("frozen", forge(17, 2)),
        ("a feature", flip(40)),
        ("a checksum", flip(len(state) - 1)),
        ("a label beyond the classes", forge(first + 8, 2)),
        ("a count of 0", forge(first + 10, 0)),
        ("an id not given yet", forge(first, 9)),
        ("a touch to come", forge(first + 4, 9)),
        ("a touch twice in a class", forge(first + 18 * twin + 4, state[first + 18 * own + 4])),
        ("a clock of a class about to end", forge(29, 255)),
        ("a clock of a class behind its events", forge(26, 0)),
        ("an id twice", forge(first + 18, 0)),
        ("a clock about to end", forge(25, 255)),
        ("an experience to come", forge(len(state) - 16, 5)),
        ("a margin above 1", forge(len(state) - 9, state[-9] ^ 2)),
        ("another digest", forge(len(state) - 8, state[-8] ^ 1)),
        ("another event", forge(first + 12, state[first + 12] ^ 1)),
    ]
    refused = []
    for name, data in damaged:
        try:
            UNBOUNDED(**config).load(data)
        except KernelError as error:
            refused.append({"name": name, "state": data.hex(), "code": error.code})
    yield case(
        "five events",
        "the bytes of a state, field by field",
        config=config,
        x=x,
        labels=y,
        state=state.hex(),
        refused=refused,
    )
    forged = that_divides_by_zero()
    yield case(
        "margins",
        "left in, margins above 1 overflow the sums of the confidence, and the kernel divides by zero",
        config=forged.config,
        x=[],
        labels=[],
        state=UNBOUNDED(**forged.config).export().hex(),
        refused=[{"name": "margins above 1", "state": forged.pack().hex(), "code": spec.ERROR_STATE_EVENT}],
    )
    yield case(
        "nothing",
        "the state of an empty network",
        config=config,
        x=[],
        labels=[],
        state=UNBOUNDED(**config).export().hex(),
        refused=[],
    )


def walk_cases():
    yield case(
        "standard",
        "1,000 events and all else one does with them (tests/walks.py): the digest after each 100",
        config=STANDARD,
        digests=list(standard_walk(UNBOUNDED(**STANDARD))),
    )


def vote_cases():
    draw = draws(23)
    sure = [(label, 1, [60000 if i == label else 0 for i in range(3)]) for label in range(3)]
    doubtful = (1, 1, [30000, 31000, 0])
    unknown = (2, 0, [0, 0, 90000])
    any_ = [(next(draw) % 3, next(draw) % 4 > 0, [next(draw) % 131072 - 32768 for _ in range(3)]) for _ in range(80)]
    some = [
        ("alone", "each answer for itself", 1, 0, [sure[0], sure[1], unknown, sure[1]]),
        ("flicker", "one odd answer among three", 3, 0, [sure[0], sure[0], sure[1], sure[0], sure[1], sure[1]]),
        (
            "tie",
            "the label that stands, then the one answered last",
            4,
            0,
            [sure[0], sure[1], sure[1], sure[0], sure[2]],
        ),
        ("half unknown", "unknown needs more than half", 4, 0, [unknown, sure[1], unknown, sure[1], unknown, unknown]),
        ("hold", "a label stays for two more answers", 1, 2, [sure[0], sure[1], sure[2], sure[1], sure[2], unknown]),
        ("hold unknown", "unknown stays too", 1, 1, [sure[0], sure[0], unknown, sure[1], sure[1], sure[1]]),
        ("close", "by mean a sure answer weighs more than two doubtful ones", 3, 0, [sure[0], doubtful, doubtful]),
        ("absent", "a class without events cannot win, where all others are below 0", 2, 0, [(0, 1, [-9, 0, -20])] * 2),
        ("equal", "equal sums of which none was answered: the lowest", 1, 0, [(2, 1, [7, 7, 5])]),
        ("two classes", "fewer outputs than before", 3, 0, [sure[2], (1, 1, [3, 9]), (0, 1, [9, 3])]),
        ("longest", "as many as count, and as long a hold", 64, 255, any_ + [sure[0]] * 70),
        ("any", "a stream", 5, 1, any_),
    ]
    for name, note, over, hold, answers in some:
        for by in ("majority", "mean"):
            vote = Vote(over, by == "mean", hold, spec.LIMIT_CLASSES)
            answers = [(label, bool(known), outputs) for label, known, outputs in answers]
            voted = [vote.take(*answer) for answer in answers]
            yield case(f"{name}, {by}", note, over=over, by=by, hold=hold, answers=answers, voted=voted)


ABOUT = {
    "fixed": "Rounding, roots and powers of two. inputs[i] gives outputs[i].",
    "dot": "Rows a, b, c to sums of products a . b, of floor(a c / 2^16), and the squared distance of a and b[0].",
    "metric": "Events and labels to the first metric and that of the layers, and queries to coordinates in both.",
    "solve": "Scaled coordinates to width and K; K with targets to L, 1 / L_ii and W = L^-1, alpha and left-out residuals.",
    "whiten": "Coordinates and labels to the shrunk covariance, to W, and to whitened coordinates.",
    "contour": "Events and labels, learned one by one, to the contour.",
    "network": "Lives of networks: what each operation (tests/operations.py) gives, and the digest after it.",
    "memory": "Lives in which events are absorbed, evicted, taken back, corrected, named; slices; regression.",
    "vote": "Answers (label, whether the verdict is not unknown, outputs) to the label that stands behind each.",
    "state": "Exported states, and what is refused of damaged ones.",
    "walk": "The standard walk: the last of its digests is what every implementation ends with.",
    **signal_vectors.ABOUT,
}


def text(stem):
    cases = list((signal_vectors.CASES.get(stem) or globals()[f"{stem}_cases"])())
    lines = ",\n".join("  " + json.dumps(c) for c in cases)
    return f'{{\n "about": {json.dumps(ABOUT[stem])},\n "cases": [\n{lines}\n ]\n}}\n'


def main():
    stale = []
    for stem in ABOUT:
        path, wanted = VECTORS / f"{stem}.json", text(stem)
        if "--check" not in sys.argv[1:]:
            path.write_text(wanted)
        elif not path.exists() or path.read_text() != wanted:
            stale.append(stem)
    for stem in stale:
        print(f"shared_spec/vectors/{stem}.json: not what the unbounded run gives", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
