# SPDX-License-Identifier: MIT
"""Each emulated board as its user has it, over its serial line: the standard walk, memory, and what the line carries."""

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deeplomath import Device
from deeplomath.desk import data
from deeplomath.link import emulator

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
from walks import STANDARD, standard_walk  # noqa: E402

ROUNDS = 100
SAMPLES = np.zeros((170, 6), np.int16)  # 2 KB of the watch


class Link(NamedTuple):
    digest: int  # after the standard walk
    flash: int  # bytes of the firmware, and of what is put on its filesystem
    heap: int  # bytes free with the service running
    heap_left: int  # and with the network of the standard walk
    latency_ms: float  # of a request with its answer, median
    to_board: float  # KB/s of samples of the watch, with front-end, answers and their replies
    from_board: float  # KB/s of an exported state


def measure(board):
    """The Link of a board of deeplomath.emulator, which is booted for it."""
    with board, Device(board.port) as device:
        heap = device.hello.heap_free
        device.configure(**STANDARD)
        heap_left = device.health().heap_free
        *_, digest = standard_walk(device)
        latencies = [_timed(device.unknowns) for _ in range(ROUNDS)]
        device.model(data.model().program)
        streams = [_timed(lambda: device.stream(SAMPLES)) for _ in range(ROUNDS // 5)]
        state = device.export()
        exports = [_timed(device.export) for _ in range(ROUNDS // 10)]
    return Link(
        digest,
        flash_bytes(board.image) + sum(file.stat().st_size for file in getattr(board, "files", [])),
        heap,
        heap_left,
        1000 * statistics.median(latencies),
        SAMPLES.nbytes / 1000 / statistics.median(streams),
        len(state) / 1000 / statistics.median(exports),
    )


def _timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def flash_bytes(image):
    """Bytes that a firmware takes in flash: 256 a block of a UF2 file, text and data of an ELF; 0 of a program of this machine."""
    if image.suffix == ".uf2":
        return image.stat().st_size // 2
    if image.suffix != ".elf":
        return 0
    said = subprocess.run(["arm-none-eabi-size", image], capture_output=True, text=True, check=True).stdout
    text, data = said.splitlines()[1].split()[:2]
    return int(text) + int(data)


def boards():
    """{name: board} of all that is tested here: with the kernel in the firmware, then with the loadable module."""
    tested = {name: toml for name, toml in emulator.boards().items() if "test" in toml}
    found = {"unix": emulator.UnixBoard()}
    found |= {name: emulator.Emulator(name) for name in tested}
    found["unix, x64 .mpy"] = emulator.UnixBoard(
        emulator.BUILD / "unix_stock/micropython", modules=emulator.native_modules("x64")
    )
    for name, toml in tested.items():
        if "tier_stock" in toml["test"] and "stock_is_small" not in toml["test"]:
            found[f"{name}, {toml['native_arch']} .mpy"] = emulator.Emulator(name, stock=True)
    return found
