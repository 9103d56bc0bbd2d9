# SPDX-License-Identifier: MIT
"""The learning bench measures what it says: scores by hand, every peer learns, each part does what it is named for."""

import csv
import sys

import numpy as np
import pytest

import watch
from deeplomath.desk.stories import motion
from deeplomath.paths import ROOT

sys.path.insert(0, str(ROOT / "host"))
from bench import document, parts, peers, picture, scores, sets, table  # noqa: E402
from bench.parts import (  # noqa: E402
    common,
    corrections,
    features,
    few_shot,
    gestures,
    memory,
    open_set,
    streams,
)
from bench.parts import watch as watch_part  # noqa: E402

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


def little(case):
    """Events and labels with little to learn from."""
    x, y = blobs(4)
    if case == "one event a class":
        return x[:3], y[:3]
    if case == "two constant features":
        return x * np.int16([1, 1, 0, 1]), y
    if case == "equal events":
        return np.tile(x[:1], (len(x), 1)), y
    return x[y], y  # the first three are one of each class: equal within a class


LITTLE = ("one event a class", "two constant features", "equal events", "equal within a class")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@pytest.mark.parametrize("case", LITTLE)
def test_every_peer_stays_bounded_where_there_is_little_to_learn(case, method):
    x, y = little(case)
    peer = peer_of(method).fit(x, y)
    assert set(peer.predict(x)) <= {0, 1, 2}
    assert peer.bytes() > 0
    if method in (peers.Deeplomath, *peers.BATCH):
        assert np.isfinite(peer.novelty(x)).all()
        assert case == "equal events" or (peer.predict(x) == y).all()


def test_shrunk_lda_takes_the_covariance_of_the_classes_that_vary():
    x, y = blobs(6)
    kept = (y < 2) | (np.arange(len(y)) == 2)  # one event of class 2
    queries, wanted = blobs(20, seed=1)
    peer = peer_of(peers.ShrunkDiscriminant).fit(x[kept], y[kept])
    assert (peer.predict(queries) == wanted).all()
    means = np.array([x[kept & (y == c)].mean(0) for c in range(3)])
    assert peer.novelty(means).max() < 1e-6 < peer.novelty(queries).min()


def batch_of_streaming_lda(x, y, queries):
    """Squared distances to the class means of all events at once, as the docstring of StreamingDiscriminant has them."""
    z, q = (x - x.mean(0)) / x.std(0), (queries - x.mean(0)) / x.std(0)
    means = np.array([z[y == c].mean(0) for c in range(3)])
    within = (z - means[y]).T @ (z - means[y]) / len(z)
    covariance = 0.9 * within + 0.1 * np.trace(within) / len(within) * np.eye(len(within))
    return np.array([[(e - m) @ np.linalg.inv(covariance) @ (e - m) for m in means] for e in q])


def test_streaming_lda_event_by_event_is_the_batch_solution():
    random = np.random.default_rng(3)
    y = random.integers(0, 3, 90)
    x = 3000 * (random.normal(size=(90, 4)) + y[:, None]) @ random.normal(size=(4, 4))
    x = x.clip(-32768, 32767).astype(np.int16)
    peer = peer_of(peers.StreamingDiscriminant).fit(x[:60], y[:60])
    peer.predict(x)  # what was made for an answer is made anew after the next event
    peer.fit(x[60:], y[60:])
    expected = batch_of_streaming_lda(x.astype(float), y, x[:20])
    assert np.allclose(peer.distances(x[:20]), expected, rtol=1e-6, atol=1e-6)
    assert (peer.predict(x[:20]) == expected.argmin(1)).all()


