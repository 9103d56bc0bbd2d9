# SPDX-License-Identifier: MIT
"""The kernel alone on each emulated core that a board.toml describes: built as shipped, run bare, counted exactly."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import cases

from deeplomath.link import emulator

HERE = Path(__file__).resolve().parent
FIRMWARE = HERE.parents[1] / "firmware"
FOLDERS = FIRMWARE / "common", FIRMWARE / "kernel"
KERNEL_MK = FIRMWARE / "kernel.mk"
FOLDER = emulator.BUILD / "bench"
RP2040JS = HERE.parent / "rpi_pico" / "node_modules" / "rp2040js" / "dist" / "esm" / "index.js"
OPTIONS = [
    "-std=c99",
    "-g",
    "-mthumb",
    "-ffunction-sections",
    "-fdata-sections",
    *(f"-I{folder}" for folder in FOLDERS),
    f"-I{HERE}",
    f"-I{FOLDER}",
]
LINKED = [
    "-nostartfiles",
    "--specs=nano.specs",
    "--specs=nosys.specs",
    "-Wl,--gc-sections",
    f"-Wl,-T,{HERE / 'bench.ld'}",
]
DESCRIBED = {
    toml["bench"]["core"]: toml["bench"] | {"run": toml["run"]}
    for toml in emulator.boards().values()
    if "flags" in toml.get("bench", {})
}
CORES = {name: DESCRIBED[name] for name in sorted(DESCRIBED, key=lambda name: int(re.search(r"\d+", name)[0]))}


class Counts(NamedTuple):
    """What a core gave: {(what, features, events, layers): number}, in the core's unit, and bytes of the kernel's code."""

    values: dict
    code: int


def optimisation(source):
    """How firmware/kernel.mk compiles a file of the kernel: a list of flags."""
    flags = dict(re.findall(r"^(?:%/(\w+)\.o: )?KERNEL_CFLAGS = (.*)$", KERNEL_MK.read_text(), re.MULTILINE))
    return flags.get(source.stem, flags[""]).split()


def counter(core):
    """Where the counter of a core is, as machine.c takes it; the RP2040's is its emulator's."""
    keys = [key for key in ("counter", "counter_switch") if key in core]
    return [f"-DBENCH_{key.upper()}={core[key]:#x}" for key in keys]


def build(name, made):
    """Compiles and links build/bench/NAME.elf; returns the bytes of the kernel's code."""
    core, objects = CORES[name], FOLDER / name
    objects.mkdir(parents=True, exist_ok=True)
    (FOLDER / "bench_data.h").write_text(cases.header(*made))
    kernel = {objects / f"{source.stem}.o": source for folder in FOLDERS for source in sorted(folder.glob("*.c"))}
    bench = {objects / f"{source.stem}.o": source for source in sorted(HERE.glob("*.c"))}
    for compiled, source in (kernel | bench).items():
        level = optimisation(source) if compiled in kernel else ["-O2"]
        _run("arm-none-eabi-gcc", *OPTIONS, *level, *core["flags"], *counter(core), "-c", source, "-o", compiled)
    memory = zip(("FLASH_ORIGIN", "FLASH_SIZE", "RAM_ORIGIN", "RAM_SIZE"), (*core["flash"], *core["ram"]))
    symbols = [f"-Wl,--defsym={symbol}={value:#x}" for symbol, value in memory]
    _run(
        "arm-none-eabi-gcc",
        *OPTIONS,
        *core["flags"],
        *kernel,
        *bench,
        *LINKED,
        *symbols,
        "-lm",
        "-o",
        FOLDER / f"{name}.elf",
    )
    sizes = _run("arm-none-eabi-size", "-t", *kernel)
    return int(sizes.splitlines()[-1].split()[0])


def count(name, made):
    """The Counts of a core, after its digests were found equal to the mirror's and its own ways of computing right."""
    code = build(name, made)
    core = CORES[name]
    said = _run(*command(core["run"], core.get("icount"), FOLDER / f"{name}.elf"))
    values = {}
    for line in said.splitlines():
        what, *numbers = line.split()
        if len(numbers) == 4:
            *size, value = map(int, numbers)
            values[what, *size] = value
    check(name, said, values, made[0])
    scale = core.get("counts_per_1000", 1000)
    counted = ("learn", "rebuild", "infer", "mlp_infer", "mlp_iteration", "mlp_training")
    return Counts({key: v * 1000 // scale if key[0] in counted else v for key, v in values.items()}, code)


def command(run, icount, elf):
    """What runs a bare image on the machine of a board.toml's [run]."""
    if run["emulator"] == "rp2040js":
        return [emulator.node(), HERE / "rp2040.mjs", RP2040JS, elf]
    machine = [run["emulator"], "-machine", run["machine"], *run.get("arguments", []), *icount]
    return [*machine, "-kernel", elf, "-display", "none", "-monitor", "none", "-serial", "null", "-semihosting"]


def check(name, said, values, expected):
    """Raises RuntimeError unless the run was whole and right."""
    digests = {key[1:]: value for key, value in values.items() if key[0] == "digest"}
    wrong = [v for key, v in values.items() if key[0] == "checks_failed"]
    if not said.endswith("end\n") or wrong != [0]:
        raise RuntimeError(f"{name}: the run ended early, or its own ways are wrong (checks.c): {said[-300:]}")
    for it in expected:
        if digests.get(it.size) != it.mirror.digest():
            raise RuntimeError(f"{name}: {it.size}: digest {digests.get(it.size)}, the mirror has {it.mirror.digest()}")


def _run(*command):
    """What a command prints, on either stream; RuntimeError with it if the command fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
    if done.returncode and not words[0].startswith("qemu-"):  # whose status is none of the image's
        raise RuntimeError(f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout
