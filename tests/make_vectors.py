# SPDX-License-Identifier: MIT
"""Makes shared_spec/vectors/{fixed,features,metric,solve,contour,network,state}.json by the slow run on unbounded integers.

    python tests/make_vectors.py            write them
    python tests/make_vectors.py --check    exit with status 1 if one of them is not what that run gives

Each case says in `note` which bug it catches; `flags` are words to select by.
"""

import json
import sys
import zlib
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from deeplomath import KernelError, fixed, metric, solve, window_features  # noqa: E402
from implementations import UNBOUNDED, fields  # noqa: E402

VECTORS = Path(__file__).resolve().parent.parent / "shared_spec" / "vectors"
LOW, HIGH = -32768, 32767


def case(name, note, *flags, **content):
    return {"name": name, "note": note, "flags": list(flags), **content}


def draws(seed):
    """Small whole numbers that are the same on every machine and in every version of every library."""
    state = seed * 2654435761 % 2**32 or 1
    while True:
        state = (state * 1664525 + 1013904223) % 2**32
        yield state >> 16


def events(seed, n, d, classes, spread=400, apart=3000):
    """n events [d] around one centre a class, with their labels."""
    draw = draws(seed)
    centres = [[next(draw) % (2 * apart) - apart for _ in range(d)] for _ in range(classes)]
    labels = [i % classes for i in range(n)]
    return [[v + next(draw) % (2 * spread) - spread for v in centres[y]] for y in labels], labels


def fixed_cases():
    edge = [0, 1, 2, 3, 4, 15, 16, 17, 2**16 - 1, 2**16, 2**31, 2**32 - 1, 2**32, 2**52 + 1, 2**62 - 1, 2**62]
    squares = [k * k + e for k in (3, 46340, 46341, 65535, 2**26 + 1, 2**31 - 1) for e in (-1, 0, 1)]
    steps = [0, 1, 1023, 1024, 1025, 2**18 - 1, 2**18, 2**18 + 1, 5 << 18, (30 << 18) - 1, 30 << 18, (30 << 18) + 1]
    powers = steps + [s << 10 for s in range(257)] + [s * 26214 + 511 for s in range(1, 99)] + [2**40, 2**61]
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
        "each entry of the table, the limit at 30, arguments beyond 32 bits",
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
        outputs=[fixed.log2_q11(v) for v in logs],
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


def features_cases():
    draw = draws(7)
    windows = [
        ("ramp", "the mean of an odd sum rounds up", [[i, -i] for i in range(4)]),
        ("still", "no deviation, no step: the floor of 2^-4 LSB, not the log of zero", [[5, 0, -7]] * 3),
        ("rails", "the largest sums of squares and steps", [[LOW if i % 2 else HIGH] for i in range(128)]),
        ("shortest", "two samples, one step", [[LOW, HIGH], [LOW + 1, LOW]]),
        ("noise", "an ordinary window", [[next(draw) % 2001 - 1000 for _ in range(6)] for _ in range(40)]),
        ("widest", "the most channels", [[next(draw) % 99 for _ in range(53)] for _ in range(3)]),
    ]
    for name, note, samples in windows:
        yield case(name, note, "valid", samples=samples, features=window_features(np.array(samples, np.int16)).tolist())
    for name, n, channels in (("one sample", 1, 2), ("no channel", 4, 0), ("54 channels", 4, 54)):
        try:
            window_features(np.zeros((n, channels), np.int16))
        except KernelError as error:
            yield case(name, "limits of a window", "error", samples=[[0] * channels] * n, code=error.code)


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
    ]
    queries = [[LOW], [HIGH], [0], [3]]
    for name, note, x, y in sets:
        first = metric.first_metric(np.array(x, object), np.array(y))
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
            z_q8=metric.coordinates(first, at).tolist(),
        )


