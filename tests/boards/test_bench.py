# SPDX-License-Identifier: MIT
"""The learning bench measures what it says: scores against hand-made cases, every peer learns, streams are counted right."""

import csv
import sys

import numpy as np
import pytest

from deeplomath.paths import ROOT

sys.path.insert(0, str(ROOT / "host"))
from bench import parts, peers, picture, scores, sets, table  # noqa: E402

METHODS = list(dict.fromkeys((peers.Deeplomath, *peers.BATCH, *peers.STREAM)))


# Scores


@pytest.mark.parametrize(
    ("known", "unknown", "expected"),
    [
        ([1, 2, 3], [4, 5], 1.0),
        ([4, 5], [1, 2, 3], 0.0),
        ([1, 1], [1, 1, 1], 0.5),
        ([1, 3], [2, 4], 0.75),  # 2 > 1, 4 > 1, 4 > 3; 2 < 3
        ([1, 2], [2, 3], 0.875),  # one tie of four pairs
    ],
)
def test_auroc_is_the_share_of_pairs_in_order_with_ties_half(known, unknown, expected):
    assert scores.auroc(known, unknown) == expected


def test_auroc_agrees_with_scikit_learn():
    from sklearn.metrics import roc_auc_score

    random = np.random.default_rng(0)
    known, unknown = random.integers(0, 20, 200), random.integers(5, 25, 90)
    truth = np.repeat([0, 1], [len(known), len(unknown)])
    assert scores.auroc(known, unknown) == pytest.approx(roc_auc_score(truth, np.concatenate([known, unknown])))


@pytest.mark.parametrize(
    ("known", "unknown", "detection", "expected"),
    [
        ([1, 2, 3, 4], [5, 6], 0.95, 0.0),
        ([1, 2, 3, 4], [0, 9], 0.95, 1.0),  # to detect both, the level must sink to 0
        ([1, 2, 3, 4], [0, 9], 0.5, 0.0),
        ([1, 2, 3, 4], [3, 9], 1.0, 0.5),  # 3 and 4 are called unknown with it
        (range(100), range(100), 0.95, 0.95),
        ([4.5, 5.5], range(100), 0.95, 0.5),  # 95 of 100 are 5 or more
    ],
)
def test_false_alarms_are_counted_at_the_highest_level_that_detects_enough(known, unknown, detection, expected):
    assert scores.false_alarms(known, unknown, detection) == expected


@pytest.mark.parametrize(
    ("known", "right", "unknown", "expected"),
    [
        ([1, 2], [True, True], [3, 4], 1.0),
        ([1, 2], [True, False], [3, 4], 0.5),  # as good as the label accuracy where all unknown lie outside
        ([3, 4], [True, True], [1, 2], 0.0),
        (
            [1, 3],
            [True, True],
            [2, 4],
            0.75,
        ),  # first unknown inside with one of two known: 0.5, the second with both: 1
        ([1, 1], [True, True], [1, 1], 0.5),  # a tie is a straight line from nothing to all
    ],
)
def test_oscr_is_the_area_under_right_and_inside_against_unknown_inside(known, right, unknown, expected):
    assert scores.oscr(known, right, unknown) == expected


# Peers


def blobs(n, seed=0):
    """Three classes far apart, n events each, in turn."""
    y = np.arange(3 * n) % 3
    centres = np.array([[6000, 0, 100, 7], [0, 6000, -100, 7], [-6000, -6000, 0, 7]])
    noise = np.random.default_rng(seed).normal(size=(3 * n, 4)) * [300, 300, 300, 0]
    return np.round(centres[y] + noise).astype(np.int16), y


def peer_of(method, events=24):
    if issubclass(method, peers.River):
        pytest.importorskip("river", reason="river is not installed: make bench-learning")
    return method(4, 3, events, 0)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_peer_learns_what_is_easy_event_by_event_and_as_a_batch(method):
    x, y = blobs(40)
    queries, wanted = blobs(20, seed=1)
    tree = method in (peers.HoeffdingTree, peers.AdaptiveForest)  # these need hundreds of events before they split
    times = 5 if tree else 1
    for way in ("fit", "learn"):
        peer = peer_of(method, events=128)
        for _ in range(times):
            if way == "fit":
                peer.fit(x, y)
            else:
                for event, label in zip(x, y, strict=True):
                    peer.learn(event, int(label))
        assert np.mean(peer.predict(queries) == wanted) > 0.9, way
        assert peer.bytes() > 0


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_peer_answers_before_it_learned_and_from_one_class(method):
    x, _ = blobs(2)
    peer = peer_of(method)
    assert peer.predict(x).shape == (6,)
    peer.learn(x[0], 2)
    assert (peer.predict(x) == 2).all()


