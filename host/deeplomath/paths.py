# SPDX-License-Identifier: MIT
"""Where this package lies, in a checkout or a wheel; where what boards need is, built or packed; how its command is called."""

import os
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path

from .errors import DeeplomathError

ROOT = Path(__file__).resolve().parents[2]
IN_CHECKOUT = (ROOT / "shared_spec" / "spec.toml").is_file()
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "deeplomath")
BUILD = Path(os.environ.get("DEEPLOMATH_BUILD") or (ROOT / "build" if IN_CHECKOUT else CACHE)).resolve()
ONBOARD = Path(__file__).parent / "onboard"  # of a wheel: what boards need, as boards/wheel.py puts it there
PACKED = not IN_CHECKOUT and not os.environ.get("DEEPLOMATH_BUILD") and ONBOARD.is_dir()
BUILT = ONBOARD if PACKED else BUILD  # where modules, device files and images are
BOARDS = ROOT / "boards" if IN_CHECKOUT else ONBOARD / "boards"
MODULES = ("deeplomath", "deeplomath_signal")  # of the board: firmware/binding/mod*.c


class CheckoutError(DeeplomathError):
    """What was asked for needs a checkout of Deeplomath, or a system that has what it takes."""


def need_built(what, instead):
    """CheckoutError, if this package was installed without its checkout, and has nothing for boards in it."""
    if not IN_CHECKOUT and not PACKED:
        raise CheckoutError(
            f"{what}: needs a checkout of Deeplomath, with its boards and its firmware; this is the package alone, "
            f"in {Path(__file__).parent}. {instead}"
        )


def native_modules(architecture, build=BUILT):
    """The files of MODULES that `make natmod` builds for a native architecture of MicroPython."""
    return [build / "natmod" / architecture / f"{name}.mpy" for name in MODULES]


def command():
    """The deeplomath command as a shell here takes it: by name only if that finds the one of this Python."""
    name = "deeplomath.exe" if os.name == "nt" else "deeplomath"
    script = Path(sysconfig.get_path("scripts"), name)
    if not script.is_file():
        return f"{quoted(sys.executable)} -m deeplomath"
    found = shutil.which("deeplomath")
    return "deeplomath" if found and Path(found).resolve() == script.resolve() else quoted(shown(script))


def shown(path):
    """A path as a person here would type it."""
    path = Path(os.path.abspath(path))
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def quoted(word):
    """A word of a command line, quoted where the shell of this system needs it."""
    word = str(word)
    if os.name == "nt":
        return f'"{word}"' if " " in word else word
    return shlex.quote(word)
