# SPDX-License-Identifier: MIT
"""The monitor as a page: clicked through in Chromium against an emulated board; who is let in; what it does without a browser."""

import time
import urllib.error
import urllib.request

import numpy as np
import pytest
from bokeh.document import Document

import browser
from deeplomath import Device, Model
from deeplomath.errors import TransportError
from deeplomath.mirror.network import Network
from deeplomath.monitor import charts, motions, plane, serving
from deeplomath.monitor.feed import Feed
from deeplomath.monitor.mapping import Mapping
from deeplomath.monitor.page import Page
from deeplomath.monitor.sources import Streamed
from implementations import ROOT
from watched import done, ended, feed, went

PICTURE = ROOT / "build" / "monitor.png"
ADDRESS = "127.0.0.1", 0
PATIENCE = 60_000  # milliseconds: emulated boards share this machine with other tests


def lived(seed=3):
    """Motions: one that is taught, one that is not, for long."""
    draw = np.random.default_rng(seed)
    for name in ("walk", "wave") * 100:
        yield name, motions.samples(name, motions.PART, draw)


@pytest.mark.f405
@pytest.mark.skipif(browser.missing(), reason=browser.MISSING)
def test_a_class_is_named_on_the_page_recognised_and_undone(board_f405):
    model = Model("motion")
    with Device(board_f405.port, timeout=20, reconnect=True) as device:
        device.configure(**model.config())
        device.model(model)
        source = Streamed(device, lived(), 10 * motions.RATE, "motions", shots=4, only=("walk",))
        with Feed(device, source, model, board="STM32F405") as it, serving.Served(it, *ADDRESS) as served:
            with browser.opened() as chrome:
                clicked(chrome.page, served.link, it)
                assert (chrome.outside, chrome.complaints) == ([], [])
        assert it.fault is None


def clicked(page, link, it):
    """Teaches, names, and undoes by clicks; the page says and shows it."""
    page.set_default_timeout(PATIENCE)
    page.goto(link)
    page.get_by_text("8 remembered").wait_for()  # of the motion that nobody named
    page.get_by_role("button", name="rest").click()
    page.get_by_text("the samples rest").wait_for()
    before = it.device.digest()
    page.get_by_placeholder("its name").fill("wave hello")
    page.get_by_placeholder("its name").press("Tab")
    page.get_by_role("button", name="unknowns").click()
    page.get_by_text("8 unknowns are wave hello now").wait_for()
    page.get_by_role("button", name="rest").click()
    page.get_by_text("● wave hello").wait_for()  # recognised
    page.get_by_text("the mirror's").wait_for()
    page.screenshot(path=str(PICTURE))
    page.get_by_role("button", name="freeze").click()
    page.get_by_text("frozen: nothing is learned any more").wait_for()
    page.get_by_role("button", name="freeze").click()
    page.get_by_text("thawed: it learns again").wait_for()
    page.get_by_role("button", name="undo").click()
    page.get_by_text(f"digest {before:08x}").first.wait_for()
    page.get_by_text("○ unknown").wait_for()


