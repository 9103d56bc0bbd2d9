# SPDX-License-Identifier: MIT
"""`deeplomath report`: what a log tells, counted again by hand, and the page: whole in itself, on a phone, in print."""

import re

import numpy as np
import pytest
from typer.testing import CliRunner

import browser
import wire
from deeplomath import Device, Model, Verdict
from deeplomath.audit.log import open_log
from deeplomath.desk import cli
from deeplomath.model.text import parsed
from deeplomath.monitor import sheet, summary
from deeplomath.monitor.feed import Feed
from deeplomath.monitor.sources import Streamed
from deeplomath.monitor.summary import Summary, Told
from implementations import ROOT
from watched import MODEL, Clock, done, parts, went

PICTURE = ROOT / "build" / "report.png"
NAMES = ("slow", "fast", "loud", "slow", "odd", "fast", "loud", "slow", "odd")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """(path of a log, Feed) of swings that were taught, named out of unknowns, corrected and undone."""
    path = tmp_path_factory.mktemp("report") / "swings.mcap"
    model, clock = Model(parsed(MODEL, "swing.toml")), Clock()
    device = Device(wire.Line(), timeout=2, attempts=2, log=path)
    device.configure(**model.config())
    device.model(model)
    source = Streamed(device, parts(NAMES), 1000, "parts", shots=4, only=("slow", "fast", "loud"), clock=clock)
    it = Feed(device, source, model, clock=clock)
    went(it, 990)
    assert done(it, "gather", "odd").ok
    went(it, 100)
    assert done(it, "correct", "fast").ok
    went(it, 300)
    assert done(it, "undo").ok
    went(it, 600)
    it.clock.now += 2
    it.step()
    device.close()
    return path, it


def test_each_event_of_the_log_is_a_row_as_the_monitor_had_it(session):
    found, it = Summary(open_log(session[0])), session[1]
    rows = it.rows.since()
    assert [(row.at, row.kind, row.name, row.verdict, row.probability) for row in found.rows] == [
        (row.at, row.kind, row.name, row.verdict, row.probability) for row in rows
    ]
    assert [row.x for row in found.rows] == [row.x for row in rows]
    assert found.names == ("slow", "fast", "loud", "odd") and found.title == "swing, linux"
    assert found.differs is None and found.proved > 15 and found.digest == it.status.digest
    assert found.network.digest() == it.status.digest and found.unknowns() == len(it.status.unknowns)
    assert found.rows[-1].neurons == it.status.info.neurons


def test_what_was_told_of_events_is_what_was_taught_named_and_corrected(session):
    found, it = Summary(open_log(session[0])), session[1]
    learned = [row for row in it.rows.since() if row.kind == "learned"]
    told = [one for one in found.told if one.truth == 3]
    assert len(told) == 8 and all(one.answer == -1 and one.fresh and one.right for one in told)
    assert len(found.told) == len(learned) - 1 + 8 + 1  # of the first learn nothing had been answered
    assert [what for _, what in found.marks if what != "drift"] == ["naming", "correction", "undo"]
    counts = summary.confusion(found.told, 4)
    assert sum(map(sum, counts)) == len(found.told) and counts[3] == [0, 0, 0, 0, 8]
    assert all(len(row) == 5 for row in counts)


def test_what_the_network_had_said_ahead_of_a_learn_is_the_mirrors(session):
    found, model = Summary(open_log(session[0])), Model(parsed(MODEL, "swing.toml"))
    net, said = model.network(), []
    for row in found.rows:
        if row.kind != "learned" or row.number > 45:
            continue
        x = np.array(row.x, np.int16)
        if net.memory.events:
            answer = net.infer_many([x])[0]
            said.append(-1 if answer.verdict == Verdict.UNKNOWN else answer.label)
        net.learn(x, row.label)
    assert said and said == [one.answer for one in found.told][: len(said)]


def test_drift_is_marked_where_half_of_the_last_answers_begin_to_be_unknown(session):
    found = Summary(open_log(session[0]))
    recent, marks, drifts = [], [], False
    for row in found.rows:
        if row.kind == "answered" and row.label >= 0:
            recent = [*recent, row.verdict == "unknown"][-20:]
            many = len(recent) == 20 and sum(recent) >= 10
            marks += [row.number] if many and not drifts else []
            drifts = many
    assert [number for number, what in found.marks if what == "drift"] == marks


