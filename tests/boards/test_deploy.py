# SPDX-License-Identifier: MIT
"""Deploying: what is refused and in which words, and the whole of it on emulated boards with stock MicroPython."""

import subprocess
import sys
import zlib

import numpy as np
import pytest
import serial
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import deeplomath
from deeplomath import paths, spec
from deeplomath.deploy import choice, deploy, install
from deeplomath.deploy.board import Board
from deeplomath.deploy.facts import DEVICE as DEVICE_FILES
from deeplomath.deploy.facts import Facts
from deeplomath.desk import cli
from deeplomath.errors import DeeplomathError, DeployError
from deeplomath.link import emulator, rawrepl
from deeplomath.link.transport import BAUD
from hostile import HostileBoard, said

ARMV7EM = 6 << 10 | 3 << 8 | 6
MODULES = {
    architecture: {name: bytes([ord("M"), 6, number << 2 | 3, 31]) + name.encode() for name in paths.MODULES}
    for architecture, number in (("armv6m", 4), ("armv7m", 5), ("x64", 2))
}
DEVICE = {name: b"M\6\0\x1f" + name.encode() for name in DEVICE_FILES}
FACTS = Facts(
    version=(1, 25, 0),
    mpy=ARMV7EM,
    path=["", ".frozen", "/lib"],
    machine="a board",
    here="/",
    builtin=dict.fromkeys(paths.MODULES),
    frozen=dict.fromkeys(DEVICE_FILES),
    crc32=True,
    heap=200000,
)


@pytest.mark.parametrize(
    ("number", "chosen"),
    [
        *((4, "armv6m"), (5, "armv7m"), (6, "armv7m"), (7, "armv7m"), (8, "armv7m"), (2, "x64")),
        (1 << 6 | 5, "armv7m"),  # flags of the architecture above its number, as MicroPython of 2025 and later has them
    ],
)
def test_a_board_gets_the_most_capable_module_it_takes(number, chosen):
    assert choice.choose_module(FACTS._replace(mpy=number << 10 | 3 << 8 | 6), MODULES) == chosen


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (dict(mpy=3 << 8 | 6), r"a board: its firmware loads no native .mpy \(architecture 0\)"),
        (dict(mpy=0), r"a board: its firmware loads no native .mpy"),
        (dict(mpy=11 << 10 | 0x306), "architecture: rv32imc on the board, only armv6m, armv7m, x64 built"),
        (dict(mpy=13 << 10 | 0x306), "architecture: number 13 on the board, only"),
        (
            dict(mpy=4 << 10 | 2 << 8 | 6, version=(1, 22, 1)),
            r".mpy version: MicroPython 1.22.1 on the board loads 6.2, the module is 6.3: flash MicroPython 1.23 or later",
        ),
        (dict(mpy=4 << 10 | 3 << 8 | 7), ".mpy version: MicroPython 1.25.0 on the board loads 7.3, the module is 6.3"),
        (
            dict(builtin=FACTS.builtin | {"deeplomath": "0.0.1"}),
            f"deeplomath: version 0.0.1 is in the firmware, {spec.VERSION_LIBRARY} was to be deployed",
        ),
        (
            dict(builtin=FACTS.builtin | {"deeplomath_signal": "0.0.1"}),
            f"deeplomath_signal: version 0.0.1 is in the firmware, {spec.VERSION_LIBRARY} was to be deployed",
        ),
        (dict(frozen=FACTS.frozen | {"dlm_spec": "0.0.1"}), "dlm_spec: version 0.0.1 is in the firmware"),
    ],
)
def test_what_cannot_run_is_refused_with_value_and_limit(facts, words):
    with pytest.raises(DeployError, match=words):
        choice.choose_files(FACTS._replace(**facts), MODULES, DEVICE)


def test_what_the_firmware_has_in_it_is_not_copied():
    device = {f"{name}.mpy": data for name, data in DEVICE.items()}
    inside = dict.fromkeys(paths.MODULES, spec.VERSION_LIBRARY)
    assert choice.choose_files(FACTS._replace(builtin=inside), MODULES, DEVICE) == ("firmware", device)
    inside["deeplomath_signal"] = None
    assert choice.choose_files(FACTS._replace(builtin=inside), MODULES, DEVICE) == (
        "armv7m",
        {"deeplomath_signal.mpy": MODULES["armv7m"]["deeplomath_signal"], **device},
    )
    frozen = {**dict.fromkeys(DEVICE_FILES, ""), "dlm_spec": spec.VERSION_LIBRARY}
    assert choice.choose_files(FACTS._replace(frozen=frozen), MODULES, DEVICE) == (
        "armv7m",
        {f"{name}.mpy": data for name, data in MODULES["armv7m"].items()},
    )


