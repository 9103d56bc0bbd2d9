# SPDX-License-Identifier: MIT
"""The commands on model files and recordings: what they say and write, and what they leave as it was."""

import numpy as np
import pytest

import invoked
from deeplomath.audit import recording
from deeplomath.audit.recording import Recording
from deeplomath.model.model import PRESETS, Model, preset
from deeplomath.signal.front import FrontEnd


def run(*arguments):
    return invoked.invoke(*arguments)


@pytest.mark.parametrize("name", PRESETS)
def test_check_says_what_each_step_makes_and_takes(name):
    result, model = run("model", "check", name), Model(name)
    assert result.exit_code == 0, result.output
    front, said = model.front_end(), " ".join(result.output.split())
    for step in model.steps:
        assert f"{step.kind} {step.line}" in said
    sizes = (
        f"{front.features} features an event; program {len(model.program)} of 1024 bytes; RAM {front.footprint:,} bytes"
    )
    assert f"{sizes}; {front.work:,} multiply-accumulates a frame" in said
    assert f"RAM of front-end and network: {front.footprint + model.network().footprint():,} bytes" in said


@pytest.mark.parametrize("name", PRESETS)
def test_ram_and_work_of_the_steps_add_up_to_the_front_ends(name):
    from deeplomath.model import steps

    model = Model(name)
    front, (costs, rest) = model.front_end(), steps.taken(model.program)
    assert len(costs) == len(model.steps)
    assert sum(ram for ram, _ in costs) + rest == front.footprint and 0 < rest < 1000
    assert sum(work for _, work in costs) == front.work


def test_what_is_wrong_with_a_file_is_said_with_its_line(tmp_path):
    file = tmp_path / "motion.toml"
    file.write_text(preset("motion").replace("samples = 128", "samples = 1", 1))
    result = run("model", "check", file)
    line = next(i for i, text in enumerate(file.read_text().split("\n"), 1) if text == "samples = 1")
    assert result.exit_code == 2
    assert f"{file}:{line}: front_end 4, window: samples: 1 given, 2..32768 allowed" in result.output


def test_check_gives_the_sections_that_were_designed(tmp_path):
    kept = [text for text in preset("keywords").split("\n") if not text.startswith("sections")]
    (tmp_path / "k.toml").write_text("\n".join(kept))
    assert (
        "sections = [[493956758, -987913516, 493956758, -984477725, 454478393]]"
        in run("model", "check", tmp_path / "k.toml").output
    )
    assert "sections = " not in run("model", "check", "keywords").output


def test_new_writes_a_preset_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("model", "new", "vibration").exit_code == 0
    assert (tmp_path / "vibration.toml").read_text() == preset("vibration")
    assert run("model", "check", "vibration.toml").exit_code == 0
    (tmp_path / "vibration.toml").write_text("mine")
    refused = run("model", "new", "vibration")
    assert refused.exit_code == 2 and "vibration.toml: is there already; --force overwrites it" in refused.output
    assert (tmp_path / "vibration.toml").read_text() == "mine"
    assert run("model", "new", "current", "vibration.toml", "--force").exit_code == 0
    assert (tmp_path / "vibration.toml").read_text() == preset("current")
    wrong = run("model", "new", "smell")
    assert wrong.exit_code == 2 and "kind: 'smell' given, one of motion, keywords, vibration, current" in wrong.output


def test_a_program_goes_out_as_bytes_and_comes_back_as_text(tmp_path):
    assert run("model", "compile", "vibration", tmp_path / "p.bin").exit_code == 0
    program = (tmp_path / "p.bin").read_bytes()
    assert FrontEnd(program).program == Model("vibration").program
    assert run("model", "text", tmp_path / "p.bin", tmp_path / "v.toml").exit_code == 0
    assert Model(tmp_path / "v.toml").program == program
    (tmp_path / "p.bin").write_bytes(b"none")
    refused = run("model", "text", tmp_path / "p.bin", tmp_path / "w.toml")
    assert refused.exit_code == 2 and "p.bin: program: " in refused.output and not (tmp_path / "w.toml").exists()


SAMPLES = np.rint(1000 * np.sin(np.arange(400)[:, None] / [3, 5])).astype(np.int16)


def test_noise_writes_noisy_copies_of_a_recording(tmp_path):
    recording.write(tmp_path / "r.npz", Recording(SAMPLES, 50.0, ("a", "b"), ("x",) * 400))
    asked = run(
        "noise", tmp_path / "r.npz", tmp_path / "n.csv", "--snr", 3, "--snr-to", 12, "--copies", 3, "--kind", "pink"
    )
    assert asked.exit_code == 0, asked.output
    assert (
        "n.csv: 3 x 400 samples, pink noise at 3 dB to 12 dB" in " ".join(asked.output.split())
        or "3 to 12 dB" in asked.output
    )
    found = recording.read(tmp_path / "n.csv")
    assert found.samples.shape == (1200, 2) and found.labels == ("x",) * 1200 and found.rate == 50
    assert run("noise", tmp_path / "r.npz", tmp_path / "n.csv").exit_code == 2
    of_a_file = run("noise", tmp_path / "r.npz", tmp_path / "m.npz", "--kind", tmp_path / "n.csv")
    assert of_a_file.exit_code == 0, of_a_file.output
    assert recording.read(tmp_path / "m.npz").samples.shape == (400, 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--snr", "5", "--snr-to", "3"), "snr-to: 3 dB given, 5 or more needed"),
        (("--snr", "500"), "snr: 500 dB given, -60..120 allowed"),
        (("--kind", "brown"), "brown: a recording is one of .csv, .npz, .wav"),
        (("--model", "keywords"), "50 samples a second, 8000 needed by the model"),
    ],
)
def test_noise_that_cannot_be_is_refused(tmp_path, options, words):
    recording.write(tmp_path / "r.npz", Recording(SAMPLES, 50.0))
    result = run("noise", tmp_path / "r.npz", tmp_path / "n.npz", *options)
    assert result.exit_code == 2 and words in result.output and not (tmp_path / "n.npz").exists()


@pytest.mark.parametrize("name", PRESETS)
def test_lines_that_end_as_windows_has_them_make_the_same_model(tmp_path, name):
    file = tmp_path / "a füß model.toml"
    file.write_bytes(preset(name).replace("\n", "\r\n").encode())
    assert Model(file).program == Model(name).program and Model(file).config() == Model(name).config()
