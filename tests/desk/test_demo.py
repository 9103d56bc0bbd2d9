# SPDX-License-Identifier: MIT
"""The demo: its scenes and scores, equal digests over all of it on every implementation, and red at the first that differs."""

import functools

import numpy as np
import pytest
from typer.testing import CliRunner

import deeplomath
import front_ends
import implementations
import watch
import wire
from deeplomath import spec
from deeplomath.audit.lockstep import Lockstep
from deeplomath.desk import cli, data, demo, drawing, picture
from deeplomath.link.client import Device
from deeplomath.mirror.network import Network
from streaming import Side


class Board:
    """A network of implementations.py and a front-end of front_ends.py with the face of a Device."""

    def __init__(self, make, front):
        self.make, self.front = make, front

    def configure(self, **config):
        self.network = self.make(**config)
        return self.network.footprint()

    def model(self, model, **_):
        side = Side(self.network, model.program, *model.vote, make=self.front, naming=model.name)
        self.teach, self.stream = side.teach, side.stream
        return deeplomath.FrontEnd(model.program).footprint

    def __getattr__(self, name):
        return getattr(self.network, name)


BOARDS = {
    "mirror": functools.partial(Board, implementations.MIRROR, front_ends.MIRROR),
    "kernel": functools.partial(Board, implementations.KERNEL, front_ends.KERNEL),
}


def small_windows():
    return demo.both_arms(watch.small_recordings(), demo.PERSON, demo.SIDE)


@functools.cache
def small_story():
    return list(demo.play(demo.script(small_windows()), small_windows(), demo.Alone()))


def of_scenes(steps, *acts):
    """{scene: [exercise of each step that is one of these acts]}"""
    return {scene: [s.exercise for s in steps if s.scene == scene and s.act in acts] for scene in demo.SCENES}


def test_the_scenes_name_and_ask_what_they_say():
    steps = demo.script(small_windows())
    six = [0, 1, 2, 3, 4, 5]
    learned = {"a": [], "b": [0, 1, 2, 3, 4] * 5, "c": [], "d": [], "e": [0], "f": six * 2}
    assert of_scenes(steps, "learn") == learned
    assert of_scenes(steps, "name", "undo") == {"a": [], "b": [], "c": [], "d": [5], "e": [0], "f": []}
    asked = of_scenes(steps, "infer")
    five = sorted([0, 1, 2, 3, 4] * 5)
    assert asked["a"] == list(range(7)) and asked["b"] == five and asked["c"] == [6] * 10 + [5] * 8
    assert asked["d"] == [*five, 5, 5, *([6] * 10)] and asked["e"] == [0] * 12
    assert asked["f"] == sorted(six * 8) * 2 + [*five, 5, 5, *([6] * 10)]
    assert all(step.label == step.exercise for step in steps if step.scene != "e")
    assert {step.arm for step in steps if step.part in ("before", "after") and step.scene == "f"} == {demo.OTHER}


def test_no_window_is_asked_about_after_it_was_learned_and_none_twice_learned():
    named = set()
    for step in demo.script(small_windows()):
        window = step.arm, step.exercise, step.window
        if step.act == "undo":
            named.discard(window)
        elif step.act == "name":
            named |= {(step.arm, step.exercise, shown) for shown in range(demo.SHOWN)}
        else:
            assert window not in named
            named |= {window} if step.act == "learn" else set()


def test_the_budget_is_never_full():
    n_learned = sum(step.act == "learn" for step in demo.script(small_windows())) + demo.SHOWN
    assert n_learned <= demo.CONFIG["events"]


def test_scores_count_right_unknown_and_confidence():
    story = small_story()
    scores = demo.scores(story)
    assert scores["a", "all", "unknown"] == (7, 7)
    known = [p for p in story if p.step.scene == "b" and p.step.act == "infer"]
    assert scores["b", "known", "right"] == (sum(p.result.label == p.step.exercise for p in known), 25)
    assert scores["b", "known", "confidence"] == (sum(p.result.confidence for p in known) / 65536, 25)
    both = [p for p in story if p.step.scene == "c"]
    assert scores["c", "both", "unknown"] == (sum(p.result.verdict == spec.VERDICT_UNKNOWN for p in both), 18)


def answers_of(story, part):
    return [p.result for p in story if p.step.scene == "e" and p.step.part == part]


def test_the_mistake_makes_wrong_and_undo_brings_every_answer_back():
    story = small_story()
    assert answers_of(story, "undone") == answers_of(story, "before") != answers_of(story, "mistaken")


