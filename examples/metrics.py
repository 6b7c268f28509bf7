#!/usr/bin/env python3
"""Metrics: a counter and a gauge, flushed with every tenth tick.

python3 examples/metrics.py
"""

from typing import Any

import asab
import asab.metrics

asab.Config.add_defaults({"general": {"tick_period": "0.05"}})  # so that the flush comes soon


class MyApplication(asab.Application):
    Description = "Counts its ticks."

    async def initialize(self) -> None:
        self.add_module(asab.metrics.Module)
        service = self.get_service("asab.MetricsService")
        self.counter = service.create_counter("ticks", tags={"shop": "corner"}, init_values={"even": 0, "odd": 0})
        self.gauge = service.create_gauge("time", init_values={"uptime": 0})
        self.ticks = 0
        self.PubSub.subscribe_all(self)

    @asab.subscribe("Application.tick!")
    def on_tick(self, message_type: str) -> None:
        self.ticks += 1
        self.counter.add("odd" if self.ticks % 2 else "even", 1)
        self.gauge.set("uptime", round(self.time() - self.LaunchTime))

    @asab.subscribe("Application.Metrics.Flush!")
    def on_flush(self, message_type: str, metric: Any, values: dict[str, float]) -> None:
        if metric in (self.counter, self.gauge):
            print(metric.Name, values)
        if metric is self.gauge:
            self.stop()


if __name__ == "__main__":
    app = MyApplication()
    app.run()
