# SPDX-License-Identifier: MIT
"""A board's network and the mirror refuse the same arguments, each with the same class of error, and change nothing."""

import contextlib
import inspect
import os
import pathlib

import numpy as np
import pytest

from deeplomath import Device, spec
from deeplomath.errors import KernelError, TransportError
from deeplomath.link import client, streaming
from deeplomath.mirror import network
from deeplomath.signal.front import FrontEnd
from streaming import statistics
from wire import Line

CONFIG = dict(features=3, classes=2, events=6, background=True)
X = np.array([100, -200, 300], np.int16)
FAR = np.array([30000, -30000, 30000], np.int16)
NO_INTS = [True, False, np.bool_(True), 1.0, np.float32(1), "1", b"1", None, [1], 1j]
TOO_LARGE = [-1, 1 << 16, 1 << 31, 1 << 32, 1 << 64, -(1 << 40)]
NO_EVENTS = [None, 1, "x", [1.0, 2, 3], X.astype(float), [1, 1 << 15, 3], X.astype(np.int64) << 20, X[None], X > 0]
NO_EVENTS += [X[:2], np.tile(X, 2), np.zeros(0, np.int16), np.zeros(3000, np.int16)]


def calls():
    """(words, call of a network) of each bad argument."""
    for bad in NO_INTS + TOO_LARGE:
        yield f"learn label {bad!r}", lambda net, bad=bad: net.learn(X, bad)
        yield f"relabel label {bad!r}", lambda net, bad=bad: net.relabel(0, bad)
        yield f"correct {bad!r}", lambda net, bad=bad: net.correct(bad)
        yield f"name label {bad!r}", lambda net, bad=bad: net.name((0,), bad)
        yield f"rename_class {bad!r}", lambda net, bad=bad: net.rename_class(bad, 1)
        yield f"rename_class to {bad!r}", lambda net, bad=bad: net.rename_class(0, bad)
        yield f"drop_class {bad!r}", lambda net, bad=bad: net.drop_class(bad)
        yield f"forget {bad!r}", lambda net, bad=bad: net.forget(bad)
        yield f"relabel {bad!r}", lambda net, bad=bad: net.relabel(bad, 1)
        yield f"unknown {bad!r}", lambda net, bad=bad: net.unknown(bad)
        yield f"name {bad!r}", lambda net, bad=bad: net.name((bad,), 1)
    for bad in [*NO_INTS, -1, 0, 1 << 32, 1 << 64]:
        yield f"build_step {bad!r}", lambda net, bad=bad: net.build_step(bad)
    for bad in [5, None, (), (0, 0), range(9), range(2000), "ab"]:
        yield f"name {bad!r}", lambda net, bad=bad: net.name(bad, 1)
    for bad in NO_EVENTS:
        yield f"learn {bad!r}", lambda net, bad=bad: net.learn(bad, 0)
        yield f"infer {bad!r}", lambda net, bad=bad: net.infer(bad)
    for bad in [None, 1.5, "x", 7, [1], [300], b"", bytes(3000), bytes(70000)]:
        yield f"load {len(bad) if isinstance(bad, bytes) else bad} bytes", lambda net, bad=bad: net.load(bad)


CALLS = dict(calls())


def living(make):
    """A network with two classes, an unknown, and an event last seen."""
    net = make(**CONFIG)
    net.learn(X, 0)
    net.learn((X + 900).astype(np.int16), 1)
    net.infer(FAR)
    return net


def board(**config):
    device = Device(Line())
    device.configure(**config)
    return device


def refusal(call, *arguments, **options):
    try:
        call(*arguments, **options)
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize("words", CALLS)
def test_device_and_mirror_refuse_the_same_and_change_nothing(words):
    device, mirror = living(board), living(network.Network)
    before = mirror.digest(), mirror.unknowns()
    ours, theirs = refusal(CALLS[words], device), refusal(CALLS[words], mirror)
    assert isinstance(theirs, (TypeError, ValueError)) and type(ours) is type(theirs), (ours, theirs)
    if "70000" not in words:  # more than a network's buffer: a board looks at the size first
        assert getattr(ours, "code", 0) == getattr(theirs, "code", 0), (ours, theirs)
    assert (device.digest(), device.unknowns()) == (mirror.digest(), mirror.unknowns()) == before


