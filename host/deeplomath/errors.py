# SPDX-License-Identifier: MIT
"""What this package raises: one root, and a class for each place where things go wrong."""


class DeeplomathError(Exception):
    """Root of all that this package raises on purpose."""


class KernelError(DeeplomathError, ValueError):
    """The kernel refused an argument, here or on a board: `code` is one of spec.ERRORS, -1..-31; nothing has changed.

    As on the board, args are (text, code).
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text, code)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])


class TransportError(DeeplomathError):
    """The line could not be opened, broke, or stayed silent.

    executed: False when the request was surely not executed, None when it may have been: then connect again, and compare
    info().clock and digest() with those of before.
    """

    def __init__(self, text: str, executed: bool | None = False) -> None:
        super().__init__(text, executed)
        self.executed = executed

    def __str__(self) -> str:
        return str(self.args[0])


class ProtocolError(DeeplomathError):
    """The other end speaks, but not this protocol, or not this version of it (PROTOCOL.md section 8)."""


class DeviceError(DeeplomathError):
    """The service on the board refused a request: `code` is one of spec.ERRORS, -32 and below (PROTOCOL.md, Errors)."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text, code)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])


class DeployError(DeeplomathError):
    """A board cannot take what was to be put on it, or did not compute right with it; it is as it was before."""


class DataError(DeeplomathError):
    """A file of events or samples is missing, damaged, or not what it should be."""


class ModelError(DeeplomathError, ValueError):
    """A model file says what cannot be; the words name file, line and field, and the limit."""
