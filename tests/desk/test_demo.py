# SPDX-License-Identifier: MIT
"""The demo: its scores, equal digests over all of it on every implementation, and red at the first that differs."""

import functools
import io
from types import SimpleNamespace

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
from deeplomath.desk import cli, data, demo, drawing, picture, reaching, report, screen
from deeplomath.desk.demo import HERE, Step
from deeplomath.desk.stories import motion
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
        self.teach, self.stream, self.skip = side.teach, side.stream, side.skip
        return deeplomath.FrontEnd(model.program).footprint

    def __getattr__(self, name):
        return getattr(self.network, name)


BOARDS = {
    "mirror": functools.partial(Board, implementations.MIRROR, front_ends.MIRROR),
    "kernel": functools.partial(Board, implementations.KERNEL, front_ends.KERNEL),
}


@functools.cache
def small_story():
    return motion.story(watch.small_recordings())


@functools.cache
def small_told():
    return demo.alone(small_story())


def alone(network):
    """The side of the mirror alone, with this network."""
    side = demo.Alone(small_story())
    side.use(network)
    return side


def of_part(told, scene, part):
    return [p for p in told if (p.step.scene, p.step.part) == (scene, part)]


def test_scores_count_right_unknown_confidence_and_what_is_missed():
    told = small_told()
    scores = demo.scores(small_story(), told)
    assert scores["a", "all", "unknown"] == (7, 7)
    known = of_part(told, "b", "known")
    assert scores["b", "known", "right"] == (sum(p.result.label == p.step.truth for p in known), 25)
    assert scores["b", "known", "confidence"] == (sum(p.result.confidence for p in known) / 65536, 25)
    both = of_part(told, "c", "both")
    assert scores["c", "both", "unknown"] == (sum(p.result.verdict == spec.VERDICT_UNKNOWN for p in both), 18)
    assert {scores[key] for key in scores if key[0] == "c" and key[2] == "missed"} == {(0, 18)}
    lost = [p._replace(x=None, result=None, voted=None) if p in known[:3] else p for p in told]
    again = demo.scores(small_story(), lost)
    assert again["b", "known", "missed"] == (3, 25)
    right = sum(p.result.label == p.step.truth for p in known[3:])
    assert again["b", "known", "right"] == (right, 25)


def test_what_made_no_event_is_told_in_lines_table_and_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(picture, "GRID", 12)
    story, known = small_story()._replace(mean=None), of_part(small_told(), "b", "known")
    told = [p._replace(x=None, result=None, voted=None) if p in known[:5] else p for p in small_told()]
    console = screen.Screen(file=io.StringIO(), width=120)
    narrator = report.Narrator(console)
    lockstep = SimpleNamespace(config=story.config(), footprint=1, digest=0, mirror=Network(**story.config()))
    with narrator:
        narrator.begin(lockstep, story)
        for played in told:
            narrator.played(lockstep, played)
    console.print(report.results(story, told, 50))
    said = console.file.getvalue()
    assert "pendulum            -----" in said and "0 right, 0 unknown, 5 missed\n" in said
    assert "5 made no event at all" in " ".join(said.split()) and "abduction           ●●●●●" in said
    drawing.draw(story, told, "a board", tmp_path / "demo.svg")


def test_the_vote_counts_once_it_has_heard_enough_of_one():
    story, known = small_story(), small_told()[0].result._replace(label=0, verdict=spec.VERDICT_KNOWN)
    learned = demo.Played(Step("b", "", "learn", HERE, 0, 0, 0), np.zeros(1), known)

    def told(*votes):
        """Answers to what is 0, then to what is 1, which nobody has named."""
        steps = [Step("b", "known", "infer", HERE, truth, 0, truth) for truth in (0, 0, 0, 0, 1, 1, 1)]
        return [learned, *(demo.Played(step, None, known, vote) for step, vote in zip(steps, votes, strict=True))]

    assert story.new_model().vote.over == 3
    assert demo.scores(story, told(1, 1, 0, 0, 0, 0, -1))["b", "known", "voted"] == (3, 3)
    assert demo.scores(story, told(0, 0, 1, 0, -1, -1, 0))["b", "known", "voted"] == (1, 3)
    assert demo.scores(story, told(*[0] * 7)[1:])["b", "known", "voted"] == (0, 3), "nobody has named 0"


def answers_of(told, part):
    return [p.result for p in of_part(told, "e", part) if p.step.act == "infer"]


def test_the_mistake_makes_wrong_and_undo_brings_every_answer_back():
    told = small_told()
    assert answers_of(told, "undone") == answers_of(told, "before") != answers_of(told, "mistaken")


@pytest.mark.parametrize("n", [0, 3, 8])
def test_the_unknowns_named_are_those_of_the_exercise_that_are_remembered(n):
    class Remembers(Network):
        named = None

        def unknowns(self):
            return super().unknowns()[len(super().unknowns()) - n :]

        def name(self, unknowns, label):
            self.named = [self.unknown(unknown).tolist() for unknown in unknowns]
            return super().name(unknowns, label)

    network = Remembers(**small_story().config())
    told = list(demo.play(small_story().steps, alone(network)))
    (named,) = (p for p in told if p.step.act == "name")
    unknown = [p.x.tolist() for p in of_part(told, "c", "both") if p.step.truth == motion.LATE and not p.result.verdict]
    assert named.x.tolist() == unknown[len(unknown) - n :] and (named.result is None) == (n == 0)
    assert network.named == (named.x.tolist() if n else None)


