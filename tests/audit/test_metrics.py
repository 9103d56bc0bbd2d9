# SPDX-License-Identifier: MIT
"""Health as OpenMetrics text: what a stream of results adds up to, as Prometheus' own parser reads it."""

import numpy as np
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import sessions
from deeplomath import Device, KernelError
from deeplomath.audit.metrics import Metrics
from deeplomath.errors import TransportError
from wire import Line


def figures(metrics):
    """{(name, verdict or ""): value} of the text, and its labels of the digest."""
    text, kind = metrics.text()
    assert kind.startswith("application/openmetrics-text")
    found = [one for family in text_string_to_metric_families(text.decode()) for one in family.samples]
    assert {one.labels["device"] for one in found} == {"a pump"}
    values = {
        (one.name, one.labels.get("verdict", "")): one.value for one in found if not one.name.endswith("_created")
    }
    return values, [one.labels["digest"] for one in found if "digest" in one.labels]


def test_the_figures_are_those_of_the_results():
    metrics, device = Metrics("a pump"), Device(Line())
    device.configure(**sessions.CONFIG)
    for i, x in enumerate(sessions.events(8)):
        metrics.take(device.learn(x, i % 2), device.last_digest)
    for x in sessions.events(30, 1):
        metrics.take(device.infer(x))
    metrics.take(device.infer(np.full(3, 32000, np.int16)))
    metrics.take(KernelError(-7, "label"))
    metrics.take(TransportError("gone"))
    metrics.corrected()
    metrics.undone()
    metrics.health(device.health())
    values, digests = figures(metrics)
    verdicts = [values["deeplomath_answers_total", name] for name in ("known", "uncertain", "unknown")]
    assert sum(verdicts) == 31 and verdicts[2] >= 1
    for name, value in (("learned", 8), ("corrections", 1), ("undos", 1), ("refused", 1), ("faults", 1)):
        assert values[f"deeplomath_{name}_total", ""] == value
    assert values["deeplomath_neurons", ""] == device.info().neurons
    assert 0 < values["deeplomath_unknown_share", ""] < 1 and values["deeplomath_drift", ""] > 0
    assert digests == [f"{device.digest():08x}"]


def test_events_of_a_stream_are_taken_as_they_come():
    metrics, device = Metrics("a pump"), Device(Line())
    events = sessions.streamed(device)
    for event in events:
        metrics.take(event)
    values, digests = figures(metrics)
    learned = sum(event.learned is not None for event in events)
    assert values["deeplomath_learned_total", ""] == learned > 3
    assert (
        sum(value for (name, _), value in values.items() if name == "deeplomath_answers_total") == len(events) - learned
    )
    assert digests == [f"{device.digest():08x}"]