@pytest.mark.parametrize("method", (peers.Deeplomath, *peers.BATCH), ids=lambda method: method.name)
def test_what_lies_far_from_what_is_known_is_more_novel_to_those_that_measure_distance(method):
    x, y = blobs(10)
    far = np.tile(np.array([20000, 20000, 20000, 7], np.int16), (5, 1))
    peer = peer_of(method, events=30).fit(x, y)
    novelty = peer.novelty(np.concatenate([x, far]))
    assert novelty.shape == (35,)
    if method in (peers.Deeplomath, peers.Nearest, peers.ClassMean):
        assert novelty[30:].min() > novelty[:30].max()


def test_a_batch_is_the_same_to_the_mirror_as_its_events_one_by_one_when_all_are_needed():
    x, y = blobs(4)
    batch, single = peer_of(peers.Deeplomath), peer_of(peers.Deeplomath)
    batch.fit(x[:6], y[:6])
    for event, label in zip(x[:6], y[:6], strict=True):
        single.learn(event, int(label))
    assert batch.net.digest() == single.net.digest()


def test_the_mirror_goes_on_when_its_budget_is_full():
    x, y = blobs(20)
    peer = peer_of(peers.Deeplomath, events=9)
    for event, label in zip(x, y, strict=True):
        peer.learn(event, int(label))
    assert peer.net.info().neurons <= 9
    assert set(peer.predict(x)) == {0, 1, 2}


def test_the_nearest_with_the_same_bytes_holds_as_many_events_as_fit():
    from deeplomath import Network

    room = Network(features=4, classes=3, events=24).footprint()
    peer = peer_of(peers.NearestSameBytes)
    peer.fit(*blobs(2000))
    assert room - 9 < peer.bytes() <= room


def test_os_elm_event_by_event_is_the_batch_solution():
    x, y = blobs(40)
    start = peers.ExtremeLearning.START
    batch, stream = peer_of(peers.ExtremeLearning), peer_of(peers.ExtremeLearning)
    stream.fit(x[:start], y[:start])
    for event, label in zip(x[start:], y[start:], strict=True):
        stream.learn(event, int(label))
    batch.fit(x, y)
    batch.scale = stream.scale
    batch._forget()
    batch._update(x, y)
    assert np.allclose(batch.beta, stream.beta, atol=1e-6)


# Parts


class Parrot:
    """Says the label it learned last, -1 before; keeps what it was told."""

    def __init__(self):
        self.told = []

    def predict(self, x):
        return np.full(len(x), self.told[-1] if self.told else -1)

    def learn(self, x, y):
        self.told.append(y)


def test_prequential_asks_each_event_before_it_learns_it():
    y = [0, 0, 1, 1, 1, 0]  # right: no, yes, no, yes, yes, no
    values = parts.prequential(Parrot(), np.zeros((6, 2), np.int16), y, steps=3)
    assert values == {"prequential": 50.0, "at 2": 50.0, "at 4": 50.0, "at 6": 50.0}


def test_only_wrong_answers_are_corrected_and_counting_stops_at_the_goal():
    parrot = Parrot()
    assert parts.count_corrections(parrot, np.zeros((9, 2), np.int16), [0, 1, 1, 0, 0, 0, 0, 1, 1], 4, 0.75) == (
        3,
        True,
    )
    assert parrot.told == [0, 1, 0]
    assert parts.count_corrections(Parrot(), np.zeros((6, 2), np.int16), [0, 1, 0, 1, 0, 1], 4, 0.75) == (6, False)


def test_shots_are_drawn_from_each_class_and_never_asked():
    y = np.repeat([0, 1, 2], [10, 20, 30])
    train, rest = parts.shots_of_each(y, 4, draw=1)
    assert y[train].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert len(set(train) | set(rest)) == 60 == len(train) + len(rest)
    assert (parts.shots_of_each(y, 4, draw=1)[0] == train).all()


