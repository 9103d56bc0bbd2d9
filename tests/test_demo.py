# SPDX-License-Identifier: MIT
"""The demo: its scenes and scores, equal digests over all of it on every implementation, and red at the first that differs."""

import functools

import numpy as np
import pytest
from typer.testing import CliRunner

import implementations
import watch
from deeplomath import cli, data, demo, picture, spec
from deeplomath.client import Device
from deeplomath.features import window_features
from deeplomath.lockstep import Lockstep
from deeplomath.network import Network


class Board:
    """A network of implementations.py with the face of a Device."""

    def __init__(self, make, features):
        self.make, self.window_features = make, features

    def configure(self, **config):
        self.network = self.make(**config)
        return self.network.footprint()

    def __getattr__(self, name):
        return getattr(self.network, name)


BOARDS = {
    "mirror": functools.partial(Board, implementations.MIRROR, window_features),
    "kernel": functools.partial(Board, implementations.KERNEL, implementations.kernel_window_features),
}


def small_windows():
    return demo.arm_windows(watch.small_recordings(), 3, 0)


def test_the_scenes_name_and_ask_what_they_say():
    steps = demo.script(small_windows())
    learned = {scene: [s.exercise for s in steps if s.scene == scene and s.learn] for scene in demo.SCENES}
    assert learned == {"a": [], "b": [0, 1, 2, 3, 4] * 5, "c": [], "d": [5] * 5}
    asked = {scene: [s.exercise for s in steps if s.scene == scene and not s.learn] for scene in demo.SCENES}
    eight = [5] * 8 + [6] * 8
    assert asked["a"] == list(range(7)) and asked["c"] == eight
    assert asked["b"] == sorted([0, 1, 2, 3, 4] * 3) and asked["d"] == [*asked["b"], 5, 5, 5, *([6] * 8)]


def test_no_window_is_asked_about_after_it_was_named():
    named = set()
    for step in demo.script(small_windows()):
        assert (step.exercise, step.window) not in named
        if step.learn:
            named.add((step.exercise, step.window))


def test_scores_count_right_and_unknown():
    network = Network(**demo.CONFIG)
    story = list(demo.play(demo.script(small_windows()), small_windows(), network, window_features))
    scores = demo.scores(story)
    assert scores["a", "known", "unknown"] == (5, 5) and scores["a", "late", "unknown"] == (1, 1)
    known = [p for p in story if p.step.scene == "b" and not p.step.learn]
    assert scores["b", "known", "right"] == (sum(p.result.label == p.step.exercise for p in known), 15)
    both = [p for p in story if p.step.scene == "c"]
    assert scores["c", "both", "unknown"] == (sum(p.result.verdict == spec.VERDICT_UNKNOWN for p in both), 16)


@pytest.mark.parametrize("implementation", BOARDS)
def test_the_demo_on_the_watch_data_is_equal_event_by_event(implementation):
    begun = []
    windows = demo.arm_windows(watch.recordings(), demo.PERSON, demo.SIDE)
    board = BOARDS[implementation]()
    lockstep, story, state = demo.run(board, windows, lambda *_: begun.append(1), lambda *_: begun.append(2))
    assert (lockstep.events, len(story), begun) == (234, 234, [1] + [2] * 234)
    assert lockstep.comparisons == 2 * 234 + 126 + 4
    assert state == lockstep.mirror.export() and lockstep.mirror.depth == 3


def test_the_demo_on_a_board_is_equal_event_by_event(board):
    windows = demo.arm_windows(watch.recordings(), demo.PERSON, demo.SIDE)
    with Device(board.port) as device:
        lockstep = Lockstep(device, **demo.CONFIG)
        raw = lockstep.window_features(windows[0][0])
        assert raw.tolist() == window_features(windows[0][0]).tolist()
        for label, x in demo.events(windows):
            lockstep.infer(x) if label is None else lockstep.learn(x, label)
        lockstep.finish()
    assert lockstep.events == 234


def test_the_arm_of_the_demo_is_the_one_nearest_to_the_mean():
    shares = [demo.arm_scores(demo.arm_windows(watch.recordings(), *arm)) for arm in demo.ARMS]
    table = np.array([list(share.values()) for share in shares])
    nearest = demo.ARMS[np.abs(table - table.mean(0)).mean(1).argmin()]
    assert nearest == (demo.PERSON, demo.SIDE)
    assert np.mean([share["all", "all", "right"] for share in shares]) >= 0.945


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs `deeplomath demo` on small data with a board in memory that computes with `network`."""

    def run(**options):
        monkeypatch.setattr(data, "load", watch.small_recordings)
        monkeypatch.setattr(demo, "ARMS", ((3, 0),))
        monkeypatch.setattr(cli, "Device", lambda port: watch.device(**options))
        return CliRunner().invoke(
            cli.app, ["demo", "--port", "a-port", "--picture", str(tmp_path / "new" / "demo.png")]
        )

    return run


def test_a_right_board_ends_with_table_and_picture(run, tmp_path):
    result = run()
    assert result.exit_code == 0, result.output
    rows = {" ".join(line.split()) for line in result.output.splitlines()}
    n_events = len(demo.script(small_windows()))
    assert {"mismatches 0", f"events checked {n_events}"} <= rows
    header = (tmp_path / "new" / "demo.png").read_bytes()[:24]
    assert [int.from_bytes(header[i : i + 4], "big") for i in (16, 20)] == [1600, 900]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(network=watch.flips_at(1)), "Event 8, learn as 0: the board and the mirror differ."),
        (dict(network=watch.flips_at(26)), "learn as 5: the board and the mirror differ."),
        (dict(network=watch.builds_wrong(1)), "the board and the mirror differ."),
        (dict(network=watch.answers_wrong(20)), "infer: the board and the mirror differ."),
        (dict(features=lambda samples, channels: bytes(6 * channels)), "features: the board and the mirror differ."),
    ],
)
def test_any_mismatch_is_shown_and_turns_the_status_to_1(run, options, words):
    result = run(**options)
    assert result.exit_code == 1 and words in result.output
    assert "differs" in result.output and "mismatches" not in result.output


def test_the_contour_drawn_is_the_novelty_that_infer_gives():
    network = Network(**demo.CONFIG)
    story = list(demo.play(demo.script(small_windows()), small_windows(), network, window_features))
    random = np.random.default_rng(1)
    x = np.concatenate([[played.x for played in story], random.integers(-32768, 32767, (50, 18))]).astype(np.int16)
    labels, novelties = picture.novelties(network, x)
    answers = [network.infer(row) for row in x]
    assert labels.tolist() == [answer.label for answer in answers]
    assert novelties.tolist() == [answer.novelty for answer in answers]


def test_the_sheet_passes_where_the_points_are_and_maps_back_to_features():
    network = Network(**demo.CONFIG)
    list(demo.play(demo.script(small_windows()), small_windows(), network, window_features))
    z = picture.metric.coordinates(network.metric, network.x) / 256
    assert np.abs(picture.features_at(network, z) - network.x).max() <= np.abs(network.x).max() / 200
    sheet = picture.plane(z)
    assert np.allclose(sheet.axes.T @ sheet.axes, np.eye(2))
    assert np.allclose(picture.lift(sheet, sheet.points) @ sheet.axes, z @ sheet.axes)
