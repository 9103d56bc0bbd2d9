# SPDX-License-Identifier: MIT
"""A slice of `make damage`: emulated boards get damaged frames, reply by the model, and stay the mirror's."""

import pytest

import damage
from deeplomath.link import emulator


@pytest.mark.parametrize(
    "name",
    [pytest.param("stm32f405_qemu", marks=pytest.mark.f405), pytest.param("microbit_qemu", marks=pytest.mark.m0)],
)
def test_a_board_that_gets_damaged_frames_replies_by_the_model_and_stays_the_mirrors(name):
    board = emulator.Emulator(name)
    if not board.image.is_file():
        pytest.skip(f"{board.image} is not built: make damage does it")
    with board:
        outcomes = damage.run(board.port, 150, 14)
    assert {"done", "payload", "protocol", "session", "opcode", "offset"} <= set(outcomes)


def test_a_board_that_replies_otherwise_is_found(monkeypatch):
    monkeypatch.setattr(damage, "receive", lambda transport, count: [])

    class Board:
        _transport = type("Transport", (), dict(write=lambda self, data: None))()
        __enter__ = lambda self: self  # noqa: E731
        __exit__ = lambda self, *error: None  # noqa: E731

    monkeypatch.setattr(damage, "Device", lambda *_, **__: Board())
    with pytest.raises(AssertionError, match="input [0-9]+, .*: \\[\\], not "):
        damage.run("port", 30, 14)
