"""What the brokers show of themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import asab_mom
from asab_app import Application
from asab_utils import Singleton


def test_lines_queues_and_counts_are_shown() -> None:
    """Whoever wonders where a message is sees it: waiting, being handled, handled."""

    class App(Application):
        async def initialize(self) -> None:
            self.add_module(asab_mom.Module)
            self.broker = asab_mom.MemoryBroker(self)
            self.broker.subscribe("orders")
            self.broker.add("orders", self.on_order)
            self.came, self.go = asyncio.Event(), asyncio.Event()

        async def on_order(self, _properties: asab_mom.Properties, _body: bytes) -> None:
            self.came.set()
            await self.go.wait()

        async def main(self) -> None:
            await self.broker.publish("one", target="orders", exchange="")
            await self.came.wait()
            self.seen: Any = self.Inspection.read("mom")
            self.broker.break_line(3600)
            self.lost: Any = self.Inspection.read("mom")
            self.go.set()
            self.stop()

    app = App(args=[])
    try:
        assert app.run() == 0
    finally:
        Singleton.delete(App)
    name = "asab:mom:memory"
    assert app.seen["Lines"] == [
        {"broker": name, "purpose": "consume, publish", "server": "this process", "state": "open"}
    ]
    assert app.lost["Lines"][0]["state"] == "lost"
    queue = {"broker": name, "queue": "orders", "exchange": "", "routing key": ""}
    assert app.seen["Queues"] == [{**queue, "waiting": 0, "consumers": 1}]
    assert app.lost["Queues"] == [{**queue, "waiting": 1, "consumers": 0}]
    assert app.seen["Messages"][0]["being handled"] == 1
    assert app.seen["Messages"][0]["published"] == 1
