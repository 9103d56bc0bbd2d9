# SPDX-License-Identifier: MIT
"""front.c: the front-end in MicroPython, compiled in and loaded: the mirror's events, whatever memory is left."""

import json
import subprocess

import pytest

import signal_vectors
from conftest import BOARDS
from deeplomath import spec
from deeplomath.link import emulator
from deeplomath.link.rawrepl import RawRepl
from deeplomath.paths import BUILD, native_modules
from front_ends import MIRROR, run, samples_of

STREAM = [["noise", 300, 900], ["square", 300, 20], ["noise", 900, 9000], ["noise", 2500, 20]]
NAMES = "motion", "keywords", "vibration", "current", "uneven"
PRELUDE = """
import sys
sys.path[:] = [{folder!r}]
import deeplomath_signal, gc
from array import array
def plain(events):
    return [[at, list(x)] for at, x in events]
def refused(call, *arguments):
    try:
        call(*arguments)
    except (ValueError, TypeError) as error:
        return [word.replace("'", "").replace("(", "").replace(")", "") if isinstance(word, str) else word for word in error.args]
def pushed(front, x, n):
    events = []
    for i in range(0, len(x), n * front.lines):
        events += plain(front.push(x[i : i + n * front.lines]))
    return events
def say(value):
    print(str(value).replace("(", "[").replace(",)", "]").replace(")", "]").replace("'", '"').lower().replace("none", "null"))
"""  # a list or tuple of numbers and words, as JSON


@pytest.fixture(params=[pytest.param("unix", marks=pytest.mark.unix), pytest.param("x64", marks=pytest.mark.unix_mpy)])
def said(request, tmp_path):
    """Runs a script behind PRELUDE; gives what it said, a value a line."""
    image, folder = emulator.UnixBoard().image, ""
    if request.param == "x64":
        image, folder = BUILD / "unix_stock/micropython", str(native_modules("x64")[0].parent)
    if not image.is_file():
        pytest.skip(f"{image} is not built: make test-unix or make test-unix_mpy")

    def execute(script, heap=2**22):
        file = tmp_path / "script.py"
        file.write_text(PRELUDE.format(folder=folder) + script)
        command = [image, "-X", f"heapsize={heap}", file]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return execute


def made(name, samples=None):
    """(program, flat samples, what the mirror makes of them)"""
    code = getattr(signal_vectors, name)()
    mirror = MIRROR(code)
    samples = samples_of(STREAM, mirror.lines) if samples is None else samples
    return code, samples.ravel().tolist(), run(mirror, samples), mirror


@pytest.mark.parametrize("name", NAMES)
def test_a_front_end_makes_the_mirrors_events_in_any_chunks_of_any_buffer(said, name):
    code, samples, events, mirror = made(name)
    script = f"""
front = deeplomath_signal.FrontEnd({code!r})
x = array("h", {samples})
say([front.features, front.footprint, front.work, front.lines, front.overruns, front.program == {code!r}])
for n in (1, 37, 5000):
    say(pushed(front, x, n))
    front.reset()
say(plain(front.push(bytes(x))))
front.reset()
odd = memoryview(bytearray(1) + bytearray(x))[1:]
say(plain(front.push(odd)))
"""
    sizes, *found = said(script)
    assert sizes == [mirror.features, mirror.footprint, mirror.work, mirror.lines, 0, True]
    assert found == [events] * 5


def test_skip_and_reset_count_as_those_of_the_mirror(said):
    code, samples, events, mirror = made("current")
    script = f"""
front = deeplomath_signal.FrontEnd({code!r})
x = array("h", {samples})
front.push(x[:77])
front.skip(2**32 - 1)
say(front.overruns)
say(plain(front.push(x)))
front.reset()
say([front.overruns, plain(front.push(x)) == {events}])
front.reset()
front.take(x, 0, bytearray(2 * front.features))
at = front.at
front.reset()
say([at, front.at])
"""
    overruns, found, after, ats = said(script)
    assert ats == [events[0][0], None]
    assert overruns == 2**32 - 1 and after == [0, True]
    assert found == [[at + 77 + 2**32 - 1, x] for at, x in events]


