# SPDX-License-Identifier: MIT
"""`deeplomath monitor`: what it needs, what it refuses, what it leaves on a board, and its figures."""

import re
import urllib.request

import numpy as np
import pytest
from typer.testing import CliRunner

import wire
from deeplomath.audit import recording
from deeplomath.audit.log import open_log
from deeplomath.audit.recording import Recording
from deeplomath.desk import cli, monitoring, reaching
from deeplomath.errors import DataError
from deeplomath.link.client import Device
from deeplomath.link.log import Log as SessionLog
from deeplomath.model.model import Model
from deeplomath.monitor import metrics, motions
from deeplomath.monitor.sources import Live
from deeplomath.results import Verdict
from sources import Chunks, LiveLine
from watched import MODEL, ended, feed, part


def run(*arguments):
    return CliRunner().invoke(cli.app, ["monitor", *map(str, arguments)])


@pytest.fixture
def board(monkeypatch):
    """Puts a board in memory behind every port, and a face that is left at once behind each; returns its Line."""
    line = wire.Line()
    monkeypatch.setattr(reaching, "Device", lambda port, log=None, **_: Device(line, log=log))
    monkeypatch.setattr(monitoring, "face", lambda page, figures: lambda feed: line.__dict__.update(feed=feed))
    return line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a-port",), "no terminal here; --web shows a page"),
        (("a-port", "--web", "--address", "here"), "address: 'here' given, HOST:PORT needed"),
        (("a-port", "--metrics", "1.2.3.4:70000"), "metrics: '1.2.3.4:70000' given"),
        (("a-port", "--speed", "0"), "0 given, 1..1000 allowed"),
        (("a-port", "--model", "no.toml"), "no.toml"),
    ],
)
def test_what_is_wrong_is_said_before_a_board_is_asked(arguments, words, monkeypatch):
    monkeypatch.setattr(reaching, "Device", lambda *_, **__: pytest.fail("a board was asked"))
    result = run(*arguments)
    assert result.exit_code == 2 and words in " ".join(result.output.split()), result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--samples", "r.csv"), "a --model needed"),
        (("--model", "keywords"), "--samples names a recording for this model"),
        (
            ("--model", "m.toml", "--samples", "r.csv", "--only", "none"),
            "only: no sample of 'none', there are fast, slow",
        ),
        (("--model", "motion", "--samples", "r.csv"), "samples a second"),
    ],
)
def test_samples_that_do_not_fit_are_refused(board, tmp_path, monkeypatch, arguments, words):
    files(tmp_path, monkeypatch)
    result = run("a-port", *arguments)
    assert result.exit_code == 2 and words in " ".join(result.output.split()), result.output
    assert board.session.handlers.network is None


def files(folder, monkeypatch):
    """A model file and a recording of two swings, in the current folder."""
    monkeypatch.chdir(folder)
    (folder / "m.toml").write_text(MODEL)
    values = np.concatenate([part("slow"), part("fast")])
    recording.write("r.csv", Recording(values, 100.0, ("a", "b"), ("slow",) * 200 + ("fast",) * 200))


def test_a_recording_is_streamed_in_its_time_and_taught_as_it_says(board, tmp_path, monkeypatch):
    files(tmp_path, monkeypatch)
    monkeypatch.setattr(monitoring, "face", lambda page, figures: until_ended)
    result = run("a-port", "--model", "m.toml", "--samples", "r.csv", "--shots", 3, "--speed", 1000)
    assert result.exit_code == 0, result.output
    network = board.session.handlers.network
    assert network.info().clock == 6 and Device(board).names == ("m", "slow", "fast")


def test_the_session_is_kept_in_a_log_and_never_in_place_of_another_file(board, tmp_path, monkeypatch):
    files(tmp_path, monkeypatch)
    monkeypatch.setattr(monitoring, "face", lambda page, figures: until_ended)
    arguments = "a-port", "--model", "m.toml", "--samples", "r.csv", "--shots", 3, "--speed", 1000, "--log", "s.mcap"
    assert run(*arguments).exit_code == 0
    log = open_log("s.mcap")
    events = [event for record in log for event in record.exchanged.events]
    assert log.end == "whole" and len(events) == 19 and sum(event.learned is not None for event in events) == 6
    result = run(*arguments, "--force")
    assert result.exit_code == 2 and "s.mcap: is there already" in result.output


def test_a_log_that_cannot_be_written_is_told_once_and_the_feed_goes_on():
    class Full:
        def __init__(self):
            self.room = 20_000

        def write(self, data):
            self.room -= len(data)
            if self.room < 0:
                raise OSError(28, "No space left on device")
            return len(data)

    it = feed()
    it.device._keep_log(SessionLog(Full(), say=lambda words: None), "memory")
    ended(it)
    said = [one.words for one in it.said.since()]
    assert len(said) == 1 and said[0].startswith("log: stopped after") and "No space left" in said[0]
    assert it.status.events == 59


