# SPDX-License-Identifier: MIT
"""A board that is a process: unplugged while it is watched, and back, the monitor goes on with what the board had saved."""

import os
import time

import pytest

from deeplomath import Device, Model
from deeplomath.desk import monitoring
from deeplomath.link import emulator
from deeplomath.monitor.feed import Feed
from deeplomath.monitor.shown import AWAY, CONNECTED

CODE = "import dlm_main, dlm_store; dlm_main.serve(store=dlm_store.Store({folder!r}), save_after=1, save_every=1)"
PATIENCE = 60  # seconds


class Plugged:
    """A board whose port has the same name each time it is plugged in; what it saves is in a folder."""

    def __init__(self, folder):
        self.port, self._folder = folder / "port", folder / "flash"
        self._folder.mkdir()
        self._board = None

    def plug_in(self):
        self._board = emulator.UnixBoard(code=CODE.format(folder=str(self._folder)), repl=False)
        self._board.start()
        os.symlink(self._board.port, self.port)

    def pull(self):
        self.port.unlink()
        self._board.stop()


def until(holds):
    """Waits until it holds."""
    limit = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.05)


@pytest.mark.unix
@pytest.mark.device
def test_a_board_that_lost_its_power_while_it_was_watched_goes_on_with_what_it_had_saved(tmp_path):
    if not emulator.UnixBoard().image.is_file():
        pytest.skip(f"{emulator.UnixBoard().image} is not built: make test-unix")
    plug, model = Plugged(tmp_path), Model("motion")
    plug.plug_in()
    streamed = monitoring.stream(model, None, None, None, None)
    with Device(str(plug.port), reconnect=True, timeout=2, attempts=1) as device:
        source, prepare = monitoring.begun(device, str(plug.port), model, False, streamed)
        with Feed(device, source, model, port=str(plug.port), prepare=prepare) as feed:
            until(lambda: feed.status.learned and feed.status.events > 9)
            feed.ask("save").result(timeout=PATIENCE)
            neurons, before = feed.status.info.neurons, feed.status.events
            plug.pull()
            until(lambda: feed.status.line == AWAY)
            plug.plug_in()
            until(lambda: feed.status.line == CONNECTED and feed.status.events > before + 9)
            words = [it.words for it in feed.said.since()]
            assert feed.fault is None and feed.status.info.neurons >= neurons, words
            assert "the board is here again" in words, words
    plug.pull()
