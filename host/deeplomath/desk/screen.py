# SPDX-License-Identifier: MIT
"""The terminal of the commands: text is text, never markup or control characters, and it has a width to work with."""

from rich.console import Console, ConsoleDimensions
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from .words import printable_lines

WIDTHS = 40, 1000  # what COLUMNS says is believed within


class Screen(Console):
    """A rich console; colours come from styles."""

    def __init__(self, **options):
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    @property
    def size(self):
        """Width and height in characters."""
        width, height = super().size
        return ConsoleDimensions(min(max(width, WIDTHS[0]), WIDTHS[1]), height)

    def render_str(self, text, **options):
        """Text as rich's, with all but newlines escaped that a terminal would act on."""
        return super().render_str(printable_lines(text), **options)

    def on_broken_pipe(self):
        """Called while that exception is handled: statuses.py has the status of it."""
        raise  # noqa: PLE0704


def bar(screen, *columns):
    """A Progress with a bar that vanishes at its end; none where the screen is no terminal."""
    columns = columns or (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=screen, transient=True, disable=not screen.is_terminal)