def test_too_little_heap_is_refused_with_value_and_limit():
    needed = 50000 + choice.HEAP
    choice.check_heap(FACTS._replace(heap=needed), {"a": bytes(30000), "b": bytes(20000)})
    with pytest.raises(DeployError, match=f"heap: {needed - 1} bytes free on the board, {needed} needed"):
        choice.check_heap(FACTS._replace(heap=needed - 1), {"a": bytes(50000)})


@pytest.mark.m4_mpy
def test_the_service_as_files_is_too_much_for_an_f411_and_the_kernel_alone_is_not():
    """What boards/README.md says of it."""
    try:
        modules, device = choice.load_build()
    except DeployError as error:
        pytest.skip(f"{error}: not built, make test-m4_mpy does it")
    files = modules["armv7emsp"] | device
    with pytest.raises(DeployError, match=r"filesystem: 65536 bytes free on the board, [89]\d{4} needed"):
        install.check_room(dict(block=512, free=64 * 1024, error=None), files)
    with pytest.raises(DeployError, match=r"heap: 98304 bytes free on the board, 1[01]\d{4} needed"):
        choice.check_heap(FACTS._replace(heap=96 * 1024), files)
    assert len(files["deeplomath"]) < 32 * 1024


def test_too_little_room_is_refused_with_value_and_limit():
    room = dict(block=512, free=5 * 512, error=None)
    install.check_room(room, {"a": bytes(513), "b": bytes(512)})
    install.check_room(room | dict(free=0), {})
    with pytest.raises(DeployError, match="filesystem: 2560 bytes free on the board, 3072 needed"):
        install.check_room(room, {"a": bytes(513), "b": bytes(513)})


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        (["", ".frozen", "/lib"], "/lib"),
        (["", ".frozen", "/rom", "/rom/lib", "/flash", "/flash/lib"], "/flash/lib"),
        (["/sd/lib", "/flash/lib"], "/sd/lib"),
    ],
)
def test_modules_go_where_the_board_looks_for_them(path, folder):
    assert install.module_folder(FACTS._replace(path=path)) == folder


def test_a_board_without_a_folder_for_modules_is_refused():
    with pytest.raises(
        DeployError, match=r"sys.path: \['', '.frozen'\] on the board, a folder that ends in /lib needed"
    ):
        install.module_folder(FACTS._replace(path=["", ".frozen"]))


CALLS = {
    "repl": "serve(store=store)",
    "uart0": "serve_uart(0, 921600, tx=0, rx=1, store=store)",
    "vcp1": "serve_vcp(1, store=store)",
    "cdc": "serve_cdc(store=store)",
}


@pytest.mark.parametrize("serial", CALLS)
def test_a_main_script_serves_on_one_line_and_shows_the_others(serial):
    lines = install.main_script(serial, 921600, tx=0, rx=1).splitlines()
    compile("\n".join(lines), "main.py", "exec")
    active = [line.split("  #")[0] for line in lines if line.startswith("dlm_main")]
    assert active == [f"dlm_main.{CALLS[serial]}"]
    assert sum(line.startswith("# dlm_main.serve") for line in lines) == 3


def test_a_line_that_is_none_is_refused():
    with pytest.raises(DeployError, match="serial: spi1 given, one of repl, uart0, uart1"):
        install.main_script("spi1")


def test_what_is_not_built_is_named(tmp_path):
    with pytest.raises(DeployError, match="dlm_main.mpy: not built; run `make natmod device`"):
        choice.load_build(tmp_path)


def test_a_port_that_is_not_there_is_a_clear_error():
    result = CliRunner().invoke(cli.app, ["deploy", "/dev/none-such"])
    assert result.exit_code == 2 and "none-such" in result.stderr and "Traceback" not in result.output


# A hostile board: what it says ends in words, and in nothing else.

HONEST = FACTS._asdict()
EMPTY = dict(block=4096, free=1 << 20, error=None)


