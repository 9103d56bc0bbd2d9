# SPDX-License-Identifier: MIT
"""`deeplomath run`: a recording through a model, on the mirror and on a board, told event by event."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import watch
import wire
from deeplomath import Model
from deeplomath.audit import recording
from deeplomath.audit.recording import Recording
from deeplomath.desk import cli, reaching, running

MODEL = """
[source]
lines = ["a", "b"]
rate = 100

[[front_end]]
op = "window"
of = ["a", "b"]
samples = 40
hop = 20

[[front_end]]
op = "stats"
values = ["mean", "deviation", "step"]

[classes]
count = 3

[vote]
over = 3
"""
SHOTS = "--shots", 4, "--only", "slow", "--only", "fast", "--only", "loud"
NAMES = "slow", "fast", "loud", "größer"


def samples(name, n, seed=0):
    """int16 [n, 2] of a swing of its own."""
    draw = np.random.default_rng([seed, NAMES.index(name)])
    period, size = {"slow": (40, 900), "fast": (7, 900), "loud": (40, 9000), "größer": (13, 30)}[name]
    turn = np.arange(n)[:, None] * 2 * np.pi / period + [0, 1]
    return np.rint(size * np.sin(turn) + draw.normal(0, 20, (n, 2))).astype(np.int16)


@pytest.fixture
def files(tmp_path):
    """A model file, and a recording of three things in turn, twice, and then of another."""
    (tmp_path / "m.toml").write_text(MODEL)
    turns = [*NAMES[:3], *NAMES[:3], NAMES[3]]
    parts = [samples(name, 200, i) for i, name in enumerate(turns)]
    labels = tuple(name for name in turns for _ in range(200))
    recording.write(tmp_path / "r.csv", Recording(np.concatenate(parts), 100.0, ("a", "b"), labels))
    return tmp_path / "m.toml", tmp_path / "r.csv"


def run(*arguments):
    return CliRunner().invoke(cli.app, ["run", *map(str, arguments)])


def events(result):
    assert result.exit_code == 0 and result.output.isascii(), result.output  # JSON under any encoding
    return [json.loads(line) for line in result.output.splitlines()]


def test_the_first_events_of_each_label_are_learned_and_the_others_answered(files):
    found = events(run(*files, *SHOTS, "--json"))
    assert len(found) == (1400 - 40) // 20 + 1
    assert [it["at"] for it in found] == list(range(39, 1400, 20))
    assert [it["seconds"] for it in found] == [it["at"] / 100 for it in found]
    model, shown = Model(files[0]), recording.read(files[1])
    seen = dict.fromkeys(NAMES, 0)
    for it, (at, x) in zip(found, model.front_end().push(shown.samples), strict=True):
        assert it["label"] == shown.labels[at] and it["features"] == x.tolist()
        seen[it["label"]] += 1
        assert ("learned" in it) == (seen[it["label"]] <= 4 and it["label"] != "größer")
    last = [it for it in found if "name" in it and it["at"] >= 680 and it["label"] in NAMES[:3]]
    assert sum(it["name"] == it["label"] for it in last) >= 0.8 * len(last)


def test_one_name_too_many_is_said_before_anything_is_done(files):
    result = run(*files, "--shots", 4)
    assert result.exit_code == 2 and "all 3 classes have names: slow, fast, loud" in " ".join(result.output.split())
    assert "learned as" not in result.output


def test_parts_are_taught_by_samples_or_seconds(files):
    lessons = ["--teach", "slow:0-150", "--teach", "fast:2.5s-3.9s"]
    found = events(run(*files, *lessons, "--json"))
    learned = {it["at"]: it["learned"] for it in found if "learned" in it}
    assert {at for at, name in learned.items() if name == "slow"} == set(range(39, 151, 20))
    assert {at for at, name in learned.items() if name == "fast"} == set(range(259, 391, 20))
    assert set(learned.values()) == {"slow", "fast"}


@pytest.mark.parametrize(
    ("lesson", "words"),
    [
        ("slow", "NAME:FROM-TO needed"),
        ("slow:5", "NAME:FROM-TO needed"),
        (":5-9", "NAME:FROM-TO needed"),
        ("slow:9-5", "ends before it begins"),
        ("slow:0-\u0663", "NAME:FROM-TO needed"),
        ("slow:1.5-9", "a number of samples, or of seconds with an s, needed"),
        ("slow:0-99999999999", "a number of samples"),
        ("unknown:0-500", "other than unknown, needed"),
    ],
)
def test_a_lesson_that_cannot_be_is_said(files, lesson, words):
    result = run(*files, "--teach", lesson)
    assert result.exit_code == 2 and words in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--teach", "loud:450-450"], "loud: no event at samples 450 to 450; the last event is at 1399"),
        (["--teach", "a:100000-200000"], "a: no event at samples 100000 to 200000; the last event is at 1399"),
        (["--shots", "2", "--only", "nosuch"], "only: no event of 'nosuch', there are fast, größer, loud, slow"),
    ],
)
def test_what_would_teach_nothing_is_said(files, options, words):
    result = run(*files, *options)
    assert result.exit_code == 2 and words in " ".join(result.output.split())


def test_seconds_need_a_rate(files):
    files[0].write_text(MODEL.replace("rate = 100", "rate = 0"))
    shown = recording.read(files[1])
    recording.write(files[1], shown._replace(rate=None))
    result = run(*files, "--teach", "slow:0s-1s")
    assert result.exit_code == 2 and "has a rate" in " ".join(result.output.split())
    assert events(run(*files, "--json"))[0]["seconds"] is None
    assert run(*files).exit_code == 0


def test_the_lines_and_the_summary_say_what_came_of_it(files):
    result = run(*files, *SHOTS)
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "learned as slow: 1 kept" in said and "○ unknown" in said
    found = events(run(*files, *SHOTS, "--json"))
    asked = [it for it in found if "name" in it]
    known = [it for it in asked if it["label"] != "größer"]
    right = sum(it["name"] == it["label"] for it in known)
    assert f"{len(found)}: {len(found) - len(asked)} learned, {len(asked)} answered" in said
    assert f"{right} right" in said


@pytest.mark.parametrize("kind", ["npz", "csv"])
def test_a_recording_without_labels_is_answered(files, tmp_path, kind):
    recording.write(tmp_path / f"plain.{kind}", Recording(samples("slow", 100), 100.0, ("a", "b")))
    plain = tmp_path / f"plain.{kind}"
    assert {it["name"] for it in events(run(files[0], plain, "--json"))} == {None}
    refused = run(files[0], plain, "--shots", "2")
    assert refused.exit_code == 2 and "shots: the recording has no labels" in refused.output


@pytest.fixture
def board(monkeypatch):
    """Puts a board in memory behind every port; returns its Line."""
    line = wire.Line()
    monkeypatch.setattr(reaching, "Device", lambda port, **_: cli_device(line))
    return line


def cli_device(line):
    from deeplomath.link.client import Device

    return Device(line)


def test_a_board_says_what_the_mirror_says(files, board):
    lessons = ["--teach", "slow:0-150", "--teach", "fast:250-390", "--json"]
    assert events(run(*files, *lessons, "--port", "a-port")) == events(run(*files, *lessons))
    result = run(*files, *SHOTS, "--port", "a-port", "--force")
    assert result.exit_code == 0 and "Board and mirror agreed after each event" in result.output


def test_a_network_that_has_learned_is_replaced_by_force_alone(files, board):
    assert run(*files, *SHOTS, "--port", "a-port").exit_code == 0
    before = board.session.handlers.network.digest(), board.session.handlers._feed.facts()
    result = run(*files, *SHOTS, "--port", "a-port")
    assert result.exit_code == 2 and "--force replaces it" in " ".join(result.output.split())
    assert (board.session.handlers.network.digest(), board.session.handlers._feed.facts()) == before
    assert run(*files, *SHOTS, "--port", "a-port", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [(dict(network=watch.answers_wrong(20)), "margin"), (dict(network=watch.flips_at(3)), "digest")],
)
def test_a_board_that_differs_ends_with_status_1(files, monkeypatch, wrong, words):
    monkeypatch.setattr(reaching, "Device", lambda port, **_: watch.device(**wrong))
    result = run(*files, *SHOTS, "--port", "a-port")
    assert result.exit_code == 1 and words in result.output and "differs" in result.output


def test_wrong_features_end_with_status_1(files, board, monkeypatch):
    monkeypatch.setattr(wire.SIGNAL, "FrontEnd", watch.features_wrong(5))
    result = run(*files, *SHOTS, "--port", "a-port")
    assert result.exit_code == 1 and "features" in result.output and "at sample 119" in result.output


def test_the_label_of_an_event_is_that_of_most_samples_since_the_last():
    labels = ("a",) * 3 + ("",) * 9 + ("b",) * 4 + ("c",) * 4
    assert [running._said(labels, *it) for it in ((0, 5), (0, 12), (3, 9), (0, 16), (0, 20), (12, 20))] == [
        *("a", "a", "", "b", "c", "c")
    ]
    assert running._said(None, 0, 5) == ""


def test_info_tells_of_the_front_end_that_runs(files, board):
    said = " ".join(CliRunner().invoke(cli.app, ["info", "a-port"]).output.split())
    assert "front-end" not in said
    device, model = cli_device(board), Model(files[0])
    device.model(model)
    device.skip(7)
    said = " ".join(CliRunner().invoke(cli.app, ["info", "a-port"]).output.split())
    assert f"2 lines at 100 a second to 6 features, {model.front_end().footprint} bytes" in said
    assert f"program of {len(model.program)} bytes, CRC-32 {device.front().crc:08x}" in said
    assert "vote majority over 3, hold 0; 7 samples, 7 of them lost" in said
    device.configure(**model.config())
    device.teach("slow", 4)
    said = " ".join(CliRunner().invoke(cli.app, ["info", "a-port"]).output.split())
    assert "4 events to be learned as 0" in said and "bytes free" in said
