# SPDX-License-Identifier: MIT
"""A short life of a board that samples by itself, among hosts that come and go; `make soak` leads a long one."""

import pytest

import soak
from deeplomath.link import emulator


@pytest.mark.unix
def test_a_board_among_hosts_that_come_and_go_stays_the_mirrors():
    board = emulator.UnixBoard()
    if not board.image.is_file():
        pytest.skip(f"{board.image}: not built, make test-unix does it")
    hosts = soak.run(1500, lambda words: None)
    assert hosts.heard > 0 and len(hosts.heap) == hosts.visits


def test_an_answer_that_is_not_the_mirrors_is_found(monkeypatch):
    monkeypatch.setattr(soak, "same_event", lambda ours, theirs: False)
    hosts = soak.Hosts("port", 10, print)

    class Board:
        heard = type("Heard", (), dict(next=1))

        def listen(self, since):
            return list(soak.Mirror(1))

    with pytest.raises(AssertionError, match="event at sample 3: board .*, mirror "):
        hosts.listen(Board())
