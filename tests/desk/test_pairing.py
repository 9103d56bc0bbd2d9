# SPDX-License-Identifier: MIT
"""`deeplomath pair`: a key for a board, kept by its user; another one, or none, by who has it."""

import numpy as np
import pytest
from typer.testing import CliRunner

from deeplomath import Device, spec
from deeplomath.desk import cli, reaching
from deeplomath.errors import DeviceError
from deeplomath.link import emulator, keys
from wire import Line, dlm_pair

pytestmark = pytest.mark.usefixtures("folders")


@pytest.fixture
def invoke(monkeypatch):
    line = Line()
    monkeypatch.setattr(reaching, "Device", lambda port, **_: Device(line))
    return lambda *words: CliRunner().invoke(cli.app, [*words, "a-port"])


def test_a_board_is_paired_told_of_renewed_and_free_again(invoke, folders):
    assert "key  none: the board obeys whoever is on its line" in " ".join(invoke("info").output.split()).replace(
        "key none", "key  none"
    )
    done = invoke("pair")
    assert done.exit_code == 0 and "a-port: paired." in done.output and "deploy a-port --main" in done.output
    (file,) = (folders / "keys").iterdir()
    assert file.name in done.output.replace("\n", "")
    told = invoke("info")
    assert told.exit_code == 0 and "paired, in a session" in told.output
    again = invoke("pair")
    assert (again.exit_code, again.stderr.count("--renew gives it another one")) == (2, 1)
    before = file.read_text()
    assert invoke("pair", "--renew").exit_code == 0 and file.read_text() != before
    assert "has no key any more" in invoke("pair", "--remove").output
    assert list((folders / "keys").iterdir()) == []
    none = invoke("pair", "--remove")
    assert (none.exit_code, none.stderr) == (
        2,
        "deeplomath: a-port: the board has no key; there is nothing to remove\n",
    )


def test_a_board_that_gives_the_identity_of_another_gets_no_key_unless_told_to(invoke, folders, monkeypatch):
    monkeypatch.setattr(dlm_pair, "_unique", lambda: b"one identity for two boards")
    invoke("pair")
    (file,) = (folders / "keys").iterdir()
    before = file.read_text()
    for it in (folders / "board").iterdir():
        it.unlink()
    free = Line()
    monkeypatch.setattr(reaching, "Device", lambda port, **_: Device(free))
    refused = invoke("pair")
    assert refused.exit_code == 2 and "a key of a board of this identity is kept here" in refused.stderr
    assert file.read_text() == before
    assert invoke("pair", "--renew").exit_code == 0 and file.read_text() != before


def test_a_key_is_renewed_or_taken_away_not_both(invoke):
    both = invoke("pair", "--renew", "--remove")
    assert (both.exit_code, both.stderr) == (2, "deeplomath: remove, renew: one of them, not both\n")


def test_a_computer_without_the_key_is_told_so(invoke, folders):
    invoke("pair")
    (file,) = (folders / "keys").iterdir()
    file.unlink()
    told = invoke("info")
    assert told.exit_code == 2 and "a key that this computer does not have" in told.stderr


@pytest.mark.parametrize(
    ("name", "environment", "folder"),
    [
        ("posix", {"XDG_CONFIG_HOME": "/x"}, "/x/deeplomath/keys"),
        ("posix", {}, "/h/.config/deeplomath/keys"),
        ("posix", {"DEEPLOMATH_KEYS": "/k"}, "/k"),
    ],
)
def test_keys_are_where_a_user_has_what_he_sets_up(name, environment, folder, monkeypatch):
    for it in ("XDG_CONFIG_HOME", "DEEPLOMATH_KEYS"):
        monkeypatch.delenv(it, raising=False)
    for it, value in (environment | {"HOME": "/h"}).items():
        monkeypatch.setenv(it, value)
    monkeypatch.setattr(keys.sys, "platform", "linux")
    assert str(keys.folder()) == folder


@pytest.mark.unix
def test_micropython_pairs_opens_and_slows(folders):
    """The same on MicroPython: its SHA-256, its files, a reset in between."""
    code = f"import os; os.chdir({str(folders / 'board')!r}); import dlm_main; dlm_main.serve()"
    board = emulator.UnixBoard(code=code)
    if not board.image.is_file():
        pytest.skip(f"{board.image} is not built: make test-unix")
    x = np.array([1, 2, 3], np.int16)
    with board:
        device = Device(board.port)
        device.pair()
        device.configure(features=3, classes=2, events=4)
        assert device.learn(x, 1).event == 0 and device.infer(x).label == 1
        state = device.export()
        device.load(state)
        assert device.export() == state and device.health().refused == 0
        device.close()
        with pytest.raises(DeviceError, match="key: a wrong proof, 1 so far"):
            Device(board.port, key=bytes(32))
    with board:
        for n in (2, 3):
            with pytest.raises(DeviceError, match=f"key: a wrong proof, {n} so far"):
                Device(board.port, key=bytes(32))
        with pytest.raises(DeviceError, match="open: 1 s to wait after 3 wrong proofs") as error:
            Device(board.port)
        assert error.value.code == spec.ERROR_WAIT
        with Device(board.port, key=False) as stranger:
            assert stranger.hello.paired == 1
            with pytest.raises(DeviceError, match="paired: the board has a key"):
                stranger.exit()
