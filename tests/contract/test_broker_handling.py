"""Handling: what becomes of a message, whatever has carried it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.mom import Inbox, serve, within

if TYPE_CHECKING:
    from asab_app import Application
    from asab_mom import Broker, Properties
    from tests.support.broker_bench import Bench


def test_a_message_without_a_handler_is_discarded_with_a_warning(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The documentation has it so; and it does not block its queue."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        for _ in range(20):  # more than are delivered ahead
            await broker.publish("nobody", bench.target("unknown"))
        await broker.publish("somebody", bench.target("one"))
        assert (await inbox.next())[1] == b"somebody"

    bench.run(scenario, one=inbox)
    assert f"No handler for target '{bench.target('unknown')}'" in caplog.text


def test_a_handler_that_raises_is_logged_and_the_next_message_is_handled(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """One bad message costs itself."""
    inbox = Inbox()

    async def fail(properties: Properties, body: bytes) -> None:
        raise LookupError("no such thing")

    async def scenario(broker: Broker) -> None:
        for _ in range(20):
            await broker.publish("bad", bench.target("bad"))
        await broker.publish("good", bench.target("one"))
        assert (await inbox.next())[1] == b"good"

    bench.run(scenario, one=inbox, bad=fail)
    assert f"The handler of target '{bench.target('bad')}' failed" in caplog.text
    assert "LookupError: no such thing" in caplog.text


def test_a_handler_that_is_no_coroutine_function_is_named(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A forgotten `async` is found at once."""
    called = asyncio.Event()

    def handler(properties: Properties, body: bytes) -> Any:
        called.set()

    async def scenario(broker: Broker) -> None:
        await broker.publish("", bench.target("one"))
        await within(called.wait())

    bench.run(scenario, one=handler)
    assert "is not a coroutine function" in caplog.text


def test_a_handler_can_publish_and_wait_until_it_is_accepted(bench: Bench) -> None:
    """Handlers form chains; no number of them locks the line."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async def forward(properties: Properties, body: bytes) -> None:
            await broker.publish(body, bench.target("one"))

        broker.add(bench.target("forward"), forward)
        for i in range(50):
            await broker.publish(str(i), bench.target("forward"))
        assert {int(body) for body in await inbox.bodies(50)} == set(range(50))

    bench.run(scenario, one=inbox)


def test_a_slow_handler_does_not_hold_up_another(bench: Bench) -> None:
    """Several messages are handled at once."""
    inbox, release = Inbox(), asyncio.Event()

    async def slow(properties: Properties, body: bytes) -> None:
        await release.wait()

    async def scenario(broker: Broker) -> None:
        await broker.publish("", bench.target("slow"))
        await broker.publish("quick", bench.target("one"))
        assert (await inbox.next())[1] == b"quick"
        release.set()

    bench.run(scenario, one=inbox, slow=slow)


def test_no_more_messages_are_handled_at_once_than_prefetch_count_says(bench: Bench) -> None:
    """It bounds what a burst can do to an application."""
    inbox, release, running = Inbox(), asyncio.Event(), 0

    async def handler(properties: Properties, body: bytes) -> None:
        nonlocal running
        running += 1
        assert running <= 3
        if running == 3:
            release.set()
        await release.wait()
        await asyncio.sleep(0)
        running -= 1
        await inbox(properties, body)

    def setup(app: Application) -> Broker:
        broker = bench.broker(app, prefetch_count=3)
        broker.subscribe("amq.topic", exchange=True, routing_key=bench.target("#"))
        broker.add(bench.target("one"), handler)
        return broker

    async def scenario(broker: Broker) -> None:
        for i in range(9):
            await broker.publish(str(i), bench.target("one"))
        assert {int(body) for body in await inbox.bodies(9)} == set(range(9))

    assert serve(setup, scenario) == 0
