# SPDX-License-Identifier: MIT
"""How a command reaches a board and leaves it as it was found, and what it does not destroy there unless told to."""

import contextlib

from .. import paths
from ..audit.lockstep import Lockstep
from ..errors import DeeplomathError, DeviceError, KernelError
from ..link.client import Device
from ..link.log import Log
from ..link.transport import BAUD
from ..mirror.network import Network
from . import statuses
from .facts import EMULATOR


class Refused(DeeplomathError):
    """A command would destroy what a board has learned, and was not told to."""


@contextlib.contextmanager
def opened(port, baud=BAUD, log=None, **options):
    """The Device at a port and the unit of its ticks; `emulator` is booted, and ended afterwards.

    A board whose service it started is back in its REPL afterwards, as it was found. log: where the log of the session
    goes, a path, and what stops it is said; or a Log, whose owner says so. options: more of Device.
    """
    with contextlib.ExitStack() as stack:
        emulated = port == EMULATOR
        if emulated:
            port = stack.enter_context(emulator()).port
        if log:
            options["log"] = log if isinstance(log, Log) else stack.enter_context(Log(log, statuses.say, port))
        device = stack.enter_context(Device(port, baud=baud, **options))
        if device.started and not emulated:
            stack.callback(give_back, device, port)
        yield device, "instructions" if emulated else ("µs", "cycles")[device.hello.tick_kind]


def emulator():
    """The emulated board of demo and info. CheckoutError: it cannot be had here."""
    paths.need_built(EMULATOR, "A board needs none: give its port.")
    from ..link.emulator import Emulator

    return Emulator(icount=True)


def give_back(device, port):
    """Ends the service that a command started; what hinders that is said."""
    try:
        device.exit()
    except DeeplomathError as error:
        again = f"{paths.command()} exit {paths.quoted(port)}"
        statuses.say(f"{port}: the service that was started could not be ended ({error}): {again}")


def serving(port, baud):
    """The Device of a service that is to be ended: none is started for it."""
    return Device(port, timeout=1.0, attempts=2, baud=baud, start=False)


def replaced(device, port, force, config):
    """The Lockstep of a new network on a board. Refused: the network before has learned, and `force` is not given."""
    Network(**config)  # a wrong size is said before anything is done
    with room_made(device, port, force):
        return Lockstep(device, **config)


@contextlib.contextmanager
def room_made(device, port, force):
    """Within it the network of a board may be replaced, frozen or not. Refused: it has learned, and `force` is not given."""
    before = device.info() if device.hello.configured else None
    if before and port != EMULATOR and not force:
        refuse_loss(before, device.unknowns(), port)
    frozen = before and before.frozen
    if frozen:
        device.freeze(False)
    try:
        yield
    except (KernelError, DeviceError):
        if frozen:
            with contextlib.suppress(DeeplomathError):
                device.freeze(True)  # it was not replaced
        raise


def refuse_loss(info, unknowns, port):
    """Refused, if the network of this Info has learned something, or remembers unknowns."""
    if info.neurons or unknowns:
        learned = f"{info.neurons} events kept (clock {info.clock}), {len(unknowns)} unknowns"
        raise Refused(
            f"{port}: the network on the board would be lost: {learned}. --force replaces it. "
            f"`{paths.command()} save FILE {paths.quoted(port)}` keeps it in a file first"
        )