def test_unknowns_of_other_exercises_are_not_named():
    windows = motion.arms(watch.small_recordings(), motion.PERSON, motion.SIDE)
    asked = [
        Step("c", "both", "infer", HERE, truth, number, truth) for truth, number in ((6, 0), (5, 0), (4, 0), (5, 1))
    ]
    steps = motion.with_samples([*asked, Step("d", "", "name", HERE, 5, 0, 5)], windows)
    told = list(demo.play(steps, demo.Alone(small_story())))
    assert told[-1].x.tolist() == [told[1].x.tolist(), told[3].x.tolist()]


def test_samples_that_make_no_event_are_missed_and_the_next_one_is_not_learned_for_them():
    first, second = [step for step in small_story().steps if step.scene == "b" and step.act == "learn"][:2]
    steps = [first._replace(samples=first.samples[:10]), second._replace(act="infer", part="known")]
    told = list(demo.play(steps, demo.Alone(small_story())))
    assert (told[0].x, told[0].result) == (None, None) and told[1].result.verdict == spec.VERDICT_UNKNOWN
    assert demo.lessons(told) == [] and len(demo.alone(small_story()._replace(steps=[first]))) == 1
    assert len(demo.lessons(demo.alone(small_story()._replace(steps=[first])))) == 1


def test_what_was_taught_makes_the_same_network_again():
    side = demo.Alone(small_story())
    told = list(demo.play(small_story().steps, side))
    assert demo.relearned(small_story(), told).digest() == side.network.digest()
    assert len(demo.lessons(told)) == 5 * 5 + 8 + 2 * 6


def test_a_file_of_events_has_what_was_taught_and_asked_but_nothing_undone():
    pairs = demo.events(small_story())
    kept = [p for p in small_told() if p.step.scene != "e"]
    assert sum(label is None for label, _ in pairs) == sum(p.step.act == "infer" for p in kept)
    assert [label for label, _ in pairs if label is not None] == [0, 1, 2, 3, 4] * 5 + [5] * 8 + [0, 1, 2, 3, 4, 5] * 2
    network = Network(**small_story().config())
    for label, x in pairs:
        network.infer(x) if label is None else network.learn(x, label)
    wanted = demo.relearned(small_story(), kept)
    assert network.digest() == wanted.digest()


@pytest.mark.parametrize("implementation", BOARDS)
def test_the_demo_on_the_watch_data_is_equal_event_by_event(implementation):
    begun = []
    story = motion.story(watch.recordings())
    lockstep = Lockstep(BOARDS[implementation](), **story.config())
    told, state = demo.run(lockstep, story, lambda *_: begun.append(1), lambda *_: begun.append(2))
    n_events = sum(step.act in ("infer", "learn") for step in story.steps)
    assert (lockstep.events, len(told), begun) == (n_events, len(story.steps), [1] + [2] * len(story.steps))
    assert lockstep.comparisons == 2 * (len(story.steps) + 1) + 5, "of steps, of the unknowns listed, of the front-end"
    assert state == lockstep.mirror.export()
    before, mistaken, undone = (answers_of(told, part) for part in ("before", "mistaken", "undone"))
    assert before == undone != mistaken


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs `deeplomath demo` on small data with a board in memory that computes with `network`."""

    def run(**options):
        monkeypatch.setattr(data, "load", watch.small_recordings)
        monkeypatch.setattr(motion, "ARMS", ((motion.PERSON, motion.SIDE),))
        monkeypatch.setattr(reaching, "Device", lambda port, **_: watch.device(**options))
        return CliRunner().invoke(
            cli.app, ["demo", "--port", "a-port", "--picture", str(tmp_path / "new" / "demo.png")]
        )

    return run


def test_a_right_board_ends_with_table_and_picture(run, tmp_path):
    result = run()
    assert result.exit_code == 0, result.output
    rows = {" ".join(line.split()) for line in result.output.splitlines()}
    n_steps = len(small_story().steps)
    assert {"mismatches 0", f"steps checked {n_steps}"} <= rows
    assert f"agreed after each of {n_steps} steps." in result.output and "events checked" not in result.output
    digests = [line.split()[-1] for line in result.output.splitlines() if "neurons of" in line]
    before, mistaken, undone = digests[5:8]  # 5 rounds, the naming, the mistake, its undoing
    assert before == undone != mistaken and "undone, the digest of before:" in result.output
    assert "8 unknowns, trapezius extension:" in result.output
    mirror = demo.relearned(small_story(), small_told())
    absorbed = len(demo.lessons(small_told())) - mirror.info().neurons
    assert absorbed > 0 and f"{absorbed} absorbed, 0 evicted" in result.output
    header = (tmp_path / "new" / "demo.png").read_bytes()[:24]
    assert [int.from_bytes(header[i : i + 4], "big") for i in (16, 20)] == [1600, 900]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(network=watch.flips_at(1)), "Event 8, learn as 0 at sample 1471: the board and the mirror differ."),
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
    assert "infer at sample 895: the board and the mirror differ." in words and "features" in words


def test_the_sheet_passes_where_the_points_are_and_maps_back_to_features():
    network = demo.relearned(small_story(), small_told())
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
    drawing.draw(small_story(), small_told(), "a board", file)
    starts = {"png": b"\x89PNG", "jpg": b"\xff\xd8", "pdf": b"%PDF", "svg": b"<?xml"}
    assert file.read_bytes().startswith(starts[kind])


def test_a_picture_that_is_there_stays_until_another_is_drawn(tmp_path):
    (tmp_path / "demo.png").write_text("old")
    drawing.check(tmp_path / "demo.png")
    assert (tmp_path / "demo.png").read_text() == "old"
