# SPDX-License-Identifier: MIT
"""What each operation of a program takes: bytes of RAM, and multiply-accumulates from one frame to the next.

SIGNAL.md, Memory and Work.
"""

from dataclasses import replace

from ..signal import program as programs


def taken(program):
    """((RAM, work) of each operation, RAM of all else): together the footprint and the work of the front-end."""
    plan = programs.read(program)
    costs = [_sample(plan, i) for i in range(len(plan.samples))]
    longest = max((w.n for w in plan.windows if programs.has_power(w)), default=0)
    for i, window in enumerate(plan.windows):
        costs.append((_OPERATION + 2 * window.n * len(window.lines), 0))
        for j in range(len(window.operations)):
            costs.append(_of_window(plan, i, j, longest))
            if costs[-1][0] > _OPERATION:
                longest = 0  # the transform's memory is counted once
    if plan.gate:
        costs.append((_OPERATION + plan.gate.most * (2 + 2 * plan.frame), 0))
        costs.append((_OPERATION, plan.gate.most * plan.frame))
    for i in range(len(plan.maps)):
        before, after = (programs.work(replace(plan, maps=plan.maps[:n])) for n in (i, i + 1))
        costs.append((_OPERATION, after - before))
    return costs, programs.footprint(plan) - sum(ram for ram, _ in costs)


_OPERATION = programs.spec.SIGNAL_FOOTPRINT_OPERATION


def _sample(plan, i):
    operation, others = plan.samples[i], plan.samples[:i] + plan.samples[i + 1 :]
    ram = 40 * len(operation.rows) if operation.kind == programs.spec.OPERATION_BIQUAD else 0
    return _OPERATION + ram, programs.work(plan) - programs.work(replace(plan, samples=others))


def _of_window(plan, i, j, longest):
    """The cost of operation j of window i; longest: samples of the longest window with a power, 0 if it was counted."""
    window = plan.windows[i]
    without = replace(window, operations=window.operations[:j] + window.operations[j + 1 :])
    windows = [*plan.windows[:i], without, *plan.windows[i + 1 :]]
    is_power = window.operations[j].kind == programs.spec.OPERATION_POWER
    ram = 4 * longest + 8 if is_power and longest and window.n == longest else 0
    return _OPERATION + ram, programs.work(plan) - programs.work(replace(plan, windows=windows))
