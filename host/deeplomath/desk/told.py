# SPDX-License-Identifier: MIT
"""What all commands share: where they print, and how what they raise becomes words and an exit status."""

import functools

import typer

from ..audit.lockstep import Mismatch
from . import report, screen, statuses

console = screen.Screen()


def reported(command):
    """Turns what a command raises into words and an exit status."""

    def told(*arguments, **options):
        try:
            return command(*arguments, **options)
        except Mismatch as error:
            console.print(report.mismatch(error))
            return statuses.DIFFER

    @functools.wraps(command)
    def wrapped(*arguments, **options):
        status = statuses.status_of(lambda: told(*arguments, **options))
        if status:
            raise typer.Exit(status)

    return wrapped
