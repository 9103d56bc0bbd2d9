# SPDX-License-Identifier: MIT
"""The tiers of the suite: boards as fixtures, a mark per tier, and no silent skips in CI.

board     fixture: a running board, with `.port`, `.name` and `.whole`; a test that takes it runs on each of BOARDS or
          WHOLE, which are the unix port and what [test] of each board.toml names
folders   fixture: where the files of a board and the keys of a host go
device    mark of what takes a board, whatever its tier
kernel    mark of what runs the C kernel as a host library, and again under the sanitizers; parameters named so have it
"""

import functools
import gc
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # ahead of NumPy: the processes of pytest-xdist are the parallelism

import pytest

from deeplomath.link import emulator
from deeplomath.paths import native_modules

BOARDS = {
    "unix": emulator.UnixBoard,
    "unix_mpy": lambda: emulator.UnixBoard(emulator.BUILD / "unix_stock/micropython", modules=native_modules("x64")),
}
TESTED = {name: toml["test"] for name, toml in emulator.boards().items() if "test" in toml}
BOARDS |= {
    test["tier"]: functools.partial(emulator.Emulator, name, icount=test.get("icount", False))
    for name, test in TESTED.items()
}
BOARDS |= {
    test["tier_stock"]: functools.partial(emulator.Emulator, name, stock=True)
    for name, test in TESTED.items()
    if "tier_stock" in test
}
# These run all that takes a board; the others test_boards.py, whose walks say the same of each.
WHOLE = ("unix", *(test["tier"] for test in TESTED.values() if test.get("whole")))
# Of these test_boards.py is spared, too: its networks are larger than what their memory has room for.
SMALL = {test["tier_stock"] for test in TESTED.values() if test.get("stock_is_small")}
SINGLE = ("test_mutation", "test_network", "test_accuracy")  # whose tests share nothing: each may run in any process
NAMED = 200  # characters, or bytes, of a parameter that still become part of its test's name
ALLOWED_SKIPS = ("river is not installed",)  # parts of reasons for which a test may be skipped even in CI


@pytest.fixture(scope="session", params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in BOARDS])
def board(request):
    board = BOARDS[request.param]()
    missing = [str(file) for file in board.needs if not file.is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not built, make test-{request.param} does it")
    with board:
        board.name, board.whole = request.param, request.param in WHOLE
        yield board


@pytest.fixture(autouse=True, scope="module")
def swept():
    """What is in memory stays there: the service of a board collects often, and would look through all of it each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A folder for the files of a board, which is the current one, and one for the keys of a host; of both the parent."""
    (tmp_path / "board").mkdir()
    monkeypatch.chdir(tmp_path / "board")
    monkeypatch.setenv("DEEPLOMATH_KEYS", str(tmp_path / "keys"))
    return tmp_path


def pytest_make_parametrize_id(val, argname):
    """A name for a long parameter: pytest would escape all of it, which takes minutes under the sanitizers."""
    return f"{argname}_of_{len(val)}" if isinstance(val, str | bytes | bytearray) and len(val) > NAMED else None


def pytest_configure(config):
    for name in (*BOARDS, "device", "kernel"):
        config.addinivalue_line("markers", f"{name}: a tier, see tests/conftest.py")


@pytest.hookimpl(wrapper=True)  # its first half comes before pytest-xdist reads the groups, its second half after
def pytest_collection_modifyitems(config, items):
    spared = [
        _tier(item) not in (None, *WHOLE) and (item.path.stem != "test_boards" or _tier(item) in SMALL)
        for item in items
    ]
    config.hook.pytest_deselected(items=[item for item, spare in zip(items, spared) if spare])
    items[:] = [item for item, spare in zip(items, spared) if not spare]
    for item in items:
        tier = next((name for name in BOARDS if item.get_closest_marker(name)), None)
        if tier:
            item.add_marker("device")
        if item.path.stem not in SINGLE:
            item.add_marker(pytest.mark.xdist_group(tier or item.path.stem))  # one process boots a board once
        if hasattr(item, "callspec") and "kernel" in item.callspec.id.split("-"):
            item.add_marker("kernel")
    yield
    if config.getoption("loadgroup", False) and any(map(_is_ungrouped, items)):  # only pytest-xdist has this option
        raise RuntimeError("pytest-xdist leaves the groups of the tests unread: each board would start many times")


def _is_ungrouped(item):
    """True for a test whose group did not become the end of its name, which is what pytest-xdist goes by."""
    group = item.get_closest_marker("xdist_group")
    return group is not None and not item.nodeid.endswith(f"@{group.args[0]}")


def _tier(item):
    """The tier of a test that takes a board, else None."""
    return item.callspec.params.get("board") if hasattr(item, "callspec") else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2]
        if not any(allowed in reason for allowed in ALLOWED_SKIPS):
            report.outcome, report.longrepr = "failed", f"a skip that CI does not allow: {reason}"
    return report
