# SPDX-License-Identifier: MIT
"""Want of memory: what fails has changed nothing, what changed is answered, and what fits lives its whole life."""

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from mpremote.transport_serial import SerialTransport

from deeplomath import Device, DeviceError, spec
from deeplomath.link import emulator
from deeplomath.mirror.network import Network
from streaming import samples, statistics

SCARCE = Path(__file__).parents[1] / "on_board" / "scarce.py"
# The tiers: a board with the modules in its firmware, and one with the loadable ones, which lie in the heap.
TIERS = {"f405": ("stm32f405_qemu", False), "m4_mpy": ("mps2_an386_qemu", True)}
LIMIT = 600  # seconds for a script that takes one, where nothing else runs
UNIX_HEAP = "200k"


def missing(board):
    for file in board.needs:
        if not file.is_file():
            pytest.skip(f"{file} is not built: make test-unix, test-f405 or test-m4_mpy")


def run_on_unix(script):
    board = emulator.UnixBoard()
    missing(board)
    command = [str(board.image), "-X", f"heapsize={UNIX_HEAP}", str(script)]
    environment = dict(os.environ, MICROPYPATH=f"{emulator.DEVICE}:.frozen")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT)
    assert done.stderr == ""
    return done.stdout


def run_on_f405(script):
    with emulated(*TIERS["f405"]) as board:
        line = SerialTransport(board.port)
        try:
            line.enter_raw_repl(soft_reset=False)
            line.exec_raw_no_follow(script.read_bytes())
            output, errors = line.follow(timeout=LIMIT)
        finally:
            line.close()
    assert errors == b""
    return output.decode()


def emulated(name, stock):
    board = emulator.Emulator(name, stock=stock)
    missing(board)
    return board


@pytest.mark.parametrize(
    "run", [pytest.param(run_on_unix, marks=pytest.mark.unix), pytest.param(run_on_f405, marks=pytest.mark.f405)]
)
def test_however_little_memory_is_free_a_request_is_done_and_answered_or_changes_nothing(run):
    *faults, count = run(SCARCE).splitlines()
    assert faults == []
    assert all(word in count for word in (" 0: ", f"{256 + spec.ERROR_MEMORY}: ", "None: ")), count


@pytest.fixture(scope="module", params=[pytest.param(tier, marks=getattr(pytest.mark, tier)) for tier in TIERS])
def emulated_board(request):
    with emulated(*TIERS[request.param]) as board:
        yield board


@pytest.fixture
def device(emulated_board):
    """A Device of an emulated board whose heap is as after a reset."""
    line = SerialTransport(emulated_board.port)
    try:
        line.enter_raw_repl()
        line.exit_raw_repl()
    finally:
        line.close()
    with Device(emulated_board.port, timeout=20) as device:
        yield device
        device.exit()


def event(i, features=18):
    """Events that differ so much that none is absorbed."""
    return np.random.default_rng(i).integers(-3000, 3000, features).astype(np.int16)


FAR = np.where(np.arange(18) % 2, 12000, -12000).astype(np.int16)  # from all events: unknown


def most_events(device, **sizes):
    """The most events that the board says fit, and what it said."""
    with pytest.raises(DeviceError) as refused:
        device.configure(events=spec.LIMIT_EVENTS, **sizes)
    assert refused.value.code == spec.ERROR_MEMORY
    text = r"memory: (\d+) bytes needed for 512 events, (\d+) events fit"
    needed, fit = map(int, re.fullmatch(text, str(refused.value)).groups())
    assert needed == device.cost(events=spec.LIMIT_EVENTS, **sizes).bytes
    return fit


def test_a_larger_network_fits_at_the_first_try(device):
    config = dict(features=18, classes=4)
    larger = min(130, most_events(device, **config))  # the loadable module takes some of the heap itself
    device.configure(**config, events=larger * 8 // 13)
    for i in range(100):
        device.learn(event(i), i % 4)
        device.infer(event(1000 + i))
    device.configure(**config, events=larger)
    assert device.info().neurons == 0


def test_a_network_that_does_not_fit_leaves_the_one_before_and_says_how_many_events_would_fit(device):
    config = dict(features=18, classes=4)
    mirror = Network(**config, events=40)
    device.configure(**config, events=40)
    for net in (mirror, device):
        for i in range(45):
            net.learn(event(i), i % 4)
        net.infer(FAR)
        net.learn(event(1001), 0)
    assert mirror.unknowns()
    fit = most_events(device, **config)
    assert (device.info(), device.unknowns(), device.digest()) == (mirror.info(), mirror.unknowns(), mirror.digest())
    for net in (mirror, device):
        net.undo()
    assert device.digest() == mirror.digest()
    with pytest.raises(DeviceError, match=f"{fit} events fit"):
        device.configure(**config, events=fit + 1)
    device.configure(**config, events=fit)


def test_the_largest_network_fits_whatever_was_asked_before(device):
    config = dict(features=18, classes=4)
    fit = most_events(device, **config)
    for n in (0, 1, 6, 15, 16, 17, 40):
        device.configure(**config, events=20)
        for i in range(n):
            device.learn(event(i), i % 4)
            device.infer(FAR)
            device.unknowns()
        device.model(statistics(6))
        device.stream(samples(16, 6))
        device.model(None)
        device.configure(**config, events=fit)


def test_networks_of_many_sizes_leave_room_for_one_of_nearly_all(device):
    draw = np.random.default_rng(1)
    fit = most_events(device, features=18, classes=7)
    for _ in range(30):
        features, events = (int(draw.integers(1, most)) for most in (60, fit // 2))
        try:
            device.configure(features=features, classes=7, events=events, background=bool(draw.integers(2)))
        except DeviceError as error:  # too large: the network before it is there
            assert error.code == spec.ERROR_MEMORY
        for n in range(int(draw.integers(4))):
            device.learn(event(n, device.info().features), n % 7)
    device.configure(features=18, classes=7, events=fit * 9 // 10)


@pytest.mark.parametrize("classes", [4, 7])
def test_the_largest_network_that_fits_lives_its_whole_life(device, classes):
    sizes = dict(features=18, classes=classes)
    events = most_events(device, **sizes)
    device.configure(events=events, **sizes)
    mirror = Network(events=events, **sizes)
    mirror.learn_many([event(i) for i in range(events)], [i % classes for i in range(events)])
    device.load(mirror.export())
    for net in (mirror, device):
        net.learn(event(events), 0)
        net.infer(FAR)
        net.name(net.unknowns(), 1)
        net.undo()
        net.name(net.unknowns(), 2)
    state = device.export()
    assert state == mirror.export()
    device.load(state)
    assert (device.digest(), device.info().neurons) == (mirror.digest(), events)
