# SPDX-License-Identifier: MIT
"""Whether the picture of the demo can be drawn and kept, asked before the demo runs; picture.py draws it."""

import importlib.util
import os

from ..errors import DeeplomathError

KINDS = "png", "jpg", "pdf", "svg"  # of those that matplotlib draws


class PictureError(DeeplomathError):
    """The picture cannot be drawn or kept."""


def check(path):
    """PictureError: this picture cannot be drawn here, or not be written there."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise PictureError(f"picture: {path} given, a name that ends in .{', .'.join(KINDS)} needed")
    if importlib.util.find_spec("matplotlib") is None:
        raise ModuleNotFoundError("matplotlib", name="matplotlib")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        with open(path, "ab"):
            pass
        if new:
            os.remove(path)
    except OSError as error:
        raise PictureError(f"picture: {error.filename or path}: {error.strerror}") from error


def draw(*arguments):
    """Draws the picture; matplotlib is loaded no sooner."""
    from . import picture

    picture.draw(*arguments)
