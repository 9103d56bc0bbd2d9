# SPDX-License-Identifier: MIT
"""What scripts and shells read: --json is one value on stdout and nothing else; a shell completes commands and models."""

import inspect
import json
import os
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import invoked
from deeplomath import Network, spec
from deeplomath.deploy import deploy
from deeplomath.deploy.facts import Facts
from deeplomath.desk import cli, models
from deeplomath.link import ports
from deeplomath.link.client import Hello

CONFIG = dict(features=3, classes=2, events=8)
COMMAND = Path(sysconfig.get_path("scripts"), "deeplomath")
ALONE = {"ports", "doctor", "models", "model check", "mip"}  # those that need no board
LINES = {"run"}  # whose --json is a value a line


@pytest.fixture
def device(monkeypatch):
    """One board in memory, for all commands of a test."""
    return invoked.one_board(monkeypatch)


def read(*arguments):
    """The JSON value that a command prints, and its words."""
    result = CliRunner().invoke(cli.app, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1 and result.stdout.isascii(), result.stdout
    return json.loads(result.stdout), result.stderr


def test_info_is_an_object_with_and_without_a_network(device):
    told, words = read("info", "P")
    assert words == "" and (told["port"], told["network"], told["front"], told["health"]) == ("P", None, None, None)
    assert set(told["board"]) == set(Hello._fields) and told["board"]["library"] == spec.VERSION_LIBRARY
    device.configure(**CONFIG)
    device.learn(np.array([1, 2, 3], np.int16), 1)
    device.infer(np.array([4000, 2, 3], np.int16))
    device.names = ("motion", "ä", "b")
    told, _ = read("info", "P")
    assert told["network"] == device.info()._asdict() | dict(
        bytes=Network(**CONFIG).footprint(), digest=f"{device.digest():08x}"
    )
    assert told["unknowns"] == [0] and told["names"] == ["motion", "ä", "b"] and told["health"]["dropped"] == 0


def test_save_and_load_say_what_the_file_has(device, tmp_path):
    device.configure(**CONFIG)
    device.learn(np.array([1, 2, 3], np.int16), 1)
    saved, words = read("save", tmp_path / "a", "P")
    assert saved["digest"] == f"{device.digest():08x}" and saved["network"] == device.info()._asdict()
    assert "1 events kept of 1 learned" in words and saved["bytes"] == (tmp_path / "a").stat().st_size
    assert read("load", tmp_path / "a", "P", "--force")[0] == saved


def test_deploy_says_what_it_did(monkeypatch):
    facts = Facts((1, 25, 0), 0x1306, ["/lib"], "a board", "/", {}, {}, True, 200000)
    done = deploy.Deployed(facts, "armv6m", ["/lib/a.mpy"], [], 0x12345, 4096)

    def deployed(port, say, **_):
        say("copying /lib/a.mpy, 3 bytes")
        return done

    monkeypatch.setattr(cli.deploy, "deploy", deployed)
    told, words = read("deploy", "P")
    assert (told["digest"], told["module"], told["copied"]) == ("00012345", "armv6m", ["/lib/a.mpy"])
    assert told["facts"]["machine"] == "a board" and "copying /lib/a.mpy" in words and "Next: " in words


def test_model_check_says_each_step():
    told, _ = read("model", "check", "motion")
    assert told["lines"] == ["ax", "ay", "az", "gx", "gy", "gz"] and told["front_end"]["features"] == 31
    assert [it["operation"] for it in told["steps"]][:2] == ["mix", "norm"] and told["network"]["features"] == 31


def test_what_is_not_possible_leaves_stdout_empty(tmp_path):
    for arguments in (["model", "check", "none.toml"], ["load", tmp_path / "none", "P"], ["info", "/dev/none-such"]):
        result = CliRunner().invoke(cli.app, [*map(str, arguments), "--json"])
        assert (result.exit_code, result.stdout) == (2, "") and result.stderr.startswith("deeplomath: ")


def commands():
    """{"model check": its function} of all commands."""
    found = {it.name: it.callback for it in cli.app.registered_commands}
    return found | {f"model {it.name}": it.callback for it in models.app.registered_commands}


def test_those_that_a_script_reads_have_the_option_under_one_name():
    taking = {name for name, it in commands().items() if "json_" in inspect.signature(it).parameters}
    assert taking == ALONE | LINES | {"check", "info", "save", "load", "deploy"}
    for name in taking:
        assert "--json" in CliRunner().invoke(cli.app, [*name.split(), "--help"]).output, name


def test_those_that_need_no_board_print_an_array_or_object(monkeypatch):
    monkeypatch.setattr(ports, "serial_ports", lambda: [])
    assert read("ports")[0] == [] and read("models")[0][0]["name"] == "motion" and len(read("doctor")[0]) > 4


def completed(line):
    """What a shell is offered for the last word of a line."""
    words = line.split(" ")
    environment = dict(
        os.environ, _DEEPLOMATH_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1)
    )
    done = subprocess.run([COMMAND], env=environment, capture_output=True, text=True, timeout=300)
    assert done.stderr == "", done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("deeplomath mod", {"model", "models"}),
        ("deeplomath model check k", {"keywords"}),
        ("deeplomath run mo", {"motion"}),
        ("deeplomath model new ", {"motion", "keywords", "vibration", "current"}),
        ("deeplomath demo --model v", {"vibration"}),
        ("deeplomath flash rp", {"rpi_pico", "rpi_pico2"}),
        ("deeplomath info --js", {"--json"}),
    ],
)
def test_a_shell_completes_commands_models_and_boards(line, offered):
    assert completed(line) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_are_lines_for_each_shell(shell):
    done = subprocess.run([COMMAND], env=dict(os.environ, _DEEPLOMATH_COMPLETE=f"source_{shell}"), capture_output=True)
    assert done.returncode == 0 and f"_DEEPLOMATH_COMPLETE=complete_{shell}".encode() in done.stdout


def test_bash_takes_the_lines_that_it_is_shown():
    # The colon keeps bash there, since the command asks which shell called it.
    done = subprocess.run(["bash", "-c", f"{COMMAND} --show-completion bash; :"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    lines = f"""{done.stdout}
COMP_WORDS=(deeplomath model check k) COMP_CWORD=3
_deeplomath_completion {COMMAND}
echo ${{COMPREPLY[*]}}
complete -p deeplomath"""
    said = subprocess.run(["bash", "-c", lines], capture_output=True, text=True, timeout=300).stdout.splitlines()
    assert said == ["keywords", "complete -o default -F _deeplomath_completion deeplomath"]
