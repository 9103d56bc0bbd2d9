# SPDX-License-Identifier: MIT
"""Puts modules and service on a board with stock MicroPython, and proves them there; mpremote's library moves the bytes."""

import contextlib
import zlib
from typing import NamedTuple

import numpy as np

from .. import spec
from ..audit.lockstep import Lockstep
from ..errors import DeeplomathError, DeployError, ProtocolError, TransportError
from ..link import frame
from ..link.client import Device
from ..link.rawrepl import RawRepl, shown
from ..link.transport import BAUD, Transport
from ..paths import BUILD, MODULES, native_modules

DEVICE = ("dlm_spec", "dlm_frame", "dlm_transfer", "dlm_handlers", "dlm_session", "dlm_line", "dlm_main")
ARCHITECTURES = (
    *("none", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp"),
    *("xtensa", "xtensawin", "rv32imc"),
)
THUMB = ARCHITECTURES[4:9]  # firmware for one of these runs modules for all before it
SUFFIXES = (".py", ".mpy")
LIFE = 24  # events of the self-test
HEAP = 24576  # bytes that service and self-test take beside the code, with some to spare

# Run on the board: what it is, as the repr of a dict. An empty sys.path lets `import` find only what is compiled in.
PROBE = """
import gc, os, sys
native, device = {native!r}, {device!r}
found = dict(version=tuple(sys.implementation[1][:3]), mpy=getattr(sys.implementation, '_mpy', 0), path=sys.path[:],
    machine=getattr(sys.implementation, '_machine', sys.platform), here=os.getcwd() if hasattr(os, 'getcwd') else '/')
def firmware_has(name, *path):
    sys.path.clear()
    sys.path.extend(path)
    try:
        module = __import__(name)
        return getattr(module, '__version__', getattr(module, 'VERSION_LIBRARY', ''))
    except ImportError as error:  # of the module: it is there, and needs one that is a file
        return '' if name in device and native[0] in str(error) else None
    finally:
        sys.path.clear()
        sys.path.extend(found['path'])
found['builtin'] = {{name: firmware_has(name) for name in native}}
found['frozen'] = {{name: firmware_has(name, '.frozen') for name in device}}
for name in native + device:
    sys.modules.pop(name, None)
try:
    from binascii import crc32
except ImportError:
    crc32 = None
found['crc32'] = bool(crc32)
gc.collect()
found['heap'] = gc.mem_free()
print(repr(found))
"""

# Run on the board for its folder of modules: room and files, as the repr of a dict.
LOOK = """
import os
from binascii import crc32
def crc(path):
    total, chunk = 0, bytearray(512)
    try:
        with open(path, 'rb') as file:
            while True:
                size = file.readinto(chunk)
                if not size:
                    return total
                total = crc32(memoryview(chunk)[:size], total)
    except OSError:
        return None
found = dict(block=0, free=None, error=None)
try:
    room = os.statvfs({folder!r})
    found.update(block=room[0], free=room[1] * room[4])
    with open({root!r} + '/dlm.tmp', 'w') as file:
        file.write('?')
    os.remove({root!r} + '/dlm.tmp')
except (AttributeError, OSError) as error:
    found['error'] = repr(error)
found['files'] = {{path: crc(path) for path in {paths!r}}}
print(repr(found))
"""


class Facts(NamedTuple):
    """What a board says of itself. builtin of each module, frozen of each device file: its version where the firmware has it."""

    version: tuple
    mpy: int
    path: list
    machine: str
    here: str
    builtin: dict
    frozen: dict
    crc32: bool
    heap: int

    @property
    def abi(self):
        """Version and sub-version of the .mpy files that the board loads."""
        return self.mpy & 0xFF, self.mpy >> 8 & 3

    @property
    def architecture(self):
        """Name of its native architecture."""
        index = self.mpy >> 10
        return ARCHITECTURES[index] if index < len(ARCHITECTURES) else f"number {index}"

    @property
    def lacking(self):
        """The modules that the firmware does not have in it."""
        return [name for name in MODULES if self.builtin[name] is None]

    @property
    def micropython(self):
        return "MicroPython " + ".".join(map(str, self.version))


def is_number(value, most):
    return type(value) is int and 0 <= value <= most


def is_text(value):
    return isinstance(value, str) and len(value) < 256 and value.isprintable()


def is_version(value):
    return value is None or is_text(value)


def versions_of(names, each):
    """The check of a field that gives the version of each of these files."""
    return (
        lambda it: isinstance(it, dict) and set(it) == set(names) and all(map(is_version, it.values())),
        f"a version or None of each {each}",
    )


def is_crc(value):
    return value is None or is_number(value, 2**32 - 1)


# What an answer of a board has to be, field by field: {name: (whether a value is, and in words)}.
FACTS = {
    "version": (
        lambda it: isinstance(it, tuple) and len(it) == 3 and all(is_number(part, 999) for part in it),
        "three numbers of 0..999",
    ),
    "mpy": (lambda it: is_number(it, 2**31 - 1), "0..2147483647"),
    "path": (lambda it: isinstance(it, list) and len(it) < 32 and all(map(is_text, it)), "a list of folders"),
    "machine": (is_text, "a line of text"),
    "here": (is_text, "a folder"),
    "builtin": versions_of(MODULES, "module"),
    "frozen": versions_of(DEVICE, "device file"),
    "crc32": (lambda it: isinstance(it, bool), "True or False"),
    "heap": (lambda it: is_number(it, 2**31 - 1), "0..2147483647"),
}
ROOM = {
    "block": (lambda it: is_number(it, 2**31 - 1), "0..2147483647"),
    "free": (lambda it: it is None or is_number(it, 2**63 - 1), "a number of bytes or None"),
    "error": (lambda it: it is None or is_text(it), "a line of text or None"),
    "files": (lambda it: isinstance(it, dict), "a dict"),
}


def checked(answer, checks):
    """The fields of a board's answer. DeployError: it has others than `checks` names, or one is not as it has to be."""
    if not isinstance(answer, dict) or set(answer) != set(checks):
        raise DeployError(f"board: {shown(answer)} answered, a dict of {', '.join(checks)} needed")
    for name, (fits, words) in checks.items():
        if not fits(answer[name]):
            raise DeployError(f"board: {name}: {shown(answer[name])} answered, {words} needed")
    return answer


class Deployed(NamedTuple):
    """What was done: paths copied and found right already, and what the self-test showed."""

    facts: Facts
    module: str  # the architecture of the modules, or "firmware"
    copied: list
    right: list
    digest: int
    heap_free: int


def load_build(build=BUILD):
    """The files to deploy, as `make natmod device` builds them: {architecture: {module: bytes}}, {device file: bytes}.

    An architecture counts that has all modules.
    """
    built = {path.name: native_modules(path.name, build) for path in sorted(build.glob("natmod/*/"))}
    modules = {
        architecture: {path.stem: path.read_bytes() for path in files}
        for architecture, files in built.items()
        if all(path.is_file() for path in files)
    }
    device = {name: build / "device" / f"{name}.mpy" for name in DEVICE}
    missing = [str(path) for path in device.values() if not path.is_file()]
    if missing:
        raise DeployError(f"{', '.join(missing)}: not built; run `make natmod device`")
    return modules, {name: path.read_bytes() for name, path in device.items()}


def main_script(serial="repl", baud=BAUD, tx=None, rx=None):
    """The text of a main.py that serves on `repl`, `uartN`, `vcpN` or `cdc`."""
    kind = serial.rstrip("0123456789")
    number = serial[len(kind) :] or "1"
    pins = "".join(f", {name}={pin}" for name, pin in (("tx", tx), ("rx", rx)) if pin is not None)
    calls = {
        "repl": ("dlm_main.serve()", "on the line of the REPL, which comes back after EXIT"),
        "uart": (f"dlm_main.serve_uart({number}, {baud}{pins})", "on a UART; the REPL stays free, here and below"),
        "vcp": (f"dlm_main.serve_vcp({number})", "STM32, with pyb.usb_mode('VCP+VCP') in boot.py"),
        "cdc": ("dlm_main.serve_cdc()", "RP2040, with usb-device-cdc installed"),
    }
    if kind not in calls:
        raise DeployError(f"serial: {serial} given, one of repl, uart0, uart1, ..., vcp1, cdc allowed")
    lines = [f"{'' if name == kind else '# '}{call}  # {words}" for name, (call, words) in calls.items()]
    head = (
        "# Starts Deeplomath's service at power-up; the line that is not commented out says where.\nimport dlm_main\n\n"
    )
    return head + "\n".join(lines) + "\n"


def choose_architecture(facts, architectures):
    """The most capable of these architectures whose modules the board takes. DeployError: it takes none of them."""
    own = facts.architecture
    if own == "none":
        raise DeployError(
            f"{facts.machine}: its firmware loads no native .mpy (architecture 0); flash one with the kernel in it: "
            "make firmware"
        )
    usable = THUMB[THUMB.index(own) :: -1] if own in THUMB else (own,)
    for architecture in usable:
        if architecture in architectures:
            return architecture
    raise DeployError(f"architecture: {own} on the board, only {', '.join(sorted(architectures)) or 'none'} built")


def choose_module(facts, modules):
    """The architecture whose modules the board takes, the most capable of those built. DeployError: there is none."""
    version, sub_version = facts.abi
    architecture = choose_architecture(facts, modules)
    for data in modules[architecture].values():
        wanted = data[1], data[2] & 3
        if wanted != (version, sub_version):
            raise DeployError(
                f".mpy version: {facts.micropython} on the board loads {version}.{sub_version}, the module is "
                f"{wanted[0]}.{wanted[1]}: flash MicroPython 1.23 or later"
            )
    return architecture


def choose_files(facts, modules, device):
    """What the board needs beside its firmware: the modules' architecture or "firmware", and {name.mpy: bytes}."""
    inside = facts.builtin | facts.frozen
    for name, version in inside.items():
        if version not in (None, "", spec.VERSION_LIBRARY):
            raise DeployError(
                f"{name}: version {version} is in the firmware, {spec.VERSION_LIBRARY} was to be deployed, and a firmware's "
                "own always comes first: flash another firmware"
            )
    files = {f"{name}.mpy": data for name, data in device.items() if inside[name] is None}
    if not facts.lacking:
        return "firmware", files
    architecture = choose_module(facts, modules)
    return architecture, {f"{name}.mpy": modules[architecture][name] for name in facts.lacking} | files


def module_folder(facts):
    """The folder of the board's filesystem for modules, as mpremote's mip finds it."""
    for path in facts.path:
        if path.endswith("/lib") and not path.startswith("/rom"):
            return path
    raise DeployError(f"sys.path: {facts.path} on the board, a folder that ends in /lib needed")


def check_heap(facts, files):
    """DeployError if the code would leave too little memory."""
    needed = sum(map(len, files.values())) + HEAP
    if facts.heap < needed:
        raise DeployError(f"heap: {facts.heap} bytes free on the board, {needed} needed")


def check_room(room, files):
    """DeployError if there is no filesystem to write to, or the new files do not fit beside the old ones."""
    if room["free"] is None:
        raise DeployError(f"filesystem: none on the board ({room['error']})")
    if room["error"]:
        raise DeployError(f"filesystem: the board cannot write to it ({room['error']})")
    if not room["block"]:
        raise DeployError("filesystem: blocks of 0 bytes on the board")
    blocks = sum(-(-len(data) // room["block"]) for data in files.values()) + 2 if files else 0  # 2: a folder
    if blocks * room["block"] > room["free"]:
        raise DeployError(f"filesystem: {room['free']} bytes free on the board, {blocks * room['block']} needed")


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
            raise DeployError(f"{path}: CRC-32 {got} read back, {zlib.crc32(data)} written")

    def rename(self, moves):
        """Gives files, {path: new path}, other names."""
        self.run(f"import os\nfor path, to in {list(moves.items())!r}:\n os.rename(path, to)")

    def remove(self, paths):
        """Removes those of these files that are there."""
        self.run(f"import os\nfor path in {sorted(paths)!r}:\n try:\n  os.remove(path)\n except OSError:\n  pass")


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


def deploy(port, *, baud=BAUD, build=BUILD, main=None, force=False, say=lambda words: None):
    """Puts what is missing on the board at port and proves it by a short life in lockstep with the mirror; a Deployed.

    main: text of a main.py to write, None: leave it alone. force: overwrite another main.py, end a service whose network
    has learned something. say: is told each step. DeployError: refused or failed, and the old files are back.
    """
    modules, device = load_build(build)
    end_service(port, baud, force)
    with Board(port, baud) as board:
        facts = board.facts()
        say(f"{facts.machine}: {facts.micropython}, {facts.architecture}, {facts.heap} bytes of heap free")
        architecture, install = prepare(board, facts, modules, device)
        script = prepare_main(board, facts, main, force)
        for path, data in install.new.items():
            say(f"copying {path}, {len(data)} bytes")
        install.put(board)
    try:
        say(f"self-test: {LIFE} events, each digest compared with the mirror's")
        digest, heap_free = self_test(port, baud)
    except DeeplomathError as error:
        raise DeployError(f"self-test: {error}; {_restored(port, baud, install)}") from error
    with Board(port, baud) as board:
        install.keep(board)
        if script:
            script.put(board)
            script.keep(board)
            board.start_main()
    copied, right = (
        [path for it in (install, script) if it for path in getattr(it, name)] for name in ("new", "right")
    )
    return Deployed(facts, architecture, copied, right, digest, heap_free)


def ask(port, architectures, *, baud=BAUD, force=False):
    """Which of these architectures the modules for the board at port have to be built for, "" where its firmware has them."""
    end_service(port, baud, force)
    with Board(port, baud) as board:
        facts = board.facts()
    return choose_architecture(facts, architectures) if facts.lacking else ""


def end_service(port, baud, force):
    """Ends a service on the line, which hears no Ctrl-C. DeployError: its network has learned something."""
    try:
        device = Device(port, timeout=1, attempts=1, baud=baud, start=False)
    except ProtocolError:  # a service of another version: it goes
        line = Transport(port, baud)
        line.write(frame.encode(spec.OPCODE_EXIT, 1))
        line.read(1)
        line.close()
        return
    except TransportError:  # nobody serves, or there is no such port, which the next to open it says
        return
    with device:
        neurons = device.info().neurons if device.hello.configured else 0
        if neurons and not force:
            raise DeployError(
                f"network: {neurons} neurons on the board would be lost; export them, or use --force (FORCE=1 in make)"
            )
        device.exit()


def prepare(board, facts, modules, device):
    """What has to be installed: the modules' architecture or "firmware", and an Install. DeployError: refused."""
    if not facts.crc32:
        raise DeployError(f"{facts.machine}: its firmware has no binascii.crc32, which the service needs")
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


def self_test(port, baud=BAUD):
    """A short life on the board, each result and digest compared with the mirror's; the last digest, and the heap free."""
    with Device(port, baud=baud, attempts=4) as device:
        try:
            lockstep = _live(device)
            return lockstep.digest, device.health().heap_free
        finally:
            device.exit()


def _live(device):
    """The Lockstep of a life in which everything that a board computes has a part."""
    lockstep = Lockstep(device, features=6, classes=3, events=16)
    for i in range(LIFE):
        x = np.array([(7919 * (i + 1) * (k + 3)) % 401 + 900 * (i % 3 == k % 3) for k in range(6)], np.int16)
        lockstep.infer(x) if i % 5 == 4 else lockstep.learn(x, i % 3)
    lockstep.undo()
    lockstep.finish()
    lockstep.window_features((np.arange(96, dtype=np.int16) * 331 % 997).reshape(32, 3))
    return lockstep


def root_of(folder):
    """The folder that /lib lies in: "" for the root of all."""
    return folder.rpartition("/")[0]


def places_before(facts, folder):
    """The folders in which the board looks for modules before this one."""
    before = facts.path[: facts.path.index(folder)]
    return [(path or facts.here).rstrip("/") for path in before if path != ".frozen"]


def _restored(port, baud, install):
    """Puts the old files back; says whether that went well."""
    try:
        with Board(port, baud) as board:
            install.restore(board)
    except DeployError as error:
        return f"the files of before could not be put back ({error}): reset the board and deploy again"
    return "the files of before are back"
