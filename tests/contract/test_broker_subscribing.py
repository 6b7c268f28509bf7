"""Subscribing: how messages get from every broker to an application."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.support.mom import Inbox, serve, within

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asab_app import Application
    from asab_mom import Broker, Properties
    from tests.support.broker_bench import Bench


def test_the_target_decides_which_handler_gets_a_message(bench: Bench) -> None:
    """An application has one broker and many kinds of messages."""
    one, two = Inbox(), Inbox()

    async def scenario(broker: Broker) -> None:
        await broker.publish("1", bench.target("one"))
        await broker.publish("2", bench.target("two"))
        assert (await one.next())[1] == b"1"
        assert (await two.next())[1] == b"2"
        assert one.empty
        assert two.empty

    bench.run(scenario, one=one, two=two)


def test_a_queue_that_is_not_there_is_made_and_found_by_what_is_published_next(bench: Bench) -> None:
    """The first start of an application on an empty server loses nothing."""
    inbox, queue = Inbox(), bench.queue("new")

    def setup(app: Application) -> Broker:
        broker = bench.broker(app, exchange="")
        broker.subscribe(queue)
        broker.add(queue, inbox)
        return broker

    async def scenario(broker: Broker) -> None:
        await broker.publish("Hello!", queue)
        assert (await inbox.next())[1] == b"Hello!"

    assert serve(setup, scenario) == 0


def test_a_subscription_and_a_handler_can_be_added_while_the_application_runs(bench: Bench) -> None:
    """Not everything is known at the start."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        broker.subscribe("amq.fanout", exchange=True)
        broker.add(bench.target("late"), inbox)
        await broker.publish("Hello!", bench.target("late"), exchange="amq.fanout")
        assert (await inbox.next())[1] == b"Hello!"

    bench.run(scenario)


def test_to_subscribe_twice_is_to_subscribe_once(bench: Bench) -> None:
    """Two modules that need the same messages do not double them."""
    inbox, queue = Inbox(), bench.queue("twice")

    def setup(app: Application) -> Broker:
        broker = bench.broker(app)
        for _ in range(2):
            broker.subscribe(queue)
            broker.subscribe("amq.topic", exchange=True, routing_key=queue)
        broker.add(queue, inbox)
        return broker

    async def scenario(broker: Broker) -> None:
        await broker.publish("by the exchange", queue)
        await broker.publish("by the queue", queue, exchange="")
        assert set(await inbox.bodies(2)) == {b"by the exchange", b"by the queue"}
        assert inbox.empty

    assert serve(setup, scenario) == 0


def test_a_broker_can_be_made_while_the_application_runs(bench: Bench) -> None:
    """A connection to a second server may be asked for by a message."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        other = bench.broker(broker.App)
        other.subscribe("amq.topic", exchange=True, routing_key=bench.target("late"))
        other.add(bench.target("late"), inbox)
        await other.publish("Hello!", bench.target("late"))
        assert (await inbox.next())[1] == b"Hello!"

    bench.run(scenario)


def test_messages_wait_until_the_application_runs(bench: Bench) -> None:
    """A handler never meets a service that is not initialized, and a handler added late by a module misses nothing."""
    inbox = Inbox()

    class Early(Exception):
        pass

    def setup(app: Application) -> Broker:
        async def handler(properties: Properties, body: bytes) -> None:
            if not running:
                raise Early
            await inbox(properties, body)

        running: list[bool] = []
        app.PubSub.subscribe("Application.run!", lambda message_type: running.append(True))
        broker = bench.broker(app)
        broker.subscribe("amq.topic", exchange=True, routing_key=bench.target("#"))
        broker.add(bench.target("early"), handler)
        published = app.Loop.create_task(broker.publish("Hello!", bench.target("early")))
        app.PubSub.subscribe("Application.init!", wait_for(published))
        return broker

    def wait_for(task: asyncio.Task[None]) -> Callable[[str], Awaitable[None]]:
        async def wait(message_type: str) -> None:
            await within(task)

        return wait

    async def scenario(broker: Broker) -> None:
        assert (await inbox.next())[1] == b"Hello!"

    assert serve(setup, scenario) == 0