def solve_cases():
    cloud, _ = events(11, 12, 5, 3, 90, 700)
    sets = [
        ("one", "a single event: A is a number", [[3, 4]], [1]),
        ("duplicates", "equal events with the smallest ridge: the largest inverse", [[1, 2, 3]] * 8, [8] * 8),
        ("far", "the largest distances: K is the identity", [[4095] * 6, [-4095] * 6, [4095, -4095] * 3], [1, 2, 3]),
        ("one off", "the smallest spread, the largest mantissa", [[0, 0]] * 5 + [[0, 1]], [1] * 6),
        ("cloud", "an ordinary layer, all counts", cloud, [1 + i % 8 for i in range(12)]),
    ]
    for name, note, rows, counts in sets:
        n_q8, m = np.array(rows, object), len(rows)
        targets = np.array([[(1 << 16) * (i % 2 == c) - (1 << 15) for c in range(2)] for i in range(m)], object)
        width = solve.base_width(n_q8)
        kernel = solve.kernel(solve.squared_distances(n_q8, n_q8), width)
        a_q30 = kernel + np.diag(solve.spec.KERNEL_RIDGE // np.array(counts, object))
        solution = solve.solve(kernel, targets, np.array(counts, object))
        yield case(
            name,
            note,
            n_q8=rows,
            counts=counts,
            targets_q16=targets.tolist(),
            width=list(width),
            kernel_q30=kernel.tolist(),
            inverse_q26=solve.inverse_factor(a_q30).tolist(),
            alpha_q20=solution.alpha_q20.tolist(),
            residual_q16=solution.residual_q16.tolist(),
            error_q32=solution.error_q32,
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
        ("160 features", "the most features: rows longer than a block of 64", wide, [0, 1] * 3, {"layers": 2}),
    ]
    for name, note, x, y, config in sets:
        config = {"features": len(x[0]), "classes": max(y) + 1, "events": len(x), **config}
        net = UNBOUNDED(**config)
        queries = [x[0], [v // 2 for v in x[-1]], [LOW] * len(x[0]), [HIGH] * len(x[0])]
        digests, learns = [net.digest()], []
        for values, label in zip(x, y):
            learns.append(list(net.learn(np.array(values, np.int16), label)))
            digests.append(net.digest())
        answers = [[*a[:5], list(a.outputs)] for a in (net.infer(np.array(q, np.int16)) for q in queries)]
        yield case(
            name,
            note,
            config=config,
            x=x,
            labels=y,
            digests=digests,
            learned=learns,
            queries=queries,
            answers=answers,
            footprint=net.footprint(),
        )


def state_cases():
    x, y = events(19, 5, 3, 2)
    config = {"features": 3, "classes": 2, "events": 6}
    state = learned(x, y, **config).export()

    def flip(at):
        return state[:at] + bytes([state[at] ^ 1]) + state[at + 1 :]

    def forge(at, value):
        """A state changed on purpose, its checksum made right again."""
        body = state[:at] + bytes([value]) + state[at + 1 : -4]
        return body + zlib.crc32(body).to_bytes(4, "little")

    damaged = [
        ("empty", b""),
        ("cut", state[:-1]),
        ("long", state + b"\0"),
        ("magic", flip(0)),
        ("state version", flip(4)),
        ("spec version", flip(6)),
        ("features", flip(8)),
        ("budget", flip(12)),
        ("events kept", flip(16)),
        ("a feature", flip(35)),
        ("a checksum", flip(len(state) - 1)),
        ("a label beyond the classes", forge(22 + 8, 2)),
        ("a count of 0", forge(22 + 9, 0)),
        ("a count of 9", forge(22 + 9, 9)),
        ("another digest", forge(len(state) - 8, state[-8] ^ 1)),
        ("another event", forge(22 + 10, state[22 + 10] ^ 1)),
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
    yield case(
        "nothing",
        "the state of an empty network",
        config=config,
        x=[],
        labels=[],
        state=UNBOUNDED(**config).export().hex(),
        refused=[],
    )


ABOUT = {
    "fixed": "Rounding, roots and powers of two. inputs[i] gives outputs[i].",
    "features": "Sensor windows [n][channels] to features; code: the error that is raised instead.",
    "metric": "Events and labels to the first metric, and queries to coordinates.",
    "solve": "Scaled coordinates to width and K; K with counts and targets to W = L^-1, alpha and left-out residuals.",
    "contour": "Events and labels, learned one by one, to the contour.",
    "network": "Events learned one by one: every digest (the empty network's first), what each learn says, answers at the end.",
    "state": "Exported states, and what is refused of damaged ones.",
}


def text(stem):
    cases = list(globals()[f"{stem}_cases"]())
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
