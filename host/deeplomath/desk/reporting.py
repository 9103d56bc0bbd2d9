# SPDX-License-Identifier: MIT
"""`deeplomath report`: what the logs of sessions tell, as one file to be read anywhere."""

from pathlib import Path
from typing import Annotated

import typer

from .. import files
from ..audit.log import DAMAGED, open_log
from ..errors import DataError
from . import outputs
from .told import console, reported

Logs = Annotated[list[Path], typer.Argument(help="Logs of sessions, as `monitor --log` writes them.")]


@reported
def report_command(
    logs: Logs,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the report goes.")] = Path("report.html"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file.")] = False,
):
    """Writes a report of sessions: what was right, what it knows, what it took; the mirror proves each digest on the way.

    One file of HTML without a link to anything outside.
    """
    outputs.check(output, force, *logs)
    from ..monitor import sheet
    from ..monitor.summary import Summary

    found = [Summary(open_log(path)) for path in logs]
    files.put(output, sheet.written(found).encode("utf-8", "backslashreplace"))
    for it in found:
        console.print(f"{it.log.path}: {sheet.proof(it)}", soft_wrap=True)
    console.print(f"{output}: {output.stat().st_size:,} bytes", soft_wrap=True)
    differing = next((it.differs for it in found if it.differs is not None), None)
    if differing is not None:
        raise differing
    damaged = [it.log for it in found if it.log.end == DAMAGED]
    if damaged:
        raise DataError("; ".join(f"{log.path}: damaged {log.damage}" for log in damaged) + "; all before it is proved")
