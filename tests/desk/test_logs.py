# SPDX-License-Identifier: MIT
"""The commands on logs and states: replay, audit, train, diff, fleet push, and run with a log."""

import os

import numpy as np
import polars
import pytest
import test_run
from test_command import process, words_of

import invoked
import sessions
import watch
from deeplomath import Device, Model, Network, Scale, spec
from deeplomath.audit import eventfile, fleet, survey
from deeplomath.audit.log import open_log
from deeplomath.audit.survey import COLUMNS
from deeplomath.desk import board_commands, fleets, reaching
from deeplomath.link import logform
from deeplomath.link.log import Log
from deeplomath.model.model import preset
from wire import Line

files = test_run.files


def run(*arguments):
    result = invoked.invoke(*arguments)
    return result.exit_code, " ".join(result.output.split())


def logged(path, network=None, n=12, seed=0):
    """Writes the log of a short session."""
    line = watch.device(network)._transport if network else Line()
    with Device(line, log=path) as device:
        device.configure(**sessions.CONFIG)
        for i, x in enumerate(sessions.events(n, seed)):
            device.infer(x)
            if i < n // 2:
                device.learn(x, i % 2)
        device.infer(np.full(3, 32000, np.int16))
        device.correct(2)
        device.undo()
        return device.digest()