def honest(program):
    """What a stock board with an empty filesystem answers."""
    if "firmware_has" in program:
        return said(repr(HONEST).encode())
    if "statvfs" in program:
        paths = rawrepl.literal(program.split("for path in ")[-1].split("}")[0])
        return said(repr(EMPTY | dict(files=dict.fromkeys(paths))).encode())
    return said(b"")


def facts(**fields):
    """A board whose answer to PROBE has other fields."""
    return lambda program: said(repr(HONEST | fields).encode()) if "firmware_has" in program else honest(program)


def probed(answer):
    """A board that answers PROBE with these bytes."""
    return lambda program: answer if "firmware_has" in program else honest(program)


def room(**fields):
    """A board whose answer to LOOK has other fields."""

    def answer(program):
        if "statvfs" not in program:
            return honest(program)
        return said(repr(rawrepl.literal(honest(program)[2:-3].decode()) | fields).encode())

    return answer


HOSTILE = {
    "no value": probed(said(b"hello")),
    "nothing": probed(said(b"")),
    "a number": probed(said(b"7")),
    "a list": probed(said(b"[1, 2]")),
    "an empty dict": probed(said(b"{}")),
    "an unhashable key": probed(said(b"{[]: 1}")),
    "a call": probed(said(b"__import__('os').system('true')")),
    "another field": facts(extra=1),
    "deep brackets": probed(said(b"(" * 5000)),
    "deep lists": probed(said(b"[" * 150 + b"]" * 150)),
    "deep signs": probed(said(b"-" * 9000 + b"1")),
    "a long sum": probed(said(b"1+" * 6000 + b"1j")),
    "a number of 9,000 digits": probed(said(b"9" * 9000)),
    "bytes that are no text": probed(said(b"\xff\xfe\x80")),
    "an open string": probed(said(b"{'version': '")),
    "a zero byte": probed(said(b"{\0}")),
    "a megabyte": probed(said(b"x" * 1000000)),
    "an error that is no text": probed(said(b"", b"\xff\xfe")),
    "an error of spaces": probed(said(b"", b"  \r\n ")),
    "an error without end": probed(b"OK\x04" + b"e" * 1000000),
    "an error with colours": probed(said(b"", b"\x1b[31mred\x07\r\n\x1b]0;title\x07")),
    "an error of markup": probed(said(b"", b"[/bold] [red]")),
    "no OK": probed(b"NO"),
    "a raw paste without a window": lambda program: said(b""),
    "a version of texts": facts(version=("1", "25", "0")),
    "a version of two": facts(version=(1, 25)),
    "a version of giants": facts(version=(10**400, 1, 1)),
    "mpy None": facts(mpy=None),
    "mpy negative": facts(mpy=-1),
    "mpy a float": facts(mpy=6.5),
    "mpy a bool": facts(mpy=True),
    "path a text": facts(path="/lib"),
    "path of numbers": facts(path=[1, 2]),
    "path of escapes": facts(path=["\x1b[2J/lib"]),
    "path of 1,000": facts(path=["/lib"] * 1000),
    "machine None": facts(machine=None),
    "machine of escapes": facts(machine="\x1b[2J"),
    "machine of a lone surrogate": facts(machine="\ud800"),
    "machine of 1,000 letters": facts(machine="m" * 1000),
    "here None": facts(here=None),
    "builtin a number": facts(builtin=7),
    "builtin without names": facts(builtin={}),
    "builtin of numbers": facts(builtin=dict.fromkeys(paths.MODULES, 7)),
    "frozen None": facts(frozen=None),
    "frozen without names": facts(frozen={}),
    "frozen of lists": facts(frozen=dict.fromkeys(DEVICE_FILES, [])),
    "crc32 a text": facts(crc32="yes"),
    "heap a text": facts(heap="much"),
    "heap negative": facts(heap=-1),
    "a block of 0": room(block=0),
    "a block of None": room(block=None),
    "room a text": room(free="much"),
    "room a float": room(free=float("1e99")),
    "error a list": room(error=[1]),
    "files None": room(files=None),
    "files of others": room(files={"/x": 1}),
    "nothing of files": lambda program: said(b"None") if "statvfs" in program else honest(program),
    "a file that reads back wrong": honest,
}
KEYS = {"a raw paste without a window": {b"\x05A\x01": b"R\x01"}}


