# SPDX-License-Identifier: MIT
"""What a board keeps for the time without power: save, restore and names of a Device (STORE.md)."""

from __future__ import annotations

import itertools
from pathlib import PurePath
from typing import TYPE_CHECKING

from .. import spec
from ..errors import KernelError
from . import replies

if TYPE_CHECKING:
    from collections.abc import Iterable

NONE = b"\0"  # on the wire: no names


class Saving:
    """The methods of a Device that save; they need its _request and _lock, and that it finds out again what it forgets."""

    _model, _told = None, ()  # the Model whose names the board has; these names

    def save(self) -> int:
        """Saves network, front-end and names on the board, for the time without power; returns the number of the save.

        Nothing is written where nothing has changed since. DeviceError: ERROR_STORE, the board has no store; ERROR_DISK, its
        filesystem refuses; the save before stays. Sets last_ticks.
        """
        return self._request(spec.OPCODE_SAVE)[0]["sequence"]

    def restore(self) -> int:
        """Takes back what was saved last; returns the number of the save. Sets last_digest.

        DeviceError: ERROR_STORE, ERROR_UNSAVED, ERROR_DISK, ERROR_MEMORY; then all is as before.
        """
        with self._lock:
            got, _ = self._request(spec.OPCODE_RESTORE)
            self._network = self._front = None
            return got["sequence"]

    @property
    def names(self) -> tuple[str, ...]:
        """What model and classes are called on the board: the model's name, then that of each class; a tuple, empty of none.

        To be set to any such names, 512 bytes in all at most.
        """
        return replies.names(self._request(spec.OPCODE_NAMES)[1])

    @names.setter
    def names(self, names: Iterable[str]) -> None:
        self._request(spec.OPCODE_NAMES, _named(names))
        self._model, self._told = None, ()

    def _tell_names(self, model):
        """Lets the board know what a Model calls itself and its classes by now, where that has changed; of no Model nothing."""
        names = (PurePath(model.text.file).stem, *model.names) if hasattr(model, "names") else ()
        if names and names != self._told:
            self.names = fitting(names)
            self._told = names
        self._model = model if names else None


def fitting(names):
    """As many of these names as a board keeps."""
    ends = itertools.accumulate(len(name.encode("utf-8", "replace")) + 1 for name in names)
    return names[: sum(end <= spec.STORE_NAMES + 1 for end in ends)]


def _named(names):
    """Names as the wire has them."""
    if isinstance(names, str) or not all(isinstance(it, str) for it in names):
        raise TypeError("names: a sequence of str needed")
    for name in names:
        if "\0" in name:
            raise KernelError(spec.ERROR_ARGUMENT, f"names: {name!r} given, no zero allowed in a name")
    try:
        wire = "\0".join(names).encode() or NONE
    except UnicodeEncodeError as error:
        raise KernelError(spec.ERROR_ARGUMENT, f"names: {error.reason}") from error
    if wire == NONE and len(names):
        raise KernelError(
            spec.ERROR_ARGUMENT, f"names: {tuple(names)} given, one with a character needed, or () of none"
        )
    return wire
