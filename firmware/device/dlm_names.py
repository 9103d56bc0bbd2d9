# SPDX-License-Identifier: MIT
"""Names of a model and its classes as bytes: UTF-8, a zero between two (PROTOCOL.md, NAMES)."""

from dlm_spec import ERROR_ARGUMENT, LIMIT_CLASSES, STORE_NAMES

ZERO = b"\0"
TEXT = 255  # bytes of the longest text


def checked(payload):
    """Returns the names of a request as bytes; of a zero alone none."""
    names = bytes(payload)
    if len(names) > STORE_NAMES:
        raise ValueError(f"names: {len(names)} bytes given, {STORE_NAMES} allowed", ERROR_ARGUMENT)
    count = len(names.split(ZERO))
    if count > 1 + LIMIT_CLASSES:
        raise ValueError(f"names: {count} given, {1 + LIMIT_CLASSES} allowed", ERROR_ARGUMENT)
    if not _is_text(names):
        raise ValueError("names: bytes given that are no UTF-8", ERROR_ARGUMENT)
    return b"" if names == ZERO else names


def shortened(names):
    """Returns as many names as a text holds, none of them cut, but for the first."""
    part = names[: TEXT + 1]
    return part if len(part) <= TEXT else part.rpartition(ZERO)[0] or part[:TEXT]


def _is_text(names):
    try:
        names.decode()
        return True
    except UnicodeError:
        return False