def test_the_balanced_reservoir_keeps_the_rare_and_a_sample_of_the_frequent():
    y = np.random.default_rng(5).permutation(np.repeat([0, 1, 2], [1150, 45, 5]))
    x = np.arange(4800).reshape(1200, 4).astype(np.int16)
    early = []
    for seed in range(20):
        peer = peers.BalancedReservoir(4, 3, 24, seed).fit(x, y)
        kept = np.bincount(peer.y, minlength=3)
        assert kept.sum() == 24 and kept[2] == 5 and abs(kept[0] - kept[1]) <= 1
        assert (y[peer.x[:, 0] // 4] == peer.y).all()
        early.append(np.mean(peer.x[peer.y == 0, 0] < 2400))
    assert 0.4 < np.mean(early) < 0.6  # of a frequent class as many early as late ones


@pytest.mark.parametrize("method", (*peers.BATCH, peers.BalancedReservoir), ids=lambda method: method.name)
def test_a_peer_says_whether_it_keeps_every_event(method):
    x, y = blobs(20)
    peer = peer_of(method, events=60 if method.keeps_all else 24).fit(x, y)
    assert len(getattr(peer, "x", ())) == (60 if method.keeps_all else 24 * hasattr(peer, "x"))


# Parts


class Parrot(peers.Peer):
    """Says the label it learned last, -1 before; keeps what it was told."""

    name, kept = "parrot", []

    def __init__(self, *_):
        self.told, self.events_told = [], []
        Parrot.kept = self

    def predict(self, x):
        return np.full(len(x), self.told[-1] if self.told else -1)

    def novelty(self, x):
        return np.zeros(len(x))

    def refused(self, x):
        return np.zeros(len(x), bool)

    def learn(self, x, y):
        self.told.append(y)
        self.events_told.append(x)

    def bytes(self):
        return 1


def told(part, **arguments):
    """(events, labels) that a method of a part is told, in their order."""
    list(part((Parrot,), **arguments))
    return np.array(Parrot.kept.events_told), np.array(Parrot.kept.told)


@pytest.fixture
def all_blobs(monkeypatch):
    """Each table is one of six classes that lie far apart, and nothing is fetched."""
    x, y = blobs(300)
    half = (np.arange(len(y)) // 3) % 2
    table = sets.Table(x + (4000 * half[:, None]).astype(np.int16) * np.int16([0, 0, 1, 0]), y + 3 * half)
    monkeypatch.setattr(sets, "TABLES", dict.fromkeys(sets.TABLES, lambda _: table))
    arm = [np.array([x[y == c][12 * i : 12 * i + 12] for c in range(3)]).reshape(-1, 4)[:14] for i in range(7)]
    monkeypatch.setattr(
        sets, "watch", lambda person, side: [windows + np.int16(900 * i) for i, windows in enumerate(arm)]
    )
    monkeypatch.setattr(motion, "ARMS", ((motion.PERSON, motion.SIDE),))
    monkeypatch.setattr(watch_part.data, "load", lambda folder: watch.small_recordings())
    sets.load.cache_clear()
    yield table
    sets.load.cache_clear()


def test_prequential_asks_each_event_before_it_learns_it():
    y = [0, 0, 1, 1, 1, 0]  # right: no, yes, no, yes, yes, no
    values = streams.prequential(Parrot(), np.zeros((6, 2), np.int16), y, steps=3)
    assert values == {"prequential": 50.0, "at 2": 50.0, "at 4": 50.0, "at 6": 50.0}


def test_only_wrong_answers_are_corrected_and_counting_stops_at_the_goal():
    parrot, x = Parrot(), np.zeros((9, 2), np.int16)
    assert corrections.count_corrections(parrot, x, [0, 1, 1, 0, 0, 0, 0, 1, 1], 4, 0.75) == (3, True)
    assert parrot.told == [0, 1, 0]
    assert corrections.count_corrections(Parrot(), x[:6], [0, 1, 0, 1, 0, 1], 4, 0.75) == (6, False)


def test_shots_are_drawn_from_each_class_and_never_asked():
    y = np.repeat([0, 1, 2], [10, 20, 30])
    train, rest = common.shots_of_each(y, 4, draw=1)
    assert y[train].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert len(set(train) | set(rest)) == 60 == len(train) + len(rest)
    assert (common.shots_of_each(y, 4, draw=1)[0] == train).all()


def test_features_are_scaled_to_int16_and_one_that_stands_still_is_zero():
    scaled = sets.as_int16([[0, 5, -1e9], [1, 5, 0], [4, 5, 1e9]])
    assert scaled.dtype == np.int16
    assert scaled.tolist() == [[-8000, 0, -8000], [-4000, 0, 0], [8000, 0, 8000]]


def test_a_part_gives_every_method_a_row(monkeypatch):
    monkeypatch.setitem(sets.TABLES, "blobs", lambda _: sets.Table(*blobs(30)))
    methods = parts.PARTS["few-shot"].methods
    rows = list(few_shot.few_shot(methods, "blobs", 3, 0)) + list(open_set.open_set(methods, "blobs", 5, 0))
    assert {row.method for row in rows} == {method.name for method in (peers.Deeplomath, *peers.BATCH)}
    assert all(row.value == 100 for row in rows if row.metric == "accuracy" and row.method == "Deeplomath")
    assert {row.metric for row in rows} == {"accuracy", "bytes", "AUROC", "FPR at 95 %", "OSCR"}


@pytest.mark.parametrize("part", parts.PARTS)
def test_a_part_runs_quickly_is_repeatable_and_stays_in_percent(part, all_blobs):
    job = parts.jobs(part, True, ("Deeplomath", "1-NN", "shrunk LDA", "streaming LDA"))[0]
    rows = parts.run(job)
    assert job.methods[0] is peers.Deeplomath
    assert {row.method for row in rows} == {method.name for method in job.methods}
    assert {row.part for row in rows} <= set(table.PARTS)
    assert all(0 <= row.value <= 100 for row in rows if row.metric not in ("bytes", "corrections"))
    assert len({row[:-1] for row in rows}) == len(rows)
    if part in ("label-noise", "drifting-streams", "gestures", "spikes"):
        assert parts.run(job) == rows


@pytest.mark.parametrize("quick", [True, False])
def test_the_jobs_of_a_part_name_data_that_is_there(quick, monkeypatch):
    monkeypatch.setattr(few_shot, "enough", lambda name, shots: True)
    for part in parts.PARTS:
        names = {job.arguments.get("name", "watch") for job in parts.jobs(part, quick)}
        assert names and names <= {*sets.TABLES, "watch"}
        assert all(job.methods == parts.PARTS[part].methods for job in parts.jobs(part, quick))


def test_only_the_labels_that_are_said_are_wrong(all_blobs):
    right = {event.tobytes(): label for event, label in zip(*all_blobs, strict=True)}
    for percent, least, most in ((0, 0, 0), (20, 60, 100), (100, 400, 400)):
        x, y = told(memory.label_noise, name="vowel", percent_wrong=percent, draw=0, events=400)
        wrong = [label != right[event.tobytes()] for event, label in zip(x, y, strict=True)]
        assert len(y) == 400 and least <= sum(wrong) <= most and set(y) == set(range(6))


def test_classes_come_one_after_the_other(all_blobs):
    _, y = told(memory.class_after_class, name="vowel", shots=20, draw=1)
    assert (y.reshape(6, 20) == y[::20, None]).all() and set(y) == set(range(6))


def test_half_of_the_classes_are_twenty_times_rarer(all_blobs):
    _, y = told(memory.imbalance, name="vowel", draw=0)
    assert sorted(np.bincount(y)) == [5] * 3 + [100] * 3
    assert set(y[:20]) != set(y[:1])  # they come mixed


def test_balanced_accuracy_counts_each_class_alike(all_blobs):
    (row,) = memory.imbalance((Parrot,), name="vowel", draw=0)  # a parrot is right on one class of six
    assert row.value == pytest.approx(100 / 6)


def test_two_percent_of_the_values_are_spikes(all_blobs):
    x, _ = told(features.spikes, name="digits", shots=90, draw=0)
    assert 0.01 < np.isin(x, (-32768, 32767)).mean() < 0.03


def test_a_long_tail_keeps_the_order_of_values_and_pulls_the_large_ones_away(all_blobs):
    x, _ = told(features.tails, name="digits", shots=90, draw=0)
    plain = all_blobs.x[common.shots_of_each(all_blobs.y, 90, 0)[0]]
    assert (np.diff(x[np.argsort(plain[:, 0]), 0].astype(int)) >= 0).all()
    skews = [
        np.ptp(v[v > np.median(v)].astype(int)) / np.ptp(v[v < np.median(v)].astype(int))
        for v in (x[:, 0], plain[:, 0])
    ]
    assert skews[0] > 5 > skews[1]


def test_five_features_of_160_tell_the_classes_apart():
    x, y = told(features.informative, shots=30, draw=0)
    means = np.array([x[y == c].mean(0) for c in range(4)])
    assert x.shape == (120, 160)
    ratio = np.sort(means.std(0) / x.std(0))
    assert ratio[-3] > 2 * ratio[-6]  # by chance one or two of the five may have means that are near


def drifted(kind):
    """Of each event of a stream that drifts: whether it differs from the table's, and whether its label does."""
    x, y = told(streams.drifting, name="vowel", kind=kind, draw=0, events=400)
    table = sets.load("vowel")
    order = np.random.default_rng(0).permutation(len(table.y))[:400]
    return (x != table.x[order]).any(1), y != table.y[order]


def test_streams_drift_when_they_should(all_blobs):
    late = np.arange(400) >= 200
    moved, renamed = drifted("sudden")
    assert (moved == late).all() and not renamed.any()
    moved, renamed = drifted("exchanged")
    assert not moved.any() and not renamed[~late].any() and 0.3 < renamed[late].mean() < 0.7
    moved, _ = drifted("recurring")
    assert (moved == (np.arange(400) // 100 % 2 == 1)).all()
    moved, _ = drifted("gradual")
    assert not moved[:133].any() and moved[267:].all() and moved[133:200].mean() < moved[200:267].mean()


def test_gestures_have_their_frequency_and_lying_still_has_none():
    random = np.random.default_rng(0)
    for three in gestures.SETS.values():
        for gesture in three:
            window = gestures.window(gesture, random)
            axis = np.abs(np.add(gesture.sine, gesture.cosine)).argmax()
            spectrum = np.abs(np.fft.rfft((window[:, axis] - window[:, axis].mean()) * np.hanning(128)))
            found = np.fft.rfftfreq(128, 1 / gestures.RATE)[spectrum[1:].argmax() + 1]
            assert abs(found - gesture.hertz) < 0.15 * gesture.hertz + 0.4
    still = gestures.window(gestures.LYING, random)
    assert still.std(0).max() < 0.03 * 4096 and np.linalg.norm(still.mean(0)) == pytest.approx(4096, rel=0.01)


# Table


def rows_of(**means):
    """Two draws of few shots on two sets: {method: mean}."""
    return [
        common.Row("few shot", name, "3 shots", method.replace("_", "-"), draw, "accuracy", mean + sign * (1 + draw))
        for method, mean in means.items()
        for draw in (0, 1)
        for name, sign in (("a", -1), ("b", 1))
    ]


def test_sets_are_averaged_first_and_the_spread_is_that_of_draws():
    rows = [common.Row("p", "ab"[i % 2], "s", "m", i // 2, "x", value) for i, value in enumerate([80, 90, 82, 94])]
    assert table.summarise(rows) == (86.5, pytest.approx(np.sqrt(4.5)), 2, 2)


@pytest.mark.parametrize(("ours", "met"), [(71.1, True), (71.0, False), (70.0, False)])
def test_a_target_against_every_peer_is_one_against_the_best(ours, met):
    target = {"text": "t", "rows": ["few shot", "", "3 shots", "accuracy"], "than": "", "by": 0.0}
    verdict = table.judge(target, rows_of(Deeplomath=ours, **{"1_NN": 69, "forest": 71}))
    assert verdict.met is met and "forest 71.0" in verdict.reached


@pytest.mark.parametrize(("values", "met"), [((3, 4), True), ((2.4, 4), False), ((3, 8.1), False)])
def test_a_target_on_each_set_is_missed_when_one_misses(values, met):
    target = {"text": "t", "rows": ["f", "", "s", "m"], "least": 2.5, "most": 8, "each": True}
    rows = [common.Row("f", name, "s", "Deeplomath", 0, "m", value) for name, value in zip("ab", values, strict=True)]
    assert table.judge(target, rows).met is met


def test_less_is_better_where_the_target_says_so():
    target = {"text": "t", "rows": ["f", "", "s", "FPR at 95 %"], "than": "1-NN", "by": 0.0}
    rows = [
        common.Row("f", "a", "s", method, 0, "FPR at 95 %", value)
        for method, value in (("Deeplomath", 20), ("1-NN", 30))
    ]
    assert table.judge(target, rows).met is True


def test_a_target_against_peers_that_were_not_measured_is_not_run():
    for than in ("", "1-NN"):
        target = {"text": "t", "rows": ["few shot", "", "3 shots", "accuracy"], "than": than, "by": 0.0}
        assert table.judge(target, rows_of(Deeplomath=70)).met is None
        assert table.judge(target, rows_of(**{"SVM, RBF": 70})).met is None


def test_a_target_may_have_a_largest_value_alone():
    target = {"text": "t", "rows": ["f", "", "s", "m"], "most": 8}
    rows = [common.Row("f", "a", "s", "Deeplomath", 0, "m", value) for value in (7, 8.5)]
    assert table.judge(target, rows)[1:] == ("<= 8", "7.8", True)
    assert table.judge(target, rows[1:]).met is False


def test_a_rival_is_compared_on_the_sets_and_draws_that_both_have():
    cell = [("a", 0, 80, 78), ("a", 1, 82, 81), ("b", 0, 60, 63)]
    rows = [common.Row("p", name, "s", "Deeplomath", draw, "accuracy", ours) for name, draw, ours, _ in cell]
    rows += [common.Row("p", name, "s", "1-NN", draw, "accuracy", theirs) for name, draw, _, theirs in cell]
    (rival,) = table.rivals(rows + [common.Row("p", "c", "s", "1-NN", 0, "accuracy", 78.0)])
    differences = np.array([2, 1, -3])
    assert rival.method == "1-NN" and rival.pairs == 3
    assert (rival.ahead, rival.error) == (pytest.approx(0), pytest.approx(differences.std(ddof=1) / np.sqrt(3)))


def line_rows(part, metric, **means):
    return [common.Row(part, "a", "s", method, 0, metric, mean) for method, mean in means.items()]


def test_the_best_peer_is_named_and_in_a_part_with_a_budget_the_best_bounded_one_too():
    means = {"Deeplomath": 80, "1-NN": 90, "class mean": 70, "streaming LDA": 85}
    assert [rival.method for rival in table.best(line_rows("few shot", "accuracy", **means))] == ["1-NN"]
    found = table.best(line_rows("label noise", "accuracy", **means))
    assert [(rival.method, rival.ahead) for rival in found] == [("1-NN", -10), ("streaming LDA", -5)]
    assert [rival.method for rival in table.best(line_rows("corrections", "corrections", **means))] == ["class mean"]
    assert table.best(line_rows("label noise", "bytes", **means)) == []


def test_rows_of_before_stay_where_nothing_was_measured(tmp_path):
    before = line_rows("spikes", "accuracy", Deeplomath=1.5, **{"1-NN": 2.25}) + line_rows("few shot", "bytes", a=3)
    table.write(tmp_path, before)
    assert table.read(tmp_path) == before and table.read(tmp_path / "none") == []
    measured = line_rows("spikes", "accuracy", Deeplomath=9.0)
    assert table.joined(before, measured) == [before[2], before[1], *measured]


def full_rows(all_blobs):
    """Rows with each setting and metric of a full run, of a method that costs nothing."""
    rows, done = [], set()
    for name, part in parts.PARTS.items():
        for arguments in part.jobs(False):
            kind = tuple(
                (key, value) for key, value in arguments.items() if key not in ("name", "draw", "person", "side")
            )
            again = (name, kind, arguments["name"] if name == "streams" else arguments.get("name") == "watch")
            if again not in done:
                rows += part.run((Parrot,), **arguments)
                done.add(again)
    return rows


def test_every_target_and_every_line_of_the_document_is_made_by_a_full_run(all_blobs):
    made = {(row.part, row.setting, row.metric) for row in full_rows(all_blobs)}
    for part, _, setting, metric in (target["rows"] for target in table.targets()):
        assert (part, setting, metric) in made
    for part, _, setting, metric in (line for lines in document.ROWS.values() for line in lines):
        assert (part, setting, metric) in made
    assert all(table.judge(target, []).met is None for target in table.targets())
    assert {part for part, *_ in made} == set(table.PARTS)


def test_the_document_has_a_row_for_each_line_and_names_the_best_peer():
    lines = [line for line in document.text([]).splitlines() if line.startswith("| ")][1:]
    written = document.DOCUMENT.read_text().split(document.BEGIN)[1].split(document.END)[0].splitlines()
    assert [line.split(" | ")[0] for line in written if line.startswith("| ")][2:] == [
        line.split(" | ")[0] for line in lines[1:]
    ]
    rows = [
        row._replace(setting="20 % wrong")
        for row in line_rows("label noise", "accuracy", Deeplomath=70.0, **{"SVM, RBF": 90.0, "streaming LDA": 65.0})
    ]
    (row,) = [line for line in document.text(rows).splitlines() if "named wrongly" in line]
    assert row.endswith("| ? / 70.0 | ? / 90.0 (SVM, RBF\\*), 65.0 (streaming LDA) |")


def test_the_order_of_work_has_each_part():
    from bench import __main__ as main

    assert sorted(main.ORDER) == sorted(parts.PARTS)


def test_a_method_is_measured_alone_beside_the_rows_of_before(all_blobs, tmp_path, monkeypatch, capsys):
    pytest.importorskip("river", reason="river is not installed: make bench-learning")
    from bench import __main__ as main

    monkeypatch.setattr(sets, "fetch", lambda: None)
    before = document.DOCUMENT.read_text()

    def run(*arguments):
        words = ["--quick", "--part", "spikes", "--processes", "1", "--folder", str(tmp_path)]
        monkeypatch.setattr(sys, "argv", ["bench", *words, *arguments])
        main.main()
        return table.read(tmp_path)

    peer = run("--method", "1-NN")
    both = run("--method", "Deeplomath")
    assert {row.method for row in peer} == {"1-NN"} and [row for row in both if row.method == "1-NN"] == peer
    assert {row.method for row in both} == {"1-NN", "Deeplomath"}
    assert "(1-NN)" in (tmp_path / "document.md").read_text() and (tmp_path / "bench.png").exists()
    assert "spikes, 2 %, 5 shots: accuracy" in capsys.readouterr().out
    assert document.DOCUMENT.read_text() == before
    with pytest.raises(SystemExit):
        run("--method", "MLP, 64", "--part", "known-set", "--write")  # --quick is not published
    monkeypatch.setattr(sys, "argv", ["bench", "--part", "known-set", "--method", "MLP, 64"])
    with pytest.raises(SystemExit, match="none of these parts"):
        main.main()


def test_table_files_and_picture_are_written(tmp_path):
    from rich.console import Console

    rows = rows_of(Deeplomath=75.0, forest=71.0)
    summarised = table.lines(rows)
    console = Console(width=120, record=True, file=(tmp_path / "out").open("w"))
    console.print(table.shown(summarised, "title"))
    assert "75.0±0.0" in console.export_text()
    table.write(tmp_path, rows)
    with (tmp_path / "rows.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(rows)
    picture.draw(rows, tmp_path / "bench.png")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")
