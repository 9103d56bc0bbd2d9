# SPDX-License-Identifier: MIT
"""The command as a process: on every encoding, output and terminal, interrupted, and where a system lacks something."""

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from implementations import ROOT

TESTS = Path(__file__).parents[1]
# A board in memory and small data; then the command. What stands before it is said by the test.
IN_MEMORY = """
import sys
sys.path.insert(0, {tests!r})
import watch
from deeplomath.desk import cli, data, reaching
from deeplomath.desk.stories import motion
data.load = watch.small_recordings
motion.ARMS = ((motion.PERSON, motion.SIDE),)
reaching.Device = lambda port, **_: watch.device()
{more}
from deeplomath.__main__ import main
main()
"""
NO_UNIX = "termios", "pty", "fcntl", "tty", "resource", "pwd", "grp"
ON_WINDOWS = f"""
import os, sys, types
for name in {NO_UNIX!r}:
    sys.modules[name] = None
for name in ("openpty", "ttyname", "getuid"):
    delattr(os, name)
opened = []
def serial_for_url(port, **options):
    opened.append(port)
    raise OSError(2, f"could not open port {{port!r}}")
sys.modules["serial"] = types.SimpleNamespace(serial_for_url=serial_for_url, SerialException=OSError)
"""


def process(*arguments, code=None, environment=(), **options):
    """The command as a process that has ended; code: Python that runs it instead."""
    run = ["-c", code] if code else ["-m", "deeplomath"]
    options = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE) | options
    arguments = [sys.executable, *run, *map(str, arguments)]
    return subprocess.run(arguments, env=dict(os.environ) | dict(environment), timeout=300, **options)


def in_memory(more=""):
    return IN_MEMORY.format(tests=str(TESTS), more=more)


def words_of(done):
    """What it said on stderr, which is never a traceback."""
    words = done.stderr.decode(errors="replace")
    assert "Traceback" not in words, words
    return words


@pytest.fixture
def file(tmp_path):
    (tmp_path / "a.csv").write_text("0,1,2\n1,5,9\n,3,4\n")
    return tmp_path / "a.csv"


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "cp932", "ascii", "latin-1", "utf-8"])
def test_the_demo_speaks_in_every_encoding(tmp_path, encoding):
    picture = tmp_path / "µ.png"
    code = in_memory("from deeplomath.desk import drawing\ndrawing.draw = lambda *given: given[-1].touch()")
    environment = {"PYTHONIOENCODING": encoding}
    done = process("demo", "--port", "é☃", "--picture", picture, code=code, environment=environment)
    assert done.returncode == 0, words_of(done)
    said = done.stdout.decode(encoding)
    assert "Board and mirror agreed after each of" in said and picture.exists()
    marks = re.search(r"(\S) right +(\S) right, uncertain +(\S) unknown +(\S) taken", said).groups()
    assert len(set(marks)) == 4, marks
    if encoding == "ascii":
        assert "".join(marks) == "*+?x" and r"at \xe9\u2603:" in said and "us per event" in said


@pytest.mark.parametrize("columns", ["0", "1", "7", "100000000000"])
def test_a_terminal_of_any_width_will_do(file, columns):
    for arguments in (["check", "P", file], ["info", "P"], ["--help"], ["record", "--help"]):
        done = process(*arguments, code=in_memory(), environment={"COLUMNS": columns})
        assert done.returncode == 0 and done.stdout, words_of(done)


@pytest.mark.parametrize("arguments", [["--help"], ["info", "P"], ["record", "FILE"]])
def test_an_output_that_takes_nothing_is_said(tmp_path, arguments):
    arguments = [str(tmp_path / "a.csv") if it == "FILE" else it for it in arguments]
    with open("/dev/full", "wb") as full:
        done = process(*arguments, code=in_memory(), stdout=full)
    assert (done.returncode, words_of(done)) == (2, "deeplomath: No space left on device\n")
    with open("/dev/full", "wb") as full:
        assert process("info", code=in_memory(), stdout=full, stderr=full).returncode == 2


@pytest.mark.parametrize("arguments", [["--help"], ["info", "P"], ["record", "FILE"]])
def test_an_output_that_nobody_reads_ends_the_command_quietly(tmp_path, arguments):
    arguments = [str(tmp_path / "a.csv") if it == "FILE" else it for it in arguments]
    read, write = os.pipe()
    os.close(read)
    done = process(*arguments, code=in_memory(), stdout=write)
    os.close(write)
    assert (done.returncode, words_of(done)) == (2, "")


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)])
def test_closed_streams_hinder_nothing(tmp_path, closed):
    more = "import os\n" + "".join(f"os.close({number}); " for number in closed)
    starts = (
        f"{more}\nos.execv({sys.executable!r}, [{sys.executable!r}, '-m', 'deeplomath', *__import__('sys').argv[1:]])"
    )
    assert process("nope", code=starts).returncode == 2
    assert process("--help", code=starts).returncode == 0
    done = process("check", "/dev/none-such", tmp_path / "none.csv", code=starts)
    assert done.returncode == 2 and "Traceback" not in words_of(done)


