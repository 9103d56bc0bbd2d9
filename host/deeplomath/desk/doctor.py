# SPDX-License-Identifier: MIT
"""What this computer has of what Deeplomath's commands need: packages by extra, programs, what boards need, rights."""

import importlib.metadata
import os
import platform
import re
import shutil
from typing import NamedTuple

from .. import paths, spec
from ..link import ports
from ..model.model import Model

PACKAGE = "deeplomath"
EXTRAS = "board", "desk"  # that a user may want; the others are for who builds it
_REQUIREMENT = re.compile(r"([A-Za-z0-9_.-]+)[^;]*(?:; extra == ['\"](\w+)['\"])?")


class Found(NamedTuple):
    """One thing: whether it is as it should be, what was found, and what to do, "" where nothing is."""

    name: str
    ok: bool
    found: str
    advice: str


def look():
    """All that there is to say, a list of Found."""
    told = [Found("deeplomath", True, f"{spec.VERSION_LIBRARY}, in {paths.shown(paths.ONBOARD.parent)}", "")]
    told.append(Found("python", True, f"{platform.python_version()} on {platform.platform()}", ""))
    told += packages()
    told.append(for_boards())
    told += for_editors()
    told.append(
        program("qemu-system-arm", "emulates the board of `deeplomath demo`", "apt-get install qemu-system-arm")
    )
    return told + [right(it.port) for it in ports.found(ask=False) if it.is_board]


def packages():
    """A Found for the core and for each extra of the package."""
    needed = {}
    for line in importlib.metadata.requires(PACKAGE) or ():
        name, extra = _REQUIREMENT.match(line).groups()
        needed.setdefault(extra or "", []).append(name)
    for extra in ("", *EXTRAS):
        names = needed.get(extra, ())
        missing = [name for name in names if not version(name)]
        there = ", ".join(f"{name} {version(name)}" for name in names if name not in missing)
        advice = f'Missing: {", ".join(missing)}; `pip install "{PACKAGE}[{extra}]"`' if missing else ""
        yield Found(f"[{extra}]" if extra else "core", not missing, there or "nothing of it", advice)


def version(name):
    """The version of an installed package, None where it is not."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def for_boards():
    """Whether the modules and files for boards are here."""
    built = sorted(path.name for path in paths.BUILT.glob("natmod/*"))
    advice = "" if built else "A wheel has them; in a checkout `make natmod device` builds them."
    return Found("for boards", bool(built), f"modules for {', '.join(built)}" if built else "no modules", advice)


def for_editors():
    """Where the stubs of the board's modules are, for an editor of MicroPython code; nothing where they are not here."""
    folder = paths.ROOT / "firmware" / "stubs" if paths.IN_CHECKOUT else paths.ONBOARD / "stubs"
    if folder.is_dir():
        yield Found("for editors", True, f"stubs of the board's modules in {paths.shown(folder)}", "")


def program(name, use, install):
    """Whether a program is there."""
    there = shutil.which(name)
    return Found(name, bool(there), there or "not there", "" if there else f"It {use}: {install}")


def right(port):
    """Whether this user may open the port of a board."""
    if os.name == "nt" or not os.path.exists(port) or os.access(port, os.R_OK | os.W_OK):
        return Found(port, True, "may be opened", "")
    return Found(port, False, "this user may not open it", "sudo usermod -aG dialout $USER, then log in again")


def model(name):
    """What a preset is, as a dict for tables and scripts."""
    made = Model(name)
    front, network = made.front_end(), made.network()
    sizes = dict(features=front.features, bytes=front.footprint + network.footprint())
    return dict(name=name, lines=list(made.source.lines), rate=made.source.rate or 0, **sizes)