def test_accuracy_and_reliability_are_shares():
    told = [
        Told(1, 0, 0, 0.9, False),
        Told(2, 1, -1, 0.0, True),
        Told(3, 1, 0, 0.95, False),
        Told(4, 1, -1, 0.2, False),
    ]
    assert summary.accuracy(told) == [(1, 1.0), (2, 1.0), (3, 2 / 3), (4, 0.5)]
    assert summary.reliability(told) == [((0.9 + 0.95) / 2, 0.5, 2)]
    assert summary.confusion(told, 2) == [[1, 0, 0], [1, 0, 2]]


def run(*arguments):
    return CliRunner().invoke(cli.app, ["report", *map(str, arguments)])


def test_the_command_writes_one_file_and_never_in_place_of_another(session, tmp_path):
    to = tmp_path / "r.html"
    result = run(session[0], session[0], "-o", to)
    assert result.exit_code == 0 and "results equal" in result.output, result.output
    text = to.read_text()
    assert len(text) < 5_000_000 and text.count("<section>") == 2
    page = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)  # that Bokeh asks for nothing a browser tells
    assert re.findall(r'(?:src|href)="(?!data:)[^"]+"|<script[^>]+src|url\(', page) == []
    assert run(session[0], "-o", to).exit_code == 2 and to.read_text() == text
    assert run(session[0], "-o", to, "--force").exit_code == 0


def test_a_log_that_was_cut_is_told_up_to_the_cut(session, tmp_path):
    cut = tmp_path / "cut.mcap"
    data = session[0].read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    found = Summary(open_log(cut))
    whole = Summary(open_log(session[0]))
    assert 5 < len(found.rows) < len(whole.rows) and found.rows[5].x == whole.rows[5].x
    assert "without the end that a log has" in sheet.written([found])


@pytest.mark.parametrize(("kind", "code"), [("cut", 0), ("damaged", 2), ("joined", 2)])
def test_a_log_that_is_not_whole_is_told_in_the_terminal_and_on_the_page(session, tmp_path, kind, code):
    data, path = session[0].read_bytes(), tmp_path / "b.mcap"
    half = len(data) // 2
    made = dict(cut=data[:half], damaged=data[:half] + bytes(40) + data[half + 40 :], joined=data + data)
    path.write_bytes(made[kind])
    result = run(session[0], path, "-o", tmp_path / "r.html")
    words = " ".join(result.output.split())
    assert result.exit_code == code, result.output
    how = "cut: it ends after" if kind == "cut" else "damaged: behind"
    assert "b.mcap: " in words and f"; {how}" in words and (code == 0 or "all before it is proved" in words)
    page = (tmp_path / "r.html").read_text()
    assert f"; {how}" in page and ('class="words bad"' in page) == bool(code)


def test_what_is_no_log_ends_in_words(tmp_path):
    (tmp_path / "no.mcap").write_bytes(b"no log")
    result = run(tmp_path / "no.mcap", "-o", tmp_path / "r.html")
    assert result.exit_code == 2 and "no.mcap" in result.output and not (tmp_path / "r.html").exists()


def test_names_of_others_are_text_and_no_markup(session):
    found = Summary(open_log(session[0]))
    found.names = ("<script>alert(1)</script>", "b", "c", "d")
    text = sheet.written([found])
    assert "<script>alert(1)" not in text and "&lt;script&gt;alert(1)" in text


def test_a_session_without_events_has_a_report_without_charts(tmp_path):
    path = tmp_path / "empty.mcap"
    Device(wire.Line(), log=path).close()
    text = sheet.written([Summary(open_log(path))])
    assert "none waits for a name" in text and "<figure" not in text


@pytest.mark.skipif(browser.missing(), reason=browser.MISSING)
def test_the_page_asks_for_nothing_and_complains_of_nothing_in_light_dark_and_print(session, tmp_path):
    to = tmp_path / "report.html"
    to.write_text(sheet.written([Summary(open_log(session[0]))]))
    with browser.opened(390, 844, color_scheme="dark") as chrome:
        page = chrome.page
        page.goto(to.as_uri())
        page.wait_for_function("document.querySelectorAll('.bk-Figure').length == 5")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 27)"
        page.screenshot(path=str(tmp_path / "phone.png"), full_page=True)
        page.emulate_media(color_scheme="light")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        page.set_viewport_size(dict(width=900, height=900))
        page.wait_for_timeout(500)  # for the picture of the documents
        page.screenshot(path=str(PICTURE), full_page=True)
        page.pdf(path=str(tmp_path / "print.pdf"))
        assert (tmp_path / "print.pdf").read_bytes().startswith(b"%PDF")
        assert (chrome.outside, chrome.complaints) == ([], [])
