"""What counting costs: an increment and an observation beside the peers', and a request to a server that is measured.

The peers are prometheus_client and the SDK of OpenTelemetry; as ours they may be used from any thread. Labelled means
that the labels are looked up with each call; otherwise the child is kept, where the peer has such a thing.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import prometheus_client
from bench_web import measure
from harness import medians, show
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from web_load import begin, ratios

from asab_app.metrics import Counter, Histogram

CALLS = 20_000
OURS = "asab-app"


def repeat(call: Callable[[], object]) -> Callable[[], None]:
    """Return a function that makes many calls."""

    def calls() -> None:
        for _ in range(CALLS):
            call()

    return calls


def instruments() -> dict[str, dict[str, Callable[[], object]]]:
    """Return what is compared, by setting and contender."""
    registry = prometheus_client.CollectorRegistry()
    counter = Counter("requests")
    histogram = Histogram("seconds")
    child, timing = counter.labels(route="/"), histogram.labels(route="/")
    their_counter = prometheus_client.Counter("requests", "x", ["route"], registry=registry)
    their_histogram = prometheus_client.Histogram("seconds", "x", ["route"], registry=registry)
    their_child, their_timing = their_counter.labels(route="/"), their_histogram.labels(route="/")
    meter = MeterProvider(metric_readers=[InMemoryMetricReader()]).get_meter("bench")
    otel_counter, otel_histogram = meter.create_counter("requests"), meter.create_histogram("seconds")
    attributes = {"route": "/"}
    return {
        "add": {
            OURS: lambda: child.add("ok"),
            "prometheus_client": lambda: their_child.inc(),
            "OpenTelemetry": lambda: otel_counter.add(1, attributes),
        },
        "add labelled": {
            OURS: lambda: counter.labels(route="/").add("ok"),
            "prometheus_client": lambda: their_counter.labels(route="/").inc(),
            "OpenTelemetry": lambda: otel_counter.add(1, {"route": "/"}),
        },
        "observe": {
            OURS: lambda: timing.observe("", 0.03),
            "prometheus_client": lambda: their_timing.observe(0.03),
            "OpenTelemetry": lambda: otel_histogram.record(0.03, attributes),
        },
        "observe labelled": {
            OURS: lambda: histogram.labels(route="/").observe("", 0.03),
            "prometheus_client": lambda: their_histogram.labels(route="/").observe(0.03),
            "OpenTelemetry": lambda: otel_histogram.record(0.03, {"route": "/"}),
        },
    }


def bench_instruments() -> None:
    """Show the times of single calls."""
    found = {
        setting: medians({name: repeat(call) for name, call in contenders.items()})
        for setting, contenders in instruments().items()
    }
    show("an increment and an observation", found, OURS)
    for setting, times in found.items():
        print(f"{setting}: " + ", ".join(f"{name} {time / CALLS * 1e9:.0f} ns" for name, time in times.items()))


def bench_requests(rounds: int, seconds: int) -> None:
    """Show what measuring adds to a request."""
    measured = measure({"asab-web": "asab-web", "with metrics": "asab-web metrics"}, rounds, seconds)
    base = dict.fromkeys(("asab-web", "with metrics"), "asab-web")
    columns = {f"{each} connections": ratios(turns, base, "processor") for each, turns in measured.items()}
    show("processor time of a request with metrics", columns, "asab-web")
    for connections, turns in measured.items():
        wall = ratios(turns, base, "wall")["with metrics"]
        before, after = (statistics.median(turn.processor for turn in turns[name]) * 1e6 for name in turns)
        print(f"{connections} connections: throughput {1 / wall:.3f}; processor time {before:.1f} us, {after:.1f} us")


if __name__ == "__main__":
    arguments = begin(__doc__, rounds=3)
    bench_instruments()
    bench_requests(arguments.rounds, arguments.seconds)