@pytest.fixture
def small_build(tmp_path):
    """A build folder with the modules for armv7m and the device files."""
    (tmp_path / "device").mkdir()
    (tmp_path / "natmod" / "armv7m").mkdir(parents=True)
    for file in paths.native_modules("armv7m", tmp_path):
        file.write_bytes(MODULES["armv7m"][file.stem])
    for name, data in DEVICE.items():
        (tmp_path / "device" / f"{name}.mpy").write_bytes(data)
    return tmp_path


def refused(board, build, monkeypatch):
    """The words with which deploy refuses a board that is in its REPL."""
    monkeypatch.setattr(deploy, "end_service", lambda *_: None)
    with board, pytest.raises(DeployError) as error:
        deploy.deploy(board.port, build=build)
    words = str(error.value)
    assert words.isprintable() and len(words) < 600
    return words


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_board_ends_in_words_that_are_short_and_printable(kind, small_build, monkeypatch):
    words = refused(HostileBoard(HOSTILE[kind], KEYS.get(kind, ())), small_build, monkeypatch)
    assert words.startswith(("board: ", "filesystem: ", "/lib/", "sys.path: "))


@pytest.mark.parametrize(
    ("key", "reply"),
    [(b"\x01", b"\xff" * 1000000), (b"\x04", b"\0" * 1000000), (b"\x05A\x01", b"\x1b[2J"), (b"\x05A\x01", b"R\1\0\0")],
)
def test_a_board_that_is_no_raw_repl_ends_in_words(key, reply, small_build, monkeypatch):
    monkeypatch.setattr(rawrepl, "SECONDS", 5)
    assert "board: " in refused(HostileBoard(honest, {key: reply}), small_build, monkeypatch)


def test_a_board_that_never_comes_to_an_end_is_left(small_build, monkeypatch):
    monkeypatch.setattr(rawrepl, "SECONDS", 3)
    board = HostileBoard(probed(b"OK" + b"x" * 10000), pause=0.01)
    assert refused(board, small_build, monkeypatch) == "board: no end of its answer within 3 s"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=8,
)


class Answering(Board):
    """A Board whose programs print what is drawn."""

    def __init__(self, draw):
        self._draw = draw

    def run(self, code):
        return rawrepl.literal(self._draw(code))

    def make_folder(self, path):
        pass


@settings(max_examples=150, deadline=None, database=None)
@seed(10)
@given(st.data())
def test_whatever_a_board_answers_nothing_but_words_leaves_deploy(data):
    def draw(program):
        honestly = rawrepl.literal(honest(program)[2:-3].decode())
        if not honestly:
            return ""
        kind = data.draw(st.sampled_from(["field", "whole", "bytes", "honest"]))
        if kind == "whole":
            return repr(data.draw(VALUES))
        if kind == "bytes":
            return data.draw(st.text(max_size=40))
        if kind == "field":
            honestly[data.draw(st.sampled_from(sorted(honestly)))] = data.draw(VALUES)
        return repr(honestly)

    board = Answering(draw)
    try:
        found = board.facts()
        install.prepare(board, found, MODULES, DEVICE)
        install.prepare_main(board, found, "print()", False)
    except DeeplomathError as error:
        assert str(error).isprintable() and len(str(error)) < 10000


@pytest.mark.parametrize(
    ("fields", "architectures", "answer"),
    [
        ({}, ["armv6m", "armv7m", "x64"], "armv7m"),
        ({"builtin": dict.fromkeys(paths.MODULES, spec.VERSION_LIBRARY)}, ["armv6m"], ""),
        ({"builtin": {"deeplomath": spec.VERSION_LIBRARY, "deeplomath_signal": None}}, ["armv7m"], "armv7m"),
        ({"mpy": 4 << 10 | 0x306}, ["armv6m", "armv7m"], "armv6m"),
        ({"mpy": 11 << 10 | 0x306}, ["armv6m", "rv32imc"], "rv32imc"),  # an ESP32-C3
        ({"mpy": 1 << 16 | 11 << 10 | 0x306}, ["armv6m", "rv32imc"], "rv32imc"),  # an RP2350, which has Zba as well
    ],
)
def test_a_board_that_is_asked_says_which_module_to_build(fields, architectures, answer, monkeypatch):
    monkeypatch.setattr(deploy, "end_service", lambda *_: None)
    with HostileBoard(facts(**fields)) as board:
        assert deploy.ask(board.port, architectures) == answer


