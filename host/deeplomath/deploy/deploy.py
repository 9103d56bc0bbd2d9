# SPDX-License-Identifier: MIT
"""Puts modules and service on a board with stock MicroPython, and proves them there; mpremote's library moves the bytes."""

from typing import NamedTuple

from .. import spec
from ..errors import DeeplomathError, DeployError, ProtocolError, TransportError
from ..link import frame
from ..link.client import Device
from ..link.rawrepl import RawRepl
from ..link.transport import BAUD, Transport
from ..paths import BUILT
from .board import Board
from .choice import choose_architecture, load_build
from .facts import KEPT, KEPT_OF, Facts, checked
from .install import prepare, prepare_main
from .proof import LIFE, self_test


class Deployed(NamedTuple):
    """What was done: paths copied and found right already, and what the self-test showed."""

    facts: Facts
    module: str  # the architecture of the modules, or "firmware"
    copied: list
    right: list
    digest: int
    heap_free: int


def deploy(port, *, baud=BAUD, build=BUILT, main=None, force=False, say=lambda words: None):
    """Puts what is missing on the board at port and proves it by a short life in lockstep with the mirror; a Deployed.

    main: text of a main.py to write, None: leave it alone. force: overwrite another main.py, lose a network that has
    learned something or remembers unknowns. say: is told each step. DeployError: refused or failed, and the old files are back.
    """
    modules, device = load_build(build)
    end_service(port, baud, force)
    with Board(port, baud) as board:
        facts = board.facts()
        say(f"{facts.machine}: {facts.micropython}, {facts.architecture}, {facts.heap} bytes of heap free")
        architecture, install = prepare(board, facts, modules, device)
        script = prepare_main(board, facts, main, force)
        for path, data in install.new.items():
            say(f"copying {path}, {len(data)} bytes")
        install.put(board)
    try:
        say(f"self-test: {LIFE} events, each digest compared with the mirror's")
        digest, heap_free = self_test(port, baud)
    except DeeplomathError as error:
        raise DeployError(f"self-test: {error}; {_restored(port, baud, install)}") from error
    with Board(port, baud) as board:
        install.keep(board)
        if script:
            script.put(board)
            script.keep(board)
            board.start_main()
    copied, right = (
        [path for it in (install, script) if it for path in getattr(it, name)] for name in ("new", "right")
    )
    return Deployed(facts, architecture, copied, right, digest, heap_free)


def ask(port, architectures, *, baud=BAUD, force=False):
    """Which of these architectures the modules for the board at port have to be built for, "" where its firmware has them."""
    end_service(port, baud, force)
    with Board(port, baud) as board:
        facts = board.facts()
    return choose_architecture(facts, architectures) if facts.lacking else ""


def end_service(port, baud, force):
    """Ends a service on the line, which hears no Ctrl-C. DeployError: its network has learned something."""
    try:
        device = Device(port, timeout=1, attempts=1, baud=baud, start=False)
    except ProtocolError:  # a service of another version: it goes
        line = Transport(port, baud)
        line.write(frame.encode(spec.OPCODE_EXIT, 1))
        line.read(1)
        line.close()
        return
    except TransportError:  # nobody serves, or there is no such port, which the next to open it says
        if not force:
            with RawRepl(port, baud, soft_reset=False) as board:  # a service that was ended has left its network there
                _refuse_loss(checked({"kept": board.run(KEPT)}, KEPT_OF)["kept"])
        return
    with device:
        if device.hello.configured and not force:
            _refuse_loss((device.info().neurons, len(device.unknowns())))
        device.exit()


def _refuse_loss(kept):
    """DeployError, if a network of these (neurons, unknowns), None for no network, has learned or met something."""
    if kept and any(kept):
        neurons, unknowns = kept
        raise DeployError(
            f"network: {neurons} neurons and {unknowns} unknowns on the board would be lost; `deeplomath save` keeps the network, "
            "--force (FORCE=1 in make) loses it"
        )


def _restored(port, baud, install):
    """Puts the old files back; says whether that went well."""
    try:
        with Board(port, baud) as board:
            install.restore(board)
    except DeployError as error:
        return f"the files of before could not be put back ({error}): reset the board and deploy again"
    return "the files of before are back"
