# SPDX-License-Identifier: MIT
"""The commands of `deeplomath`: what each says and does to a board, and the exit status of it."""

import contextlib
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from mpremote.transport_serial import SerialTransport
from typer.testing import CliRunner

import invoked
import watch
from deeplomath import paths, spec
from deeplomath.audit import eventfile
from deeplomath.desk import cli, data, drawing, kept, reaching
from deeplomath.desk.stories import motion
from deeplomath.errors import DeviceError, TransportError
from deeplomath.link import emulator, exchange
from deeplomath.link.client import Device
from deeplomath.link.transport import Transport
from deeplomath.mirror.network import Network
from wire import Line, dlm_keeper, dlm_store

CONFIG = dict(features=3, classes=3, events=30)


@pytest.fixture
def run(monkeypatch):
    return invoked.runner(monkeypatch)


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

    monkeypatch.setattr(reaching, "Device", silent)
    result = CliRunner().invoke(cli.app, ["info", "a-port"])
    assert (result.exit_code, result.stderr) == (2, "deeplomath: HELLO: no answer after 5 attempts\n")


def test_info_tells_versions_limits_and_network(monkeypatch):
    device, network = watch.device(), Network(**CONFIG)
    device.configure(**CONFIG)
    for side in (device, network):
        side.learn(np.array([1, 2, 3], np.int16), 1)
        side.infer(np.array([400, 2, 3], np.int16))
        side.freeze()
    monkeypatch.setattr(reaching, "Device", lambda port, **_: device)
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
    assert "8 unknowns, programs of 1024 bytes, names of 512 bytes, 4 saves kept aside; frames of 2208 bytes" in words
    assert "saved no store: what is learned is gone with the power" in words


def test_info_tells_what_a_board_keeps_without_power(monkeypatch, tmp_path):
    line = Line()
    handlers = line.session.handlers
    handlers.keeper = dlm_keeper.Keeper(handlers, dlm_store.Store(str(tmp_path)))
    handlers.keeper.start()
    device = Device(line)
    device.configure(**CONFIG)
    device.names = ("mo[b]tion", "walk", "", "run")
    monkeypatch.setattr(reaching, "Device", lambda port, **_: Device(line))

    def told():
        return " ".join(CliRunner().invoke(cli.app, ["info", "a-port"]).output.split())

    assert "names mo[b]tion: walk, (no name), run" in told()
    assert "nothing was saved when it started; what has changed since is not saved yet" in told()
    device.save()
    assert "saved save 1; nothing was saved when it started" in told() and "not saved yet" not in told()
    handlers.keeper.failed = True
    assert "the last attempt to save failed" in told()


def test_info_has_words_for_all_that_a_board_may_tell():
    assert set(kept.RESTORED) == set(spec.RESTOREDS) and set(kept.RESETS) == set(spec.RESETS)
    assert set(kept.SAVING) == set(spec.SAVINGS)


@pytest.mark.parametrize("name", ["demo.csv", "demo.npz"])
def test_record_writes_what_check_takes(run, tmp_path, monkeypatch, name):
    monkeypatch.setattr(data, "load", watch.small_recordings)
    assert run("record", tmp_path / name).exit_code == 0
    assert run("check", "a-port", tmp_path / name).exit_code == 0


def test_check_on_a_board(board, file):
    result = CliRunner().invoke(cli.app, ["check", board.port, str(file), "--force"])
    assert result.exit_code == 0, result.output
    assert f"{mirrored(file, 40).digest():08x}" in result.output
    result = CliRunner().invoke(cli.app, ["info", board.port])
    assert result.exit_code == 0 and f"neurons {mirrored(file, 40).info().neurons}," in " ".join(result.output.split())
    result = CliRunner().invoke(cli.app, ["check", board.port, str(file)])
    assert result.exit_code == 2 and "would be lost" in result.stderr, result.output
    with Device(board.port) as device:
        assert device.digest() == mirrored(file, 40).digest()


@pytest.fixture
def replacing(monkeypatch, file):
    """Runs `check`, or the demo on small data, with one Device, whose line stays open from run to run."""
    monkeypatch.setattr(data, "load", watch.small_recordings)
    monkeypatch.setattr(motion, "ARMS", ((motion.PERSON, motion.SIDE),))
    monkeypatch.setattr(drawing, "draw", lambda *_: None)
    picture = ["--picture", str(file.parent / "demo.png")]
    commands = {"check": ["check", "a-port", str(file)], "demo": ["demo", "--port", "a-port", *picture]}

    def replacing(device, command, *options):
        device.hello = device._connect()
        monkeypatch.setattr(reaching, "Device", lambda port, **_: contextlib.nullcontext(device))
        return CliRunner().invoke(cli.app, [*commands[command], *options])

    return replacing


