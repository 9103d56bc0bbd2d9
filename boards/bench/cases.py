# SPDX-License-Identifier: MIT
"""The events of the bench, real ones of the watch, and what the mirror makes of them; writes them as bench_data.h."""

import json
from typing import NamedTuple

import numpy as np

from deeplomath import Action, Network
from deeplomath.desk import data
from deeplomath.paths import ROOT

SIZES = [(18, 16, 2), (18, 64, 1), (18, 64, 2), (18, 128, 2), (48, 16, 2), (48, 64, 2), (48, 128, 2)]
COMPARED = (18, 64, 2)  # with the MLP
CLASSES = 7
QUERIES = 300
DOTS = ROOT / "shared_spec" / "vectors" / "dot.json"
DOT_STRIDE = 66  # numbers from one row of a vector to the next: even, so that rows are aligned


class Case(NamedTuple):
    """A network one event short of its budget, the event that fills it, and the mirror's network behind it."""

    size: tuple  # features, events, layers
    state: bytes
    x: np.ndarray
    label: int
    mirror: Network


def events():
    """(windows, labels) of persons 1 and 2, both arms, in an order that mixes exercises: the first n are n to learn."""
    recordings, windows, labels = data.load(), [], []
    for exercise in range(CLASSES):
        cut = [data.windows(recordings, person, side, exercise) for person in (1, 2) for side in (0, 1)]
        windows += [w for arm in cut for w in arm]
        labels += [exercise] * sum(len(arm) for arm in cut)
    order = np.random.default_rng(1).permutation(len(labels))
    return [windows[i] for i in order], np.array(labels)[order]


def features(window, n):
    """18 features of the whole window, or the first 48 of those of its thirds."""
    parts = [window] if n == 18 else np.array_split(window, 3)
    return np.concatenate([data.features([part])[0] for part in parts])[:n]


def case(x, labels, size):
    """The Case of a size: x int16 [more than its events, features]."""
    n_features, n_events, layers = size
    mirror = Network(features=n_features, classes=CLASSES, events=n_events, layers=layers)
    mirror.learn_many(x[: n_events - 1], labels[: n_events - 1])
    state = mirror.export()
    for at in range(n_events - 1, len(labels)):
        if mirror.learn(x[at], int(labels[at])).action == Action.INSERTED:
            return Case(size, state, x[at], int(labels[at]), mirror)
        mirror.undo()
    raise ValueError(f"{size}: every event is absorbed")


def make():
    """(cases, queries int16 [QUERIES, 18], their labels, what is learned of 18 features int16 [64, 18], its labels)."""
    windows, labels = events()
    x = {n: np.array([features(window, n) for window in windows]) for n in (18, 48)}
    cases = [case(x[size[0]], labels, size) for size in SIZES]
    n = COMPARED[1]
    compared = cases[SIZES.index(COMPARED)]
    learned = np.vstack([x[18][: n - 1], compared.x]), np.append(labels[: n - 1], compared.label)
    return cases, x[18][-QUERIES:], labels[-QUERIES:], *learned


def header(cases, queries, query_labels, learned, learned_labels):
    """The text of bench_data.h."""
    lines = ["// Made by boards/bench/cases.py.", '#include "dlm.h"', '#include "mlp.h"']
    for number, it in enumerate(cases):
        lines.append(f"static const uint8_t state{number}[] = {{{', '.join(map(str, it.state))}}};")
        lines.append(f"static const int16_t x{number}[] = {{{', '.join(map(str, it.x))}}};")
    members = "dlm_config_t config; const uint8_t *state; uint32_t state_bytes; const int16_t *x; int32_t label;"
    lines.append(f"typedef struct {{ {members} }} bench_case_t;")
    lines.append("static const bench_case_t bench_cases[] = {")
    for number, it in enumerate(cases):
        n_features, n_events, layers = it.size
        sizes = f".n_features = {n_features}, .n_events = {n_events}, .n_classes = {CLASSES}, .n_layers = {layers}"
        config = f"{{{sizes}, .false_reject_permille = 50}}"
        lines.append(f"    {{{config}, state{number}, sizeof(state{number}), x{number}, {it.label}}},")
    lines.append("};")
    compared = [it.size for it in cases].index(COMPARED)
    lines += [
        f"enum {{ BENCH_CASES = {len(cases)}, BENCH_COMPARED = {compared}, BENCH_QUERIES = {len(queries)},",
        f"       BENCH_BYTES = {max(it.mirror.footprint() for it in cases)} }};",
    ]
    for name, rows, kind in (("queries", queries, "int16_t"), ("events", learned, "int16_t")):
        body = ", ".join("{" + ", ".join(map(str, row)) + "}" for row in rows)
        lines.append(f"static const {kind} bench_{name}[][MLP_INPUTS] = {{{body}}};")
    for name, values in (("query_labels", query_labels), ("labels", learned_labels)):
        lines.append(f"static const uint8_t bench_{name}[] = {{{', '.join(map(str, values))}}};")
    return "\n".join(lines + dot_lines()) + "\n"


def dot_lines():
    """The vectors of sums of products as C."""
    found = json.loads(DOTS.read_text())["cases"]
    sizes = f"int16_t a[{DOT_STRIDE}], b[4][{DOT_STRIDE}]; int32_t c[{DOT_STRIDE}][4], sums[4], mixed[4]"
    lines = [
        f"enum {{ BENCH_DOTS = {len(found)}, BENCH_DOT_STRIDE = {DOT_STRIDE} }};",
        f"typedef struct {{ {sizes}; uint32_t n, distance2; }} bench_dot_t;",
        "static const bench_dot_t bench_dots[] = {",
    ]
    for it in found:
        columns = [list(row) for row in zip(*it["c"])]
        parts = [nested(values) for values in (it["a"], it["b"], columns, it["sums"], it["mixed"])]
        lines.append(f"    {{{', '.join(parts)}, {len(it['a'])}, {it['distance2']}u}},")
    return [*lines, "};"]


def nested(values):
    """Lists of numbers as a C initialiser."""
    return "{" + ", ".join(nested(v) if isinstance(v, list) else str(v) for v in values) + "}" if values else "{0}"
