# SPDX-License-Identifier: MIT
"""Which ports have boards: by their USB ids, and what each says when it is asked."""

from types import SimpleNamespace

import pytest

import watch
from deeplomath.errors import ProtocolError, TransportError
from deeplomath.link import ports
from deeplomath.link.exchange import InRepl


def plugged(monkeypatch, *given):
    """Lets these (port, vendor, product) be all that is plugged in."""
    there = [SimpleNamespace(device=port, vid=vid, pid=pid) for port, vid, pid in given]
    monkeypatch.setattr(ports, "serial_ports", lambda: there)


PICO, STM, SOUND = ("/dev/ttyACM0", 0x2E8A, 0x0005), ("COM7", 0xF055, 0x9800), ("/dev/ttyS0", None, None)


def test_boards_come_first_with_what_their_id_stands_for(monkeypatch):
    plugged(monkeypatch, SOUND, PICO, ("x", 0x1234, 1), STM, ("y", 0x2E8A, 0x77))
    found = ports.found(ask=False)
    assert [(it.port, it.usb, it.is_board) for it in found] == [
        ("/dev/ttyACM0", "2e8a:0005", True),
        ("COM7", "f055:9800", True),
        ("y", "2e8a:0077", True),
        ("/dev/ttyS0", "", False),
        ("x", "1234:0001", False),
    ]
    assert [it.name for it in found if it.port == "y"] == ["Raspberry Pi device"]


def test_only_what_may_be_a_board_is_asked(monkeypatch):
    plugged(monkeypatch, SOUND, PICO)
    asked = []
    monkeypatch.setattr(ports, "state_of", lambda port, baud: asked.append(port) or "silent")
    assert [it.state for it in ports.found()] == ["silent", ""] and asked == ["/dev/ttyACM0"]


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (
            InRepl("hello: the board is in its REPL"),
            "MicroPython's REPL; no service runs: `deeplomath info` starts it, or says how to deploy it",
        ),
        (
            TransportError("hello: no answer in 0.8 s, nothing was heard"),
            "silent: another program runs, or none: `deeplomath info` stops it and looks",
        ),
        (ProtocolError("protocol: version 9"), "serves, but not us: protocol: version 9"),
    ],
)
def test_what_a_board_does_not_say_is_said(monkeypatch, raised, words):
    def device(*_, **options):
        assert options["start"] is False, "a board that is asked is not disturbed"
        raise raised

    monkeypatch.setattr(ports, "Transport", lambda *_: None)
    monkeypatch.setattr(ports, "Device", device)
    assert ports.state_of("COM7") == words


def test_a_port_that_cannot_be_opened_says_why(tmp_path):
    assert ports.state_of(str(tmp_path / "none")).startswith(f"cannot be used: {tmp_path / 'none'}: ")


def test_a_board_that_serves_says_what_it_keeps(monkeypatch):
    monkeypatch.setattr(ports, "Transport", lambda *_: None)
    monkeypatch.setattr(ports, "Device", lambda *_, **__: watch.device())
    assert "no network yet" in ports.state_of("a")

    def with_network(*_, **__):
        device = watch.device()
        device.configure(features=2, classes=2, events=4)
        device.learn([1, 2], 0)
        device.hello = device._connect(False)
        return device

    monkeypatch.setattr(ports, "Device", with_network)
    assert ports.state_of("a").startswith("serves: ") and ports.state_of("a").endswith(", 1 events kept")


def test_the_only_board_needs_no_name_and_several_are_named(monkeypatch):
    plugged(monkeypatch, SOUND, STM)
    assert ports.the_only() == "COM7"
    plugged(monkeypatch, SOUND)
    with pytest.raises(TransportError, match="none found on a USB serial port; plug one in, or name its port"):
        ports.the_only()
    plugged(monkeypatch, PICO, STM)
    with pytest.raises(TransportError, match=r"2 found: /dev/ttyACM0 \(RP2040.*\), COM7 \(STM32.*\); name the port"):
        ports.the_only()