def test_what_is_refused_names_value_and_limit_and_changes_nothing(said):
    code, samples, events, _ = made("motion")
    script = f"""
make = deeplomath_signal.FrontEnd
front = make({code!r})
x = array("h", {samples})
events = plain(front.push(x[:600]))
say(refused(make, b""))
say(refused(make, {code[:-1]!r}))
say(refused(front.push, x[:7]))
say(refused(front.push, array("i", [1, 2, 3])))
say(refused(front.push, 5) is not None)
say(refused(front.skip, -1))
say(refused(front.skip, 2**32))
try:
    front.features = 3
except AttributeError:
    say(1)
say(events + plain(front.push(x[600:])) == {events})
"""
    found = said(script)
    assert found[0] == ["program: bytes: 0 given, 12..1024 allowed", spec.ERROR_PROGRAM]
    assert found[1] == ["operation 7, stats: bytes: 3 given, 4 needed", spec.ERROR_PROGRAM] or found[1][1] == -25
    assert found[2] == ["samples: 7 given, 6 needed", spec.ERROR_ARGUMENT]
    assert found[3][0].startswith("samples: a buffer of int16 needed")
    assert found[4] is True
    assert found[5] == found[6] or "n: " in found[5][0]
    assert found[7:] == [1, True]


@pytest.mark.parametrize("case", [case["name"] for case in signal_vectors.program_cases() if case["refused"]][::4])
def test_a_program_is_refused_with_the_mirrors_words(said, case):
    (wanted,) = [it for it in signal_vectors.program_cases() if it["name"] == case]
    found = said(f"say(refused(deeplomath_signal.FrontEnd, {bytes.fromhex(wanted['program'])!r}))")
    assert found == [[wanted["refused"], spec.ERROR_PROGRAM]]


SCARCE = """
front = deeplomath_signal.FrontEnd({code!r})
x = array("h", {samples})
{ahead}
def fill():
    kept, size = None, 1 << 16
    while size >= 16:
        try:
            kept = (kept, bytearray(size))
        except MemoryError:
            size //= 2
    return kept
def push(part):  # None where there is no memory
    try:
        return front.push(part)
    except MemoryError:
        pass
failed, events = 0, []
chunk = 100 * front.lines
for i in range(0, len(x), chunk):
    part = x[i : i + chunk]
    gc.collect()
    gc.disable()
    kept = fill()
    found = push(part)
    kept = None
    gc.collect()
    if found is None:
        failed += 1
        found = push(part)
    gc.enable()
    events += plain(found)
say([failed > 20, events == {events}])
"""


@pytest.mark.parametrize("ahead", ["", "front.skip(2**31)"], ids=["small", "large"])
def test_a_push_without_memory_takes_no_sample_and_is_made_again(said, ahead):
    code, samples, events, _ = made("current")
    events = [[at + 2**31 * bool(ahead), x] for at, x in events]
    assert said(SCARCE.format(code=code, samples=samples, ahead=ahead, events=events), heap=200_000) == [[True, True]]


def test_a_front_end_for_which_there_is_no_room_says_how_much_it_needs(said):
    code, _, _, mirror = made("vibration")
    script = f"""
try:
    kept = [deeplomath_signal.FrontEnd({code!r}) for i in range(1000)]
except MemoryError as error:
    kept = None
    say(error.args)
"""
    assert said(script, heap=60_000) == [[f"memory: {mirror.footprint} bytes needed", spec.ERROR_MEMORY]]


# On boards

LISTEN = """
import deeplomath_signal, gc
from array import array
x = array("h", open("/stream", "rb").read())
def run(program, n):
    gc.collect()
    front, events = deeplomath_signal.FrontEnd(program), []
    end, step = len(x) // front.lines * front.lines, n * front.lines
    for i in range(0, end, step):
        events += [[at, list(values)] for at, values in front.push(x[i : min(i + step, end)])]
    return [front.features, front.footprint, front.work], events
"""


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in BOARDS if not name.startswith("unix")],
)
def listening(request):
    """The raw REPL of a board of its own that has LISTEN, and the stream that it runs, int16 [n]."""
    board, stream = BOARDS[request.param](), samples_of(STREAM, 1).ravel()
    missing = [str(file) for file in board.needs if not file.is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not built, make test-{request.param} does it")
    with board, RawRepl(board.port) as repl:
        repl.put("/stream", stream.tobytes())
        repl.run(LISTEN)
        yield repl, stream


@pytest.mark.parametrize("name", NAMES)
def test_a_board_makes_the_mirrors_events_in_any_chunks(listening, name):
    repl, stream = listening
    mirror = MIRROR(getattr(signal_vectors, name)())
    events = run(mirror, stream[: len(stream) // mirror.lines * mirror.lines].reshape(-1, mirror.lines))
    assert events
    for n in (37, 5000):
        sizes, found = repl.run(f"print(run({mirror.program!r}, {n}))")
        assert sizes == [mirror.features, mirror.footprint, mirror.work]
        assert found == events
