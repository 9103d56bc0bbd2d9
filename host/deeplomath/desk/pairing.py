# SPDX-License-Identifier: MIT
"""What `deeplomath pair` does with a board, and what it says of it and of its key."""

from .. import paths
from ..errors import DeeplomathError
from ..link import keys


class NotPaired(DeeplomathError):
    """The board has a key, and was not to get another one; or it has none to take away."""


def pair(device, port, renew):
    """Gives a board a key, another one with renew; returns words."""
    if device.hello.paired and not renew:
        raise NotPaired(f"{port}: the board is paired, and this computer has its key; --renew gives it another one")
    device.pair(renew=renew)
    return " ".join(
        (
            f"{port}: paired. The board takes nothing now but from who has its key, which is in {keys.path(device.identity)}:",
            "keep it, without it only the REPL makes the board free again.",
            "A reset must not lead to the REPL: let main.py serve from power-up on",
            f"({paths.command()} deploy {paths.quoted(port)} --main).",
        )
    )


def unpair(device, port):
    """Takes the key away from a board; returns words."""
    if not device.hello.paired:
        raise NotPaired(f"{port}: the board has no key; there is nothing to remove")
    device.unpair()
    return f"{port}: the board has no key any more: it obeys whoever is on its line."


def facts(device):
    """(name, text) pairs on a board's key."""
    words = "paired, in a session" if device.hello.paired else "none: the board obeys whoever is on its line"
    return [("key", words)]
