# SPDX-License-Identifier: MIT
"""What `deeplomath info` tells of the limits of a board and of what it keeps without power: (name, text) pairs."""

from .. import spec
from ..text import escaped

RESTORED = {
    spec.RESTORED_NONE: "no store: what is learned is gone with the power; dlm_main.serve(store=...) keeps it",
    spec.RESTORED_EMPTY: "nothing was saved when it started",
    spec.RESTORED_NEWEST: "started with the newest save",
    spec.RESTORED_OLDER: "started with the save before: the newest was damaged or refused, and is kept aside",
    spec.RESTORED_VERSION: "started empty: what was saved is of another version, and is kept aside",
    spec.RESTORED_DAMAGED: "started empty: what was saved is damaged, and is kept aside",
    spec.RESTORED_REFUSED: "started empty: the board had no room for what was saved, and keeps it aside",
    spec.RESTORED_UNREADABLE: "started empty: its filesystem could not read what was saved",
}
SAVING = {
    spec.SAVING_DONE: "",
    spec.SAVING_DUE: "; what has changed since is not saved yet",
    spec.SAVING_FAILED: "; the last attempt to save failed",
}
RESETS = {
    spec.RESET_UNKNOWN: "",
    spec.RESET_POWER: "; last reset by power on",
    spec.RESET_PIN: "; last reset by its pin",
    spec.RESET_WATCHDOG: "; last reset by its watchdog",
    spec.RESET_SLEEP: "; last woken from deep sleep",
    spec.RESET_SOFT: "; last reset by software",
}


def limits(hello):
    """What a board allows: all that grows has its limit."""
    sizes = f"{hello.limit_features} features, {hello.limit_classes} classes, {hello.limit_events} events"
    more = f"{spec.LIMIT_UNKNOWNS} unknowns, programs of {spec.SIGNAL_PROGRAM} bytes, names of {spec.STORE_NAMES} bytes"
    frames = f"frames of {hello.frame_max} bytes"
    return [("limits", f"{sizes}, {hello.limit_layers} layers; {more}, {spec.STORE_ASIDE} saves kept aside; {frames}")]


def names(named):
    """What model and classes are called on the board; nothing where they have no names."""
    if not named:
        return []
    model, *classes = (escaped(it) or "(no name)" for it in named)
    return [("names", f"{model}: {', '.join(classes)}" if classes else model)]


def saves(hello, health):
    """What the board keeps without power. health: None without a network."""
    number = f"save {hello.saved}; " if hello.saved else ""
    saving = SAVING[health.saving] if health and hello.restored else ""
    return [("saved", f"{number}{RESTORED[hello.restored]}{saving}{RESETS[hello.reset]}")]
