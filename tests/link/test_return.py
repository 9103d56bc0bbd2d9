# SPDX-License-Identifier: MIT
"""A board that was re-plugged or reset in mid-stream, and a bad line: the host goes on by itself, or says what was lost."""

import random
from types import SimpleNamespace

import numpy as np
import pytest

from deeplomath import Device, spec
from deeplomath.errors import DeviceError, TransportError
from deeplomath.link import access
from deeplomath.mirror import network
from streaming import samples, statistics
from wire import BOARD_MODULE, BoardNetwork, Clock, Line, ReplLine, SlowLine, dlm_session

KEY = bytes(range(32))
CONFIG = dict(features=5, classes=3, events=12, layers=2)
LINES = 2


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEEPLOMATH_KEYS", str(tmp_path / "keys"))


@pytest.fixture
def clock(monkeypatch):
    it = Clock(monkeypatch)
    it.sleep = lambda seconds: setattr(it, "now", it.now + seconds)
    monkeypatch.setattr(access, "time", it)
    return it


def events(n, seed=1):
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, CONFIG["classes"], n)
    x = draw.integers(-3000, 3000, (n, CONFIG["features"])) + 9000 * labels[:, None]
    return list(zip(x.astype(np.int16), (int(it) for it in labels), strict=True))


class Counting(BoardNetwork):
    """A network of a board that counts what is executed."""

    learns = undos = 0

    def learn(self, x, label, build=True):
        type(self).learns += 1
        return super().learn(x, label, build)

    def undo(self):
        type(self).undos += 1
        return super().undo()


def counting():
    return type("Counts", (Counting,), {})


def module_of(kind):
    return SimpleNamespace(Network=kind, cost=network.cost)


class Plug(SlowLine):
    """A line whose plug is pulled at these writes, and stays out for so many looks at the port.

    at: {number of the write: what happens}, "before" the board has the bytes or "behind"; then reset() of the board, or None.
    """

    def __init__(self, clock, line=None, out=3):
        super().__init__(clock, 10**9, line)
        self.at, self.n, self.out, self.left, self.pulls = {}, 0, out, 0, 0

    def pull(self, when, then=None, skip=0):
        self.at[self.n + 1 + skip] = when, then

    def write(self, data):
        self._check()
        self.n += 1
        when, then = self.at.pop(self.n, (None, None))
        if when != "before":
            super().write(data)
        if when:
            self.coming.clear()
            self.left, self.pulls = self.out, self.pulls + 1
            if then:
                then()
            self._check()

    def read(self, timeout):
        self._check()
        return super().read(timeout)

    def reopen(self):
        self.left -= self.left > 0
        self._check()

    def _check(self):
        if self.left:
            raise TransportError("/dev/ttyACM0: gone", None)


class Served(Line):
    """A board with a main.py that serves, and a store: a reset brings its network back as it was saved last."""

    def __init__(self, module=BOARD_MODULE):
        super().__init__(module)
        self.saved = None

    def save(self):
        self.saved = self.session.handlers.network.export()

    def reset(self):
        module = self.session.handlers.module
        self.session = dlm_session.Session(module)
        self.inbox.clear()
        if self.saved:
            self.session.handlers.network = module.Network(**CONFIG)
            self.session.handlers.network.load(self.saved)


def device(clock, line, key=None, **options):
    plug = Plug(clock, line)
    made = Device(plug, reconnect=True, timeout=1, **options)
    if key:
        made.pair(key)
    made.configure(**CONFIG)
    return plug, made


KEYED = pytest.mark.parametrize("key", [None, KEY], ids=["open", "paired"])


@KEYED
@pytest.mark.parametrize("when", ["before", "behind"])
def test_a_plug_that_is_pulled_loses_and_doubles_nothing(clock, when, key):
    kind, mirror = counting(), network.Network(**CONFIG)
    plug, board = device(clock, Served(module_of(kind)), key)
    for x, label in events(12):
        plug.pull(when)
        assert board.learn(x, label) == mirror.learn(x, label)
        plug.pull(when)
        assert board.infer(x) == mirror.infer(x)
    assert (plug.pulls, kind.learns, board.info().clock) == (24, 12, 12)
    assert board.digest() == mirror.digest() and board.export() == mirror.export()


