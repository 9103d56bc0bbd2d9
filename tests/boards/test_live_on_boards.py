# SPDX-License-Identifier: MIT
"""A board that samples by itself, in MicroPython: the mirror's answers and digests of the same recording, and no overrun.

An emulated board's clock goes by the instructions it executes here, 8 ns each, 125 million a second: what its source brings
comes in the time of a board as fast as a Pico, and slower than an STM32F405 at 168 MHz. Nothing is compared with our clock.
"""

import ast
import contextlib
import subprocess
import time

import numpy as np
import pytest

from deeplomath import Device, Model, Network
from deeplomath.audit.lockstep import same_event
from deeplomath.link import emulator
from deeplomath.link.rawrepl import RawRepl
from implementations import ROOT
from streaming import Side, samples

BOARDS = {"unix": None, "f405": "stm32f405_qemu", "m0": "microbit_qemu"}
LESSONS, N = 8, 2600
MODEL = Model("motion")
SECONDS = 400  # until an emulated board has had all, at most

START = """
import sys
sys.path[:0] = {folders!r}
import dlm_main, gestures, recording
source = recording.Recording({stream!r}, 6, rate={rate}, fifo={fifo})
live = gestures.begin(source, features={features})
live.teach(0, {lessons})
"""


def motion(n):
    """Samples of six lines of something that moves in three ways, one after the other."""
    noise, t = samples(n, 6, 7) // 8, np.arange(n)[:, None]
    way = (t // 640) % 3
    swing = 3000 * np.sin(2 * np.pi * t * np.array([[0.5, 1.3, 2.9, 0.5, 1.3, 2.9]]) * (1 + way) / 50)
    return (noise + swing.astype(np.int16)).astype(np.int16)


class OnUnix:
    """The unix port, a process anew each time. Its clock is this machine's: it may be late by all of the recording."""

    rate, fifo = 1000, N

    def __init__(self, data):
        self.board, self.stream = None, str(data)
        self.folders = [str(ROOT / "firmware" / name) for name in ("sources", "examples")]
        self.image = emulator.UnixBoard().image

    def begin(self, code):
        """Runs code, then serves; returns the port."""
        self.end()
        self.board = emulator.UnixBoard(code=code + "\nwhile True: dlm_main.serve()")
        self.board.start()
        return self.board.port

    def printed(self, code):
        """Runs code; what it printed last, as a value of Python."""
        path = ":".join([str(emulator.DEVICE), ".frozen"])
        command = [self.image, "-X", "heapsize=2M", "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env={"MICROPYPATH": path})
        assert done.stderr == ""
        return ast.literal_eval(done.stdout.splitlines()[-1])

    def end(self):
        if self.board:
            self.board.stop()


class OnBoard:
    """An emulated board with the files that it needs, reset each time."""

    rate, fifo = 50, 85  # of an MPU-6050

    def __init__(self, board, name):
        self.name = name
        self.port, self.stream, self.folders = board.port, "/stream", ["/"]

    def begin(self, code):
        """Runs code; returns the port, on which a Device starts the service."""
        with RawRepl(self.port) as repl:  # which resets it
            repl.run(code)
        return self.port

    def printed(self, code):
        """Runs code; what it printed, as a value of Python."""
        with RawRepl(self.port) as repl:
            return repl.run(code)


@pytest.fixture(scope="module", params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in BOARDS])
def place(request, tmp_path_factory):
    data = tmp_path_factory.mktemp("live") / "stream"
    data.write_bytes(motion(N).astype("<i2").tobytes())
    made = emulator.UnixBoard() if request.param == "unix" else emulator.Emulator(BOARDS[request.param], icount=True)
    missing = [str(file) for file in made.needs if not file.is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not built, make test-{request.param} does it")
    if request.param == "unix":
        unix = OnUnix(data)
        yield unix
        unix.end()
        return
    made.toml["run"] = made.toml["run"] | {"icount": ["-icount", "shift=3,sleep=off"]}
    with made:
        folders = {"sources": ("recording.py", "i2s.py"), "examples": ("gestures.py",)}
        files = {f"/{name}": ROOT / "firmware" / it / name for it, names in folders.items() for name in names}
        made.put({"/stream": data} | files)
        yield OnBoard(made, request.param)


def start(place, rate=None, lessons=LESSONS, features=True):
    """Code that lets a board sample the recording from its beginning, into a network of its own."""
    options = dict(rate=rate, fifo=place.fifo, features=features, lessons=lessons)
    return START.format(folders=place.folders, stream=place.stream, **options)


@contextlib.contextmanager
def watched(port):
    """A Device at this port, which is given its REPL back."""
    with Device(port, timeout=20) as device:
        try:
            yield device
        finally:
            device.exit()


def listened(device, n, polled=True):
    """All the events of the board, once it has taken so many samples."""
    events, until = [], time.monotonic() + SECONDS
    while time.monotonic() < until:
        if polled:
            events += device.listen()
            assert device.heard.lost == 0
        if device.front().index >= n:
            return events + device.listen()
        time.sleep(0.5)
    raise AssertionError(f"{device.front().index} of {n} samples in {SECONDS} s")


def assert_same(found, expected):
    assert [it.at for it in found] == [it.at for it in expected]
    assert all(same_event(ours, theirs) for ours, theirs in zip(found, expected, strict=True))


def mirrored(lessons=LESSONS):
    side = Side(Network(**MODEL.config()), MODEL.program, over=MODEL.vote.over, by=MODEL.vote.by, hold=MODEL.vote.hold)
    side.teach(0, lessons)
    return side


def test_the_example_has_the_program_the_vote_and_the_network_of_the_preset():
    from sources import gestures

    config = MODEL.config()
    assert gestures.PROGRAM == MODEL.program
    assert gestures.VOTE == dict(
        over=MODEL.vote.over, rule=["majority", "mean"].index(MODEL.vote.by), hold=MODEL.vote.hold
    )
    assert gestures.NETWORK == {name: config[name] for name in gestures.NETWORK}
    assert set(config) - set(gestures.NETWORK) == {"background"} and not config["background"]


def test_a_board_samples_in_its_time_without_an_overrun_and_learns_what_the_mirror_learns(place):
    mirror = mirrored()
    with watched(place.begin(start(place, place.rate))) as device:
        assert device.hello.live == 2
        found = listened(device, N)
        assert_same(found, mirror.stream(motion(N)))
        assert sum(bool(it.learned) for it in found) == LESSONS
        device.correct(1)
        mirror.network.correct(1)
        assert (device.digest(), device.unknowns()) == (mirror.network.digest(), mirror.network.unknowns())
        device.undo()
        mirror.network.undo()
        assert device.digest() == mirror.network.digest()
        front, state = device.front(), device.live()
        assert (front.overruns, front.index, state.faults) == (0, N, 0)


@pytest.mark.parametrize("polled", [True, False])
def test_a_host_that_polls_changes_nothing(place, polled):
    """As fast as the board goes: no sample waits for its time."""
    mirror = mirrored()
    with watched(place.begin(start(place, features=False))) as device:
        assert_same(listened(device, N, polled), mirror.stream(motion(N)))
        assert device.digest() == mirror.network.digest()


HEAP = """
import gc
def walk(steps):
    for i in range(steps):
        live.step()
    gc.collect()
    return gc.mem_alloc()
print([walk(300), walk(2000), live.index()])
"""


def test_the_heap_of_a_board_that_samples_does_not_grow(place):
    first, last, index = place.printed(start(place, lessons=0) + HEAP)
    assert index == N and abs(last - first) < 256


def test_a_service_that_begins_again_goes_on_with_its_source(place):
    port = place.begin(start(place, place.rate))
    with watched(port) as device:
        listened(device, 100)
    with watched(port) as device:
        assert device.hello.live == 2 and device.hello.features == 31
        listened(device, device.front().index + 100)
        assert not device.live(False).running and device.front().index == 0


SENSORLESS = """
class Nothing:
    def start(self):
        raise OSError(5)
live = gestures.begin(Nothing())
"""


def test_a_board_without_its_sensor_serves_and_says_so(place):
    code = start(place) + "gestures.print = lambda *words: None\n" + SENSORLESS
    with watched(place.begin(code)) as device:
        assert device.hello.live == 1 and device.live(False)[2:] == (1, "OSError: 5")


KEYWORDS = """
import sys
sys.path[:0] = {folders!r}
import dlm_main, dlm_live, i2s, time
class Line:
    def irq(self, handler):
        self.handler = handler
    def readinto(self, buffer):
        self.handler(self)
live = dlm_live.Live(i2s.Microphone(Line(), 8000, 16384), dlm_main.handlers())
live.model({program!r}, features=96, classes=10, events=24)
live.run()
start = time.ticks_cpu()
while live.index() < 8000:
    live.step()
print((time.ticks_cpu() - start) & 0x3fffffff)
"""


# How many counts of time.ticks_cpu() an instruction of 8 ns takes, and the instructions a second that the board it stands for
# has: an STM32F405 at 168 MHz, a Pico at 125 MHz, were each a cycle.
COUNTED = {"f405": (8, 168_000_000), "m0": (0.128, 125_000_000)}


@pytest.mark.parametrize("place", [pytest.param(it, marks=getattr(pytest.mark, it)) for it in COUNTED], indirect=True)
def test_keywords_at_8_khz_leave_a_board_most_of_its_time(place, record_property):
    """The instructions of a second of sound: the way of each sample through Python, the front-end, the loop around it."""
    ticks = place.printed(KEYWORDS.format(folders=place.folders, program=Model("keywords").program))
    counts, whole = COUNTED[place.name]
    share = ticks / counts / whole
    record_property("share", share)
    print(f"{place.name}: {ticks / counts:,.0f} instructions a second, {100 * share:.1f} %")
    assert 0.01 < share < 0.15
