# SPDX-License-Identifier: MIT
"""What all commands share: where they print, JSON for scripts, and how what they raise becomes words and an exit status."""

import contextlib
import functools
import json
from typing import Annotated

import typer

from ..audit.lockstep import Mismatch
from . import report, screen, statuses

console = screen.Screen()
Json = Annotated[bool, typer.Option("--json", help="One JSON value on stdout, for scripts; all words go to stderr.")]


def tell(value):
    """Prints a value as JSON, in ASCII: bytes as hexadecimal digits, names of files as text."""
    print(json.dumps(value, default=_plain), flush=True)


def reported(command):
    """Turns what a command raises into words and an exit status. With its option json_ no words go to stdout."""

    def told(*arguments, **options):
        for_scripts = options.get("json_", False)
        with words_to_stderr() if for_scripts else contextlib.nullcontext():
            try:
                return command(*arguments, **options)
            except Mismatch as error:
                console.print(report.mismatch(error))
                if for_scripts:
                    tell(difference(error))
                return statuses.DIFFER

    @functools.wraps(command)
    def wrapped(*arguments, **options):
        status = statuses.status_of(lambda: told(*arguments, **options))
        if status:
            raise typer.Exit(status)

    return wrapped


@contextlib.contextmanager
def words_to_stderr():
    """Within it the console prints to stderr."""
    console.stderr = True
    try:
        yield
    finally:
        console.stderr = False


def difference(error):
    """A Mismatch as a dict for scripts: what was asked, and each quantity as (board, mirror) say it, in words."""
    rows = {name: [str(board), str(mirror)] for name, board, mirror in error.rows}
    return dict(equal=False, event=error.event, request=error.request, differ=rows, findings=error.findings)


def _plain(value):
    """What JSON has no form for."""
    return bytes(value).hex() if isinstance(value, bytes | bytearray | memoryview) else str(value)
