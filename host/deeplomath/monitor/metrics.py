# SPDX-License-Identifier: MIT
"""The figures of a feed for a monitoring system: OpenMetrics text over HTTP, made when it is asked for."""

import contextlib

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

from .. import spec
from ..errors import TransportError
from .shown import ANSWERED, CONNECTED

RECENT = 100  # answers over which shares are taken: what drifts shows there


class Figures:
    """A collector of prometheus_client. feed: a Feed."""

    def __init__(self, feed):
        self.feed = feed

    def collect(self):
        """Yields the families of figures, as the board was when it was asked last."""
        status = self.feed.read(row=self.feed.rows.last)[0]
        info = status.info
        board = dict(board=status.board, port=status.port, stream=status.stream, library=spec.VERSION_LIBRARY)
        board |= dict(spec=str(spec.VERSION_SPEC), state=str(spec.VERSION_STATE))
        board |= dict(digest="" if status.digest is None else f"{status.digest:08x}")
        yield InfoMetricFamily("deeplomath_board", "What is watched; the digest is the identity of its network.", board)
        yield _gauge("up", "1 while the board answers.", status.line == CONNECTED)
        for name, words in COUNTED.items():
            yield CounterMetricFamily(f"deeplomath_{name}", words, value=getattr(status, name))
        yield _gauge("heap_free_bytes", "Free on the board's heap.", status.heap_free)
        yield _gauge("event_rate", "Events a second, over 10 seconds.", status.rate)
        yield _gauge("stream_behind_seconds", "By which the stream of samples is late.", status.behind)
        yield _gauge("unknowns_remembered", "Unknown events that wait for a name.", len(status.unknowns))
        yield _gauge("saved_number", "Number of the last save, 0 of none.", status.saved)
        yield _gauge("save_failed", "1 where the last save failed.", status.saving == spec.SAVING_FAILED)
        if info:
            yield _gauge("neurons", "Events kept.", info.neurons)
            yield _gauge("neurons_limit", "Events that may be kept.", info.events)
            yield _gauge("depth", "Layers of the network.", info.depth)
            yield _gauge("learns", "Learns so far: the clock of the network.", info.clock)
            yield _gauge("frozen", "1 where all learning is stopped.", info.frozen)
            yield _gauge("leave_one_out_error", "Mean squared error, each event left out.", info.error / 65536)
            stated = info.false_reject_permille / 1000
            yield _gauge("false_reject_stated", "Share of known events that may be refused.", stated)
        yield from _drift(self.feed.rows.since(self.feed.rows.last - RECENT))


def _drift(rows):
    """What the last answers say of drift: more unknowns, less confidence, more novelty, wrong where a recording tells."""
    answered = [row for row in rows if row.kind == ANSWERED and row.label >= 0]
    if not answered:
        return
    n = len(answered)
    unknown = sum(row.verdict == "unknown" for row in answered)
    yield _gauge("recent_answers", f"Answers that the shares below are of, {RECENT} events at most.", n)
    yield _gauge("recent_unknown_share", "Share of unknown ones.", unknown / n)
    yield _gauge(
        "recent_uncertain_share", "Share of uncertain ones.", sum(row.verdict == "uncertain" for row in answered) / n
    )
    yield _gauge("recent_novelty", "Mean novelty, in shares of the level.", sum(row.novelty for row in answered) / n)
    sure = [row.probability for row in answered if row.verdict != "unknown"]
    if sure:
        yield _gauge("recent_probability", "Mean probability that a known answer is right.", sum(sure) / len(sure))
    named = [row for row in answered if row.said and row.verdict != "unknown"]
    if named:
        right = sum(row.name == row.said for row in named) / len(named)
        yield _gauge("recent_right_share", "Share right, of those known whose recording tells.", right)


COUNTED = {
    "events": "Events since the monitor began.",
    "learned": "Events learned.",
    "unknown": "Events called unknown.",
    "refused": "Events that were not learned, as the board refused.",
    "samples": "Samples of the stream.",
    "lost": "Samples lost.",
    "unheard": "Answers that were gone before they were fetched.",
}


def _gauge(name, words, value):
    return GaugeMetricFamily(f"deeplomath_{name}", words, value=float(value))


@contextlib.contextmanager
def served(feed, host, port):
    """Within it the figures of a Feed are at http://host:port/metrics; gives the port. TransportError: it is taken."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(feed))
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise TransportError(f"metrics: {host}:{port}: {error.strerror or error}") from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
