# SPDX-License-Identifier: MIT
"""Everything one can ask of a network, as plain lists: for vectors, walks and boards alike.

An operation is [name, argument, ...]; its outcome is what the network returned, as lists and numbers, or {"error": code}.
"""

import numpy as np

from deeplomath import KernelError


def apply(net, operation):
    """The outcome of an operation on a network."""
    name, *arguments = operation
    try:
        return plain(OPERATIONS[name](net, *arguments))
    except KernelError as error:
        return {"error": error.code}


def plain(value):
    """A result as lists and numbers."""
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def int16(x):
    return np.array(x, np.int16)


OPERATIONS = {
    "learn": lambda net, x, label: net.learn(int16(x), label),
    "begin": lambda net, x, label: net.learn(int16(x), label, build=False),
    "step": lambda net, budget: net.build_step(budget),
    "infer": lambda net, x: net.infer(int16(x)),
    "undo": lambda net: net.undo(),
    "forget": lambda net, event: net.forget(event),
    "relabel": lambda net, event, label: net.relabel(event, label),
    "correct": lambda net, label: net.correct(label),
    "drop": lambda net: net.drop(),
    "unknowns": lambda net: net.unknowns(),
    "unknown": lambda net, unknown: net.unknown(unknown),
    "name": lambda net, unknowns, label: net.name(unknowns, label),
    "rename": lambda net, label, to: net.rename_class(label, to),
    "drop_class": lambda net, label: net.drop_class(label),
    "freeze": lambda net, frozen: net.freeze(frozen),
    "info": lambda net: net.info(),
    "digest": lambda net: net.digest(),
    "reload": lambda net: net.load(net.export()),
    "load": lambda net, state: net.load(bytes.fromhex(state)),
    "load_part": lambda net, offset, part: net.load_part(offset, bytes.fromhex(part)),
    "load_staged": lambda net, size: net.load_staged(size),
    "export_part": lambda net, offset, n: export_part(net, offset, n),
}


def export_part(net, offset, n):
    """n bytes of the state from offset on, fewer at its end, as hexadecimal digits."""
    part = bytearray(n)
    return part[: net.export_part(offset, part)].hex()


def life(net, operations):
    """[outcome, digest] of each operation in turn; the digest is None while a rebuild is under way."""
    done = []
    for operation in operations:
        outcome = apply(net, operation)
        done.append([outcome, None if net.info().building else net.digest()])
    return done
