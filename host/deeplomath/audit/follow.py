# SPDX-License-Identifier: MIT
"""A board that follows the replay of a log, and is proved step by step."""

from ..errors import KernelError
from .lockstep import Mismatch


def follow(step, device):
    """Lets a board follow a Step of the mirror. Mismatch: its digest is another one afterwards."""
    for call in step.calls:
        try:
            call.on(device)
        except KernelError as error:
            raise Mismatch(step.record.number, call.name, [("status", error.code, 0)]) from error
    if step.calls and step.digest is not None:
        digest = device.digest()
        if digest != step.digest:
            rows = [("digest", f"{digest:08x}", f"{step.digest:08x}")]
            raise Mismatch(step.record.number, step.record.exchanged.name, rows)
