"""The end, and the mistakes at the beginning: of every broker."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from asab_mom import Broker, PublishError
from tests.support.mom import within

if TYPE_CHECKING:
    from asab_mom import Properties
    from tests.support.broker_bench import Bench


def test_a_handler_finishes_and_its_reply_is_sent_when_the_application_stops(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """A deployment cuts no work in two."""
    started, stopping, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work(properties: Properties, body: bytes) -> str:
        started.set()
        await stopping.wait()
        await broker_of[0].publish("by the way", bench.target("nobody"))
        finished.set()
        return "done"

    async def stop(message_type: str) -> None:
        stopping.set()

    broker_of: list[Broker] = []

    async def scenario(broker: Broker) -> None:
        broker_of.append(broker)
        broker.App.PubSub.subscribe("Application.exit!", stop)
        await broker.publish("work", bench.target("work"))
        await within(started.wait())

    bench.run(scenario, accept_replies=True, work=work)
    assert finished.is_set()
    assert "rejected" not in caplog.text


def test_a_closed_broker_says_so(bench: Bench) -> None:
    """What comes too late is an error and not a silence."""

    async def scenario(broker: Broker) -> None:
        await within(broker.finalize(broker.App))
        with pytest.raises(PublishError, match="the broker is closed"):
            await within(broker.publish("late", bench.target("one")))
        with pytest.raises(RuntimeError, match="the broker is closed: 'late' cannot be subscribed"):
            broker.subscribe("late")

    bench.run(scenario)


def test_a_broker_that_is_made_without_the_module_says_what_to_add(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The commonest mistake, in one line."""
    from asab_app import Application
    from asab_utils import Singleton

    class WithoutModule(Application):
        async def initialize(self) -> None:
            bench.broker(self)

    try:
        with pytest.raises(SystemExit):
            WithoutModule(args=[])
    finally:
        Singleton.delete(WithoutModule)
    assert "call app.add_module(asab.mom.Module) first" in caplog.text
    assert "Traceback" not in caplog.text


def test_broker_itself_cannot_be_made() -> None:
    """As the documentation says: choose one of the available brokers."""
    with pytest.raises(TypeError, match="abstract"):
        Broker(None)  # type: ignore[abstract, arg-type]