@pytest.mark.parametrize("n", [0, 3, 8])
def test_the_unknowns_named_are_those_of_the_exercise_that_are_remembered(n):
    class Remembers(Network):
        named = None

        def unknowns(self):
            return super().unknowns()[len(super().unknowns()) - n :]

        def name(self, unknowns, label):
            self.named = [self.unknown(unknown).tolist() for unknown in unknowns]
            return super().name(unknowns, label)

    network, windows = Remembers(**demo.CONFIG), small_windows()
    steps = demo.script(windows)
    story = list(demo.play(steps, windows, demo.Alone(network)))
    (played,) = (p for p in story if p.step.act == "name")
    shown = data.features(windows[demo.OWN][demo.LATE][: demo.SHOWN]).tolist()
    unknown = [
        x
        for x, p in zip(shown, (p for p in story if p.step[:4:3] == ("c", demo.OWN) and p.step.exercise == 5))
        if not p.result.verdict
    ]
    assert played.x.tolist() == unknown[len(unknown) - n :] and (played.result is None) == (n == 0)
    assert network.named == (played.x.tolist() if n else None)


def test_unknowns_of_other_exercises_are_not_named():
    asked = [demo.Step("c", "both", "infer", demo.OWN, exercise, 0, exercise) for exercise in (6, 5, 4, 5)]
    steps = [*asked, demo.Step("d", "", "name", demo.OWN, 5, 0, 5)]
    played = list(demo.play(steps, small_windows(), demo.Alone()))
    assert played[-1].x.tolist() == [played[1].x.tolist(), played[3].x.tolist()]


def test_what_was_taught_makes_the_same_network_again():
    network, windows = Network(**demo.CONFIG), small_windows()
    story = list(demo.play(demo.script(windows), windows, demo.Alone(network)))
    assert demo.relearned(story).digest() == network.digest() and len(demo.lessons(story)) <= 45


@pytest.mark.parametrize("implementation", BOARDS)
def test_the_demo_on_the_watch_data_is_equal_event_by_event(implementation):
    begun = []
    windows = demo.both_arms(watch.recordings(), demo.PERSON, demo.SIDE)
    lockstep = Lockstep(BOARDS[implementation](), **demo.CONFIG)
    story, state = demo.run(lockstep, windows, lambda *_: begun.append(1), lambda *_: begun.append(2))
    steps = demo.script(windows)
    n_events = sum(step.act in ("infer", "learn") for step in steps)
    assert (lockstep.events, len(story), begun) == (n_events, len(steps), [1] + [2] * len(steps))
    assert lockstep.comparisons == 2 * (len(steps) + 1) + 5, "of steps, of the unknowns listed, of the front-end"
    assert state == lockstep.mirror.export()
    before, mistaken, undone = (answers_of(story, part) for part in ("before", "mistaken", "undone"))
    assert before == undone != mistaken


def test_the_demo_on_a_board_is_equal_event_by_event(board):
    windows = demo.both_arms(watch.recordings(), demo.PERSON, demo.SIDE)
    with Device(board.port) as device:
        demo.run(Lockstep(device, **demo.CONFIG), windows, lambda *_: None, lambda *_: None)


@functools.cache
def shares():
    """{(person, side): {(scene, part, what): share}} of all arms."""
    return {arm: demo.arm_scores(demo.both_arms(watch.recordings(), *arm)) for arm in demo.ARMS}


def test_the_arm_of_the_demo_is_of_the_short_ones_the_nearest_to_the_mean():
    table = {arm: np.array(list(share.values())) for arm, share in shares().items()}
    mean = np.mean(list(table.values()), axis=0)
    short = [arm for arm in demo.ARMS if arm[0] in demo.SHORT]
    assert min(short, key=lambda arm: np.abs(table[arm] - mean).mean()) == (demo.PERSON, demo.SIDE)
    n_windows = {arm: sum(map(len, demo.arm_windows(watch.recordings(), *arm))) for arm in demo.ARMS}
    assert sorted(n_windows, key=n_windows.get)[:4] == sorted(short, key=n_windows.get)


