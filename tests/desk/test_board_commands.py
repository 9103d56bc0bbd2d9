# SPDX-License-Identifier: MIT
"""The commands on boards as such: ports, flash, save, load, doctor, models."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

import invoked
import watch
from deeplomath import KernelError, Network, spec
from deeplomath.deploy import flash
from deeplomath.desk import board_commands, doctor, reaching
from deeplomath.link import ports

CONFIG = dict(features=3, classes=2, events=8, false_reject_permille=80)


@pytest.fixture
def device(monkeypatch):
    """One board in memory, for all commands of a test."""
    return invoked.one_board(monkeypatch)


def run(*arguments):
    result = invoked.invoke(*arguments)
    return result.exit_code, " ".join(result.output.split())


def taught(net):
    for i in range(6):
        net.learn(np.array([900 * (i % 2), i, -i], np.int16), i % 2)


def test_what_a_board_has_learned_goes_into_a_file_and_back(device, tmp_path):
    device.configure(**CONFIG)
    taught(device)
    digest, file = device.digest(), tmp_path / "ä b.dlm"
    code, said = run("save", file, "PORT")
    assert code == 0 and f"digest {digest:08x}" in said and Network.from_state(file.read_bytes()).digest() == digest
    code, said = run("save", file, "PORT")
    assert code == 2 and "is there already; --force overwrites it" in said
    device.learn(np.array([5, 5, 5], np.int16), 0)
    code, said = run("load", file, "PORT")
    assert code == 2 and "would be lost: 5 events kept" in said and device.digest() != digest
    device.freeze()
    code, said = run("load", file, "PORT", "--force")
    assert code == 0 and f"digest {digest:08x}" in said and device.digest() == digest
    assert device.info().false_reject_permille == 80


class Elsewhere(watch.BoardNetwork):
    """A board that makes another network of a state than the mirror does."""

    def digest(self):
        return super().digest() ^ 1

    def digest_if_whole(self):
        return super().digest_if_whole() ^ 1


def test_a_board_that_makes_another_network_of_a_file_is_a_difference(monkeypatch, tmp_path):
    net = Network(**CONFIG)
    taught(net)
    (tmp_path / "a").write_bytes(net.export())
    monkeypatch.setattr(reaching, "Device", lambda *_, **__: watch.device(Elsewhere))
    code, said = run("load", tmp_path / "a", "PORT")
    assert code == 1 and f"{net.digest() ^ 1:08x}" in said and f"{net.digest():08x}" in said


def test_a_state_of_which_board_or_mirror_makes_another_network_is_a_difference(device, monkeypatch, tmp_path):
    device.configure(**CONFIG)
    taught(device)
    digest = device.digest()
    refused = KernelError(spec.ERROR_STATE_DIGEST, "state: digest 1 stored, 2 rebuilt")

    def refuse(*_):
        raise refused

    with monkeypatch.context() as patch:
        patch.setattr(board_commands.Network, "from_state", refuse)
        code, said = run("save", tmp_path / "a", "PORT")
        assert code == 1 and f"{digest:08x}" in said and "2 rebuilt" in said and not (tmp_path / "a").exists()
    assert run("save", tmp_path / "a", "PORT")[0] == 0
    monkeypatch.setattr(device, "load", refuse)
    code, said = run("load", tmp_path / "a", "PORT", "--force")
    assert code == 1 and "2 rebuilt" in said


def test_a_service_that_was_started_is_ended_again_and_one_that_ran_is_not(device, monkeypatch, tmp_path):
    device.configure(**CONFIG)
    taught(device)
    ended = []
    device.exit = lambda: ended.append(1)
    monkeypatch.setattr(reaching, "Device", lambda *_, **__: device)
    for started in (False, True):
        device.started = started
        assert run("save", tmp_path / f"{started}", "PORT")[0] == 0 and len(ended) == started
        assert run("load", tmp_path / f"{started}", "PORT", "--force")[0] == 0 and len(ended) == 2 * started


@pytest.mark.parametrize("content", [b"", b"DLMS", b"x" * 500])
def test_a_file_that_is_no_state_is_named_and_the_board_is_not_asked(monkeypatch, tmp_path, content):
    monkeypatch.setattr(reaching, "Device", lambda *_, **__: pytest.fail("asked"))
    (tmp_path / "a").write_bytes(content)
    code, said = run("load", tmp_path / "a", "PORT")
    assert code == 2 and "/a: state: " in said.replace(" /", "/")


def test_a_state_that_was_cut_or_changed_is_refused(tmp_path):
    net = Network(**CONFIG)
    taught(net)
    state = net.export()
    for harmed in (state[:-1], state[:40] + bytes([state[40] ^ 1]) + state[41:]):
        (tmp_path / "a").write_bytes(harmed)
        code, said = run("load", tmp_path / "a", "PORT")
        assert code == 2 and "state:" in said


def test_ports_are_listed_for_people_and_scripts(monkeypatch):
    there = [
        SimpleNamespace(device="/dev/ttyACM0", vid=0x2E8A, pid=5),
        SimpleNamespace(device="S0", vid=None, pid=None),
    ]
    monkeypatch.setattr(ports, "serial_ports", lambda: there)
    monkeypatch.setattr(ports, "state_of", lambda port, baud: "MicroPython's REPL; no service runs")
    code, said = run("ports")
    assert code == 0 and "/dev/ttyACM0 RP2040 or RP2350 with MicroPython; 2e8a:0005; MicroPython's REPL" in said
    assert "Other ports, which were not asked: S0" in said
    code, said = run("ports", "--json")
    assert [it["port"] for it in json.loads(said)] == ["/dev/ttyACM0", "S0"]
    monkeypatch.setattr(ports, "serial_ports", lambda: there[1:])
    code, said = run("ports", "--no-ask")
    assert code == 0 and "No board on a USB serial port" in said


def test_flash_asks_for_the_button_and_waits_for_the_drive(monkeypatch, tmp_path):
    looks = []

    def find_drive(name):
        looks.append(name)
        if len(looks) < 3:
            raise flash.FlashError("none")
        return tmp_path

    monkeypatch.setattr(flash, "find_drive", find_drive)
    monkeypatch.setattr(board_commands, "LOOK", 0)

    def write(board, dry_run, say):
        if len(looks) < 3:
            raise flash.FlashError("no way to write to it worked")
        say(f"{board} is written")

    monkeypatch.setattr(flash, "flash", write)
    code, said = run("flash", "rpi_pico")
    assert code == 0 and len(looks) == 3 and said.count("Hold BOOTSEL") == 1 and "rpi_pico is written" in said


def test_flash_that_finds_no_board_in_time_says_each_reason(monkeypatch):
    reasons = flash.FlashError("no way to write to it worked: one, two")
    monkeypatch.setattr(flash, "flash", lambda *_, **__: (_ for _ in ()).throw(reasons))
    code, said = run("flash", "rpi_pico", "--wait", "0")
    assert code == 2 and "one, two" in said and "Waiting" not in said


def test_flash_of_no_such_board_names_those_there_are():
    code, said = run("flash", "toaster")
    assert code == 2 and "board: 'toaster' given, one of nucleo_f446re, pybv11, rpi_pico, rpi_pico2 needed" in said


def test_doctor_says_what_is_missing_and_what_to_do(monkeypatch):
    real = doctor.version
    monkeypatch.setattr(doctor, "version", lambda name: None if name == "mpremote" else real(name))
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    there = [SimpleNamespace(device="/dev/null", vid=0x2E8A, pid=5)]
    monkeypatch.setattr(ports, "serial_ports", lambda: there)
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    code, said = run("doctor")
    assert code == 0 and 'Missing: mpremote; `pip install "deeplomath[board]"`' in said
    assert "apt-get install qemu-system-arm" in said and "usermod -aG dialout" in said
    code, said = run("doctor", "--json")
    assert {it["name"]: it["ok"] for it in json.loads(said)}["[board]"] is False


def test_models_are_told_with_what_they_take():
    code, said = run("models", "--json")
    told = {it["name"]: it for it in json.loads(said)}
    assert set(told) == {"motion", "keywords", "vibration", "current"} and told["motion"]["features"] == 31
    code, said = run("models")
    assert code == 0 and "motion: ax, ay, az, gx, gy, gz at 50 Hz; 31 features an event" in said