def taught():
    """A Device whose network has learned two events, one of which is forgotten, and met an unknown."""
    device = watch.device()
    device.configure(**CONFIG)
    for i in range(2):
        device.learn(np.array([1, 2, 900 * i], np.int16), i)
    device.infer(np.array([4000, 2, 3], np.int16))
    device.forget(0)
    return device


@pytest.mark.parametrize("command", ["check", "demo"])
def test_a_network_that_has_learned_is_replaced_only_by_force(replacing, command):
    device = taught()
    before = device.export(), device.unknowns()
    result = replacing(device, command)
    assert result.exit_code == 2
    words = "a-port: the network on the board would be lost: 1 events kept (clock 2), 1 unknowns. --force replaces it."
    assert words in result.stderr and "save FILE a-port` keeps it in a file first" in result.stderr
    assert (device.export(), device.unknowns()) == before
    result = replacing(device, command, "--force")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("command", ["check", "demo"])
def test_unknowns_alone_are_not_lost_unasked(replacing, command):
    device = watch.device()
    device.configure(**CONFIG)
    assert replacing(device, "check", "--classes", "99").exit_code == 2  # nothing is done yet
    device.infer(np.array([4000, 2, 3], np.int16))
    result = replacing(device, command)
    assert result.exit_code == 2 and "0 events kept (clock 0), 1 unknowns." in result.stderr
    assert device.unknowns() == (0,)


def test_a_network_without_experience_and_an_emulated_board_are_replaced_unasked(replacing, monkeypatch, file):
    device = watch.device()
    device.configure(**CONFIG)
    assert replacing(device, "check").exit_code == 0
    monkeypatch.setattr(reaching, "emulator", lambda: contextlib.nullcontext(SimpleNamespace(port="a-port")))
    device = taught()
    device.hello = device._connect()
    monkeypatch.setattr(reaching, "Device", lambda port, **_: device)
    result = CliRunner().invoke(cli.app, ["check", "emulator", str(file)])
    assert result.exit_code == 0, result.output


def test_force_thaws_a_frozen_network_and_a_refusal_leaves_it_frozen(replacing, monkeypatch):
    device = taught()
    device.freeze()

    def refuses(**_):
        assert not device.info().frozen
        raise DeviceError(spec.ERROR_MEMORY, "events: 30 given, 20 fit")

    configure = device.configure
    monkeypatch.setattr(device, "configure", refuses)
    result = replacing(device, "check", "--force")
    assert (result.exit_code, result.stderr) == (2, "deeplomath: events: 30 given, 20 fit\n")
    assert device.info().frozen and device.info().neurons == 1
    monkeypatch.setattr(device, "configure", configure)
    assert replacing(device, "check", "--force").exit_code == 0 and not device.info().frozen


@pytest.mark.parametrize("started", [True, False])
@pytest.mark.parametrize(
    ("fails", "status"), [(None, 0), (TransportError("lost"), 2), (KeyboardInterrupt(), 130), (ZeroDivisionError(), 3)]
)
def test_a_service_that_a_command_started_is_ended_with_it(monkeypatch, started, fails, status):
    device = watch.device()
    device.configure(**CONFIG)
    device.hello = device._connect()
    device.started, calls = started, []

    def info():
        if fails:
            raise fails
        return Device.info(device)

    monkeypatch.setattr(device, "info", info)
    monkeypatch.setattr(device, "exit", lambda: calls.append("exit"))
    monkeypatch.setattr(device, "close", lambda: calls.append("close"))
    monkeypatch.setattr(reaching, "Device", lambda port, **_: device)
    result = CliRunner().invoke(cli.app, ["info", "a-port"])
    assert (result.exit_code, calls) == (status, ["exit", "close"] if started else ["close"]), result.output


def test_a_service_that_cannot_be_ended_is_said(monkeypatch):
    device = watch.device()
    device.started = True

    def fails():
        raise TransportError("EXIT: no answer")

    monkeypatch.setattr(device, "exit", fails)
    monkeypatch.setattr(reaching, "Device", lambda port, **_: device)
    result = CliRunner().invoke(cli.app, ["info", "a port"])
    assert result.exit_code == 0 and "could not be ended (EXIT: no answer): " in result.stderr
    assert result.stderr.endswith("deeplomath exit 'a port'\n")


def test_exit_says_that_the_network_stays_until_a_reset(monkeypatch):
    device = taught()
    device.hello = device._connect()
    monkeypatch.setattr(reaching, "Device", lambda port, **options: device if not options["start"] else None)
    result = CliRunner().invoke(cli.app, ["exit", "a-port"])
    assert result.exit_code == 0, result.output
    assert "the service is ended, the board is in its REPL." in result.output
    assert "Its network stays on it until a reset: 1 events kept, clock 2." in result.output
    assert "mpremote connect a-port resume" in result.output
    monkeypatch.setattr(reaching, "Device", lambda port, **_: watch.device())
    result = CliRunner().invoke(cli.app, ["exit", "a-port"])
    assert result.exit_code == 0 and "network" not in result.output


