# SPDX-License-Identifier: MIT
"""Keys of paired boards under the user's configuration folder, a file a board, which nobody else may read."""

import contextlib
import os
import sys
from pathlib import Path

from .. import spec
from ..errors import DeeplomathError

NEXT = ".next"  # ends the name of the file of a key that a board may have taken, or not


class KeyFileError(DeeplomathError):
    """A file with a board's key cannot be read or written, or is not as it has to be."""


def folder():
    """Where the keys are: DEEPLOMATH_KEYS, or `deeplomath/keys` where this system has what its user sets up."""
    if named := os.environ.get("DEEPLOMATH_KEYS"):
        return Path(named)
    home = Path(os.path.expanduser("~"))
    if os.name == "nt":
        base = Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return base / "deeplomath" / "keys"


def path(identity, ending=""):
    """The file with the key of the board of this identity, bytes."""
    return folder() / f"{identity.hex()}.key{ending}"


def load(identity):
    """The keys that a board may have, none, one or two. KeyFileError: others may read one, or it is no key."""
    found = (_read(path(identity, ending)) for ending in ("", NEXT))
    return [key for key in found if key]


def settle(identity, key):
    """This key of a board was proved: no other is kept."""
    if path(identity, NEXT).exists():
        save(identity, key)
        _remove(path(identity, NEXT))


def _read(file):
    with _told(file):
        try:
            text = file.read_text("ascii", "replace")
        except FileNotFoundError:
            return None
        mode = file.stat().st_mode & 0o777
    if os.name != "nt" and mode & 0o077:
        raise KeyFileError(
            f"{file}: its mode is {mode:o}, others may read the key: chmod 600 it, or pair the board anew"
        )
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != spec.WIRE_KEY:
        raise KeyFileError(f"{file}: {len(text.strip())} characters, not {2 * spec.WIRE_KEY} hexadecimal digits")
    return key


def save(identity, key, ending=""):
    """Writes the key of a board, whole or not at all; returns its file."""
    file = path(identity, ending)
    with _told(file):
        file.parent.mkdir(0o700, parents=True, exist_ok=True)
        new = path(identity, ".new")
        with contextlib.suppress(FileNotFoundError):
            new.unlink()
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as it:
            it.write(key.hex() + "\n")
            it.flush()
            os.fsync(it.fileno())
        new.replace(file)
    return file


def remove(identity):
    """Removes the keys of a board, where there are some."""
    for ending in (NEXT, ""):
        _remove(path(identity, ending))


def _remove(file):
    with _told(file), contextlib.suppress(FileNotFoundError):
        file.unlink()


@contextlib.contextmanager
def _told(file):
    try:
        yield
    except OSError as error:
        raise KeyFileError(f"{file}: {error.strerror or error}") from error
