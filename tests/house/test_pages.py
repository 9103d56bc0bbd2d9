# SPDX-License-Identifier: MIT
"""What README.md and the site show runs: Python on the host with a board, MicroPython on a board, commands in a console.

The blocks of a page run one after the other. A page that needs more than that has a test of its own, named in ELSEWHERE.
"""

import contextlib
import io
import re
import shlex
import subprocess
import sys
import tomllib
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import deeplomath
from deeplomath import Device, Network
from deeplomath.desk import cli
from deeplomath.link import emulator
from deeplomath.link.access import Access
from implementations import ROOT
from pages import PAGES, SHOWN_PORT, blocks, commands
from sources import Chunks, LiveLine, gestures
from streaming import samples

ELSEWHERE = {"start": "tests/boards/test_newcomer.py", "alone": "test_the_example_of_a_board_that_samples_runs below"}
ON_THE_HOST = [page for page in PAGES if blocks(page, "python") and page not in ELSEWHERE]
WITH_A_BOARD = [page for page in ON_THE_HOST if any(SHOWN_PORT in block.text for block in blocks(page, "python"))]
ON_THE_BOARD = [page for page in PAGES if blocks(page, "micropython")]
IN_A_CONSOLE = [page for page in PAGES if commands(page) and page != "start"]
TEXT = {page: file.read_text() for page, file in PAGES.items()}


def said_by(page, port=SHOWN_PORT):
    """What the Python of a page prints, a list of lines."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        for block in blocks(page, "python"):
            exec(compile(block.text.replace(SHOWN_PORT, port), page, "exec"), {"__name__": "__main__"})
    return said.getvalue().splitlines()


def promised(page):
    """What the comments behind its prints say that the Python of a page prints: those that are no explanation."""
    code = "\n".join(block.text for block in blocks(page, "python"))
    return re.findall(r"^ *print\(.*\)  # ([\d(][^:;\n]*?|True)(?:[:;].*)?$", code, re.MULTILINE)


def test_each_block_of_code_is_of_a_kind_that_is_run():
    kinds = {kind for text in TEXT.values() for kind in re.findall(r"^```(\S+)", text, re.MULTILINE)}
    assert kinds <= {"python", "micropython", "console", "{toctree}", "{eval-rst}", "{picture}"}


@pytest.mark.parametrize("page", [page for page in ON_THE_HOST if page not in WITH_A_BOARD])
def test_the_python_of_a_page_runs_on_the_mirror(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = said_by(page)
    assert said and all(words in said for words in promised(page))


@pytest.mark.parametrize("page", WITH_A_BOARD)
def test_the_python_of_a_page_runs_with_a_board(page, board, folders):
    said = said_by(page, board.port)
    assert promised(page) and said[: len(promised(page))] == promised(page)


def test_the_program_that_one_starts_with_prints_what_its_page_says(board, monkeypatch):
    monkeypatch.setattr("deeplomath.link.ports.the_only", lambda: board.port)
    assert said_by("start") == next(it.printed for it in commands("start") if it.line == "python first.py")


def test_what_a_page_says_of_its_programs_comes_of_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert said_by("teach") == ["slow is slow", "off is off", "fast is fast", "stuck is unknown"]
    refused = {line.split()[0]: line.split()[1:] for line in said_by("known")}
    assert [refused[rate][-1] for rate in ("20", "50", "200")] == ["UNKNOWN"] * 3


@pytest.mark.unix
@pytest.mark.parametrize("page", ON_THE_BOARD)
def test_the_micropython_of_a_page_runs_on_a_board(page):
    micropython = emulator.UnixBoard().image
    if not micropython.is_file():
        pytest.skip(f"{micropython} is not built: make test-unix")
    code = "\n".join(block.text for block in blocks(page, "micropython"))
    done = subprocess.run([micropython, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout, done.stderr
    if page == "teach":
        assert done.stdout.splitlines() == ["dark is dark", "lamp is lamp", "sun is sun", "fire is unknown"]


@pytest.mark.parametrize("page", IN_A_CONSOLE)
def test_the_commands_of_a_page_run(page, board, folders):
    for command in commands(page):
        program, *words = shlex.split(command.line.replace(SHOWN_PORT, board.port))
        if program == "python":
            subprocess.run([sys.executable, *words], check=True)
            continue
        assert program == "deeplomath"
        done = CliRunner().invoke(cli.app, words)
        assert done.exit_code in (0, 2 if words[0] == "doctor" else 0), (command.line, done.output)


def test_the_example_of_a_board_that_samples_runs(capsys):
    line = LiveLine(Chunks(samples(1500, 6)), queue=1 << 15)
    line.live.model(gestures.PROGRAM, **gestures.VOTE, **gestures.NETWORK)
    line.live.run()
    line.live.teach(0, 1)
    line.run()
    (block,) = blocks("alone", "python")
    code = block.text.replace("import deeplomath\n", "")
    exec(code, {"deeplomath": SimpleNamespace(Device=lambda port: Device(line))})
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1 + (1500 - 128) // 64 + 1 and said[0].startswith("127 None Learned(")
    assert said[-1] == "Heard(next=22, lost=0, overruns=0, index=1500, waiting=0)"
    assert line.live.teaching() == 3 and not line.live.running


def test_what_pip_installs_is_here_and_no_name_of_an_index():
    project = tomllib.loads((ROOT / "host" / "pyproject.toml").read_text())["project"]
    shown = [what for text in TEXT.values() for what in re.findall(r'pip install ("[^"]*")', text)]
    assert len(shown) > 3
    for what in shown:
        folder, wheel, extra = re.fullmatch(r'"\./(?:(\w+)|deeplomath-(.*)-py3-none-any\.whl)\[(\w+)\]"', what).groups()
        assert extra in project["optional-dependencies"]
        assert wheel == deeplomath.__version__ if wheel else (ROOT / folder / "pyproject.toml").is_file()


def test_every_call_of_the_tables_is_there():
    for page in ("computer", "teach"):
        calls = set(re.findall(r"`(?:board\.|net\.)?([a-z_]+)\(", TEXT[page])) - {"configure", "cost"}
        calls |= set(re.findall(r"`\w+\([^`]*\)`, `([a-z_]+)\(", TEXT[page])) - {"configure", "cost"}
        assert (
            calls
            and [it for it in calls if not (hasattr(Network, it) or hasattr(Access, it) or hasattr(Device, it))] == []
        )


def test_every_make_target_of_the_text_is_there():
    makefile = (ROOT / "Makefile").read_text()
    for page, text in TEXT.items():
        for target in re.findall(r"\bmake ([a-z][a-z-]+) ?(?=[`A-Z#\n])", text):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), (page, target)


def test_every_command_has_a_row_and_takes_what_is_shown():
    rows = re.findall(r"^\| `(deeplomath (\w+)( [^`]*)?)` \|", TEXT["commands"], re.MULTILINE)
    groups = {group.name for group in cli.app.registered_groups}
    assert {name for _, name, _ in rows} == groups | {command.name for command in cli.app.registered_commands}
    shown = [call for text in TEXT.values() for call in re.findall(r"`(deeplomath ([a-z]+)( [^`]*)?)`", text)]
    for text, name, rest in {*rows, *shown}:
        words = rest.split()
        called = [name, words.pop(0)] if name in groups and words else [name]
        said = CliRunner().invoke(cli.app, [*called, "--help"], env={"COLUMNS": "200"}).output
        for word in (word for word in words if word.startswith("-") or word.isupper()):
            assert (word if word.startswith("-") else word.lower()) in said, text