def test_a_board_that_takes_no_module_says_so_before_one_is_built(monkeypatch):
    monkeypatch.setattr(deploy, "end_service", lambda *_: None)
    with HostileBoard(facts(mpy=0x306)) as board, pytest.raises(DeployError, match="loads no native .mpy"):
        deploy.ask(board.port, ["armv7m"])


# mpremote: which versions

OLD = """
from deeplomath.deploy import deploy
from deeplomath.errors import DeployError
try:
    deploy.deploy("/dev/none-such", build={build!r})
except DeployError as error:
    print(error)
"""


def with_mpremote(version, folder, build):
    """What deploy says where this version of mpremote is the one found, None: none is."""
    package = folder / "mpremote"
    package.mkdir()
    (package / "__init__.py").touch()
    info = folder / f"mpremote-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: mpremote\nVersion: {version}\n")
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import pathlib" + OLD.replace(
        "{build!r}", f"pathlib.Path({str(build)!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("version", ["1.20.0", "1.22.0", "1.24.1", "0.4.0"])
def test_an_mpremote_that_is_too_old_is_named_with_the_version_needed(version, tmp_path, small_build):
    words = with_mpremote(version, tmp_path, small_build)
    assert words == f"mpremote: version {version} installed, 1.25 or later needed: pip install 'mpremote>=1.25'\n"


def test_where_mpremote_is_missing_the_words_say_what_to_install(monkeypatch):
    def missing(name):
        raise rawrepl.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(rawrepl.metadata, "version", missing)
    with pytest.raises(
        DeployError, match=r"mpremote: not installed, 1.25 or later needed: pip install 'mpremote>=1.25'"
    ):
        rawrepl.require_mpremote()


# The real thing

FOLDER = "/lib"
PATHS = [f"{FOLDER}/{name}.mpy" for name in (*paths.MODULES, *DEVICE_FILES)]


@pytest.fixture(scope="module", params=[pytest.param("mps2_an385_qemu", marks=pytest.mark.m3_mpy)])
def stock(request):
    """An emulated Cortex-M3 with stock MicroPython and an empty disk."""
    yield from booted(emulator.Emulator(request.param, stock=True))


@pytest.fixture(scope="module", params=[pytest.param("stm32f405_qemu", marks=pytest.mark.f405)])
def compiled_in(request):
    """An emulated STM32F405 whose firmware has all in it."""
    yield from booted(emulator.Emulator(request.param))


