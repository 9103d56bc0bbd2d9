# SPDX-License-Identifier: MIT
"""What a board needs of what was built, and whether it has the memory for it."""

from .. import spec
from ..errors import DeployError
from ..paths import BUILT, native_modules
from .facts import ARCHITECTURES, DEVICE

THUMB = ARCHITECTURES[4:9]  # firmware for one of these runs modules for all before it
HEAP = 24576  # bytes that service and self-test take beside the code, with some to spare


def load_build(build=BUILT):
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


def choose_architecture(facts, architectures):
    """The most capable of these architectures whose modules the board takes. DeployError: it takes none of them."""
    own = facts.architecture
    if own == "none":
        raise DeployError(
            f"{facts.machine}: its firmware loads no native .mpy (architecture 0); flash one with the kernel in it: "
            "`deeplomath flash` for a Pico, `make firmware` in a checkout for others"
        )
    usable = THUMB[THUMB.index(own) :: -1] if own in THUMB else (own,)
    for architecture in usable:
        if architecture in architectures:
            return architecture
    raise DeployError(
        f"architecture: {own} on the board, only {', '.join(sorted(architectures)) or 'none'} built; in a checkout "
        f"`make natmod NATMOD_ARCH={own}` builds it, where MicroPython has it"
    )


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


def check_heap(facts, files):
    """DeployError if the code would leave too little memory."""
    needed = sum(map(len, files.values())) + HEAP
    if facts.heap < needed:
        raise DeployError(
            f"heap: {facts.heap} bytes free on the board, {needed} needed: reset it, let boot.py take less, or flash a firmware "
            "with the kernel in it, which needs no heap for its code"
        )