@pytest.fixture
def folder(tmp_path):
    """A folder of logs: whole, cut, damaged, of a board that differs, and a file that is none."""
    there = tmp_path / "logs"
    there.mkdir()
    for seed in range(3):
        logged(there / f"good{seed}.mcap", seed=seed)
    whole = (there / "good0.mcap").read_bytes()
    (there / "cut.mcap").write_bytes(whole[: len(whole) * 2 // 3])
    spoilt = whole[: len(whole) // 2] + bytes(40) + whole[len(whole) // 2 + 40 :]
    (there / "damaged.mcap").write_bytes(spoilt)
    logged(there / "other.mcap", watch.flips_at(4))
    (there / "none.mcap").write_text("no log")
    return there


def test_a_log_is_replayed_and_its_state_kept(tmp_path):
    digest = logged(tmp_path / "a.mcap")
    code, said = run("replay", tmp_path / "a.mcap", "--to", tmp_path / "s.dlm")
    assert code == 0 and f"the last {digest:08x}" in said
    assert Network.from_state((tmp_path / "s.dlm").read_bytes()).digest() == digest
    code, said = run("replay", tmp_path / "a.mcap", "--to", tmp_path / "s.dlm")
    assert code == 2 and "is there already" in said
    code, said = run("replay", tmp_path / "a.mcap", "--until", 5, "--to", tmp_path / "five.dlm")
    early = next(it.exchanged.digest for it in open_log(tmp_path / "a.mcap") if it.number == 4)
    assert code == 0 and Network.from_state((tmp_path / "five.dlm").read_bytes()).digest() == early


def test_status_1_is_of_a_difference_alone(folder):
    code, said = run("replay", folder / "other.mcap")
    assert code == 1 and "board and the mirror differ" in said and "digest" in said
    for name, words in (("none", "no log of a session"), ("damaged", "damaged"), ("nowhere", "No such file")):
        code, said = run("replay", folder / f"{name}.mcap")
        assert code == 2 and words in said, said
    assert run("replay", folder / "cut.mcap")[0] == 0


def test_two_logs_joined_are_no_log_that_is_proved(folder, tmp_path):
    joined = (folder / "good0.mcap").read_bytes() + (folder / "good1.mcap").read_bytes()
    (tmp_path / "j.mcap").write_bytes(joined)
    code, said = run("replay", tmp_path / "j.mcap")
    assert code == 2 and "bytes more, of another log or of none" in said, said
    row = survey.row(tmp_path / "j.mcap")
    assert row["state"] == "damaged" and "bytes more" in row["words"] and row["proofs"] > 7


def test_a_board_follows_a_log(tmp_path, monkeypatch):
    digest = logged(tmp_path / "a.mcap")
    board = watch.device()
    board.close = lambda: None
    monkeypatch.setattr(reaching, "Device", lambda *_, **__: board)
    code, said = run("replay", tmp_path / "a.mcap", "--port", "PORT")
    assert code == 0 and board.digest() == digest, said
    monkeypatch.setattr(reaching, "Device", lambda *_, **__: watch.device(watch.flips_at(4)))
    code, said = run("replay", tmp_path / "a.mcap", "--port", "PORT")
    assert code == 1 and "differ" in said


def test_many_logs_become_one_table(folder, tmp_path):
    code, said = run("audit", folder, "--jobs", 1, "--to", tmp_path / "t.parquet")
    assert code == 1 and "other.mcap, request" in said
    table = polars.read_parquet(tmp_path / "t.parquet")
    assert table.columns == list(COLUMNS) and len(table) == 7
    states = {name.rpartition("/")[2]: state for name, state in table.select("file", "state").rows()}
    assert states == {f"good{i}.mcap": "proved" for i in range(3)} | {
        "cut.mcap": "cut",
        "damaged.mcap": "damaged",
        "other.mcap": "differs",
        "none.mcap": "unreadable",
    }
    good = table.filter(polars.col("file").str.ends_with("good1.mcap")).to_dicts()[0]
    assert (good["learned"], good["answered"], good["corrections"], good["undos"]) == (7, 13, 1, 1)
    assert good["known"] + good["uncertain"] + good["unknown"] == 13 and good["unknown"] >= 1
    assert good["accuracy"] == 1.0 and good["false_reject"] == 0.0 and good["proofs"] > 7
    assert good["differs_at"] is None and len(good["digest"]) == 8
    other = table.filter(polars.col("state") == "differs").to_dicts()[0]
    assert other["differs_at"] > 4 and "digest" in other["differs"]


@pytest.mark.parametrize("columns", ["80", "200"])
def test_what_is_wrong_with_each_log_can_be_read_whole(folder, tmp_path, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    logged(folder / "another.mcap", watch.flips_at(5))
    rows = [survey.row(path) for path in sorted(folder.glob("*.mcap"))]
    result = invoked.invoke("audit", folder, "--jobs", "1")
    lines, said = result.output.splitlines(), "".join(result.output.split())
    assert result.exit_code == 1 and "…" not in result.output
    for it in rows:
        words = it["differs"] or it["words"]
        assert not words or any(it["file"] in line and words.removeprefix(it["file"]) in line for line in lines), words
        assert it["state"].replace(" ", "") in said
    assert sum(" on the board, " in line for line in lines) == 2


def test_an_audit_that_could_read_nothing_says_so_by_its_status(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.mcap").write_text("no log")
    code, said = run("audit", tmp_path, "--jobs", 1)
    assert code == 2 and "logs: 2 given, none of which can be read" in said
    logged(tmp_path / "c.mcap", n=2)
    assert run("audit", tmp_path, "--jobs", 1)[0] == 0


def test_an_audit_of_no_log_says_so(tmp_path):
    code, said = run("audit", tmp_path)
    assert code == 2 and "no log there" in said
    code, said = run("audit", tmp_path, "--to", "t.txt")
    assert code == 2 and ".parquet or .csv needed" in said


def test_the_table_is_the_same_on_all_cores_and_on_a_dask_cluster(folder):
    from distributed import LocalCluster

    paths = sorted(folder.glob("*.mcap"))
    alone = survey.table(survey.survey(paths, workers=1))
    with LocalCluster(n_workers=1, processes=False, protocol="tcp", dashboard_address=":0") as cluster:
        there = survey.table(survey.survey(paths, scheduler=cluster.scheduler_address))
    assert there.equals(alone)
    assert survey.table(survey.survey(paths, workers=2)).equals(alone)


@pytest.mark.parametrize("address", ["garbage", "", "tcp://", "xyz://a:1", "tcp://127.0.0.1:1", "tls://127.0.0.1:1"])
def test_a_cluster_that_is_not_there_is_said(tmp_path, address):
    logged(tmp_path / "a.mcap", n=2)
    code = "from deeplomath.audit import survey; survey.PATIENCE = 1; from deeplomath.__main__ import main; main()"
    done = process("audit", tmp_path / "a.mcap", "--scheduler", address, code=code)
    words = words_of(done)
    assert done.returncode == 2 and words.count("\n") == 1 and f"no Dask cluster at {address!r}: " in words


def test_the_name_of_a_log_may_be_any_that_a_system_has(tmp_path):
    path = tmp_path / os.fsdecode(b"\xff\xe4.mcap")
    logged(path, n=2)
    for name in ("t.csv", "t.parquet"):
        code, said = run("audit", path, "--to", tmp_path / name)
        assert code == 0 and f"{name}: 1 rows" in said, said
    assert r"\udcff\udce4.mcap" in (tmp_path / "t.csv").read_text()
    code, said = run("report", path, "-o", tmp_path / "r.html")
    assert code == 0 and r"\udcff\udce4.mcap" in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize("wrong", ["short", "names", "session"])
def test_what_no_board_says_is_no_fault_of_this_program(tmp_path, wrong):
    """A log with right checksums of a session that cannot have been."""
    path, exchanges = tmp_path / "a.mcap", []
    with Device(Line(), log=path) as device:
        sessions.session(device, 8)
    for it in open_log(path):
        request = it.request
        if wrong == "short" and it.exchanged.name == "infer" or wrong == "names" and it.exchanged.name == "name":
            request = request[:-1]
        exchanges.append((it.exchanged.opcode, request, it.reply))
    (tmp_path / "b.mcap").unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        if wrong == "session":
            patch.setattr(logform, "session", lambda *_: dict(form=1, spec=spec.VERSION_SPEC, began=[1], port=2))
        with Log(tmp_path / "b.mcap") as log:
            for opcode, request, reply in exchanges:
                log.exchange(opcode, request, reply, 0)
    for arguments in (["replay"], ["report", "-o", tmp_path / "r.html"]):
        code, said = run(arguments[0], tmp_path / "b.mcap", *arguments[1:])
        assert code == (0 if wrong == "session" else 2), said
        assert wrong == "session" or "what it says makes no session: " in said and "request " in said, said
    row = survey.row(tmp_path / "b.mcap")
    assert row["state"] == ("proved" if wrong == "session" else "unreadable") and len(survey.table([row])) == 1


def test_a_run_keeps_its_log(files, tmp_path, monkeypatch):
    monkeypatch.setattr(reaching, "Device", lambda *_, baud=0, **options: Device(Line(), **options))
    code, said = run("run", *files, "--port", "PORT", *test_run.SHOTS, "--log", tmp_path / "a.mcap")
    assert code == 0, said
    log = open_log(tmp_path / "a.mcap")
    assert log.model["file"] == "m.toml" and log.session["port"] == "PORT"
    assert run("replay", tmp_path / "a.mcap")[0] == 0
    code, said = run("run", *files, "--port", "PORT", "--log", tmp_path / "a.mcap")
    assert code == 2 and "is there already" in said
    code, said = run("run", *files, "--log", tmp_path / "b.mcap")
    assert code == 2 and "no session without a board" in said


def taught(n=8):
    net = Network(**Model("motion").config())
    for i in range(n):
        net.learn(np.arange(31, dtype=np.int16) * (100 * i + 1) % 3000, i % 2)
    return net


def test_a_table_of_events_becomes_a_network(tmp_path, monkeypatch):
    draw = np.random.default_rng(4).integers(-3000, 3000, (9, 31)).astype(np.int16)
    labels = [i % 3 for i in range(8)] + [None]
    eventfile.write(tmp_path / "e.csv", list(zip(labels, draw, strict=True)))
    columns = {f"f{i}": draw[:, i] for i in range(31)}
    polars.DataFrame({"label": labels} | columns).write_parquet(tmp_path / "e.parquet")
    names = [None if it is None else f"c{it}" for it in labels]
    polars.DataFrame({"label": names} | columns).write_parquet(tmp_path / "n.parquet")
    net = Model("motion").network()
    for label, x in zip(labels[:8], draw, strict=False):
        net.learn(x, label)
    for name in ("e.csv", "e.parquet", "n.parquet"):
        code, said = run("train", tmp_path / name, "--model", "motion", "--to", tmp_path / f"{name}.dlm")
        assert code == 0 and f"digest {net.digest():08x}" in said, said
    board = watch.device()
    board.close = lambda: None
    monkeypatch.setattr(reaching, "Device", lambda *_, **__: board)
    code, said = run("train", tmp_path / "e.csv", "--model", "motion", "--port", "PORT")
    assert code == 0 and board.digest() == net.digest() and board.front().features == 31
    for table, words in (
        ({"x": [1]}, "no column 'label'"),
        ({"label": [0], "f": ["a"]}, "column 'f': String given, numbers needed"),
        ({"label": [0], "f": [1.5]}, "decimals given; --scale FILE keeps the scale"),
        ({"label": [0], "f": [float("nan")]}, "row 1, column 1: nan given, a finite number needed"),
        ({"label": [None], "f": [1]}, "none of 1 events has a label"),
        ({"label": [0], "f": [70000]}, "70000 given"),
        ({"label": [99], "f": [1]}, "99 given"),
        ({"label": [0], "f": [1]}, "features: 1 given, 31 needed"),
    ):
        polars.DataFrame(table).write_parquet(tmp_path / "bad.parquet")
        code, said = run("train", tmp_path / "bad.parquet", "--model", "motion", "--to", tmp_path / "bad.dlm")
        assert code == 2 and words in said, said
    assert run("train", tmp_path / "e.csv", "--model", "motion")[0] == 2


@pytest.mark.parametrize("kind", ["csv", "npz", "parquet"])
def test_decimals_need_a_scale_that_is_kept_and_used_again(tmp_path, kind):
    draw = np.random.default_rng(5).normal(0, 1.5, (12, 31))
    labels, names = [("go", "stop", "")[i % 3] for i in range(12)], [f"f{i}" for i in range(31)]
    for table, values in (("one", draw), ("two", draw[:6] * 3)):
        y = labels[: len(values)]
        if kind == "csv":
            rows = [",".join([label, *map(repr, x.tolist())]) for label, x in zip(y, values, strict=True)]
            (tmp_path / f"{table}.csv").write_text("\n".join(rows))
        elif kind == "npz":
            np.savez(tmp_path / f"{table}.npz", x=values, y=np.array(y))
        else:
            made = {"label": [it or None for it in y]} | dict(zip(names, values.T, strict=True))
            polars.DataFrame(made).write_parquet(tmp_path / f"{table}.parquet")
    one, two, scale = tmp_path / f"one.{kind}", tmp_path / f"two.{kind}", tmp_path / "s.json"
    code, said = run("train", one, "--model", "motion", "--to", tmp_path / "s.dlm")
    assert code == 2 and f"one.{kind}: decimals given; --scale FILE" in said and not (tmp_path / "s.dlm").exists()
    fitted = Scale.fit(draw)
    for table, values in ((one, draw), (two, draw[:6] * 3)):
        net = Model("motion").network()
        for i, x in enumerate(fitted.apply(values)):
            if i % 3 < 2:
                net.learn(x, i % 3)
        code, said = run("train", table, "--model", "motion", "--to", tmp_path / "s.dlm", "--scale", scale, "--force")
        assert code == 0 and f"digest {net.digest():08x}" in said and Scale.load(scale) == fitted, said
        n = len(values)
        assert f"{n * 2 // 3} events learned, {n // 3} without a label left out classes: 0 go, 1 stop" in said, said
        assert f"decimals were scaled to int16, by {scale}" in said
    code, said = run("train", one, "--model", "motion", "--to", scale, "--scale", scale, "--force")
    assert code == 2 and "given for both, two files needed" in said and Scale.load(scale) == fitted


def test_a_name_of_a_table_is_the_class_of_that_name_of_the_model(tmp_path):
    text = preset("motion").replace("names = []", 'names = ["stop", "go"]')
    (tmp_path / "m.toml").write_text(text)
    (tmp_path / "e.csv").write_text("\n".join(f"{name}{',5' * 31}" for name in ("go", "new", "stop")))
    code, said = run("train", tmp_path / "e.csv", "--model", tmp_path / "m.toml", "--to", tmp_path / "s.dlm")
    assert code == 0 and "classes: 0 stop, 1 go, 2 new" in said, said


def test_a_folder_or_a_pattern_is_no_parquet_file(tmp_path):
    (tmp_path / "x.parquet").mkdir()
    good = {"label": [0]} | {f"f{i}": [i] for i in range(31)}
    polars.DataFrame(good).write_parquet(tmp_path / "x.parquet" / "a.parquet")
    for name, words in (("x.parquet", "x.parquet: Is a directory"), ("x.parquet/*.parquet", "No such file")):
        code, said = run("train", tmp_path / name, "--model", "motion", "--to", tmp_path / "s.dlm")
        assert code == 2 and words in said, said
    whole = (tmp_path / "x.parquet" / "a.parquet").read_bytes()
    for content in (b"", b"PAR1", b"no parquet at all", whole[:-20], whole[:40] + bytes(40) + whole[80:]):
        (tmp_path / "b.parquet").write_bytes(content)
        code, said = run("train", tmp_path / "b.parquet", "--model", "motion", "--to", tmp_path / "s.dlm")
        assert code == 2 and "b.parquet: " in said, said


def test_two_states_are_compared(tmp_path):
    one, other = taught(), taught()
    (tmp_path / "a").write_bytes(one.export())
    code, said = run("diff", tmp_path / "a", tmp_path / "a")
    assert code == 0 and "one network" in said
    other.learn(np.full(31, 9000, np.int16), 4)
    (tmp_path / "b").write_bytes(other.export())
    code, said = run("diff", tmp_path / "a", tmp_path / "b")
    assert code == 0 and "class 4: 0 and 1" in said and "only in the second 1 events: 8 (class 4)" in said
    assert "only in the first no event" in said and "1 unknown" in said


class Elsewhere(watch.BoardNetwork):
    """A board that makes another network of a state than the mirror does, but of one that is its own."""

    def load_staged(self, size):
        super().load_staged(size)
        self.wrong = self.memory.clock == 8

    def digest(self):
        return super().digest() ^ getattr(self, "wrong", 0)

    def digest_if_whole(self):
        return super().digest_if_whole() ^ getattr(self, "wrong", 0)


def test_a_fleet_gets_a_state_and_what_differs_gets_back_what_it_had(tmp_path, monkeypatch):
    net = taught()
    (tmp_path / "s").write_bytes(net.export())
    boards = dict(good=watch.device(), frozen=watch.device(), wrong=watch.device(Elsewhere), empty=watch.device())
    for name, board in boards.items():
        board.close = lambda: None
        if name != "empty":
            board.configure(**sessions.CONFIG)
            board.learn([1, 2, 3], 1)
    boards["frozen"].freeze()
    before = boards["wrong"].digest()

    def device(port, **_):
        if port not in boards:
            raise board_commands.DataError(f"{port}: nobody there")
        boards[port].hello = boards[port]._connect(False)
        return boards[port]

    monkeypatch.setattr(reaching, "Device", device)
    code, said = run("fleet", "push", tmp_path / "s", "good")
    assert code == 2 and "would be lost" in said
    code, said = run("fleet", "push", tmp_path / "s", *boards, "nowhere", "--force")
    assert code == 1, said
    for name in ("good", "frozen", "empty"):
        assert boards[name].digest() == net.digest()
    assert boards["wrong"].digest() == before and "rolled back" in said and "nobody there" in said
    assert "3 of 5 boards" in said
    code, said = run("fleet", "push", tmp_path / "s", "good", "frozen")
    assert code == 0 and said.count(fleet.KEPT) >= 2
    assert run("fleet", "push", tmp_path / "s", "good", "nowhere")[0] == 2


def test_one_board_under_two_addresses_is_told_and_gets_nothing(tmp_path, monkeypatch):
    (tmp_path / "s").write_bytes(taught().export())
    master, slave = os.openpty()
    port = os.ttyname(slave)
    (tmp_path / "by-id").symlink_to(port)

    def nobody(*_, **__):
        raise AssertionError("a board was opened")

    monkeypatch.setattr(reaching, "Device", nobody)
    for one, other in (
        (port, tmp_path / "by-id"),
        (port, f"/dev/../{port}"),
        ("socket://localhost:5000", "socket://127.0.0.1:5000"),
        ("COM3", r"\\.\com3"),
    ):
        code, said = run("fleet", "push", tmp_path / "s", "socket://127.0.0.1:4999", one, other)
        assert code == 2 and f"{one}, {other}: one board under two addresses" in said, said
    os.close(master), os.close(slave)
    fleets.check_places(["COM3", "COM4", "/dev/null", "/dev/zero", "socket://127.0.0.1:1", "socket://127.0.0.1:2", "x"])