def booted(board):
    device = [emulator.BUILD / "device" / f"{name}.mpy" for name in DEVICE_FILES]
    missing = [str(file) for file in (*board.needs, *device) if not file.is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not built, make test does it")
    board.files = []
    with board:
        yield board.port


@pytest.fixture(params=[pytest.param("rpi_pico", marks=pytest.mark.rp2040_mpy)])
def pico(request):
    """An emulated Raspberry Pi Pico with stock MicroPython and an empty disk."""
    yield from booted(emulator.Emulator(request.param, stock=True))


@pytest.fixture(scope="module")
def deployed(stock):
    return stock, deploy.deploy(stock)


@pytest.fixture
def port(deployed):
    """A board with everything deployed, and put right again afterwards."""
    yield deployed[0]
    deploy.end_service(deployed[0], BAUD, force=True)
    with Board(deployed[0]) as board:
        board.remove(["/main.py", "/dlm_main.py", "/lib/dlm_main.py", "/ballast"])
    if files(deployed[0]) != built():
        deploy.deploy(deployed[0])


def files(port, more=()):
    """{path: CRC-32} of everything in /lib, and of more."""
    with Board(port) as board:
        names = board.run("import os; print(os.listdir('/lib'))")
        return board.look(FOLDER, [*(f"{FOLDER}/{name}" for name in names), *more])["files"]


def built():
    """The files of `files` as they should be."""
    modules, device = choice.load_build()
    data = [*modules["armv7m"].values(), *device.values()]
    return {path: zlib.crc32(data) for path, data in zip(PATHS, data, strict=True)}


def write(port, path, data):
    with Board(port) as board:
        board.write(path, data)


def test_everything_is_copied_to_a_stock_board_and_computes_what_the_mirror_does(deployed):
    port, done = deployed
    assert (done.module, done.copied, done.right) == ("armv7m", PATHS, [])
    assert files(port) == built()
    with deeplomath.Device(port) as device:
        assert device.hello.library == spec.VERSION_LIBRARY
        device.exit()


@pytest.mark.m3_mpy
def test_the_files_of_an_emulated_stock_board_are_where_deploy_puts_them():
    with emulator.Emulator("mps2_an385_qemu", stock=True) as board:
        done = deploy.deploy(board.port)
    assert (done.copied, done.right) == ([], PATHS)


def test_a_second_time_nothing_is_copied_and_the_digest_is_the_same(deployed, port):
    done = deploy.deploy(port)
    assert (done.copied, done.right, done.digest) == ([], PATHS, deployed[1].digest)


def test_the_command_says_what_it_did_and_what_comes_next(deployed, port):
    result = CliRunner().invoke(cli.app, ["deploy", port])
    words = " ".join(result.output.split())
    assert result.exit_code == 0, result.output
    assert "MicroPython 1.25.0, armv7em" in words and "copied nothing" in words
    assert f"the last {deployed[1].digest:08x}" in words and f"deeplomath info {port}" in words


def wrong_build(tmp_path, module):
    """A build folder as ours, but for this module deeplomath."""
    modules = choice.load_build()[0]["armv7m"]
    for name in DEVICE_FILES:
        (tmp_path / "device").mkdir(exist_ok=True)
        (tmp_path / "device" / f"{name}.mpy").write_bytes((emulator.BUILD / "device" / f"{name}.mpy").read_bytes())
    (tmp_path / "natmod" / "armv7m").mkdir(parents=True)
    for file in paths.native_modules("armv7m", tmp_path):
        file.write_bytes((modules | {"deeplomath": module})[file.stem])
    return tmp_path


def miscomputing(module):
    """The module with one bit of a constant of its table of 2^-x changed."""
    constant = (759250125).to_bytes(4, "little")
    assert module.count(constant) == 1
    return module.replace(constant, (759250125 ^ 1).to_bytes(4, "little"))


def without_a_network(module):
    """A file that loads as the module, but is another one."""
    other = bytearray(choice.load_build()[1]["dlm_frame"])
    other[2] = module[2]
    return bytes(other)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(miscomputing, "event 0, configure: the board and the mirror differ"), (without_a_network, "AttributeError")],
)
def test_a_module_that_fails_its_self_test_goes_and_the_old_one_comes_back(port, tmp_path, spoil, words):
    build = wrong_build(tmp_path, spoil(choice.load_build()[0]["armv7m"]["deeplomath"]))
    with pytest.raises(DeployError, match=f"self-test: {words}.*; the files of before are back"):
        deploy.deploy(port, build=build)
    assert files(port) == built()


def test_what_would_hide_the_new_files_is_named_or_set_aside(port):
    write(port, "/lib/dlm_main.py", b"raise ImportError('an old one')\n")
    deploy.deploy(port)
    assert files(port) == built()
    write(port, "/dlm_main.py", b"raise ImportError('an old one')\n")
    with pytest.raises(DeployError, match="/dlm_main.py: on the board, would hide what goes to /lib"):
        deploy.deploy(port)


def test_a_deploy_that_was_broken_off_is_taken_up(port):
    with Board(port) as board:
        board.rename({PATHS[0]: PATHS[0] + ".old"})
        board.write(PATHS[1] + ".new", b"half a file")
        board.rename({PATHS[2]: PATHS[2] + ".old"})
        board.write(PATHS[2], b"of which nobody knows whether it was proved")
    assert deploy.deploy(port).copied == [PATHS[0], PATHS[2]]
    assert files(port) == built()


