# SPDX-License-Identifier: MIT
"""A file written whole or not at all: what was there before stays until all of what takes its place is on the disk."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO


def put(path: str | os.PathLike[str], content: bytes) -> None:
    """Makes these bytes the content of a file. OSError, which names the path: it cannot be; then all is as it was.

    They are written beside the file, which they replace once they are on the disk; it keeps its permissions. A link stays a
    link to it. What is no regular file, a device, a pipe or the output of this process, is written to as it is.
    """
    with _named(path):
        before = _found(path)
        if before and not _is_replaced(before):
            with open(path, "wb", buffering=0) as file:
                _write(file, content)
            return
        if before and not os.access(path, os.W_OK):  # what is protected is not replaced either
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        _replace(os.path.realpath(path), content, before)


def _replace(path: str, content: bytes, before: os.stat_result | None) -> None:
    aside = os.path.join(os.path.dirname(path), f".deeplomath-{secrets.token_hex(8)}.part")
    opened = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with open(opened, "wb", buffering=0) as file:
            _write(file, content)
            os.fsync(file.fileno())
        if before:
            os.chmod(aside, stat.S_IMODE(before.st_mode))
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(aside)
        raise


def _write(file: FileIO, content: bytes) -> None:
    """Writes all of it, however little is taken at a time."""
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def _found(path: str | os.PathLike[str]) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _is_replaced(found: os.stat_result) -> bool:
    """Whether another file may take the place of this one: it is a regular one, and not what this process prints to."""
    if not stat.S_ISREG(found.st_mode):
        return False
    for output in (1, 2):
        with contextlib.suppress(OSError):
            if os.path.samestat(found, os.fstat(output)):
                return False
    return True


@contextlib.contextmanager
def _named(path: str | os.PathLike[str]) -> Iterator[None]:
    """An OSError within it is of this path."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
