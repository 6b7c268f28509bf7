"""What is measured of messages, whatever carries them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from asab_app.metrics import Distribution, Metrics
from asab_app.metrics import Module as MetricsModule
from tests.support.mom import serve, within

if TYPE_CHECKING:
    from asab_app import Application
    from asab_mom import Broker, Properties
    from tests.support.broker_bench import Bench


def test_who_looks_sees_what_is_under_way_and_how_long_handlers_take(bench: Bench) -> None:
    """A handler that is slow or stuck is found by its target; what was counted is not forgotten with a flush."""
    queue = bench.queue("work")
    came, go = asyncio.Event(), asyncio.Event()

    async def handle(_properties: Properties, body: bytes) -> None:
        if body == b"fail":
            raise ValueError(body)
        came.set()
        await go.wait()

    def setup(app: Application) -> Broker:
        app.add_module(MetricsModule)
        broker = bench.broker(app)
        broker.subscribe(queue)
        broker.add(queue, handle)
        return broker

    async def scenario(broker: Broker) -> None:
        metrics = broker.App.get_service("asab.MetricsService")
        assert isinstance(metrics, Metrics)
        await broker.publish("fail", queue, exchange="")
        await broker.publish("wait", queue, exchange="")
        await within(came.wait())
        assert values(metrics, "_under_way") == {"unconfirmed": 0, "handling": 1}
        assert values(metrics, "_handler_seconds") == {queue: 1}
        metrics.flush()
        shown: Any = broker.App.Inspection.read("mom")
        (row,) = shown["Messages"]
        assert (row["being handled"], row["published"], row["failed"]) == (1, 2, 1)
        go.set()

    assert serve(setup, scenario) == 0


def values(metrics: Metrics, what: str) -> dict[str, float]:
    """The live values of a metric of the broker by their last label, or how many it has observed."""
    return {
        list(sample.labels.values())[-1]: sum(value.counts) if isinstance(value, Distribution) else value
        for family in metrics.collect()
        if family.name.endswith(what)
        for sample in family.samples
        for value in [sample.value]
    }
