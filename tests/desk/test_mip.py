# SPDX-License-Identifier: MIT
"""`deeplomath mip`: the command for the board that is asked, a list without one, folders, URLs, and what is not there."""

import json
import shlex
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from deeplomath.desk import cli, mip
from deeplomath.link import ports


@pytest.fixture
def release(tmp_path):
    """A release folder with a package for three architectures."""
    folder = tmp_path / "a release ä"
    for architecture in ("armv6m", "armv7emsp", "x64"):
        (folder / "mip" / architecture).mkdir(parents=True)
        (folder / "mip" / architecture / "package.json").write_text("{}")
    return folder


@pytest.fixture(autouse=True)
def board(monkeypatch):
    """A board that says that it is an RP2040; what it was asked."""
    asked = []

    def ask(port, architectures, **options):
        asked.append((port, architectures, options["force"]))
        return "armv6m"

    monkeypatch.setattr(mip.deploy, "ask", ask)
    monkeypatch.setattr(mip.shutil, "which", lambda _: "/usr/bin/mpremote")
    monkeypatch.setattr(ports, "serial_ports", lambda: [])
    return asked


def run(*arguments):
    result = CliRunner().invoke(cli.app, ["mip", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_board_is_asked_and_its_command_alone_is_printed(board, release):
    said = run("/dev/a port", "--from", release)
    package = (release / "mip/armv6m/package.json").as_posix()
    assert shlex.split(said) == ["mpremote", "connect", "/dev/a port", "mip", "install", package]
    assert said.count("\n") == 1 and board == [("/dev/a port", ["armv6m", "armv7emsp", "x64"], False)]
    assert shlex.split(run("P", "--from", release / "mip", "--force"))[-1] == package and board[-1][-1] is True
    assert json.loads(run("P", "--from", release, "--json")) == dict(
        port="P", architecture="armv6m", command=["mpremote", "connect", "P", "mip", "install", package]
    )


def test_the_only_board_needs_no_name(board, release, monkeypatch):
    there = [SimpleNamespace(device="COM7", vid=0x2E8A, pid=5)]
    monkeypatch.setattr(ports, "serial_ports", lambda: there)
    assert shlex.split(run("--from", release))[2] == "COM7"
    monkeypatch.setattr(ports, "serial_ports", lambda: [*there, SimpleNamespace(device="COM8", vid=0xF055, pid=0x9800)])
    result = CliRunner().invoke(cli.app, ["mip", "--from", str(release)])
    assert result.exit_code == 2 and "2 found: COM7" in result.stderr and "name the port" in result.stderr


def test_without_a_board_each_architecture_is_listed(board, release, monkeypatch):
    said = run("--from", release)
    assert "RP2040" in said and said.count("mpremote connect PORT mip install ") == 3 and not board
    told = json.loads(run("--from", release, "--json"))
    assert [it["architecture"] for it in told] == ["armv6m", "armv7emsp", "x64"]
    monkeypatch.setattr(ports, "serial_ports", lambda: [SimpleNamespace(device="COM7", vid=0x2E8A, pid=5)])
    assert json.loads(run("--from", release, "--json", "--all")) == told and not board


@pytest.mark.parametrize("url", ["http://a.b:8000", "https://a.b/c/", "https://a.b/mip", "github:a/b/release"])
def test_a_url_is_taken_as_it_is(url, board):
    said = shlex.split(run("P", "--from", url))
    assert said[-1] == url.rstrip("/").removesuffix("/mip") + "/mip/armv6m/package.json"
    assert "x64" not in board[0][1] and {"armv6m", "armv7emsp"} <= set(board[0][1])


def test_without_mpremote_on_path_this_python_runs_it(release, monkeypatch):
    monkeypatch.setattr(mip.shutil, "which", lambda _: None)
    monkeypatch.setattr(mip.sys, "executable", "/a b/python")
    assert run("P", "--from", release).startswith("'/a b/python' -m mpremote connect P mip install ")


def test_a_board_with_the_modules_in_its_firmware_needs_nothing(release, monkeypatch):
    monkeypatch.setattr(mip.deploy, "ask", lambda *_, **__: "")
    assert "P: the modules are in the firmware of this board: nothing is to be installed" in run("P", "--from", release)
    assert json.loads(run("P", "--from", release, "--json"))["command"] is None


def test_a_folder_without_packages_is_said_with_what_makes_them(tmp_path, monkeypatch):
    result = CliRunner().invoke(cli.app, ["mip", "P", "--from", str(tmp_path / "none")])
    assert result.exit_code == 2 and "no ARCHITECTURE/package.json in it; `make mip` makes it" in result.stderr
    monkeypatch.setattr(mip.paths, "IN_CHECKOUT", False)
    result = CliRunner().invoke(cli.app, ["mip", "P", "--from", str(tmp_path / "none")])
    assert "--from takes a release folder, or its URL" in result.stderr
