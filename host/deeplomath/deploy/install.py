# SPDX-License-Identifier: MIT
"""New files on a board: where they go, put beside the old ones, and the old ones put back."""

import contextlib
import zlib

from ..errors import DeployError
from ..link.transport import BAUD
from .board import root_of
from .choice import check_heap, choose_files

SUFFIXES = (".py", ".mpy")


def main_script(serial="repl", baud=BAUD, tx=None, rx=None):
    """The text of a main.py that serves on `repl`, `uartN`, `vcpN` or `cdc`, and keeps what it learns."""
    kind = serial.rstrip("0123456789")
    number = serial[len(kind) :] or "1"
    pins = "".join(f", {name}={pin}" for name, pin in (("tx", tx), ("rx", rx)) if pin is not None)
    calls = {
        "repl": ("dlm_main.serve(store=store)", "on the line of the REPL, which comes back after EXIT"),
        "uart": (
            f"dlm_main.serve_uart({number}, {baud}{pins}, store=store)",
            "on a UART; the REPL stays free, here and below",
        ),
        "vcp": (f"dlm_main.serve_vcp({number}, store=store)", "STM32, with pyb.usb_mode('VCP+VCP') in boot.py"),
        "cdc": ("dlm_main.serve_cdc(store=store)", "RP2040, with usb-device-cdc installed"),
    }
    if kind not in calls:
        raise DeployError(f"serial: {serial} given, one of repl, uart0, uart1, ..., vcp1, cdc allowed")
    lines = [f"{'' if name == kind else '# '}{call}  # {words}" for name, (call, words) in calls.items()]
    head = [
        "# Starts Deeplomath's service at power-up; the line that is not commented out says where.",
        "import dlm_main",
        "from dlm_store import Store",
        "",
        "store = Store()  # what is learned is there again after a power cut; None: it is not",
    ]
    return "\n".join([*head, *lines, ""])


def module_folder(facts):
    """The folder of the board's filesystem for modules, as mpremote's mip finds it."""
    for path in facts.path:
        if path.endswith("/lib") and not path.startswith("/rom"):
            return path
    raise DeployError(f"sys.path: {facts.path} on the board, a folder that ends in /lib needed: let boot.py append one")


def check_room(room, files):
    """DeployError if there is no filesystem to write to, or the new files do not fit beside the old ones."""
    if room["free"] is None:
        raise DeployError(f"filesystem: none on the board ({room['error']}): flash MicroPython anew, which makes one")
    if room["error"]:
        raise DeployError(
            f"filesystem: the board cannot write to it ({room['error']}): does a computer have it as a drive, or is it full?"
        )
    if not room["block"]:
        raise DeployError("filesystem: blocks of 0 bytes on the board")
    blocks = sum(-(-len(data) // room["block"]) for data in files.values()) + 2 if files else 0  # 2: a folder
    if blocks * room["block"] > room["free"]:
        raise DeployError(
            f"filesystem: {room['free']} bytes free on the board, {blocks * room['block']} needed: remove files from it"
        )


class Install:
    """New files beside the old ones, then in their place, and the old ones kept until `keep` or `restore`.

    files: {path on the board: bytes}. stale: paths of files that would hide them. A file that is right already is left
    alone; what an install that was broken off had set aside counts as the old file.
    """

    def __init__(self, board, folder, files, stale=()):
        aside = {path: path + ".old" for path in (*files, *stale)}
        room = board.look(folder, [*files, *stale, *aside.values()])
        there = {path for path, crc in room["files"].items() if crc is not None}
        self.new = {path: data for path, data in files.items() if room["files"][path] != zlib.crc32(data)}
        self.right = [path for path in files if path not in self.new]
        self._paths = aside
        check_room(room, self.new)
        self._aside = {path for path, old in aside.items() if old in there}
        self._replaced = {path for path in (*self.new, *stale) if path in there}
        self.replaces = bool(self._replaced)

    def put(self, board):
        """Copies the new files under other names, then puts them in place: until then the board is as it was."""
        fresh = {path: path + ".new" for path in self.new}
        try:
            for path, data in self.new.items():
                board.write(fresh[path], data)
        except DeployError:
            with contextlib.suppress(DeployError):
                board.remove(fresh.values())
            raise
        board.remove(self._replaced & self._aside)
        board.rename(
            {path: path + ".old" for path in self._replaced - self._aside} | {new: path for path, new in fresh.items()}
        )
        self._aside |= self._replaced

    def keep(self, board):
        """Removes the old files, and what an install that was broken off left."""
        board.remove(path + suffix for path in self._paths for suffix in (".old", ".new"))

    def restore(self, board):
        """Puts the old files back."""
        board.remove(self._aside | set(self.new))
        board.rename({path + ".old": path for path in self._aside})


def prepare(board, facts, modules, device):
    """What has to be installed: the modules' architecture or "firmware", and an Install. DeployError: refused."""
    if not facts.crc32:
        raise DeployError(
            f"{facts.machine}: its firmware has no binascii.crc32, which the service needs: flash a stock MicroPython"
        )
    architecture, files = choose_files(facts, modules, device)
    check_heap(facts, files)
    folder = module_folder(facts)
    names = [name.removesuffix(".mpy") for name in files]
    hidden = [
        f"{place}/{name}{suffix}" for place in places_before(facts, folder) for name in names for suffix in SUFFIXES
    ]
    hiding = [path for path, crc in board.look(folder, hidden)["files"].items() if crc is not None]
    if hiding:
        raise DeployError(f"{', '.join(hiding)}: on the board, would hide what goes to {folder}; remove it")
    install = Install(
        board,
        folder,
        {f"{folder}/{name}": data for name, data in files.items()},
        [f"{folder}/{name}.py" for name in names],
    )
    if install.new:
        board.make_folder(folder)
    return architecture, install


def prepare_main(board, facts, text, force):
    """An Install of main.py, None when there is none to write. DeployError: another one is there."""
    if text is None:
        return None
    root = root_of(module_folder(facts))
    path = f"{root}/main.py"
    script = Install(board, root or "/", {path: text.encode()})
    if script.replaces and not force:
        raise DeployError(f"{path}: there is another one on the board; --force (FORCE=1 in make) overwrites it")
    return script


def places_before(facts, folder):
    """The folders in which the board looks for modules before this one."""
    before = facts.path[: facts.path.index(folder)]
    return [(path or facts.here).rstrip("/") for path in before if path != ".frozen"]
