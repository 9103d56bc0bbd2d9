# SPDX-License-Identifier: MIT
"""The libraries bare on each emulated core that a board.toml describes, built as shipped; the kernel counted exactly."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import cases

from deeplomath.link import emulator

HERE = Path(__file__).resolve().parent
FIRMWARE = HERE.parents[1] / "firmware"
KERNEL = "common", "kernel"
FRONT_END = "common", "signal"
BENCH = HERE / "bench.c", HERE / "checks.c", HERE / "mlp.c"
FOLDER = emulator.BUILD / "bench"
RP2040JS = HERE.parent / "rpi_pico" / "node_modules" / "rp2040js" / "dist" / "esm" / "index.js"
OPTIONS = [
    "-std=c99",
    "-g",
    "-ffunction-sections",
    "-fdata-sections",
    *(f"-I{FIRMWARE / library}" for library in dict.fromkeys(KERNEL + FRONT_END)),
    f"-I{HERE}",
    f"-I{FOLDER}",
]
LINKED = [
    "-nostartfiles",
    "-Wl,--entry=start",
    "-Wl,--gc-sections",
    f"-T{HERE / 'bench.ld'}",
]
DESCRIBED = {
    toml["bench"]["core"]: toml["bench"] | {"run": toml["run"]}
    for toml in emulator.boards().values()
    if "flags" in toml.get("bench", {})
}
CORES = {
    name: DESCRIBED[name] for name in sorted(DESCRIBED, key=lambda name: (name[0], int(re.search(r"\d+", name)[0])))
}


class Tools(NamedTuple):
    """What builds for a kind of core: the prefix of gcc, flags and specs of both steps, and the file that starts it."""

    prefix: str
    flags: list
    specs: list
    start: str


ARM = Tools("arm-none-eabi-", ["-mthumb"], ["--specs=nano.specs", "--specs=nosys.specs"], "start_arm.c")
RISCV = Tools("riscv64-unknown-elf-", ["--specs=picolibc.specs", "-misa-spec=2.2"], [], "start_rv32.c")


class Counts(NamedTuple):
    """What a core gave: {(what, features, events, layers): number}, in the core's unit, and bytes of the kernel's code."""

    values: dict
    code: int


def tools(name):
    """The Tools of a core."""
    return RISCV if name.startswith("rv") else ARM


def optimisation(source):
    """How firmware/signal.mk compiles a file of the signal library, and kernel.mk the others: a list of flags."""
    name = "signal" if source.parent.name == "signal" else "kernel"
    text = (FIRMWARE / f"{name}.mk").read_text()
    flags = dict(re.findall(rf"^(?:%/(\w+)\.o: )?{name.upper()}_CFLAGS = (.*)$", text, re.MULTILINE))
    return flags.get(source.stem, flags[""]).split()


def counter(core):
    """Where the counter of a core is, as machine.c takes it; the RP2040's is its emulator's."""
    keys = [key for key in ("counter", "counter_switch") if key in core]
    return [f"-DBENCH_{key.upper()}={core[key]:#x}" for key in keys]


def build(name, libraries, sources, header):
    """Compiles and links build/bench/NAME/STEM.elf of libraries and sources, the first of which is STEM.c; it includes
    STEM_data.h, whose text is header. Returns the ELF, and the bytes of code of each library."""
    core, kind, objects, stem = CORES[name], tools(name), FOLDER / name, sources[0].stem
    compiler = f"{kind.prefix}gcc", *OPTIONS, *kind.flags, *core["flags"]
    objects.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{stem}_data.h").write_text(header)
    compiled, code = [], {}
    for library in (*libraries, None):
        files = (
            sorted((FIRMWARE / library).glob("*.c")) if library else (*sources, HERE / "machine.c", HERE / kind.start)
        )
        made = [objects / f"{source.stem}.o" for source in files]
        for source, target in zip(files, made):
            level = optimisation(source) if library else ["-O2"]
            _run(*compiler, *level, *counter(core), "-c", source, "-o", target)
        if library:
            code[library] = int(_run(f"{kind.prefix}size", "-t", *made).splitlines()[-1].split()[0])
        compiled += made
    memory = zip(("FLASH_ORIGIN", "FLASH_SIZE", "RAM_ORIGIN", "RAM_SIZE"), (*core["flash"], *core["ram"]))
    symbols = [f"-Wl,--defsym={symbol}={value:#x}" for symbol, value in memory]
    elf = objects / f"{stem}.elf"
    _run(*compiler, *compiled, *LINKED, *kind.specs, *symbols, "-lm", "-o", elf)
    return elf, code


def run(name, elf):
    """What an image says on its core, all of it."""
    core = CORES[name]
    said = _run(*command(core["run"], core.get("icount"), elf))
    if not said.endswith("end\n"):
        raise RuntimeError(f"{name}: the run ended early: {said[-300:]}")
    return said


def in_units(name, count):
    """A count of a core's counter in the core's unit."""
    return count * 1000 // CORES[name].get("counts_per_1000", 1000)


def count(name, made):
    """The Counts of a core, after its digests were found equal to the mirror's and its own ways of computing right."""
    elf, code = build(name, KERNEL, BENCH, cases.header(*made))
    values = {}
    for line in run(name, elf).splitlines():
        what, *numbers = line.split()
        if len(numbers) == 4:
            *size, value = map(int, numbers)
            values[what, *size] = value
    check(name, values, made[0])
    counted = ("learn", "rebuild", "infer", "mlp_infer", "mlp_iteration", "mlp_training")
    values = {key: in_units(name, value) if key[0] in counted else value for key, value in values.items()}
    return Counts(values, sum(code.values()))


def command(run, icount, elf):
    """What runs a bare image on the machine of a board.toml's [run]."""
    if run["emulator"] == "rp2040js":
        return [emulator.node(), HERE / "rp2040.mjs", RP2040JS, elf]
    machine = [run["emulator"], "-machine", run["machine"], *run.get("arguments", []), *icount]
    return [*machine, "-kernel", elf, "-display", "none", "-monitor", "none", "-serial", "null", "-semihosting"]


def check(name, values, expected):
    """Raises RuntimeError unless the run was right."""
    digests = {key[1:]: value for key, value in values.items() if key[0] == "digest"}
    wrong = [v for key, v in values.items() if key[0] == "checks_failed"]
    if wrong != [0]:
        raise RuntimeError(f"{name}: its own ways are wrong (checks.c): {wrong} results")
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
