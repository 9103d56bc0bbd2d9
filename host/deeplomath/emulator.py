# SPDX-License-Identifier: MIT
"""Boards without hardware: each is started by `with` and gives `.port`, which deeplomath.Device opens as any other."""

import os
import shutil
import socket
import subprocess
import tomllib
import tty
from pathlib import Path

from .errors import TransportError

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("DEEPLOMATH_BUILD", ROOT / "build")).resolve()


class Board:
    """A board that is a process here: it lives inside of its `with`, and never longer than the thread that began it."""

    port = None  # what deeplomath.Device opens
    image = None  # the file that runs
    process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()

    def start(self):
        raise NotImplementedError

    def stop(self):
        """End the process; calling it twice is harmless."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _spawn(self, command, **options):
        if not shutil.which(command[0]):
            raise TransportError(f"{command[0]}: not found; `make firmware` installs and builds what is needed")
        if shutil.which("setpriv"):  # Linux: the kernel ends the board, should this process die without a word
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        self.process = subprocess.Popen(command, **options)


class Emulator(Board):
    """A board under QEMU, its serial line on a TCP port of this machine.

    board   folder of the board, or its name: it holds board.toml
    elf     firmware to run, by default the one that `make firmware BOARD=...` builds
    icount  True: time.ticks_cpu() on the board counts executed instructions, the same in every run
    """

    def __init__(self, board="stm32f405_qemu", elf=None, icount=False):
        folder = Path(board) if Path(board, "board.toml").is_file() else ROOT / "boards" / board
        self.toml = tomllib.loads((folder / "board.toml").read_text())
        self.image = Path(elf) if elf else BUILD / self.toml["firmware"]
        self.icount = icount

    def start(self):
        if not self.image.is_file():
            raise TransportError(f"{self.image}: not built; run `make firmware BOARD={self.toml['name']}`")
        run = self.toml["run"]
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = f"socket://127.0.0.1:{server.getsockname()[1]}"
            serial = f"socket,id=serial,fd={server.fileno()},server=on,wait=off,nodelay=on"
            command = [run["emulator"], "-machine", run["machine"], "-kernel", str(self.image), "-display", "none"]
            command += ["-monitor", "none", "-semihosting", "-chardev", serial, "-serial", "chardev:serial"]
            command += run.get("arguments", [])
            if self.icount:
                command += run.get("icount", ["-icount", "shift=0"])
            self._spawn(command, pass_fds=[server.fileno()], stdin=subprocess.DEVNULL)


class UnixBoard(Board):
    """MicroPython's unix port with the kernel built in, its service on a pseudo-terminal."""

    def __init__(self, program=None, code="import dlm_main; dlm_main.serve()"):
        self.image = Path(program) if program else BUILD / "unix" / "micropython"
        self.code = code
        self._slave = None

    def start(self):
        if not self.image.is_file():
            raise TransportError(f"{self.image}: not built; run `make unix`")
        master, self._slave = os.openpty()  # the slave stays open: the board outlives a client that closes the port
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        environment = dict(os.environ, MICROPYPATH=f"{ROOT / 'firmware' / 'device'}:.frozen")
        try:
            self._spawn([str(self.image), "-c", self.code], stdin=master, stdout=master, env=environment)
        finally:
            os.close(master)

    def stop(self):
        super().stop()
        if self._slave is not None:
            os.close(self._slave)
            self._slave = None