def test_no_room_is_refused_and_nothing_changed(port):
    with Board(port) as board:
        board.rename({PATHS[0]: PATHS[0] + ".aside"})
        room = board.look(FOLDER, [])["free"]
        board.run(
            f"file = open('/ballast', 'w')\nfor _ in range({room // 4096 - 8}):\n file.write(' ' * 4096)\nfile.close()"
        )
    module = choice.load_build()[0]["armv7m"]["deeplomath"]
    needed = 4096 * (-(-len(module) // 4096) + 2)  # blocks, two for the filesystem itself
    with pytest.raises(DeployError, match=rf"filesystem: \d+ bytes free on the board, {needed} needed"):
        deploy.deploy(port)
    with Board(port) as board:
        board.rename({PATHS[0] + ".aside": PATHS[0]})
    assert files(port) == built()


def test_a_main_script_is_written_when_asked_for_and_another_one_only_by_force(port):
    script = install.main_script()
    assert deploy.deploy(port, main=script).copied == ["/main.py"]
    assert deploy.deploy(port, main=script).right == [*PATHS, "/main.py"]
    write(port, "/main.py", b"print('mine')\n")
    assert deploy.deploy(port).copied == []
    with pytest.raises(
        DeployError, match=r"/main.py: there is another one on the board; --force \(FORCE=1 in make\) overwrites it"
    ):
        deploy.deploy(port, main=script)
    assert files(port, ["/main.py"])["/main.py"] == zlib.crc32(b"print('mine')\n")
    deploy.deploy(port, main=script, force=True)
    assert files(port, ["/main.py"])["/main.py"] == zlib.crc32(script.encode())


def learn(device):
    device.learn(np.array([1, 2], np.int16), 1)


def meet(device):
    device.infer(np.array([9000, -9000], np.int16))


@pytest.mark.parametrize("ended", [False, True], ids=["served", "ended"])
@pytest.mark.parametrize(
    ("lives", "kept"), [(learn, "1 neurons and 0"), (meet, "0 neurons and 1")], ids=["knows", "met"]
)
def test_a_network_that_has_learned_or_met_something_is_lost_only_by_force(port, lives, kept, ended):
    with deeplomath.Device(port) as device:
        device.configure(features=2, classes=2, events=4)
        if ended:
            device.exit()
    deploy.end_service(port, BAUD, force=False)
    with deeplomath.Device(port) as device:
        device.configure(features=2, classes=2, events=4)
        lives(device)
        before = device.digest(), device.unknowns()
        if ended:
            device.exit()
    for refused in (deploy.deploy, lambda port: deploy.ask(port, ["armv7m"])):
        with pytest.raises(DeployError, match=f"network: {kept} unknowns on the board would be lost"):
            refused(port)
    with deeplomath.Device(port) as device:
        assert (device.digest(), device.unknowns()) == before
        if ended:
            device.exit()
    assert deploy.deploy(port, force=True).copied == []


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("import os; os.umount('/')", r"filesystem: none on the board \(OSError"),
        (
            "import os, _boot; os.umount('/'); os.mount(os.VfsLfs2(_boot.Disk(), progsize=128, readsize=128, lookahead=32),"
            " '/', readonly=True)",
            r"filesystem: the board cannot write to it \(OSError\(30",
        ),
    ],
    ids=["none", "read-only"],
)
def test_a_filesystem_that_takes_no_files_is_refused(port, before, words):
    with Board(port) as board:
        board.run(before)
        with pytest.raises(DeployError, match=words):
            install.Install(board, FOLDER, {"/lib/new": b"1"})


def test_a_firmware_with_all_in_it_is_proved_without_a_copy(compiled_in):
    done = deploy.deploy(compiled_in)
    assert (done.module, done.copied, done.right) == ("firmware", [], [])


def test_a_firmwares_own_module_comes_before_any_file(compiled_in):
    with Board(compiled_in) as board:
        board.make_folder("/lib")
        board.write("/deeplomath.py", b"raise ImportError('the file')\n")
        assert board.run("import deeplomath; print(repr(deeplomath.__version__))") == spec.VERSION_LIBRARY
        board.remove(["/deeplomath.py"])


def test_a_pico_that_is_deployed_with_a_main_script_serves_from_its_start_on(pico):
    done = deploy.deploy(pico, main=install.main_script())
    assert (done.module, done.copied) == ("armv6m", [*PATHS, "/main.py"])
    with deeplomath.Device(pico, start=False, timeout=10) as device:  # its emulator is slow beside other work
        assert device.hello.implementation.endswith("armv6m")
        assert device.hello.restored == spec.RESTORED_EMPTY
        device.configure(features=2, classes=2, events=4)
        device.learn([1, 2], 0)
        device.exit()
    with serial.Serial(pico, timeout=1, exclusive=True) as line:
        line.write(b"\x04")  # a soft reset, of the REPL: main.py runs again
    with deeplomath.Device(pico, start=False, timeout=10) as device:  # its emulator is slow beside other work
        assert device.hello.restored == spec.RESTORED_NEWEST and device.info().neurons == 1
        device.exit()
    assert deploy.deploy(pico, main=install.main_script(), force=True).right == [*PATHS, "/main.py"]
