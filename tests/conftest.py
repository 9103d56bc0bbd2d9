# SPDX-License-Identifier: MIT
"""The tiers of the suite: boards as fixtures, a mark per tier, and no silent skips in CI.

board     fixture: a running board, with `.port` and `.name`; a test that takes it runs on each board of BOARDS
kernel    mark of what runs the C kernel as a host library, and again under the sanitizers; parameters named so have it
"""

import os

import pytest

from deeplomath import emulator

BOARDS = {
    "unix": emulator.UnixBoard,
    "f405": lambda: emulator.Emulator("stm32f405_qemu", icount=True),
}
ALLOWED_SKIPS = ("river is not installed",)  # parts of reasons for which a test may be skipped even in CI


@pytest.fixture(scope="session", params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in BOARDS])
def board(request):
    board = BOARDS[request.param]()
    if not board.image.is_file():
        pytest.skip(f"{board.image} is not built: make test-{request.param}")
    with board:
        board.name = request.param
        yield board


def pytest_configure(config):
    for name in (*BOARDS, "kernel"):
        config.addinivalue_line("markers", f"{name}: a tier, see tests/conftest.py")


def pytest_collection_modifyitems(items):
    for item in items:
        if hasattr(item, "callspec") and "kernel" in item.callspec.id.split("-"):
            item.add_marker("kernel")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2]
        if not any(allowed in reason for allowed in ALLOWED_SKIPS):
            report.outcome, report.longrepr = "failed", f"a skip that CI does not allow: {reason}"
    return report
