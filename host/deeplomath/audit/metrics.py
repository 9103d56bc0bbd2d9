# SPDX-License-Identifier: MIT
"""Health of a board as OpenMetrics text: figures that grow with a stream of its results (prometheus_client)."""

from ..results import Answer, Event, Learned, Verdict

SLOW = 0.05  # weight of a new answer in the moving shares


class Metrics:
    """Figures of one board. take() is given its results one by one; text() is what a server answers to a scrape.

    device: the board's name, a label of each figure.
    """

    def __init__(self, device=""):
        from prometheus_client import CollectorRegistry, Counter, Gauge, Info

        self.registry = CollectorRegistry()
        kinds = dict(registry=self.registry, namespace="deeplomath", labelnames=("device",))
        self._answers = Counter(
            "answers", "Events answered, by verdict", **kinds | dict(labelnames=("device", "verdict"))
        )
        counters = dict(learned="Events learned", corrections="Corrections", undos="Changes undone")
        counters |= dict(refused="Events that were not learned", faults="Requests that failed")
        self._counters = {name: Counter(name, words, **kinds).labels(device) for name, words in counters.items()}
        gauges = dict(neurons="Events kept", depth="Layers", probability="Moving mean of the probability of answers")
        gauges |= dict(unknown_share="Moving share of unknown answers", novelty="Moving mean of the novelty of answers")
        gauges |= dict(drift="Moving novelty over that of the first answers, less 1", saving="0 saved, 1 due, 2 failed")
        gauges |= dict(heap_free_bytes="Bytes free on the heap of the board", dropped="Frames dropped by the board")
        self._gauges = {name: Gauge(name, words, **kinds).labels(device) for name, words in gauges.items()}
        self._network = Info("network", "Digest of the network, its identity", **kinds).labels(device)
        self._device, self._novelty, self._first = device, None, []
        for verdict in Verdict:
            self._answers.labels(device, verdict.name.lower())

    def take(self, result, digest=None):
        """A result more: an Event, Answer or Learned, or the Exception of a request. digest: of the network behind it."""
        if isinstance(result, Event):
            digest = result.digest if digest is None else digest
            result = result.answer or result.learned or result.refused
        if isinstance(result, Answer):
            self._answer(result)
        elif isinstance(result, Learned):
            self._counters["learned"].inc()
            self._gauges["neurons"].set(result.neurons)
            self._gauges["depth"].set(result.depth)
        elif isinstance(result, Exception):
            self._counters["refused" if isinstance(result, ValueError) else "faults"].inc()
        if digest is not None:
            self._network.info(dict(digest=f"{digest:08x}"))

    def corrected(self):
        """An answer or a label was corrected."""
        self._counters["corrections"].inc()

    def undone(self):
        """A change was undone."""
        self._counters["undos"].inc()

    def health(self, health):
        """A link.client.Health more."""
        for name, value in dict(saving=health.saving, heap_free_bytes=health.heap_free, dropped=health.dropped).items():
            self._gauges[name].set(value)

    def text(self):
        """(bytes, content type) in the OpenMetrics text format."""
        from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self.registry), CONTENT_TYPE_LATEST

    def _answer(self, answer):
        self._answers.labels(self._device, answer.verdict.name.lower()).inc()
        novelty = answer.novelty / 4096
        if self._novelty is None:
            self._novelty = dict(novelty=novelty, probability=answer.probability, unknown_share=0.0)
        now = dict(
            novelty=novelty, probability=answer.probability, unknown_share=float(answer.verdict == Verdict.UNKNOWN)
        )
        for name, value in now.items():
            self._novelty[name] += SLOW * (value - self._novelty[name])
            self._gauges[name].set(self._novelty[name])
        if len(self._first) < 1 / SLOW:
            self._first.append(novelty)
        elif base := sum(self._first) / len(self._first):
            self._gauges["drift"].set(self._novelty["novelty"] / base - 1)