@pytest.mark.parametrize("name", ["features", "classes", "events", "layers", "false_reject_permille"])
@pytest.mark.parametrize("bad", [*NO_INTS, -1, 0, 999, 1 << 16, 1 << 64], ids=repr)
def test_device_and_mirror_refuse_the_same_sizes(name, bad):
    sizes = {**CONFIG, name: bad}
    ours, theirs = refusal(Device(Line()).configure, **sizes), refusal(network.Network, **sizes)
    assert isinstance(theirs, (TypeError, KernelError)) and type(ours) is type(theirs), (ours, theirs)
    if name != "false_reject_permille":
        ours, theirs = refusal(Device(Line()).cost, **sizes), refusal(network.cost, **sizes)
        assert isinstance(theirs, (TypeError, KernelError)) and type(ours) is type(theirs), (ours, theirs)


@pytest.mark.parametrize("flag", [0, 1, 2, "", "yes", None, [], np.bool_(True), np.bool_(False), 1.5], ids=repr)
def test_device_and_mirror_take_the_same_for_true(flag):
    config = dict(features=3, classes=1, events=6)
    device, mirror = (
        board(**config, regression=flag, background=flag),
        network.Network(**config, regression=flag, background=flag),
    )
    assert device.info() == mirror.info()
    assert device.cost(**config, regression=flag) == network.cost(**config, regression=flag)
    for net in (device, mirror):
        net.freeze(flag)
    assert device.info() == mirror.info() and device.info().frozen is bool(flag)


SAMPLES = [
    None,
    5,
    "x",
    np.zeros(4, np.int16),
    np.zeros((4, 2)),
    np.zeros((4, 0), np.int16),
    np.zeros((1, 2), np.int16),
]
SAMPLES += [np.zeros((4, 54), np.int16), np.zeros((2, 70000), np.int16), [[1, 2], [3, 32768]], [[1, 2], [3]]]
PROGRAM = statistics(3, 4, 4, 1)


@pytest.mark.parametrize("bad", SAMPLES, ids=range(len(SAMPLES)))
def test_device_and_mirror_refuse_the_same_samples(bad):
    device = Device(Line())
    device.model(PROGRAM)
    ours, theirs = refusal(device.stream, bad), refusal(FrontEnd(PROGRAM).push, bad)
    assert isinstance(theirs, (TypeError, KernelError)) and type(ours) is type(theirs), (ours, theirs)
    assert getattr(ours, "code", 0) == getattr(theirs, "code", 0)
    assert device.front().index == 0


PROGRAMS = [b"x", PROGRAM[:-1], PROGRAM + b"\0", PROGRAM[:3] + b"\0" + PROGRAM[4:], bytes(1025)]


@pytest.mark.parametrize("bad", PROGRAMS, ids=range(len(PROGRAMS)))
def test_device_and_mirror_refuse_the_same_programs_in_the_same_words(bad):
    device = Device(Line())
    device.model(PROGRAM, over=3)
    before = device.front()
    ours, theirs = refusal(device.model, bad), refusal(FrontEnd, bad)
    assert type(ours) is type(theirs) is KernelError and ours.code == theirs.code == spec.ERROR_PROGRAM
    assert str(ours) == str(theirs) and device.front() == before


def test_a_program_that_no_frame_holds_is_refused_with_the_limit():
    with pytest.raises(KernelError, match="bytes: 3000 given, at most 2189 fit the wire") as error:
        Device(Line()).model(bytes(3000))
    assert error.value.code == spec.ERROR_PROGRAM


VOTES = [dict(over=0), dict(over=65), dict(over=256), dict(over=-1), dict(hold=256), dict(hold=-1), dict(by="most")]


