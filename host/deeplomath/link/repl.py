# SPDX-License-Identifier: MIT
"""What MicroPython's REPL shows on a line, and how it is told to start the service (PROTOCOL.md section 5)."""

import re

from ..text import printable

TO_FRIENDLY = b"\x03\x03\x02"  # stop what runs, drop the line begun, leave the raw REPL
START = b"import dlm_main; dlm_main.serve()\r"
KEYS = frozenset(b"\x02\x03\x04\x05\n\r")  # keys that no HELLO and no probe presses: they run, stop or reset something
PROMPT = b">>> "
_RAW = b"raw REPL; CTRL-B to exit\r\n>"
_BANNER = re.compile(rb"MicroPython v\d")
_REBOOT = b"soft reboot"  # what a REPL says as it goes: the board's programs run before another one comes
_RESET = re.compile(rb"MicroPython v\d|soft reboot")


def shows(heard):
    """True when what was heard since the last frame ends as a REPL's words do, or has MicroPython's banner in it.

    A banner of before a soft reboot tells nothing: main.py may just be starting the service.
    """
    return prompts(heard) or is_raw(heard) or bool(_BANNER.search(heard.rpartition(_REBOOT)[2]))


def prompts(heard):
    """True when a friendly REPL waits for a line."""
    return heard.endswith(PROMPT)


def is_raw(heard):
    """True when a REPL has just become the raw one, as after a HELLO or a probe in an empty line."""
    return heard.endswith(_RAW)


def was_reset(heard):
    """True when a board said that it started anew."""
    return bool(_RESET.search(heard))


def echoes(heard, keys):
    """True when a REPL put these keys in its line: each is echoed with the same rest of the line behind it."""
    first, *others = (re.escape(bytes([key])) for key in keys)
    return bool(re.search(first + rb"(?P<rest>.{0,2500}?)" + rb"(?P=rest)".join(others), heard, re.DOTALL))


def refusal(heard):
    """Last line of what the REPL said to START, where it prompts again; None while it does not."""
    _, echo, said = heard.rpartition(START.rstrip())
    if not echo or PROMPT not in said:
        return None
    lines = [line for line in said.partition(PROMPT)[0].splitlines() if line.strip()]
    return printable(lines[-1] if lines else b"the service has ended")
