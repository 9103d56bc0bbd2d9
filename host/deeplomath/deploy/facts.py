# SPDX-License-Identifier: MIT
"""What a board says of itself, asked in Python over its raw REPL; each answer is checked field by field."""

from typing import NamedTuple

from ..errors import DeployError
from ..link.rawrepl import shown
from ..paths import MODULES

DEVICE = (
    *("dlm_spec", "dlm_frame", "dlm_transfer", "dlm_names", "dlm_vote", "dlm_stream", "dlm_feed"),
    *("dlm_board", "dlm_handlers", "dlm_pair", "dlm_session", "dlm_store", "dlm_keeper", "dlm_line", "dlm_watchdog"),
    *("dlm_queue", "dlm_live", "dlm_main"),
)
ARCHITECTURES = (
    *("none", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp"),
    *("xtensa", "xtensawin", "rv32imc"),
)

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

# Run on the board in its REPL: how many neurons and unknowns the network has that outlived an EXIT, None where none did.
KEPT = """
import sys
try:
    network = sys.modules['dlm_main']._kept.handlers.network
    print((network.info().neurons, len(network.unknowns())))
except (KeyError, AttributeError):
    pass
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
        index = self.mpy >> 10 & 15  # above it are flags of what the core can do more, which a module need not use
        return ARCHITECTURES[index] if index < len(ARCHITECTURES) else f"number {index}"

    @property
    def lacking(self):
        """The modules that the firmware does not have in it."""
        return [name for name in MODULES if self.builtin[name] is None]

    @property
    def micropython(self):
        return "MicroPython " + ".".join(map(str, self.version))


def is_kept(value):
    return value is None or isinstance(value, tuple) and len(value) == 2 and all(is_number(it, 2**16) for it in value)


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

KEPT_OF = {"kept": (is_kept, "two numbers or None")}


def checked(answer, checks):
    """The fields of a board's answer. DeployError: it has others than `checks` names, or one is not as it has to be."""
    if not isinstance(answer, dict) or set(answer) != set(checks):
        raise DeployError(
            f"board: {shown(answer)} answered, a dict of {shown(', '.join(checks))} needed: reset it, try again"
        )
    for name, (fits, words) in checks.items():
        if not fits(answer[name]):
            raise DeployError(f"board: {name}: {shown(answer[name])} answered, {words} needed: reset it, try again")
    return answer
