# SPDX-License-Identifier: MIT
"""Which boards are on this computer's serial ports: by their USB ids, and by asking them."""

from typing import NamedTuple

from ..errors import DeeplomathError, TransportError
from .client import Device
from .exchange import InRepl
from .transport import BAUD, Transport, serial_ports

# (vendor, product) as MicroPython and makers of boards have them; a product of None is any.
KNOWN = {
    (0x2E8A, 0x0005): "RP2040 or RP2350 with MicroPython",
    (0x2E8A, None): "Raspberry Pi device",
    (0xF055, 0x9800): "STM32 with MicroPython",
    (0xF055, 0x9801): "STM32 with MicroPython",
    (0xF055, 0x9802): "STM32 with MicroPython",
    (0xF055, None): "board with MicroPython",
    (0x1B4F, 0x0026): "SparkFun Pro Micro RP2040",
    (0x2341, 0x025E): "Arduino Nano RP2040 Connect",
    (0x0D28, 0x0204): "micro:bit or another board with DAPLink",
    (0x0483, None): "STM32, or the ST-LINK of a board",
    (0x303A, None): "ESP32 of Espressif",
}
PATIENCE, TRIES = 0.4, 2  # seconds until a board that is asked has answered; so often


class Port(NamedTuple):
    """A serial port. name: what its USB id stands for, "" where that is not known; state: what it said, "" where not asked."""

    port: str
    usb: str
    name: str
    state: str

    @property
    def is_board(self):
        """Whether there may be a board behind it."""
        return bool(self.name)


def found(ask=True, baud=BAUD):
    """The Ports of this computer, boards first. ask: those that may be boards are asked what runs on them."""
    ports = [Port(it.device, _usb(it), _name(it), "") for it in serial_ports()]
    ports = [it._replace(state=state_of(it.port, baud)) if ask and it.is_board else it for it in ports]
    return sorted(ports, key=lambda it: (not it.is_board, it.port))


def state_of(port, baud=BAUD):
    """What runs on the board at a port, in words. It presses no key: a program that runs there is not disturbed."""
    try:
        line = Transport(port, baud)
    except TransportError as error:
        return f"cannot be used: {error}"
    try:
        with Device(line, timeout=PATIENCE, attempts=TRIES, start=False) as device:
            hello = device.hello
            kept = f"{device.info().neurons} events kept" if hello.configured else "no network yet"
            return f"serves: {hello.board}, deeplomath {hello.library}, {kept}"
    except InRepl:
        return "MicroPython's REPL; no service runs: `deeplomath info` starts it, or says how to deploy it"
    except TransportError:
        return "silent: another program runs, or none: `deeplomath info` stops it and looks"
    except DeeplomathError as error:
        return f"serves, but not us: {error}"


def the_only():
    """The port of the only board there. TransportError: there is none, or more than one, and which."""
    boards = [it for it in found(ask=False) if it.is_board]
    if len(boards) == 1:
        return boards[0].port
    if not boards:
        raise TransportError("board: none found on a USB serial port; plug one in, or name its port")
    names = ", ".join(f"{it.port} ({it.name})" for it in boards)
    raise TransportError(f"board: {len(boards)} found: {names}; name the port")


def _usb(info):
    """The USB id of a port as text, "" where it has none."""
    return f"{info.vid:04x}:{info.pid:04x}" if info.vid is not None else ""


def _name(info):
    return KNOWN.get((info.vid, info.pid)) or KNOWN.get((info.vid, None)) or ""