@pytest.fixture(scope="module")
def board_f405():
    from deeplomath.link import emulator

    board = emulator.Emulator("stm32f405_qemu", icount=True)
    missing = [str(file) for file in board.needs if not file.is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not built, make test-f405 does it")
    with board:
        yield board


def fetched(url, **headers):
    """(status, text) of a page."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor())
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=60) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_on_this_computer_no_token_is_needed_and_all_that_the_page_loads_is_here():
    with feed([]) as it, serving.Served(it, *ADDRESS) as served:
        assert served.token is None and served.link == f"http://127.0.0.1:{served.port}/"
        status, text = fetched(served.link)
        assert status == 200 and "<title>Deeplomath monitor</title>" in text
        assert "http://" not in text.replace(served.link, "") and "https://" not in text and "//cdn" not in text


def test_at_another_address_nobody_comes_in_without_the_token():
    with feed([]) as it, serving.Served(it, "0.0.0.0", 0) as served:
        assert len(served.token) >= 32 and served.link.endswith(f"/?token={served.token}")
        base = f"http://127.0.0.1:{served.port}/"
        for wrong in ("", "?token=", f"?token={served.token[:-1]}", f"?token={served.token}x"):
            assert fetched(base + wrong) == (403, serving.REFUSED), wrong
        assert fetched(base, Cookie=f"{serving.COOKIE}=x")[0] == 403
        assert fetched(f"{base}?token={served.token}")[0] == 200
        assert fetched(base, Cookie=f"{serving.COOKIE}={served.token}")[0] == 200


@pytest.mark.parametrize("token", [False, True])
def test_the_page_of_another_site_cannot_talk_to_the_monitor(token):
    from tornado import httpclient, ioloop, websocket

    with feed([]) as it, serving.Served(it, "0.0.0.0" if token else "127.0.0.1", 0) as served:
        url = f"ws://127.0.0.1:{served.port}/ws"
        request = httpclient.HTTPRequest(url, headers={"Origin": "http://evil.example"}, follow_redirects=False)

        async def connect():
            try:
                line = await websocket.websocket_connect(request, subprotocols=["bokeh", "x"])
            except httpclient.HTTPClientError as error:
                return error.code
            return await line.read_message()  # None: it was closed without a word

        assert ioloop.IOLoop(make_current=False).run_sync(connect) == (None if token else 403)


def test_an_address_that_is_taken_is_refused_in_words():
    with feed([]) as it, serving.Served(it, *ADDRESS) as served:
        with (
            pytest.raises(TransportError, match=f"page: 127.0.0.1:{served.port}: "),
            serving.Served(it, "127.0.0.1", served.port),
        ):
            pass


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("::1", False), ("0.0.0.0", False), ("a.b", False)],
)
def test_what_is_this_computer(host, here):
    assert serving.is_here(host) == here


def page_of(it):
    """(Page, Mapping) of a Feed, without a server."""
    mapping = Mapping(it)
    return Page(Document(), it, mapping), mapping


def looked(it):
    """One round, in which the feed looks at the status."""
    it.clock.now += 2
    it.step()


def test_the_page_shows_what_the_feed_has():
    it = went(feed(shots=3, only=("slow", "fast", "loud")), 700)
    it.state(), looked(it)
    page, mapping = page_of(it)
    mapping.look()
    page.update()
    rows, data = it.rows.since(), page.source.data
    assert data["number"] == [row.number for row in rows] and data["name"] == [row.name for row in rows]
    assert data["lane"] == [-1 if row.verdict == "unknown" or row.label < 0 else row.label for row in rows]
    assert page.answers.yaxis.major_label_overrides == {-1: "unknown", 0: "slow", 1: "fast", 2: "loud"}
    assert rows[-1].name in page.answer.text and "depth" in page.board.text
    digest, state = it.state()
    assert mapping.proved == digest and f"{digest:08x}, the mirror&#x27;s" in page.board.text
    kept = Network.from_state(state).memory.events
    assert it._labels == {event.id: it.naming.of(event.label) for event in kept}
    assert page.sources["events"].data["number"] == [event.id for event in kept]
    assert page.sources["names"].data["text"] == sorted(
        {it.naming.of(event.label) for event in kept}, key=it.naming.names.index
    )


def test_each_button_asks_the_feed():
    it = went(feed(["odd"] * 9), 300)
    page, _ = page_of(it)
    for act, value, words in (
        (page.gather, "hum", "8 unknowns are hum now"),
        (page.teach, "hum", "the next 3 events are learned as hum"),
        (page.rename, "hm", "is called hm now"),
    ):
        page.name.value = value
        act()
        went(it, 60)
        page.update()
        assert words in page.said.text, (words, page.said.text)
    page.name.value = "<b>&"
    page.teach()
    it.step()
    page.update()
    assert "learned as &lt;b&gt;&amp;" in page.said.text and '<p class="bad">' not in page.said.text
    page.name.value = ""
    page.correct()
    it.step()
    page.update()
    assert '<p class="bad">correct: ' in page.said.text or '<p class="bad">name: ' in page.said.text


def test_columns_stay_as_long_as_they_are():
    it = ended(feed(iter([("slow", np.zeros((400, 2), np.int16))] * 60), rate=None))
    page, _ = page_of(it)
    assert it.status.events > 4 * charts.LAST and len(page.source.data["at"]) == 4 * charts.LAST
    assert page.range.end - page.range.start == charts.LAST


def test_another_network_of_the_mirror_is_said(monkeypatch):
    it = went(feed(shots=2, only=("slow", "fast")), 700)
    it.state(), looked(it)
    digest, state = it.state()
    it._state = state[:-1] + bytes([state[-1] ^ 1])
    page, mapping = page_of(it)
    mapping.look()
    page.update()
    assert (mapping.proved, mapping.differs) == (None, digest) and "the mirror has another one" in page.board.text


def test_the_map_places_events_where_the_plane_of_the_demo_has_them():
    it = went(feed(shots=3, only=("slow", "fast", "loud")), 1100)
    network = it.naming.model  # the names
    it.state(), looked(it)
    network = Network.from_state(it.state()[1])
    found = plane.drawn(network, grid=24)
    assert found.label.shape == found.share.shape == (24, 24) and found.digest == network.digest()
    assert [row[0] for row in found.events] == [event.id for event in network.memory.events]
    places = np.array([row[1:3] for row in found.events])
    assert np.allclose(places, found.sheet.points) and (places > found.low).all() and (places < found.high).all()
    assert (found.share <= 1).any() and (found.share > 1).any()
    image = charts.tinted(found)
    assert ((image >> 24 > 0) == (found.share <= 1)).all()
    assert plane.drawn(Network(features=2, classes=2, events=4)) is None


def test_serving_ends_when_the_feed_has_ended():
    said = []
    it = feed([])
    with it:
        pass
    began = time.monotonic()
    serving.serve(it, *ADDRESS, say=said.append)
    assert said[0].startswith("The page: http://127.0.0.1:") and began
    assert done(feed([]), "run", True).ok
