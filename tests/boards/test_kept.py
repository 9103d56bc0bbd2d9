# SPDX-License-Identifier: MIT
"""Emulated boards save on their own flash disk, are reset, and are there again: the same digest, compiled in and as a file."""

import numpy as np
import pytest
import serial

from deeplomath import Device, spec
from deeplomath.link import emulator
from deeplomath.mirror.network import Network
from streaming import statistics

SERVE = b"import dlm_main, dlm_store; dlm_main.serve(store=dlm_store.Store(), save_after=%d)\r"
TIERS = {toml["test"]["tier"]: (name, False) for name, toml in emulator.boards().items() if "test" in toml}
TIERS |= {
    toml["test"]["tier_stock"]: (name, True)
    for name, toml in emulator.boards().items()
    if "tier_stock" in toml.get("test", {})
}
SIZES = (64, 7), (20, 7), (10, 3)  # events and classes of a network, the first that fits


def event(i):
    return np.random.default_rng(i).integers(-3000, 3000, 18).astype(np.int16)


def power(board, save_after=0):
    """Resets a board that is in its REPL, and lets it serve with its store."""
    with serial.Serial(board.port, timeout=0.2, exclusive=True) as line:
        line.write(b"import machine; machine.reset()\r")
        line.read_until(b"machine.reset()\r\n")
        for _ in range(200):  # keys that come before the REPL are lost, on an RP2040 its first words too
            line.write(b"\r")
            if line.read_until(emulator.PROMPT).endswith(emulator.PROMPT):
                break
        while line.read(4096):  # the prompts behind further keys
            pass
        line.timeout = 30
        line.write(SERVE % save_after)
        line.read_until(b")\r\n")
    return Device(board.port, timeout=20, start=False)


def fitting(device):
    """The configuration of the largest of the networks for which half of the heap has room, else of the smallest."""
    configs = [dict(features=18, classes=classes, events=events) for events, classes in SIZES]
    room = device.hello.heap_free // 2
    return next((it for it in configs if device.cost(**it).bytes < room), configs[-1])


@pytest.mark.parametrize("tier", [pytest.param(tier, marks=getattr(pytest.mark, tier)) for tier in TIERS])
def test_a_board_that_was_reset_is_there_again(tier):
    name, stock = TIERS[tier]
    board = emulator.Emulator(name, stock=stock)
    if not all(file.is_file() for file in board.needs):
        pytest.skip(f"{board.image} is not built: make test-{tier}")
    with board:
        with power(board) as device:
            assert device.hello.restored == spec.RESTORED_EMPTY
            config = fitting(device)
            mirror = Network(**config)
            device.configure(**config)
            for net in (mirror, device):
                for i in range(config["events"] + 6):
                    net.learn(event(i), i % config["classes"])
            device.model(statistics(6), over=5, by="mean", hold=2)
            device.names = ("motion", *"abcdefg")
            front, digest = device.front(), device.digest()
            assert digest == mirror.digest() and device.save() == 1
            print(f"{tier}: {config['events']} events, {device.last_ticks} ticks of kind {device.hello.tick_kind}")
            device.learn(event(999), 0)  # which is not saved
            device.exit()
        with power(board, save_after=1) as device:
            assert (device.hello.restored, device.hello.saved) == (spec.RESTORED_NEWEST, 1)
            assert (device.digest(), device.front()) == (digest, front)
            assert device.hello.names == ("motion", *"abcdefg")
            for net in (mirror, device):
                net.learn(event(1000), 2)
            assert device.digest() == mirror.digest()
            device.exit()  # which saves what waits
        with power(board) as device:
            assert (device.digest(), device.hello.saved) == (mirror.digest(), 2)
            device.exit()
