# SPDX-License-Identifier: MIT
"""Runs an emulated board until Ctrl-C and prints the port to open: `make run BOARD=stm32f405_qemu`, or BOARD=unix."""

import argparse

from deeplomath.emulator import Emulator, UnixBoard


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("board", nargs="?", default="stm32f405_qemu", help="a folder below boards/, or unix")
    parser.add_argument("--icount", action="store_true", help="let time.ticks_cpu() count executed instructions")
    parser.add_argument("--stock", action="store_true", help="stock MicroPython, the module as a file on its disk")
    arguments = parser.parse_args()
    emulated = {"icount": arguments.icount, "stock": arguments.stock}
    board = UnixBoard() if arguments.board == "unix" else Emulator(arguments.board, **emulated)
    with board:
        print(board.port, flush=True)
        try:
            return board.process.wait()
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    raise SystemExit(main())
