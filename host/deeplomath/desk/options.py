# SPDX-License-Identifier: MIT
"""Whole numbers among the options of a command: what is refused is named, with its limits; and those that many share."""

import re
from typing import Annotated

import typer

from ..text import printable

FASTEST = 12_000_000  # baud: no serial converter goes beyond

_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}")


def whole(low=None, high=None, *, help):
    """A typer.Option that takes an integer of low..high, of any size without them; BadParameter names any other value."""

    def parse(given):  # a str; the default, too, as it is
        if not _DECIMAL.fullmatch(str(given)):
            raise typer.BadParameter(f"{printable(str(given))} given, an integer{_within(low, high)} needed")
        if low is not None and not low <= int(given) <= high:
            raise typer.BadParameter(f"{given} given, {low}..{high} allowed")
        return int(given)

    return typer.Option(parser=parse, metavar="INTEGER" if low is None else f"{low}..{high}", help=help)


def _within(low, high):
    return "" if low is None else f" of {low}..{high}"


Baud = Annotated[int, whole(1200, FASTEST, help="Of a UART; of no meaning over USB.")]
