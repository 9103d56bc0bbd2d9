# SPDX-License-Identifier: MIT
"""A state given to a board with proof: a board that makes another network of it gets back what it had."""

from typing import NamedTuple

from .. import spec
from ..errors import DeeplomathError

PUSHED, KEPT, ROLLED_BACK, FAILED = "pushed", "there already", "rolled back", "failed"


class Pushed(NamedTuple):
    """What became of a board.

    outcome: PUSHED, KEPT (the board had this very network), ROLLED_BACK (it has its old network again), or FAILED; before,
    after: digests of its network, None where there was none or nobody knows; words: on what went wrong.
    """

    outcome: str
    before: int | None = None
    after: int | None = None
    words: str = ""
    differs: bool = False  # the board made another network of the state

    @property
    def good(self):
        """Whether the board has the network of the state now."""
        return self.outcome in (PUSHED, KEPT)


def push(device, network, state):
    """Gives a state to the board of a Device. network: the mirror of the state. Returns a Pushed; raises nothing of the board."""
    before = kept = config = None
    try:
        if device.hello.configured:
            info, before = device.info(), device.digest()
            if before == network.digest():
                return Pushed(KEPT, before, before)
            config, kept = {name: getattr(info, name) for name, *_ in spec.CONFIG}, device.export()
    except DeeplomathError as error:
        return Pushed(FAILED, before, before, str(error))
    words, differs = _given(device, network.config._asdict(), state, network.digest())
    if not words:
        return Pushed(PUSHED, before, network.digest())
    if kept is None:
        return Pushed(FAILED, None, None, f"{words}; it had no network to go back to", differs)
    again, _ = _given(device, config, kept, before)
    if again:
        return Pushed(FAILED, before, None, f"{words}; and its old network did not come back: {again}", differs)
    return Pushed(ROLLED_BACK, before, before, words, differs)


def _given(device, config, state, digest):
    """Words on why a board has not this network now, "" if it has; and whether it made another one of it."""
    try:
        if device.hello.configured or device._network:
            device.freeze(False)
        device.configure(**config)
        device.load(state)
        found = device.digest()
    except DeeplomathError as error:
        return str(error), getattr(error, "code", None) == spec.ERROR_STATE_DIGEST
    if found == digest:
        return "", False
    return f"its digest is {found:08x}, {digest:08x} needed", True
