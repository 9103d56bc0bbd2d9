# SPDX-License-Identifier: MIT
"""Whether a command may write a file where it was told to, asked before it does anything."""

import contextlib
import os

from ..errors import DataError


def check(path, force, *inputs):
    """DataError: a Path is that of a folder, of one of the inputs, or of a file that is there, and `force` is not given.

    inputs: paths that the command reads, None for none: by whatever name or link, none of them is ever written.
    """
    for it in inputs:
        if it is not None and _is_same(path, it):
            raise DataError(f"{path}: is read by this command, and so never overwritten; another name is needed")
    if path.is_dir():
        raise DataError(f"{path}: is a folder, the name of a file needed")
    if path.is_file() and not force:
        raise DataError(f"{path}: is there already; --force overwrites it")
    if not path.parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.parent}")


def _is_same(one, other):
    with contextlib.suppress(OSError, ValueError):
        return os.path.samefile(one, other)
    return False