def until_ended(it):
    for _ in range(2000):
        if it.source.ended:
            return
        monitoring.time.sleep(0.01)
    raise AssertionError("the recording did not end")


def test_a_network_that_has_learned_goes_on_where_it_fits_and_else_is_lost_by_force_alone(board, tmp_path, monkeypatch):
    files(tmp_path, monkeypatch)
    model, device = Model("m.toml"), Device(board)
    device.configure(**model.config())
    device.learn(np.zeros(6, np.int16), 0)
    device.names = "m", "still"
    digest = device.digest()
    assert run("a-port", "--model", "m.toml", "--samples", "r.csv").exit_code == 0
    assert board.session.handlers.network.digest() == digest and "still" in Device(board).names
    result = run("a-port", "--model", "motion")
    assert result.exit_code == 2 and "--force replaces it" in " ".join(result.output.split())
    assert board.session.handlers.network.digest() == digest
    assert run("a-port", "--model", "motion", "--force").exit_code == 0
    assert board.session.handlers.network.info().features == 31


def test_a_board_with_a_source_of_its_own_is_heard():
    line = LiveLine(Chunks(part("slow")), queue=1 << 12)
    device = Device(line)
    source, prepare = monitoring.begun(device, "a-port", None, False, None)
    assert isinstance(source, Live) and prepare is None and not source.running
    motion = monitoring.stream(Model("motion"), None, None, None, None)
    assert isinstance(monitoring.begun(device, "a-port", Model("motion"), False, motion)[0], Live)


def test_a_board_without_sensor_and_model_is_shown_as_it_is(board):
    assert run("a-port").exit_code == 0
    assert "no sensor of its own" in board.feed.status.stream


@pytest.mark.parametrize(
    ("text", "found"),
    [("8000", ("127.0.0.1", 8000)), ("0.0.0.0:1", ("0.0.0.0", 1)), ("[::1]:80", ("::1", 80)), ("a.b:0", ("a.b", 0))],
)
def test_an_address_is_a_port_here_or_a_host_and_a_port(text, found):
    assert monitoring.place(text, "web") == found
    for wrong in ("", ":1", "a:b", "a:1:2", "65536", "a b:1"):
        with pytest.raises(DataError, match="web: "):
            monitoring.place(wrong, "web")


def test_the_motions_are_told_apart_and_one_that_was_never_taught_is_unknown():
    model, met, said = Model("motion"), [], motions.parts(seed=1)
    for _ in range(14):
        name, values = next(said)
        events = model.push(values[:128])
        if name in motions.TAUGHT and not model.net.info().clock >= 12:
            model.teach(name, 4)
        for event in [*events, *model.push(values[128:])][2:]:
            if event.answer:
                met.append((name, event.name, event.answer.verdict))
    taught = [it for it in met if it[0] in motions.TAUGHT]
    others = [it for it in met if it[0] not in motions.TAUGHT]
    right = sum(name == answer for name, answer, _ in taught)
    assert len(taught) > 40 and right >= 0.85 * len(taught), (right, len(taught))
    assert len(others) > 20 and sum(it[2] == Verdict.UNKNOWN for it in others) >= 0.9 * len(others)


def test_the_figures_are_openmetrics_text_of_what_the_feed_shows():
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parsed

    it = ended(feed(shots=3, only=("slow", "fast", "loud")))
    with metrics.served(it, "127.0.0.1", 0) as port:
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=accept)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as reply:
            assert reply.headers["Content-Type"].startswith("application/openmetrics-text")
            text = reply.read().decode()
    assert text.endswith("# EOF\n")
    found = {one.name: one.value for family in parsed(text) for one in family.samples}
    status = it.status
    assert found["deeplomath_up"] == 1 and found["deeplomath_events_total"] == status.events == 59
    assert found["deeplomath_learned_total"] == 9 and found["deeplomath_neurons"] == status.info.neurons
    assert found["deeplomath_unknowns_remembered"] == len(status.unknowns)
    assert found["deeplomath_false_reject_stated"] == 0.05 and 0 < found["deeplomath_recent_right_share"] <= 1
    answered = [row for row in it.rows.since() if row.kind == "answered" and row.label >= 0]
    unknown = sum(row.verdict == "unknown" for row in answered)
    assert found["deeplomath_recent_unknown_share"] == unknown / len(answered)
    assert re.search(rf'digest="{status.digest:08x}"', text)


def test_figures_at_a_port_that_is_taken_are_refused_in_words():
    it = feed([])
    with metrics.served(it, "127.0.0.1", 0) as port, pytest.raises(Exception, match=f"metrics: 127.0.0.1:{port}: "):
        with metrics.served(it, "127.0.0.1", port):
            pass
