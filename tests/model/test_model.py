# SPDX-License-Identifier: MIT
"""A model: names for what it learns, events in any chunking, and the same answers as its parts give alone."""

import sys

import numpy as np
import pytest

import deeplomath
from deeplomath import Model, ModelError, Network
from deeplomath.model import model as models
from deeplomath.model import text
from implementations import ROOT

FILE = """[source]
lines = ["x"]
rate = 100
[[front_end]]
op = "window"
of = ["x"]
samples = 32
hop = 16
[[front_end]]
op = "stats"
values = ["mean", "deviation", "step"]
[classes]
names = ["slow"]
count = 3
[network]
events = 20
"""


@pytest.fixture
def model(tmp_path):
    (tmp_path / "m.toml").write_text(FILE)
    return Model(tmp_path / "m.toml")


def swing(hertz, seconds, seed=0):
    time = np.arange(int(100 * seconds)) / 100
    noise = np.random.default_rng(seed).normal(0, 20, len(time))
    return np.rint(3000 * np.sin(2 * np.pi * hertz * time) + noise).astype(np.int16)[:, None]


def test_what_is_taught_by_name_is_answered_by_name(model):
    assert [event.name for event in model.push(swing(6.25, 1))] == [None] * 5
    for name, hertz in [("slow", 6.25), ("fast", 25)]:
        model.teach(name, 4)
        events = model.push(swing(hertz, 2))
        assert [event.name for event in events[:4]] == [name] * 4
        assert all(event.learned and event.answer is None for event in events[:4])
        assert all(event.answer and event.learned is None for event in events[4:])
    assert model.names == ["slow", "fast"]
    assert {event.name for event in model.push(swing(25, 2, 1))[2:]} == {"fast"}
    assert {event.name for event in model.push(swing(6.25, 2, 1))[2:]} == {"slow"}
    assert "unknown" in {event.name for event in model.push(np.zeros((200, 1), np.int16))[2:]}


def test_the_model_answers_as_its_parts_alone(model):
    samples = np.concatenate([swing(6.25, 2), swing(25, 2), swing(7, 2)])
    model.teach("slow", 6)
    events = model.push(samples)
    network, front = model.network(), model.front_end()
    for i, (at, x) in enumerate(front.push(samples)):
        assert events[i].at == at and (events[i].x == x).all()
        result = network.learn(x, 0) if i < 6 else network.infer(x)
        assert result == (events[i].learned if i < 6 else events[i].answer)
    assert network.digest() == model.net.digest() and len(events) == i + 1


@pytest.mark.parametrize("size", [1, 7, 16, 1000])
def test_every_chunking_gives_the_same_events(model, size):
    samples = np.concatenate([swing(6.25, 2), swing(25, 2)])
    whole = Model(model.text)
    for one in (model, whole):
        one.teach("slow", 3)
    expected = whole.push(samples)
    found = [event for i in range(0, len(samples), size) for event in model.push(samples[i : i + size])]
    assert [event.at for event in found] == [event.at for event in expected] and len(found) > 20
    assert [event[2:] for event in found] == [event[2:] for event in expected]
    assert all((a.x == b.x).all() for a, b in zip(found, expected, strict=True))


def test_teaching_ends_by_0_and_begins_anew_by_another_name(model):
    model.teach("slow", 5)
    model.teach("slow", 0)
    assert model.push(swing(6.25, 1))[0].learned is None
    model.teach("slow", 5)
    model.teach("fast", 1)
    learned, answered = model.push(swing(25, 1))[:2]
    assert learned.name == "fast" and learned.learned and answered.learned is None
    assert model.net.info().clock == 1


def test_fresh_parts_are_fresh(model):
    model.teach("slow", 2)
    model.push(swing(6.25, 2))
    assert model.network().info().clock == 0 and model.net.info().clock == 2
    assert model.network(layers=1).info().layers == 1
    assert model.front_end().push(swing(6.25, 0.5))[0][0] == 31
    assert model.config() == dict(
        features=3, classes=3, events=20, layers=2, false_reject_permille=50, background=False
    )
    assert Network(**model.config()).footprint() == model.network().footprint()
    (x,) = (x for _, x in model.front_end(unbounded=True).push(swing(6.25, 0.4)))
    assert (x == model.front_end().push(swing(6.25, 0.4))[0][1]).all()


def test_names_are_labels_and_labels_names(model):
    assert model.label("slow") == 0 and model.label(2) == 2 and model.name(0) == "slow" and model.name(2) == "class 2"
    for wrong, words in [
        (3, "label: 3 given, 0..2 allowed"),
        (-1, "label: -1 given"),
        ("unknown", "name: 'unknown' given"),
        ("", "name: '' given"),
        (None, "name: None given"),
        (True, "name: True given"),
        ("a\x1b[2J", "name: 'a.x1b.2J' given, a name of 1..64 characters that print"),
    ]:
        with pytest.raises(ModelError, match=words):
            model.teach(wrong)
    with pytest.raises(ModelError, match="events: -1 given, 0..4294967295 allowed"):
        model.teach("new", -1)
    with pytest.raises(ModelError, match="events: 4294967296 given"):
        model.teach("new", 2**32)
    model.teach("new", 0)  # ends teaching, and takes no label
    assert model.names == ["slow"]
    model.teach(np.int64(1), np.int64(2))
    model.teach("b"), model.teach("c")
    with pytest.raises(ModelError, match="'d' given, all 3 classes have names: slow, b, c"):
        model.teach("d")


def test_a_network_of_other_features_is_refused_ahead_of_all_samples(model):
    net, needed = model.net, model.front.features
    with pytest.raises(ModelError, match=f"net: 5 features given, {needed} needed"):
        model.net = Network(features=5, classes=3, events=4)
    assert model.net is net


def test_wrong_samples_change_nothing(model):
    model.push(swing(6.25, 0.3))
    for wrong in (np.zeros((3, 2), np.int16), np.zeros((3, 1)), [[40000]]):
        with pytest.raises((ValueError, TypeError)):
            model.push(wrong)
    assert [event.at for event in model.push(swing(6.25, 0.3))] == [31, 47]


@pytest.mark.parametrize("name", models.PRESETS)
def test_a_preset_is_a_model_by_its_name(name):
    model = Model(name)
    assert len(model.program) <= 256
    assert model.front_end().features <= 160 and model.text.file == f"{name}.toml"
    assert model.text == text.parsed(models.preset(name), f"{name}.toml")
    assert deeplomath.cost(**{k: v for k, v in model.config().items() if k != "false_reject_permille"}).bytes < 120_000


def test_presets_compile_without_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.signal", None)
    assert all(Model(name).program for name in models.PRESETS)


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(ModelError, match="motions: No such file"):
        Model("motions")


@pytest.mark.parametrize("name", models.PRESETS)
def test_the_document_says_what_a_preset_takes(name):
    (row,) = [
        line for line in (ROOT / "shared_spec/MODEL.md").read_text().splitlines() if line.startswith(f"| {name} |")
    ]
    model = Model(name)
    front = model.front_end()
    _, features, *sizes = [cell.strip() for cell in row.strip("|").split("|")][1:]
    assert features.startswith(f"{front.features}: ")
    assert sizes == [str(len(model.program)), f"{front.footprint:,}", f"{front.work:,}"]
