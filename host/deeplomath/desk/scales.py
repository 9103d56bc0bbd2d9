# SPDX-License-Identifier: MIT
"""The option --scale of commands on events: a file whose scale is used, or to which the scale of these decimals goes."""

from pathlib import Path
from typing import Annotated

import typer

from ..scale import Scale
from . import outputs

Scaling = Annotated[
    Path | None,
    typer.Option("--scale", help="A scale for decimals; where it is not there yet, this file's is written."),
]


def load(path, *inputs):
    """The Scale in a file, None where it is not there yet. DataError: it is none, or could not be written there."""
    if path is None:
        return None
    outputs.check(path, True, *inputs)
    return Scale.load(path) if path.exists() else None


def keep(path, scale):
    """Writes a Scale, if there is one, to a file that is not there yet."""
    if path and scale and not path.exists():
        scale.save(path)
