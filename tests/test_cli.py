# SPDX-License-Identifier: MIT
"""The `deeplomath` command: exit status 0, 1 or 2, what it says with each, and never a traceback."""

import numpy as np
import pytest
from typer.testing import CliRunner

import watch
from deeplomath import cli, data, eventfile, spec
from deeplomath.errors import TransportError
from deeplomath.network import Network

CONFIG = dict(features=3, classes=3, events=30)


@pytest.fixture
def run(monkeypatch):
    """Runs the command with a board in memory that computes with `network`."""

    def run(*arguments, network=watch.BoardNetwork):
        monkeypatch.setattr(cli, "Device", lambda port, **_: watch.device(network))
        return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def file(tmp_path):
    """Forty events, every fourth of them only inferred."""
    random = np.random.default_rng(2)
    events = []
    for i in range(40):
        label = None if i % 4 == 3 else i % 3
        events.append((label, (random.integers(-900, 900, 3) + 700 * (i % 3)).astype(np.int16)))
    eventfile.write(tmp_path / "events.csv", events)
    return tmp_path / "events.csv"


def mirrored(file, n):
    """The mirror after the first n events of a file."""
    network = Network(**CONFIG)
    for event in eventfile.read(file)[:n]:
        if event.label is not None:
            network.learn(event.x, event.label)
    return network


def test_check_passes_a_right_board(run, file):
    result = run("check", "a-port", file)
    assert result.exit_code == 0, result.output
    last = mirrored(file, 40).digest()
    assert f"40 events, 30 learned, 10 inferred: every answer and digest equal, the last {last:08x}" in result.output
    neurons = mirrored(file, 40).info().neurons
    assert f"{neurons} neurons, {30 - neurons} events absorbed, 0 evicted" in " ".join(result.output.split())


def test_check_stops_at_the_event_whose_digest_differs(run, file):
    result = run("check", "a-port", file, network=watch.flips_at(9))
    right = mirrored(file, 11).digest()  # the 9th to be learned is the 11th of the file, in line 12
    assert result.exit_code == 1
    assert "events.csv, line 12:" in result.output
    assert "Event 11, learn as 1: the board and the mirror differ." in result.output
    assert f"{right:08x}" in result.output and f"{right ^ 1:08x}" in result.output
    assert "event 10, learn as 0" in result.output


def test_check_takes_the_options_of_a_network(run, file):
    options = "--classes 5 --events 31 --layers 1 --false-reject-permille 200".split()
    result = run("check", "a-port", file, *options)
    network = Network(features=3, classes=5, events=31, layers=1, false_reject_permille=200)
    for event in eventfile.read(file):
        if event.label is not None:
            network.learn(event.x, event.label)
    assert result.exit_code == 0 and f"{network.digest():08x}" in result.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--classes", "2"], "events.csv, line 4: label: 2 given, 0..1 allowed"),
        (["--events", "4"], "events.csv, line 7: events: budget of 4 is full"),
        (["--layers", "9"], "layers: 9 given, 1..4 allowed"),
    ],
)
def test_check_names_the_line_and_the_limit(run, file, options, words):
    result = run("check", "a-port", file, *options)
    assert (result.exit_code, words in result.stderr) == (2, True), result.output


@pytest.mark.parametrize("text", [None, "", "0,1\n0,1,2\n"])
def test_check_refuses_a_bad_file(run, file, text):
    file.unlink() if text is None else file.write_text(text)
    result = run("check", "a-port", file)
    assert result.exit_code == 2 and result.stderr.startswith("deeplomath: ") and "Traceback" not in result.output


@pytest.mark.parametrize("command", [["info"], ["demo", "--port"], ["check"]])
def test_a_port_that_is_not_there_is_a_clear_error(command, file, monkeypatch):
    monkeypatch.setattr(data, "load", watch.small_recordings)
    arguments = [*command, "/dev/none-such", *([str(file)] if command == ["check"] else [])]
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 2 and "none-such" in result.stderr and "Traceback" not in result.output


def test_a_silent_board_is_a_clear_error(monkeypatch):
    def silent(port, **_):
        raise TransportError("HELLO: no answer after 5 attempts")

    monkeypatch.setattr(cli, "Device", silent)
    result = CliRunner().invoke(cli.app, ["info", "a-port"])
    assert (result.exit_code, result.stderr) == (2, "deeplomath: HELLO: no answer after 5 attempts\n")


def test_info_tells_versions_limits_and_network(monkeypatch):
    device, network = watch.device(), Network(**CONFIG)
    device.configure(**CONFIG)
    for side in (device, network):
        side.learn(np.array([1, 2, 3], np.int16), 1)
        side.infer(np.array([400, 2, 3], np.int16))
        side.freeze()
    monkeypatch.setattr(cli, "Device", lambda port, **_: device)
    device.hello = device._connect()
    result = CliRunner().invoke(cli.app, ["info", "a-port"])
    words = " ".join(result.output.split())
    assert result.exit_code == 0, result.output
    assert f"deeplomath {spec.VERSION_LIBRARY}, protocol {spec.VERSION_PROTOCOL}" in words
    assert "160 features, 16 classes, 512 events, 4 layers" in words
    assert "features 3, classes 3, events 30" in words and f"{network.footprint():,} bytes" in words
    assert "regression False, background False" in words and "neurons 1, depth 1" in words
    assert f"frozen True, building False, digest {network.digest():08x}" in words
    assert "unknowns 1 remembered: 0" in words


@pytest.mark.parametrize("name", ["demo.csv", "demo.npz"])
def test_record_writes_what_check_takes(run, tmp_path, monkeypatch, name):
    monkeypatch.setattr(data, "load", watch.small_recordings)
    assert run("record", tmp_path / name).exit_code == 0
    assert run("check", "a-port", tmp_path / name).exit_code == 0


def test_check_on_a_board(board, file):
    result = CliRunner().invoke(cli.app, ["check", board.port, str(file)])
    assert result.exit_code == 0, result.output
    assert f"{mirrored(file, 40).digest():08x}" in result.output
    result = CliRunner().invoke(cli.app, ["info", board.port])
    assert result.exit_code == 0 and f"neurons {mirrored(file, 40).info().neurons}," in " ".join(result.output.split())
