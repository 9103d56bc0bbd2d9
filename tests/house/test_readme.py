# SPDX-License-Identifier: MIT
"""What README.md shows runs: the Python on the host against a board, the Python on the board itself."""

import re
import subprocess
import tomllib
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from deeplomath import Device, Network
from deeplomath.desk import cli
from deeplomath.link.access import Access
from implementations import ROOT
from sources import Chunks, LiveLine, gestures
from streaming import samples

README = (ROOT / "README.md").read_text()
ON_THE_HOST, ON_THE_BOARD, LIVE, OF_A_MODEL = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_host_example_runs_against_a_board(board, capsys):
    exec(ON_THE_HOST.replace('"/dev/ttyACM0"', repr(board.port)), {})
    shown = re.findall(r"print\(.*\)  # (.*?)(?::.*)?$", ON_THE_HOST, re.MULTILINE)[:2]
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == shown
    events = [line.split() for line in said[2:]]
    assert [int(at) for at, *_ in events] == list(range(127, 640, 64))
    assert [name for _, name, voted in events] == ["walking"] * 9


@pytest.mark.unix
def test_the_board_example_runs_on_a_board():
    micropython = ROOT / "build/unix/micropython"
    if not micropython.is_file():
        pytest.skip(f"{micropython} is not built: make test-unix")
    done = subprocess.run([micropython, "-c", ON_THE_BOARD + "\nprint(net.info())"], capture_output=True, text=True)
    assert done.returncode == 0 and "neurons=1" in done.stdout, done.stderr


def test_the_example_of_a_board_that_samples_runs(capsys):
    line = LiveLine(Chunks(samples(1500, 6)), queue=1 << 15)
    line.live.model(gestures.PROGRAM, **gestures.VOTE, **gestures.NETWORK)
    line.live.run()
    line.live.teach(0, 1)
    line.run()
    exec(LIVE, {"deeplomath": SimpleNamespace(Device=lambda port: Device(line))})
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1 + (1500 - 128) // 64 + 1 and said[0].startswith("127 None Learned(")
    assert said[-1] == "Heard(next=22, lost=0, overruns=0, index=1500, waiting=0)"
    assert line.live.teaching() == 3 and not line.live.running


def test_what_pip_installs_is_a_folder_here_and_no_name_of_an_index():
    extras = tomllib.loads((ROOT / "host" / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    shown = re.findall(r"`pip install (.*?)`", README)
    assert shown
    for what in shown:
        folder, extra = re.fullmatch(r'"\./(\w+)\[(\w+)\]"', what).groups()
        assert (ROOT / folder / "pyproject.toml").is_file() and extra in extras


def test_the_example_of_a_model_runs(capsys):
    random = np.random.default_rng(0)
    loud = np.repeat([20, 3000] * 7, 4000)[:, None]  # seven bursts of half a second
    samples = np.rint(random.normal(size=loud.shape) * loud).astype(np.int16)
    exec(OF_A_MODEL.replace("keywords.toml", "keywords"), {"samples": samples})
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert len(said) == 6 and [name for _, name in said[:5]] == ["yes"] * 5
    assert all(at.isdigit() for at, _ in said)


def test_every_call_of_the_table_is_there():
    calls = set(re.findall(r"`(?:board\.)?([a-z_]+)\(", README)) - {"configure", "cost"}
    assert calls and all(hasattr(Network, call) or hasattr(Access, call) for call in calls)


def test_every_make_target_of_the_text_is_there():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"\bmake ([a-z][a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_command_is_called_where_it_is_and_takes_what_is_shown():
    commands = re.findall(r"`((?:\.venv/bin/)?deeplomath (\w+)( [^`]*)?)`", README)
    groups = {group.name for group in cli.app.registered_groups}
    assert {name for _, name, _ in commands} == groups | {command.name for command in cli.app.registered_commands}
    for text, name, rest in commands:
        assert text.startswith(".venv/bin/"), text
        words = rest.split()
        called = [name, words.pop(0)] if name in groups else [name]
        said = CliRunner().invoke(cli.app, [*called, "--help"]).output
        for word in words:
            assert (word if word.startswith("-") else word.lower()) in said, text
