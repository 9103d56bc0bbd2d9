# SPDX-License-Identifier: MIT
"""What is told of a board as (name, text) pairs: what it is, its network, its unknowns, what was deployed."""

from ..text import escaped

EMULATOR = "emulator"  # as a port: an emulated board is booted


def board_name(device, port):
    """A board as a sentence calls it."""
    name = escaped(device.hello.board)
    return f"an emulated {name.split(' with ')[-1]}" if port == EMULATOR else name


def board_facts(device, port):
    """(name, text) pairs on a board."""
    hello = device.hello
    where = "emulated by QEMU" if port == EMULATOR else f"at {port}"
    versions = f"deeplomath {hello.library}, protocol {hello.protocol}, spec {hello.spec}, state {hello.state}"
    heap = f"{hello.heap_free:,} bytes of heap free"
    source = ("no source of its own", "a source of its own, at rest", "a source of its own, which runs")[hello.live]
    return [("board", escaped(f"{hello.board}, {where}: {hello.implementation}; {versions}; {heap}; {source}"))]


def as_dict(device, port):
    """All of it for scripts; what there is not, a network, its health, a front-end, is None."""
    hello, front, network, health, unknowns = device.hello, device.front(), None, None, ()
    if hello.configured:
        digest = f"{device.digest():08x}"
        network = dict(device.info()._asdict(), bytes=device.footprint(), digest=digest)
        health, unknowns = device.health()._asdict(), device.unknowns()
    front = front._asdict() if front.features else None
    more = dict(unknowns=list(unknowns), front=front, health=health, names=list(device.names))
    return dict(port=port, board=hello._asdict(), network=network, **more)


def network_facts(device, info):
    """(name, text) pairs on the network of a board: how it was configured, and what it has become."""
    fields = [f"{name} {value}" for name, value in info._asdict().items()]
    n_config = info._fields.index("neurons")
    return [
        ("network", ", ".join([*fields[:n_config], f"{device.footprint():,} bytes"])),
        ("learned", ", ".join([*fields[n_config:], f"digest {device.digest():08x}"])),
    ]


def unknown_facts(unknowns):
    """(name, text) pairs on the unknowns that a board remembers."""
    return [("unknowns", f"{len(unknowns)} remembered" + (f": {', '.join(map(str, unknowns))}" if unknowns else ""))]


def deploy_facts(done):
    """(name, text) pairs on what was deployed."""
    module = "in the firmware" if done.module == "firmware" else f"loaded, for {done.module}"
    proved = f"every answer and digest equal to the mirror's, the last {done.digest:08x}"
    return [
        ("module", module),
        ("copied", ", ".join(done.copied) or "nothing"),
        ("right already", ", ".join(done.right) or "nothing"),
        ("self-test", f"{proved}; {done.heap_free:,} bytes of heap free beside the network"),
    ]
