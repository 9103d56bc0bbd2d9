# SPDX-License-Identifier: MIT
"""What a command writes is there whole, or what was there before is: on a full disk, by links, pipes and permissions."""

import errno
import io
import os
import resource
import stat
import subprocess
import sys
import threading

import numpy as np
import pytest
from test_logs import logged, run

from deeplomath import Model, files
from deeplomath.audit import eventfile, recording
from deeplomath.model.model import preset
from deeplomath.scale import Scale

OLD = b"what was there before"


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def full(monkeypatch, room=10):
    """From now on a disk takes so many bytes of a file."""

    def write(file, content):
        io.FileIO.write(file, content[:room])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "_write", write)


def test_a_file_is_made_and_replaced(tmp_path):
    files.put(tmp_path / "a", b"1" * 100_000)
    files.put(str(tmp_path / "a"), b"2")
    assert (tmp_path / "a").read_bytes() == b"2" and left(tmp_path) == ["a"]
    files.put(tmp_path / "a", b"")
    assert (tmp_path / "a").read_bytes() == b""


def test_a_new_file_has_the_permissions_of_any_and_a_replaced_one_its_own(tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(OLD)
    files.put(tmp_path / "a", b"1")
    assert (tmp_path / "a").stat().st_mode == plain.stat().st_mode
    plain.chmod(0o640)
    files.put(plain, b"1")
    assert stat.S_IMODE(plain.stat().st_mode) == 0o640


def test_what_is_protected_is_not_replaced(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(OLD)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="a'$"):
        files.put(tmp_path / "a", b"1")
    assert (tmp_path / "a").read_bytes() == OLD


def test_a_link_stays_one(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a").write_bytes(OLD)
    for name, target in (("link", "there/a"), ("again", "link"), ("new", "there/b")):
        (tmp_path / name).symlink_to(target)
        files.put(tmp_path / name, name.encode())
        assert (tmp_path / name).is_symlink() and (tmp_path / name).read_bytes() == name.encode()
    assert (tmp_path / "there" / "a").read_bytes() == b"again" and left(tmp_path / "there") == ["a", "b"]


def test_what_is_no_file_is_written_to_as_it_is(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    heard = []
    reader = threading.Thread(target=lambda: heard.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    files.put(tmp_path / "pipe", b"1" * 300_000)
    reader.join(10)
    assert heard == [b"1" * 300_000] and (tmp_path / "pipe").is_fifo()
    files.put("/dev/null", OLD)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(IsADirectoryError):
        files.put(tmp_path, b"1")
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        files.put("/dev/full", OLD)


def test_the_output_of_a_process_is_not_replaced_under_it(tmp_path):
    code = "import sys; from deeplomath import files; print(1, flush=True); files.put('/dev/stdout', b''); print(2)"
    with open(tmp_path / "a", "ab") as output:
        subprocess.run([sys.executable, "-c", code], stdout=output, check=True, timeout=60)
    assert (tmp_path / "a").read_bytes() == b"2\n"


@pytest.mark.parametrize("before", [OLD, None])
def test_a_disk_that_is_full_leaves_what_was_there_and_nothing_else(tmp_path, monkeypatch, before):
    if before:
        (tmp_path / "a").write_bytes(before)
    full(monkeypatch)
    with pytest.raises(OSError, match="No space left on device: .*/a'$"):
        files.put(tmp_path / "a", b"1" * 100)
    assert left(tmp_path) == (["a"] if before else []) and (not before or (tmp_path / "a").read_bytes() == before)
    with pytest.raises(FileNotFoundError, match="none/a'$"):
        files.put(tmp_path / "none" / "a", b"1")


def test_ctrl_c_leaves_what_was_there(tmp_path, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    (tmp_path / "a").write_bytes(OLD)
    monkeypatch.setattr(os, "fsync", stopped)
    with pytest.raises(KeyboardInterrupt):
        files.put(tmp_path / "a", b"1")
    assert (tmp_path / "a").read_bytes() == OLD and left(tmp_path) == ["a"]


def commands(folder):
    """Each command that writes a file, without a board: its arguments ahead of the file."""
    logged(folder / "a.mcap")
    draw = np.random.default_rng(4).integers(-3000, 3000, (9, 31)).astype(np.int16)
    eventfile.write(folder / "e.csv", [(i % 3, x) for i, x in enumerate(draw)])
    (folder / "p").write_bytes(Model("motion").program)
    recording.write(folder / "r.csv", recording.Recording(draw[:, :2], 50.0))
    return {
        "s.dlm": ["train", folder / "e.csv", "--model", "motion", "--force", "--to"],
        "t.dlm": ["replay", folder / "a.mcap", "--force", "--to"],
        "r.html": ["report", folder / "a.mcap", "--force", "-o"],
        "a.csv": ["audit", folder / "a.mcap", "--force", "--to"],
        "a.parquet": ["audit", folder / "a.mcap", "--force", "--to"],
        "m.toml": ["model", "new", "motion", "--force"],
        "c.bin": ["model", "compile", "motion", "--force"],
        "x.toml": ["model", "text", folder / "p", "--force"],
        "n.csv": ["noise", folder / "r.csv", "--force"],
        "n.npz": ["noise", folder / "r.csv", "--force"],
        "n.wav": ["noise", folder / "r.csv", "--force"],
    }


def test_no_command_spoils_a_file_on_a_full_disk(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    made = commands(tmp_path / "in")
    full(monkeypatch)
    for name, arguments in made.items():
        to = tmp_path / "out" / name
        for before in (None, OLD):
            if before:
                to.write_bytes(before)
            code, said = run(*arguments, to)
            assert code == 2 and f"{name}: No space left on device" in said, said
            assert (to.read_bytes() if to.exists() else None) == before, name
    assert left(tmp_path / "out") == sorted(made)


def test_no_command_overwrites_a_file_unasked(tmp_path):
    (tmp_path / "in").mkdir()
    made = commands(tmp_path / "in") | {"events.csv": ["record"]}
    for name, arguments in made.items():
        to, asked = tmp_path / name, [it for it in arguments if it != "--force"]
        to.write_bytes(OLD)
        code, said = run(*asked, to)
        assert code == 2 and f"{name}: is there already; --force overwrites it" in said and to.read_bytes() == OLD, said
        code, said = run(*asked, tmp_path / "in")
        assert code == 2 and "is a folder" in said or ".parquet or .csv needed" in said, said
        code, said = run(*asked, tmp_path / "none" / name)
        assert code == 2 and "there is no folder" in said, said


def test_what_a_command_reads_it_never_overwrites(tmp_path):
    commands(tmp_path)
    (tmp_path / "m.toml").write_text(preset("motion"))
    logged(tmp_path / "log.csv")
    for command in (
        ["train", "e.csv", "--model", "motion", "--to", "e.csv"],
        ["train", "e.csv", "--model", "m.toml", "--to", "m.toml"],
        ["replay", "a.mcap", "--to", "a.mcap"],
        ["report", "a.mcap", "-o", "a.mcap"],
        ["audit", "log.csv", "--to", "log.csv"],
        ["model", "compile", "m.toml", "m.toml"],
        ["model", "text", "p", "p"],
        ["noise", "r.csv", "r.csv"],
        ["noise", "r.csv", "--model", "m.toml", "m.toml"],
    ):
        *others, name = command
        before, names = (tmp_path / name).read_bytes(), {name: tmp_path / name}
        for kind, make in (("soft", os.symlink), ("hard", os.link)):
            names[kind] = tmp_path / f"{kind}-{name}"
            if not names[kind].exists():
                make(tmp_path / name, names[kind])
        names["path"] = tmp_path / ".." / tmp_path.name / name
        there = [tmp_path / it if (tmp_path / it).exists() else it for it in others]
        for to in names.values():
            code, said = run(*there, to, "--force")
            assert code == 2 and "is read by this command, and so never overwritten" in said, said
        assert (tmp_path / name).read_bytes() == before


def test_no_library_call_spoils_a_file_on_a_full_disk(tmp_path, monkeypatch):
    for name in ("e.csv", "e.npz", "s.json"):
        (tmp_path / name).write_bytes(OLD)
    full(monkeypatch)
    for name in ("e.csv", "e.npz"):
        with pytest.raises(eventfile.DataError, match=f"{name}: No space left"):
            eventfile.write(tmp_path / name, [(0, np.zeros(3, np.int16))])
    with pytest.raises(OSError, match="No space left"):
        Scale((0.0,), (1.0,)).save(tmp_path / "s.json")
    assert {(tmp_path / name).read_bytes() for name in left(tmp_path)} == {OLD}


def test_a_limit_of_the_size_of_files_spoils_none(tmp_path):
    """The limit of a process is the system's own: no part of the writing is made up."""
    logged(tmp_path / "a.mcap")
    for name in ("r.html", "t.parquet"):
        (tmp_path / name).write_bytes(OLD)
    for name, arguments in (("r.html", ["report", "--force", "-o"]), ("t.parquet", ["audit", "--force", "--to"])):
        command = [sys.executable, "-m", "deeplomath", arguments[0], tmp_path / "a.mcap", *arguments[1:]]
        done = subprocess.run(
            [*map(str, command), str(tmp_path / name)],
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 2 and f"{name}: File too large" in done.stderr, done.stderr
        assert (tmp_path / name).read_bytes() == OLD
    assert left(tmp_path) == ["a.mcap", "r.html", "t.parquet"]