@KEYED
@pytest.mark.parametrize("when", ["before", "behind"])
def test_a_board_that_was_reset_and_came_back_as_it_was_goes_on(clock, when, key):
    """Behind: the learn was executed, and the reset took it back, for it was not saved yet."""
    kind, mirror = counting(), network.Network(**CONFIG)
    line = Served(module_of(kind))
    plug, board = device(clock, line, key)
    for x, label in events(8):
        line.save()
        plug.pull(when, line.reset)
        assert board.learn(x, label) == mirror.learn(x, label)
        assert board.last_digest == mirror.digest()
    assert board.info().clock == 8 and board.digest() == mirror.digest()


@KEYED
def test_a_board_that_was_reset_behind_a_save_of_what_was_asked_says_so_and_goes_on(clock, key):
    line = Served()
    plug, board = device(clock, line, key)
    (x, label), (y, other) = events(2)
    board.learn(x, label)

    def saved():
        line.save()
        line.reset()

    plug.pull("behind", saved)
    with pytest.raises(DeviceError, match="learn: the board was reset and came back with another network") as error:
        board.learn(y, other)
    assert error.value.code == spec.ERROR_HELLO and "clock 2, 2 events kept" in str(error.value)
    assert "or this request was executed ahead of the reset" in str(error.value)
    assert board.info().clock == 2 and board.infer(x).label == label


@KEYED
def test_what_was_learned_since_the_last_save_is_said_to_be_lost(clock, key):
    line = Served()
    plug, board = device(clock, line, key)
    before, last = events(6)[:5], events(6)[5]
    for n, (x, label) in enumerate(before):
        board.learn(x, label)
        if n == 2:
            line.save()
    digest = board.last_digest
    plug.pull("before", line.reset)
    with pytest.raises(DeviceError, match=f"{digest:08x} before; clock 3, 3 events kept") as error:
        board.learn(*last)
    assert "what was learned since its last save is lost" in str(error.value)
    assert board.learn(*last).event == 3  # the Device goes on with what there is


@KEYED
def test_a_network_that_is_gone_is_said_to_be_lost(clock, key):
    line = Served()
    plug, board = device(clock, line, key)
    plug.pull("before", line.reset)
    with pytest.raises(DeviceError, match="the board has lost its network: it was reset; configure it again"):
        board.learn(*events(1)[0])
    board.configure(**CONFIG)
    assert board.learn(*events(1)[0]).event == 0


def test_a_board_that_was_reset_into_its_repl_is_started_again(clock):
    class Board(ReplLine):
        def reset(self):
            super().reset()
            self.session.handlers.network = module.Network(**CONFIG)

    module = BOARD_MODULE
    line = Board()
    plug, board = device(clock, line)
    plug.pull("before", line.reset)
    assert board.learn(*events(1)[0]).event == 0
    assert board.started and line.serving and (line.ran, line.resets) == ([], 0)


def test_a_stream_that_a_reset_cut_is_said_to_begin_anew(clock):
    line = Served()
    plug, board = device(clock, line)
    board.model(statistics(LINES, 8, 4))
    board.configure(features=6, classes=2, events=8)
    feed = line.session.handlers._feed

    def back():
        kept = line.session.handlers.network
        line.reset()
        line.session.handlers.network, line.session.handlers._feed = kept, feed

    plug.pull("before", back)
    with pytest.raises(DeviceError, match="samples: the board was reset: .* its stream began anew") as error:
        board.stream(samples(20, LINES))
    assert error.value.code == spec.ERROR_HELLO
    assert len(board.stream(samples(20, LINES))) == 4


def test_a_listening_that_a_reset_cut_says_so_and_begins_at_0(clock):
    line = Served()
    plug, board = device(clock, line)
    board.configure(features=6, classes=2, events=8)
    board._next = 7
    network = line.session.handlers.network

    def back():
        line.reset()
        line.session.handlers.network = network

    plug.pull("before", back)
    with pytest.raises(DeviceError, match="listen: the service began anew, .*: the next call begins at 0"):
        board.listen()
    assert board._next == 0


