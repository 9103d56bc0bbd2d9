# SPDX-License-Identifier: MIT
"""Runs an emulated board until Ctrl-C and prints the port to open: `make run BOARD=stm32f405_qemu`, or BOARD=unix."""

import argparse

from deeplomath.desk import statuses
from deeplomath.errors import DeeplomathError
from deeplomath.link.emulator import Emulator, UnixBoard, boards


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("board", nargs="?", default="stm32f405_qemu", choices=[*boards(), "unix"])
    parser.add_argument("--icount", action="store_true", help="let time.ticks_cpu() count executed instructions")
    parser.add_argument("--stock", action="store_true", help="stock MicroPython, its disk empty")
    arguments = parser.parse_args()
    emulated = {"icount": arguments.icount, "stock": arguments.stock, "files": False}
    board = UnixBoard(repl=True) if arguments.board == "unix" else Emulator(arguments.board, **emulated)
    try:
        with board:
            print(board.port, flush=True)
            parser.exit(2, f"run: the emulator ended by itself, with status {board.process.wait()}\n")
    except DeeplomathError as error:
        parser.exit(2, f"run: {error}\n")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    statuses.run(main)