class InRepl(emulator.UnixBoard):
    """MicroPython's unix port in its REPL, where the service is only started."""

    def _spawn(self, command, **options):
        super()._spawn(command[:1], **options)


def in_the_repl(port):
    """What the REPL at a port says of 6 * 7."""
    line, said = Transport(port), b""
    for wait in range(300):
        if wait % 30 == 0:  # the unix port loses what is sent before its prompt is there
            line.write(b"print(6 * 7)\r")
        said += line.read(0.1)
        if b"42" in said and said.endswith(b">>> "):
            break
    line.close()
    return said


def in_the_raw_repl(port):
    """The same, by mpremote."""
    line = SerialTransport(port)
    try:
        line.enter_raw_repl(soft_reset=False)
        said = line.exec("print(6 * 7)")
        line.exit_raw_repl()
        return said
    finally:
        line.close()


@pytest.mark.parametrize(
    ("make", "asks"),
    [
        pytest.param(InRepl, in_the_repl, marks=pytest.mark.unix),
        pytest.param(lambda: emulator.Emulator(icount=True), in_the_raw_repl, marks=pytest.mark.f405),
    ],
)
def test_a_board_in_its_repl_is_there_again_after_any_command(file, make, asks):
    board = make()
    missing = [str(file) for file in board.needs if not file.is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not built")
    with board:
        for command, *more in (["info"], ["check", str(file), "--force"]):
            result = CliRunner().invoke(cli.app, [command, board.port, *more])
            assert result.exit_code == 0, (command, result.output)
            assert b"42" in asks(board.port)
        with Device(board.port):
            pass
        result = CliRunner().invoke(cli.app, ["exit", board.port])
        assert result.exit_code == 0 and "the service is ended" in result.output, result.output
        assert b"42" in asks(board.port)


def test_text_of_a_board_is_neither_markup_nor_control(monkeypatch):
    device = watch.device()
    device.hello = device.hello._replace(board="[red]a\x1b[2J:bug:", implementation="b\nc\u202e[/red]")
    monkeypatch.setattr(reaching, "Device", lambda port, **_: device)
    result = CliRunner().invoke(cli.app, ["info", "[p]:cat:"])
    words = " ".join(result.output.split())
    assert result.exit_code == 0 and r"[red]a\x1b[2J:bug:, at [p]:cat:: b\nc\u202e[/red]; deeplomath" in words

    def refuses(port, **_):
        raise DeviceError(-40, "[bold]no\x07\x1b]0;title\x07[/bold]")

    monkeypatch.setattr(reaching, "Device", refuses)
    result = CliRunner().invoke(cli.app, ["info", "a-port"])
    assert (result.exit_code, result.stderr) == (2, "deeplomath: [bold]no\\x07\\x1b]0;title\\x07[/bold]\n")


def test_a_file_is_called_what_it_is_called(run, file):
    odd = file.rename(file.with_name("data[old]:cat:.csv"))
    result = run("check", "a-port", odd)
    assert result.exit_code == 0 and f"{odd}: 40 events, 30 learned" in result.output
    result = run("check", "a-port", odd, network=watch.flips_at(9))
    assert result.exit_code == 1 and f"{odd}, line 12:" in result.output


def test_the_command_is_called_as_a_shell_here_takes_it(monkeypatch, tmp_path):
    scripts = tmp_path / "a venv" / "bin"
    scripts.mkdir(parents=True)
    monkeypatch.setattr(paths.sysconfig, "get_path", lambda name: str(scripts))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin")
    assert paths.command() == f"{paths.quoted(sys.executable)} -m deeplomath"
    (scripts / "deeplomath").write_text("#!/bin/sh\necho $1 $2\n")
    (scripts / "deeplomath").chmod(0o755)
    assert paths.command() == "'a venv/bin/deeplomath'"
    said = subprocess.run(cli.info_words("a port"), shell=True, capture_output=True, text=True)
    assert said.stdout == "info a port\n"
    monkeypatch.setenv("PATH", f"{scripts}:/usr/bin")
    assert paths.command() == "deeplomath"
    other = tmp_path / "other"
    other.mkdir()
    (other / "deeplomath").write_text("")
    (other / "deeplomath").chmod(0o755)
    monkeypatch.setenv("PATH", f"{other}:{scripts}")
    assert paths.command() == "'a venv/bin/deeplomath'"


def test_exit_of_a_board_in_its_repl_says_that_it_is_there_already(monkeypatch):
    def device(*_, **__):
        raise exchange.InRepl("hello: the board is in its REPL")

    monkeypatch.setattr(reaching, "Device", device)
    result = CliRunner().invoke(cli.app, ["exit", "a-port"])
    assert (result.exit_code, result.output) == (
        0,
        "a-port: no service runs there, the board is in its REPL already.\n",
    )
