# SPDX-License-Identifier: MIT
"""A board's raw REPL as deploy uses it: facts, files, room."""

import zlib

from ..errors import DeployError
from ..link.rawrepl import RawRepl
from ..paths import MODULES
from .facts import DEVICE, FACTS, LOOK, PROBE, ROOM, Facts, checked, is_crc


class Board(RawRepl):
    """A board's raw REPL, after a soft reset that runs boot.py but not main.py. Every failure raises DeployError."""

    def facts(self):
        return Facts(**checked(self.run(PROBE.format(native=MODULES, device=DEVICE)), FACTS))

    def look(self, folder, paths):
        """Room on the filesystem of folder, and {path: CRC-32 or None} of these files."""
        paths = list(paths)
        found = checked(self.run(LOOK.format(folder=folder, root=root_of(folder), paths=paths)), ROOM)
        found["files"] = checked(found["files"], dict.fromkeys(paths, (is_crc, "a CRC-32 or None")))
        return found

    def write(self, path, data):
        """Writes a file and reads it back."""
        self.put(path, data)
        got = self.look(path.rpartition("/")[0], [path])["files"][path]
        if got != zlib.crc32(data):
            raise DeployError(
                f"{path}: CRC-32 {got} read back, {zlib.crc32(data)} written: the line or the flash is bad; deploy again"
            )

    def rename(self, moves):
        """Gives files, {path: new path}, other names."""
        self.run(f"import os\nfor path, to in {list(moves.items())!r}:\n os.rename(path, to)")

    def remove(self, paths):
        """Removes those of these files that are there."""
        self.run(f"import os\nfor path in {sorted(paths)!r}:\n try:\n  os.remove(path)\n except OSError:\n  pass")


def root_of(folder):
    """The folder that /lib lies in: "" for the root of all."""
    return folder.rpartition("/")[0]