def test_features_are_scaled_to_int16_and_one_that_stands_still_is_zero():
    scaled = sets.as_int16([[0, 5, -1e9], [1, 5, 0], [4, 5, 1e9]])
    assert scaled.dtype == np.int16
    assert scaled.tolist() == [[-8000, 0, -8000], [-4000, 0, 0], [8000, 0, 8000]]


def test_a_part_gives_every_method_a_row(monkeypatch):
    monkeypatch.setitem(sets.TABLES, "blobs", lambda _: sets.Table(*blobs(30)))
    rows = list(parts.few_shot("blobs", 3, 0)) + list(parts.open_set("blobs", 5, 0))
    assert {row.method for row in rows} == {method.name for method in (peers.Deeplomath, *peers.BATCH)}
    assert all(row.value == 100 for row in rows if row.metric == "accuracy" and row.method == "Deeplomath")
    assert {row.metric for row in rows} == {"accuracy", "bytes", "AUROC", "FPR at 95 %", "OSCR"}


@pytest.mark.parametrize("quick", [True, False])
def test_the_jobs_of_a_part_name_data_that_is_there(quick, monkeypatch):
    monkeypatch.setattr(parts, "enough", lambda name, shots: True)
    for part in parts.PARTS:
        names = {job.arguments.get("name", "watch") for job in parts.jobs(part, quick)}
        assert names and names <= {*sets.TABLES, "watch"}


# Table


def rows_of(**means):
    """Two draws of few shots on two sets: {method: mean}."""
    return [
        parts.Row("few shot", name, "3 shots", method.replace("_", "-"), draw, "accuracy", mean + sign * (1 + draw))
        for method, mean in means.items()
        for draw in (0, 1)
        for name, sign in (("a", -1), ("b", 1))
    ]


def test_sets_are_averaged_first_and_the_spread_is_that_of_draws():
    rows = [parts.Row("p", "ab"[i % 2], "s", "m", i // 2, "x", value) for i, value in enumerate([80, 90, 82, 94])]
    assert table.summarise(rows) == (86.5, pytest.approx(np.sqrt(4.5)), 2, 2)


@pytest.mark.parametrize(("ours", "met"), [(71.1, True), (71.0, False), (70.0, False)])
def test_a_target_against_every_peer_is_one_against_the_best(ours, met):
    target = {"text": "t", "rows": ["few shot", "", "3 shots", "accuracy"], "than": "", "by": 0.0}
    verdict = table.judge(target, rows_of(Deeplomath=ours, **{"1_NN": 69, "forest": 71}))
    assert verdict.met is met and "forest 71.0" in verdict.reached


@pytest.mark.parametrize(("values", "met"), [((3, 4), True), ((2.4, 4), False), ((3, 8.1), False)])
def test_a_target_on_each_set_is_missed_when_one_misses(values, met):
    target = {"text": "t", "rows": ["f", "", "s", "m"], "least": 2.5, "most": 8, "each": True}
    rows = [parts.Row("f", name, "s", "Deeplomath", 0, "m", value) for name, value in zip("ab", values, strict=True)]
    assert table.judge(target, rows).met is met


def test_less_is_better_where_the_target_says_so():
    target = {"text": "t", "rows": ["f", "", "s", "m"], "than": "1-NN", "by": 0.0, "lower_is_better": True}
    rows = [parts.Row("f", "a", "s", method, 0, "m", value) for method, value in (("Deeplomath", 20), ("1-NN", 30))]
    assert table.judge(target, rows).met is True


def test_every_target_of_the_file_names_rows_that_a_full_run_makes():
    known = {"few shot", "open set", "false reject", "stream", "drift"}
    for target in table.targets():
        assert target["rows"][0] in known and len(target["rows"]) == 4
        assert table.judge(target, []).met is None


def test_table_files_and_picture_are_written(tmp_path):
    from rich.console import Console

    rows = rows_of(Deeplomath=75.0, forest=71.0)
    summarised = table.lines(rows)
    console = Console(width=120, record=True, file=(tmp_path / "out").open("w"))
    console.print(table.shown(summarised, "title"))
    assert "75.0±0.0" in console.export_text()
    table.write(tmp_path, rows, summarised, [table.judge(target, rows) for target in table.targets()])
    with (tmp_path / "rows.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(rows)
    picture.draw(rows, tmp_path / "bench.png")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")