@pytest.mark.parametrize("name", ["export", "load"])
def test_a_transfer_that_a_reset_cut_begins_again(clock, name):
    config = dict(features=60, classes=2, events=40, layers=1)
    line, mirror = Served(), network.Network(**config)
    plug, board = device(clock, line)
    board.configure(**config)
    draw = np.random.default_rng(4)
    for i in range(40):
        x = draw.integers(-3000, 3000, 60).astype(np.int16)
        assert board.learn(x, i % 2) == mirror.learn(x, i % 2)
    state = mirror.export()

    def back():
        kept = line.session.handlers.network
        line.reset()
        line.session.handlers.network = kept

    plug.pull("before", back, skip=2)
    assert len(state) > 4 * spec.WIRE_CHUNK
    assert board.export() == state if name == "export" else board.load(state) is None
    assert plug.pulls == 1 and board.digest() == mirror.digest()


@KEYED
def test_without_reconnect_a_plug_that_is_pulled_ends_the_request(clock, key):
    plug, board = device(clock, Served(), key)
    board.reconnect = False
    plug.pull("behind")
    with pytest.raises(TransportError, match="learn: /dev/ttyACM0: gone; it was sent once") as error:
        board.learn(*events(1)[0])
    assert error.value.executed is None


def test_a_port_that_stays_away_is_given_up(clock):
    plug, board = device(clock, Served())
    plug.out = 10**9
    plug.pull("behind")
    began = clock.now
    with pytest.raises(TransportError, match="learn: .*gone; it was sent once; /dev/ttyACM0: gone") as error:
        board.learn(*events(1)[0])
    assert error.value.executed is None and clock.now - began < 2 * (2**5 - 1)


def test_a_board_that_is_reset_again_and_again_is_given_up(clock):
    line = Served()
    plug, board = device(clock, line)
    line.save()
    for skip in range(60):
        plug.pull("before", line.reset, skip=skip)
    with pytest.raises(TransportError):
        board.learn(*events(1)[0])


def test_an_exit_does_not_bring_the_board_back(clock):
    line = ReplLine()
    plug, board = device(clock, line)
    board.exit()
    assert not line.serving


# Lines that drop, double, flip, delay and cut, both ways


class Storm:
    """Does one thing to what a line carries either way, at this rate."""

    def __init__(self, seed, rate, fault, line):
        self.line, self.random, self.rate, self.fault = line, random.Random(seed), rate, fault
        self.late, self.faults = {"there": [], "back": []}, 0

    def write(self, data):
        for part in self._through(bytes(data), "there"):
            self.line.write(part)

    def read(self, timeout):
        data = self.line.read(timeout)
        return b"".join(self._through(data, "back")) if data else data

    def close(self):
        pass

    def _through(self, data, way):
        late, self.late[way] = self.late[way], []
        if self.random.random() >= self.rate:
            return [*late, data]
        self.faults += 1
        at = self.random.randrange(len(data))
        if self.fault == "delay":
            self.late[way] = [data]
            return late
        flipped = data[:at] + bytes([data[at] ^ 1 << self.random.randrange(8)]) + data[at + 1 :]
        return [{"drop": b"", "double": data + data, "flip": flipped, "cut": data[:at]}[self.fault]]


@KEYED
@pytest.mark.parametrize("rate", [0.01, 0.1, 0.3])
@pytest.mark.parametrize("fault", ["drop", "double", "flip", "delay", "cut"])
def test_a_line_that_fails_loses_doubles_and_changes_nothing(clock, fault, rate, key):
    kind, mirror = counting(), network.Network(**CONFIG)
    line = Line(module_of(kind))
    storm = Storm(1, 0, fault, line)
    board = Device(SlowLine(clock, 10**6, storm), timeout=0.5, attempts=12)
    if key:
        board.pair(key)
    board.configure(**CONFIG)
    storm.rate = rate
    n = 150 if rate < 0.1 else 40
    for i, (x, label) in enumerate(events(n)):
        assert board.learn(x, label) == mirror.learn(x, label)
        assert board.infer(x) == mirror.infer(x)
        if i % 7 == 3:
            board.undo()
            mirror.undo()
    assert storm.faults > 0
    assert (kind.learns, kind.undos) == (n, len(range(3, n, 7)))
    assert board.digest() == mirror.digest() and board.export() == mirror.export()
