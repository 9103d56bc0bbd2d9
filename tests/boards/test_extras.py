# SPDX-License-Identifier: MIT
"""Each extra of the wheel by itself, in an environment that has nothing else: what it is there for works."""

import shutil

import pytest
from test_wheel import in_environment, installed, wheel  # noqa: F401  (a fixture)

import sessions
import terminals
from deeplomath import Device
from deeplomath.link import emulator
from wire import Line

LEARN = """
import numpy as np
from deeplomath.estimators import DeeplomathClassifier
X = np.array([[900 * (i % 2), i, -i] for i in range(12)], float)
print(*DeeplomathClassifier().fit(X, ["left", "right"] * 6).predict([[880, 3, -3], [4, 5, -6]]))
"""

KNOWN = r"● (walk|shake) +\d+% known".encode()


@pytest.fixture
def extra(request, tmp_path, wheel):  # noqa: F811
    """An environment with the wheel and this extra alone."""
    return installed(tmp_path / "environment", wheel, request.param)


def log(path):
    """A log of a session with a board in memory; the path."""
    with Device(Line(), log=path) as device:
        sessions.session(device)
    return path


@pytest.mark.parametrize("extra", ["[learn]"], indirect=True)
def test_estimators_fit_and_predict(extra):
    assert in_environment(extra, "python", "-c", LEARN).stdout.split() == ["right", "left"]


@pytest.mark.parametrize("extra", ["[fleet]"], indirect=True)
def test_logs_are_audited_here_and_through_dask(extra):
    log(extra / "a.mcap"), log(extra / "b.mcap")
    address = (
        "import sys, subprocess; from distributed import LocalCluster\n"
        "if __name__ == '__main__':\n"
        "    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:\n"
        "        command = ['-m', 'deeplomath', 'audit', '.', '--to', 'dask.csv', '--scheduler', cluster.scheduler_address]\n"
        "        raise SystemExit(subprocess.call([sys.executable, *command]))\n"
    )
    (extra / "cluster.py").write_text(address)
    in_environment(extra, "deeplomath", "audit", ".", "--to", "here.csv")
    in_environment(extra, "python", "cluster.py")
    assert (extra / "here.csv").read_text() == (extra / "dask.csv").read_text()
    assert (extra / "here.csv").read_text().count("\n") == 3


@pytest.mark.f405
@pytest.mark.device
@pytest.mark.parametrize("extra", ["[desk]"], indirect=True)
def test_the_monitor_shows_a_learning_board_in_one_command_and_a_report_is_written(extra):
    board = emulator.Emulator("stm32f405_qemu")
    if not board.image.is_file():
        pytest.skip(f"{board.image} is not built: make test-f405")
    in_environment(extra, "deeplomath", "replay", log(extra / "a.mcap"))
    in_environment(extra, "deeplomath", "report", "a.mcap", "-o", "a.html")
    assert (extra / "a.html").stat().st_size > 100_000
    (extra / "bin" / "qemu-system-arm").symlink_to(shutil.which("qemu-system-arm"))
    environment = {"PATH": str(extra / "bin"), "HOME": str(extra), "LANG": "C.UTF-8", "TERM": "xterm-256color"}
    command = [extra / "bin" / "deeplomath", "monitor", "emulator", "--log", "watched.mcap"]
    text = terminals.seen(command, KNOWN, b"q", environment, cwd=extra)
    assert "learned" in text and "STM32F405" in text
    in_environment(extra, "deeplomath", "replay", "watched.mcap")