def test_a_terminal_gets_a_bar_and_colours_and_then_the_end(file):
    leader, follower = pty.openpty()
    done = process(
        "check", "P", file, code=in_memory(), stdout=follower, environment={"TERM": "xterm", "COLUMNS": "80"}
    )
    os.close(follower)
    said = os.read(leader, 65536).decode()
    os.close(leader)
    assert done.returncode == 0 and "every answer and digest equal" in said, words_of(done)


MODULES = "typer", "rich", "numpy", "deeplomath.desk.cli", "deeplomath.desk.words", "serial"


@pytest.mark.parametrize("module", MODULES)
def test_ctrl_c_while_modules_load_ends_it_with_130(module):
    code = f"""
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background ignores Ctrl-C, and its children
class Presses:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Presses())
from deeplomath.__main__ import main
main()
"""
    done = process("info", "/dev/none-such", code=code)
    assert (done.returncode, words_of(done)) == (130, "")


def test_ctrl_c_later_ends_it_with_130_and_a_word():
    done = process(
        "info", "P", code=in_memory("def device(port, **_): raise KeyboardInterrupt\nreaching.Device = device")
    )
    assert (done.returncode, words_of(done)) == (130, "deeplomath: stopped\n")


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_that_ends_it_closes_what_it_holds(name, status):
    holds = f"""
import contextlib, os, signal
@contextlib.contextmanager
def device(port, **_):
    try:
        os.kill(os.getpid(), signal.{name})
        yield
    finally:
        print("closed")
reaching.Device = device"""
    done = process("info", "P", code=in_memory(holds))
    assert (done.returncode, words_of(done), done.stdout) == (status, "", b"closed\n")


def test_an_ignored_ctrl_c_stays_ignored(file):
    presses = "import signal, os\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nos.kill(os.getpid(), signal.SIGINT)"
    assert process("check", "P", file, code=in_memory(presses)).returncode == 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_an_ignored_end_stays_ignored_as_nohup_has_it(file, name):
    sent = f"""
import signal, os
signal.signal(signal.{name}, signal.SIG_IGN)
def device(port, **_):
    os.kill(os.getpid(), signal.{name})
    return watch.device()
reaching.Device = device"""
    assert process("check", "P", file, code=in_memory(sent)).returncode == 0


@pytest.mark.parametrize(
    ("fails", "status", "words"),
    [
        ("ZeroDivisionError('by zero')", 3, "deeplomath: internal fault: ZeroDivisionError: by zero (<string>, line "),
        ("RecursionError()", 3, "please report it to its authors, with the file "),
        ("SystemExit(1)", 2, ""),
        ("SystemExit('words')", 2, "words\n"),
        ("MemoryError()", 2, "deeplomath: memory: not enough on this computer.\n"),
        ("OSError(28, 'No space left on device', 'x\\x1b[2J')", 2, "deeplomath: x\\x1b[2J: No space left on device\n"),
        (
            "ModuleNotFoundError('no', name='matplotlib.pyplot')",
            2,
            "deeplomath: matplotlib: not installed; `pip install",
        ),
        ("ModuleNotFoundError('no', name='deeplomath.cli2')", 3, "internal fault"),
        ("UnicodeEncodeError('ascii', 'é', 0, 1, 'no')", 3, "internal fault"),
        ("EOFError()", 3, "internal fault"),
    ],
)
def test_any_exception_has_its_status_and_words(tmp_path, fails, status, words):
    fails = f"def device(port, **_): raise {fails}\nreaching.Device = device"
    done = process("info", "P", code=in_memory(fails), environment={"TMPDIR": str(tmp_path)})
    assert (done.returncode, words in words_of(done)) == (status, True), done.stderr
    reports = list(tmp_path.glob("deeplomath-fault-*.txt"))
    assert len(reports) == (status == 3)
    if reports:
        assert str(reports[0]) in words_of(done) and "Traceback" in reports[0].read_text()


