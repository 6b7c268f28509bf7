"""Counters and gauges, flushed with every tenth tick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asab_app import Application
from asab_app.metrics import Metric, Module

Make = Callable[..., Any]


class Measured(Application):
    async def initialize(self) -> None:
        self.add_module(Module)
        self.svc = self.get_service("asab.MetricsService")
        self.flushed: list[tuple[str, dict[str, float]]] = []
        self.PubSub.subscribe("Application.Metrics.Flush!", self.on_flush)

    async def main(self) -> None:
        self.stop()

    def on_flush(self, message_type: str, metric: Metric, values: dict[str, float]) -> None:
        self.flushed.append((metric.Name, values))


def test_metrics_are_flushed_with_the_tenth_tick(make: Make) -> None:
    """A counter begins anew with each period unless told otherwise; a gauge stays."""
    app = make(Measured)
    requests = app.svc.create_counter("requests", tags={"host": "a"}, init_values={"ok": 0})
    total = app.svc.create_counter("total", reset=False)
    gauge = app.svc.create_gauge("queue", init_values={"length": 1})
    requests.add("ok")
    requests.add("failed", 2)
    total.add("all", 3)
    total.sub("all", 1)
    gauge.set("length", 7)
    app.PubSub.publish("Application.tick/10!")
    app.PubSub.publish("Application.tick/10!")
    assert app.flushed == [
        ("requests", {"ok": 1, "failed": 2}),
        ("total", {"all": 2}),
        ("queue", {"length": 7}),
        ("requests", {"ok": 0}),
        ("total", {"all": 2}),
        ("queue", {"length": 7}),
    ]
    assert app.svc.Metrics["requests"].Tags == {"host": "a"}
    app.run()


def test_two_metrics_of_one_name_are_refused(make: Make) -> None:
    """Their values would mix."""
    app = make(Measured)
    app.svc.create_counter("requests")
    with pytest.raises(ValueError, match="'requests' is there already"):
        app.svc.create_gauge("requests")
    app.run()
