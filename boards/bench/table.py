# SPDX-License-Identifier: MIT
"""What was counted, as Markdown tables."""

import cases
import cores
import programs

VOLTS = 3.3
ENERGY = {  # MHz, and mA at 3.3 V of a core that computes: of the F405 by its data sheet, run mode, peripherals off, typical
    "m4f": (168, 40),
    "m0plus": (
        125,
        28,
    ),  # the RP2040's data sheet has no such figure: 10.9 mA of its core at 48 MHz ("Popcorn"), scaled
}
WHAT = {"event": "an event, all of its samples", "sample": "a sample, at most", "init": "the start"}


def rows(head, body):
    """Lines of a table: head and each row of body are lists of cells."""
    lines = [head, ["---"] * len(head), *body]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]


def of_cores(counts):
    """Infer, learn and rebuild of each size on each core; then code and RAM."""
    titles = [f"{cores.CORES[name]['title']}, {cores.CORES[name]['unit']}" for name in counts]
    body = []
    for size in cases.SIZES:
        for what in ("infer", "learn", "rebuild"):
            values = [counts[name].values[what, *size] for name in counts]
            body.append([*size, what, *(f"{value:,}" for value in values)])
    lines = rows(["features", "events", "layers", "", *titles], body)
    code = [f"{counts[name].code:,}" for name in counts]
    ram = [[*size, f"{next(iter(counts.values())).values['ram', *size]:,}"] for size in cases.SIZES]
    cores_only = [cores.CORES[name]["title"] for name in counts]
    lines += ["", *rows(["", *cores_only], [["bytes of the kernel's code", *code]])]
    return lines + ["", *rows(["features", "events", "layers", "bytes of RAM"], ram)]


def of_programs(counts):
    """What each program takes on each core, a transform first; then code and RAM."""
    titles = [cores.CORES[name]["title"] for name in counts]
    units = [f"{cores.CORES[name]['title']}, {cores.CORES[name]['unit']}" for name in counts]

    def cells(what, program):
        return [f"{of.values[what, program]:,}" for of in counts.values()]

    body = [[f"power of {programs.POWER} samples, Hann window", "", *cells("power", programs.LARGE)]]
    given = {name: code for name, code in programs.programs().items() if name != programs.ALL}
    for name in given:
        for what in ("event", "sample", "init"):
            body.append([name, WHAT[what], *cells(what, name)])
    lines = rows(["", "", *units], body)
    lines += [
        "",
        *rows(["", *titles], [["bytes of the signal library's code", *(f"{of.code:,}" for of in counts.values())]]),
    ]
    ram = [[name, len(code), f"{next(iter(counts.values())).values['ram', name]:,}"] for name, code in given.items()]
    return lines + ["", *rows(["", "bytes of the program", "bytes of RAM"], ram)]


def of_mlp(counts, n_queries):
    """The kernel beside the MLP on the same events and core."""
    of = cases.COMPARED
    found = {what: counts.values[what, *of] for what in ("learn", "infer", "right", "ram")}
    mlp = {
        what: counts.values[f"mlp_{what}", *of]
        for what in ("iteration", "training", "iterations", "infer", "right", "ram")
    }
    body = [
        ["one learning step", f"{found['learn']:,}: all of it", f"{mlp['iteration']:,}: one full batch"],
        ["a whole learning", f"{found['learn']:,}", f"{mlp['training']:,} in {mlp['iterations']} full batches"],
        ["one answer", f"{found['infer']:,}", f"{mlp['infer']:,}"],
        ["right", f"{100 * found['right'] / n_queries:.1f} %", f"{100 * mlp['right'] / n_queries:.1f} %"],
        ["bytes of RAM", f"{found['ram']:,}", f"{mlp['ram']:,}, the events not counted"],
    ]
    return rows(["instructions", "Deeplomath", "MLP 18-64-7, float32, Adam"], body)


def of_cycles(counts, estimated):
    """Learn, rebuild and infer of the size compared in cycles, time and energy: the M4 estimated, the M0+ counted."""
    body = []
    for what, (instructions, cycles) in estimated.items():
        counted = counts["m0plus"].values[what, *cases.COMPARED]
        m4, m0 = (spent(count, *ENERGY[name]) for name, count in (("m4f", cycles), ("m0plus", counted)))
        body.append([what, f"{instructions:,}", f"{cycles:,}", m4, f"{counted:,}", m0])
    head = ["", "M4F, instructions", "M4F, cycles, estimated", "STM32F405 at 168 MHz"]
    return rows([*head, "M0+, cycles", "RP2040 at 125 MHz"], body)


def spent(cycles, megahertz, milliamperes):
    """Time and energy of so many cycles, in words."""
    milliseconds = cycles / megahertz / 1000
    return f"{milliseconds:.2g} ms, {milliseconds * milliamperes * VOLTS / 1000:.2g} mJ"


def of_boards(links, boards, counts):
    """Each board with what it is and what it gave; a whole learning as counted on the core that its board.toml names."""
    body = []
    for name, link in links.items():
        toml = getattr(boards[name], "toml", {"core": "this machine", "run": {"emulator": "unix port"}})
        module = "loadable" if ".mpy" in name else "in the firmware"
        flash = f"{link.flash:,}" if link.flash else ""
        run = toml["run"]["emulator"] + (f" {toml['run']['machine']}" if "machine" in toml["run"] else "")
        line = f"{link.latency_ms:.1f} ms, {link.to_board:.0f} / {link.from_board:.0f} KB/s"
        memory = f"{link.heap:,} / {link.heap_left:,}"
        of = toml.get("bench", {}).get("core")
        took = f"{counts[of].values['rebuild', *cases.COMPARED]:,} {cores.CORES[of]['unit']}" if of else ""
        body.append([name, toml["core"], module, run, f"`{link.digest:08x}`", flash, memory, took, line])
    head = ["board", "core", "module", "run by", "digest after the standard walk", "bytes of flash"]
    return rows(
        [*head, "bytes of heap free: service / and the network", "a whole learning", "round trip, to / from the board"],
        body,
    )
