# SPDX-License-Identifier: MIT
"""What the tests of commands share: boards in memory in the place of those that a command would open."""

from typer.testing import CliRunner

import watch
from deeplomath.desk import cli, reaching


def invoke(*arguments):
    """The result of `deeplomath` with these arguments, each made a text."""
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def one_board(monkeypatch):
    """One board in memory, which all commands of a test open: its Device."""
    made = watch.device()
    made.close = lambda: None

    def opened(*_, **__):
        made.hello = made._connect(False)
        return made

    monkeypatch.setattr(reaching, "Device", opened)
    return made


def runner(monkeypatch):
    """Runs a command with a new board in memory that computes with `network`."""

    def run(*arguments, network=watch.BoardNetwork):
        monkeypatch.setattr(reaching, "Device", lambda port, **_: watch.device(network))
        return invoke(*arguments)

    return run