@pytest.mark.parametrize("bad", VOTES, ids=str)
def test_a_vote_outside_its_limits_is_refused_with_the_field(bad):
    device = Device(Line())
    device.model(PROGRAM, over=3)
    before = device.front()
    with pytest.raises(KernelError, match=next(iter(bad))) as error:
        device.model(PROGRAM, **bad)
    assert error.value.code == spec.ERROR_ARGUMENT and device.front() == before


STREAMING = {
    "teach -1": lambda device: device.teach(-1),
    "teach 2": lambda device: device.teach(2),
    "teach 40000": lambda device: device.teach(40000),
    "teach -1 events": lambda device: device.teach(0, -1),
    "teach 2^32 events": lambda device: device.teach(0, 1 << 32),
    "teach True": lambda device: device.teach(True),
    "teach a name without a model": lambda device: device.teach("walk"),
    "teach 1.5 events": lambda device: device.teach(0, 1.5),
    "skip -1": lambda device: device.skip(-1),
    "skip 1.5": lambda device: device.skip(1.5),
}


@pytest.mark.parametrize("words", STREAMING)
def test_what_is_no_lesson_and_no_loss_is_refused_and_changes_nothing(words):
    device = board(**CONFIG)
    device.model(PROGRAM)
    device.teach(1, 2)
    before = device.front()
    with pytest.raises((TypeError, KernelError)):
        STREAMING[words](device)
    assert device.front() == before


def test_a_port_may_be_a_path(tmp_path):
    master, slave = os.openpty()
    with contextlib.suppress(TransportError):
        Device(pathlib.Path(os.ttyname(slave)), timeout=0.01, attempts=1)
    os.close(master)
    os.close(slave)
    with pytest.raises(TransportError, match="no_such_port"):
        Device(tmp_path / "no_such_port")


@pytest.mark.parametrize("port", [None, 5, 1.5, b"/dev/ttyACM0", ["/dev/ttyACM0"]], ids=repr)
def test_what_is_no_port_is_refused(port):
    with pytest.raises(TypeError, match="port: .* given, a path, a URL or an object with read, write and close needed"):
        Device(port)


def test_all_but_the_port_is_named():
    """Device(port, 115200), the habit from pyserial, must not take a baud for a time-out."""
    with pytest.raises(TypeError):
        Device(Line(), 115200)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (dict(timeout=0), KernelError),
        (dict(timeout=-1), KernelError),
        (dict(timeout=float("nan")), KernelError),
        (dict(timeout=float("inf")), KernelError),
        (dict(timeout="2"), TypeError),
        (dict(timeout=None), TypeError),
        (dict(timeout=True), TypeError),
        (dict(attempts=0), KernelError),
        (dict(attempts=33), KernelError),
        (dict(attempts=2.0), TypeError),
        (dict(attempts=True), TypeError),
    ],
    ids=str,
)
def test_options_out_of_their_range_are_refused(options, kind):
    with pytest.raises(kind, match=next(iter(options))):
        Device(Line(), **options)


@pytest.mark.parametrize("baud", [0, -1, 1.5, "115200", True, None, 99999999999], ids=repr)
def test_a_baud_that_no_port_has_is_a_transport_error(baud):
    master, slave = os.openpty()
    with pytest.raises(TransportError):
        Device(os.ttyname(slave), baud=baud)
    os.close(master)
    os.close(slave)


def test_every_request_has_its_bad_arguments_here():
    methods = {words.split()[0] for words in CALLS} | {
        "call",
        "configure",
        "cost",
        "freeze",
        "model",
        "stream",
        "teach",
        "skip",
    }
    both = vars(streaming.Streaming) | vars(client.Device)
    public = {name: it for name, it in both.items() if not name.startswith("_")}
    assert {name for name, it in public.items() if len(inspect.signature(it).parameters) > 1} == methods


@pytest.mark.parametrize(
    "url", ["socket://", "socket://here", "socket://here:99999", "socket://here:abc", "socket://here:0"]
)
def test_a_socket_without_host_or_port_is_refused_with_the_url_and_the_limit(url):
    with pytest.raises(TransportError, match=f"port: {url} given, socket://HOST:PORT with a PORT of 1..65535 needed"):
        Device(url)
