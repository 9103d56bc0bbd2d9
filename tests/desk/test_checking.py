# SPDX-License-Identifier: MIT
"""`deeplomath check`: how well events were known before each learn, names and decimals in files, and its JSON."""

import json

import numpy as np
import pytest

import invoked
import watch
from deeplomath import Network, Scale, TransportError
from deeplomath.audit import eventfile
from deeplomath.desk import reaching
from deeplomath.results import Verdict
from deeplomath.scale import to_int16


@pytest.fixture
def run(monkeypatch):
    return invoked.runner(monkeypatch)


@pytest.fixture
def file(tmp_path):
    """Sixty events of three named classes, the third later than the others; some are only inferred."""
    random = np.random.default_rng(8)
    lines = ["what,left,right"]
    for i in range(60):
        which = i % (3 if i > 20 else 2)
        name = "" if i % 10 == 9 else ("go", "stop", "tür")[which]
        lines.append(",".join([name, *(f"{value:.4f}" for value in random.normal([which, -which], 0.05))]))
    (tmp_path / "ä b.csv").write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    return tmp_path / "ä b.csv"


def before_each_learn(events):
    """What the mirror says of each labelled event, held to its label, told in another way than the command does."""
    features, labels = len(events[0].x), [event.label for event in events if event.label is not None]
    network = Network(features=features, classes=max(labels) + 1, events=len(labels))
    known, new, taught = [], [], set()
    for event in events:
        if event.label is None:
            network.infer(event.x)
            continue
        answer = network.infer_many([event.x])[0]
        (known if event.label in taught else new).append((answer, event.label))
        network.learn(event.x, event.label)
        taught.add(event.label)
    return known, new, network


def test_each_event_is_held_to_its_label_before_it_is_learned(run, file):
    known, new, network = before_each_learn(eventfile.read(file))
    assert len(known) == 51 and len(new) == 3
    right = sum(answer.label == label for answer, label in known)
    unknown = [sum(answer.verdict == Verdict.UNKNOWN for answer, _ in them) for them in (known, new)]
    assert 40 < right < 52 and unknown[1] == 3
    result = run("check", "P", file)
    words = " ".join(result.output.split())
    assert result.exit_code == 0, result.output
    said = f"before each learn: {right} of 51 right ({right / 51:.1%}), {unknown[0]} of them unknown"
    assert f"{said}; of a class not taught yet: 3, 3 unknown" in words
    assert "classes: 0 go, 1 stop, 2 tür" in words and f"the last {network.digest():08x}" in words
    assert "decimals were scaled to int16, by what all events of this file span" in words


def test_a_scale_is_not_written_where_no_board_can_be_opened(run, file, tmp_path, monkeypatch):
    def nobody(*_, **__):
        raise TransportError("P: nobody there")

    assert run("check", "P", file, "--scale", tmp_path / "no" / "s").exit_code == 2
    monkeypatch.setattr(reaching, "Device", nobody)
    result = invoked.invoke("check", "P", file, "--scale", tmp_path / "s")
    assert result.exit_code == 2 and "nobody there" in result.stderr and not (tmp_path / "s").exists()


def test_a_scale_is_written_once_and_then_used(run, file, tmp_path):
    scale = tmp_path / "a scale.json"
    assert run("check", "P", file, "--scale", scale).exit_code == 0
    assert Scale.load(scale) == eventfile.load(file).scale
    half = Scale((0.0, 0.0), (1000.0, 1000.0))
    half.save(scale)
    result = run("check", "P", file, "--scale", scale, "--json")
    assert json.loads(result.stdout)["scale"] == dict(center=[0.0, 0.0], factor=[1000.0, 1000.0])
    assert Scale.load(scale) == half
    scale.write_text("{}")
    result = run("check", "P", file, "--scale", scale)
    assert result.exit_code == 2 and "a scale.json: not a scale" in result.stderr


def test_for_scripts_it_is_one_object_and_nothing_else(run, file):
    known, new, network = before_each_learn(eventfile.read(file))
    result = run("check", "P", file, "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "") and found["equal"] is True
    assert found["before_learning"]["known"] == len(known) and found["before_learning"]["new_unknown"] == len(new)
    assert (found["events"], found["learned"], found["inferred"]) == (60, 54, 6)
    assert found["classes"] == ["go", "stop", "tür"] and found["digest"] == f"{network.digest():08x}"
    assert found["network"]["features"] == 2 and found["neurons"] == network.info().neurons


def test_for_scripts_a_difference_is_an_object_with_status_1_and_words_go_to_stderr(run, file):
    result = run("check", "P", file, "--json", network=watch.flips_at(9))
    found = json.loads(result.stdout)
    assert result.exit_code == 1 and found["equal"] is False and found["request"].startswith("learn as ")
    board, mirror = found["differ"]["digest"]
    assert int(board, 16) == int(mirror, 16) ^ 1 and "the board and the mirror differ" in result.stderr
    result = run("check", "P", file.with_name("none.csv"), "--json")
    assert (result.exit_code, result.stdout) == (2, "") and "none.csv: No such file" in result.stderr
    assert run("check", "P", file).stdout, "words are on stdout again"


def test_a_file_of_integers_without_a_head_is_read_as_ever(run, tmp_path):
    (tmp_path / "a.csv").write_text("0,1,2\n1,500,900\n,3,4\n1,510,880\n")
    found = json.loads(run("check", "P", tmp_path / "a.csv", "--json", "--scale", tmp_path / "s").stdout)
    assert found["classes"] == [] and found["scale"] is None and not (tmp_path / "s").exists()
    network = Network(features=2, classes=2, events=3)
    for x, label in (([1, 2], 0), ([500, 900], 1), ([510, 880], 1)):
        network.learn(np.array(x, np.int16), label)
    assert found["digest"] == f"{network.digest():08x}"


def test_a_file_of_which_nothing_is_learned_says_nothing_of_before(run, tmp_path):
    (tmp_path / "a.csv").write_text(",1.5,2\n,3,4\n")
    result = run("check", "P", tmp_path / "a.csv")
    assert result.exit_code == 0 and "before each learn" not in result.output
    assert to_int16([[1.5, 2], [3, 4]])[0].tolist() == [it.x.tolist() for it in eventfile.read(tmp_path / "a.csv")]