def test_what_the_scenes_show_holds_on_the_mean_of_all_arms():
    mean = {key: np.mean([share[key] for share in shares().values()]) for key in next(iter(shares().values()))}
    assert mean["b", "known", "right"] >= 0.93 and mean["d", "known", "right"] >= 0.925
    assert mean["d", "late", "right"] == 1
    assert mean["d", "known", "unknown"] <= 0.085 and mean["f", "after", "unknown"] <= 0.085
    assert mean["d", "never", "unknown"] >= 0.8 and mean["f", "never", "unknown"] >= 0.8
    assert mean["f", "after", "right"] - mean["f", "before", "right"] >= 0.2
    assert abs(mean["b", "known", "confidence"] - mean["b", "known", "right"]) < 0.05
    for share in shares().values():
        before, undone = (
            {what: share["e", part, what] for what in ("right", "unknown", "confidence")}
            for part in ("before", "undone")
        )
        assert before == undone


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs `deeplomath demo` on small data with a board in memory that computes with `network`."""

    def run(**options):
        monkeypatch.setattr(data, "load", watch.small_recordings)
        monkeypatch.setattr(demo, "ARMS", ((demo.PERSON, demo.SIDE),))
        monkeypatch.setattr(cli, "Device", lambda port, **_: watch.device(**options))
        return CliRunner().invoke(
            cli.app, ["demo", "--port", "a-port", "--picture", str(tmp_path / "new" / "demo.png")]
        )

    return run


def test_a_right_board_ends_with_table_and_picture(run, tmp_path):
    result = run()
    assert result.exit_code == 0, result.output
    rows = {" ".join(line.split()) for line in result.output.splitlines()}
    n_steps = len(demo.script(small_windows()))
    assert {"mismatches 0", f"steps checked {n_steps}"} <= rows
    assert f"agreed after each of {n_steps} steps." in result.output and "events checked" not in result.output
    digests = [line.split()[-1] for line in result.output.splitlines() if "neurons of" in line]
    before, mistaken, undone = digests[5:8]  # 5 rounds, the naming, the mistake, its undoing
    assert before == undone != mistaken and "undone, the digest of before:" in result.output
    assert "8 unknowns, trapezius extension:" in result.output
    mirror = demo.relearned(small_story())
    absorbed = len(demo.lessons(small_story())) - mirror.info().neurons
    assert absorbed > 0 and f"{absorbed} absorbed, 0 evicted" in result.output
    header = (tmp_path / "new" / "demo.png").read_bytes()[:24]
    assert [int.from_bytes(header[i : i + 4], "big") for i in (16, 20)] == [1600, 900]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(network=watch.flips_at(1)), "Event 8, learn as 0 at sample 1023: the board and the mirror differ."),
        (dict(network=watch.flips_at(27)), "learn as 0 at sample"),
        (
            dict(network=watch.names_wrong()),
            "name unknowns 17, 18, 19, 20, 21, 22, 23, 24 as 5: the board and the mirror differ.",
        ),
        (dict(network=watch.keeps_unknowns(7)), "unknowns: the board and the mirror differ."),
        (dict(network=watch.undoes_wrong()), "undo: the board and the mirror differ."),
        (dict(network=watch.builds_wrong(1)), "the board and the mirror differ."),
        (dict(network=watch.answers_wrong(20)), "infer at sample"),
    ],
)
def test_any_mismatch_is_shown_and_turns_the_status_to_1(run, options, words):
    result = run(**options)
    assert result.exit_code == 1 and words in " ".join(result.output.split())
    assert "differs" in result.output and "mismatches" not in result.output


def test_a_mismatch_of_features_is_shown_and_turns_the_status_to_1(run, monkeypatch):
    monkeypatch.setattr(wire.SIGNAL, "FrontEnd", watch.features_wrong(5))
    result = run()
    assert result.exit_code == 1
    words = " ".join(result.output.split())
    assert "infer at sample 639: the board and the mirror differ." in words and "features" in words


def test_the_sheet_passes_where_the_points_are_and_maps_back_to_features():
    network = demo.relearned(small_story())
    x = np.array([event.x for event in network.memory.events])
    z = picture.metric.first_coordinates(network.live.metric, x) / 256
    assert np.abs(picture.features_at(network, z) - x).max() <= np.abs(x).max() / 200
    sheet = picture.plane(z)
    assert np.allclose(sheet.axes.T @ sheet.axes, np.eye(2))
    assert np.allclose(picture.lift(sheet, sheet.points) @ sheet.axes, z @ sheet.axes)
    turned = picture.plane(z, sheet._replace(axes=sheet.axes @ np.array([[0, 1], [-1, 0]])))
    assert np.allclose(turned.axes, sheet.axes @ np.array([[0, 1], [-1, 0]]))


@pytest.mark.parametrize("kind", drawing.KINDS)
def test_every_kind_of_picture_that_is_offered_can_be_drawn(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(picture, "GRID", 12)
    file = tmp_path / f"demo.{kind.upper()}"
    drawing.check(file)
    assert not file.exists()
    drawing.draw(small_story(), "an arm", "a board", file)
    starts = {"png": b"\x89PNG", "jpg": b"\xff\xd8", "pdf": b"%PDF", "svg": b"<?xml"}
    assert file.read_bytes().startswith(starts[kind])


def test_a_picture_that_is_there_stays_until_another_is_drawn(tmp_path):
    (tmp_path / "demo.png").write_text("old")
    drawing.check(tmp_path / "demo.png")
    assert (tmp_path / "demo.png").read_text() == "old"