def test_for_debugging_a_fault_shows_its_traceback():
    done = process("info", "P", code=in_memory("reaching.Device = None"), environment={"DEEPLOMATH_DEBUG": "1"})
    assert done.returncode == 3 and b"Traceback" in done.stderr and b"TypeError" in done.stderr


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        ("a.xyz", "picture: a.xyz given, a name that ends in .png, .jpg, .pdf, .svg needed"),
        ("a", "picture: a given, a name that ends in .png"),
        ("/proc/none/a.png", "picture: /proc/none: No such file or directory"),
        (f"{__file__}/a.png", f"picture: {__file__}: "),
        ("FOLDER.png", "Is a directory"),
    ],
)
def test_a_picture_that_cannot_be_kept_is_refused_before_the_demo(tmp_path, picture, words):
    if picture.startswith("FOLDER"):
        picture = tmp_path / "is a folder.png"
        picture.mkdir()
    opens = "def device(port, **_): raise ZeroDivisionError\nreaching.Device = device"
    done = process("demo", "--port", "P", "--picture", picture, code=in_memory(opens))
    assert done.returncode == 2 and words in words_of(done)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], None),
        (["record", "FILE", "--force"], None),
        (["info", "COM3"], "deeplomath: COM3: "),
        (["info", r"\\.\COM12"], r"\\.\COM12: "),
        (["info", "/dev/cu.usbmodem101"], "deeplomath: /dev/cu.usbmodem101: "),
        (["check", "COM3", "FILE"], "deeplomath: COM3: "),
        (["exit", "COM3"], "deeplomath: COM3: "),
        (["demo", "--port", "COM3"], "deeplomath: COM3: "),
        (["info", "emulator"], "deeplomath: emulated boards: a pseudo-terminal is needed, so Linux or macOS"),
    ],
)
def test_it_runs_without_what_only_unix_has(file, arguments, words):
    arguments = [str(file) if it == "FILE" else it for it in arguments]
    code = f"""{ON_WINDOWS}
sys.path.insert(0, {str(TESTS)!r})
from deeplomath.desk import data
from deeplomath.desk.stories import motion
made = data.np.zeros((1500, 6), data.np.int16)
data.load = lambda: [data.Recording(motion.PERSON, side, exercise, made) for side in (0, 1) for exercise in range(7)]
from deeplomath import __main__
try:
    __main__.main()
finally:
    wanted = [it for it in sys.argv[1:] if "COM" in it or "cu." in it]
    assert opened == wanted, (opened, wanted)
"""
    done = process(*arguments, code=code)
    assert (done.returncode, (words or "") in words_of(done)) == (2 if words else 0, True), done.stderr


def test_each_module_is_imported_without_what_only_unix_has():
    code = f"""{ON_WINDOWS}
import importlib, pkgutil, deeplomath
found = [it.name for it in pkgutil.walk_packages(deeplomath.__path__, "deeplomath.")]
for name in found:
    if name not in ("deeplomath.link.emulator", "deeplomath.__main__"):
        importlib.import_module(name)
print(len(found))
"""
    done = process(code=code)
    assert done.returncode == 0 and int(done.stdout) > 50, words_of(done)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A folder into which the package is installed without its checkout."""
    folder = tmp_path_factory.mktemp("alone")
    shutil.copytree(ROOT / "host", folder / "host", ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    subprocess.run(
        [*pip, "--no-build-isolation", "--target", folder / "site", folder / "host"], check=True, timeout=300
    )
    return folder / "site"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["demo"], 2, "deeplomath: emulator: needs a checkout of Deeplomath"),
        (["info", "emulator"], 2, "deeplomath: emulator: needs a checkout of Deeplomath"),
        (["check", "emulator", "FILE"], 2, "deeplomath: emulator: needs a checkout of Deeplomath"),
        (["deploy", "/dev/none-such"], 2, "deeplomath: deploy: needs a checkout of Deeplomath"),
        (["info", "/dev/none-such"], 2, "none-such"),
        (["record", "new.csv"], 0, ""),
    ],
)
def test_installed_alone_it_says_what_needs_a_checkout(alone, file, arguments, status, words):
    arguments = [str(file) if it == "FILE" else it for it in arguments]
    environment = {"PYTHONPATH": str(alone), "DEEPLOMATH_BUILD": ""}
    small = f"import sys; sys.path.append({str(TESTS)!r})\nimport watch\nwatch.data.load = watch.small_recordings"
    code = f"{small}\nfrom deeplomath import __main__\nassert {str(alone)!r} in __main__.__file__\n__main__.main()"
    done = process(*arguments, code=code, environment=environment, cwd=file.parent)
    assert (done.returncode, words in words_of(done)) == (status, True), done.stderr


def test_a_script_beside_a_clone_finds_the_package_not_the_folder(tmp_path):
    (tmp_path / "deeplomath").symlink_to(ROOT)
    (tmp_path / "script.py").write_text("import deeplomath\nprint(deeplomath.Device, deeplomath.__file__)\n")
    done = subprocess.run([sys.executable, tmp_path / "script.py"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0 and str(ROOT / "host" / "deeplomath") in done.stdout, done.stderr
