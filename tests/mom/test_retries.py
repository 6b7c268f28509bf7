"""Retries, set-asides and calls on a real RabbitMQ: what the contract of all brokers does not say."""

from __future__ import annotations

import asyncio
import struct
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from asab_mom import CallError
from asab_mom.amqp import AMQPBroker
from tests.support import amqp
from tests.support.mom import Inbox, LogWatch, serve, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asab_app import Application
    from asab_mom import Broker, Properties

RETRIES = {"retry_limit": 2, "retry_delay": 0.01, "on_failed": "set-aside"}
PAST_9999 = struct.pack(">HHQH", 60, 0, 4, 1 << 6) + struct.pack(">Q", 2**60)
"""The content header of a body of four bytes, with a timestamp that Python cannot hold."""


@pytest.fixture
def queue(amqp_url: str) -> Iterator[str]:
    """A name for a queue, which is deleted after the test with those beside it."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    beside = ("failed", "copy", "retry.10", "retry.20", "retry.500")
    asyncio.run(amqp.delete(amqp_url, name, *(f"{name}.{word}" for word in beside)))


def subscribed(url: str, queue: str, handler: Any, **config: Any) -> Callable[[Application], AMQPBroker]:
    """A setup: a broker that publishes to queues, and handles the messages of one."""

    def setup(app: Application) -> AMQPBroker:
        broker = AMQPBroker(app, config={"url": url, "exchange": "", "reconnect_delay": 0.1, **config})
        broker.subscribe(queue)
        broker.add(queue, handler)
        return broker

    return setup


async def fail(properties: Properties, body: bytes) -> None:
    raise LookupError


async def pick_up(url: str, queue: str) -> tuple[Any, bytes]:
    """Take the next message of a queue that is there or will be."""
    async with amqp.channel(url) as channel:
        got: asyncio.Queue[tuple[Any, bytes]] = asyncio.Queue()

        async def take(channel: Any, body: bytes, envelope: Any, properties: Any) -> None:
            got.put_nowait((properties, body))

        await channel.queue_declare(queue, durable=True)
        await channel.basic_consume(take, queue_name=queue, no_ack=True)
        return await within(got.get())


def test_a_queue_with_arguments_of_its_own_has_retries_and_keeps_them(amqp_url: str, queue: str) -> None:
    """Queues are made by operators; what is needed beside them is made by us."""

    async def scenario(broker: Broker) -> None:
        await broker.publish("poison", queue)
        _, body = await pick_up(amqp_url, f"{queue}.failed")
        assert body == b"poison"
        async with amqp.channel(amqp_url) as channel:
            await channel.queue_declare(queue, durable=True, arguments={"x-max-length": 7})  # refused if it were not
            await channel.queue_declare(f"{queue}.failed", durable=True)

    async def make() -> None:
        async with amqp.channel(amqp_url) as channel:
            await channel.queue_declare(queue, durable=True, arguments={"x-max-length": 7})

    asyncio.run(make())
    assert serve(subscribed(amqp_url, queue, fail, **RETRIES), scenario) == 0


def test_a_message_that_waits_for_its_retry_outlives_the_application(amqp_url: str, queue: str) -> None:
    """A deployment in the middle of an outage loses nothing."""
    inbox = Inbox()

    async def until_retried(broker: Broker) -> None:
        with LogWatch() as log:
            await broker.publish("work", queue)
            await log.wait_for("is tried again in 0.5 s (1 of 2)")

    async def scenario(broker: Broker) -> None:
        properties, body = await inbox.next()
        assert (body, properties.headers["x-retry-count"]) == (b"work", 1)

    config = {**RETRIES, "retry_delay": 0.5}
    assert serve(subscribed(amqp_url, queue, fail, **config), until_retried) == 0
    assert serve(subscribed(amqp_url, queue, inbox, **config), scenario) == 0


def test_a_message_that_went_to_several_queues_is_tried_again_in_one(amqp_url: str, queue: str) -> None:
    """`CC` routes a message once, and not with each retry."""
    copies = Inbox()

    def setup(app: Application) -> AMQPBroker:
        broker = subscribed(amqp_url, queue, fail, **RETRIES)(app)
        reader = AMQPBroker(app, config={"url": amqp_url})
        reader.subscribe(f"{queue}.copy")
        for target in (queue, f"{queue}.copy"):
            reader.add(target, copies)
        return broker

    async def scenario(broker: Broker) -> None:
        reader = broker.App.get_service("asab.MOMService").Brokers[1]
        await reader.publish("", "nobody")  # its queue is there then
        await broker.publish("work", queue, headers={"CC": [f"{queue}.copy"]})
        await pick_up(amqp_url, f"{queue}.failed")
        await broker.publish("the end", f"{queue}.copy")
        assert await copies.bodies(2) == [b"work", b"the end"]

    assert serve(setup, scenario) == 0


def test_a_message_that_cannot_be_read_is_set_aside_as_it_is_and_counted(
    amqp_url: str, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody with another program can look at it."""
    inbox = Inbox()
    counts = []

    async def scenario(broker: Broker) -> None:
        counts.append(broker.Counts)
        await broker.publish("first", queue)
        await inbox.next()
        async with amqp.channel(amqp_url) as channel:
            await amqp.publish_raw(channel, queue, PAST_9999, b"odd!")
            await broker.publish("second", queue)
            assert (await inbox.next())[1] == b"second"
        # No client in Python reads it: that it cannot be read there either says that it is there, as it was.
        reader = AMQPBroker(broker.App, config={"url": amqp_url})
        with LogWatch() as log:
            reader.subscribe(f"{queue}.failed")
            await log.wait_for(f"A message from queue '{queue}.failed' is rejected")

    assert serve(subscribed(amqp_url, queue, inbox, **RETRIES), scenario) == 0
    assert counts == [{"set_aside": 1}]
    said = f"A message from queue '{queue}' is set aside: the properties of the message cannot be read"
    assert caplog.text.count(said) == 1


def test_a_copy_that_the_server_refuses_leaves_the_message_in_its_queue(amqp_url: str, queue: str) -> None:
    """A queue that is in the way is an error in the log, and no loss."""
    inbox = Inbox()

    async def block(channel: Any) -> None:
        await channel.queue_declare(f"{queue}.retry.10", durable=True)  # without the arguments that it needs

    async def scenario(broker: Broker) -> None:
        async with amqp.channel(amqp_url) as channel:
            await block(channel)
            with LogWatch() as log:
                await broker.publish("work", queue)
                await log.wait_for("A message cannot be copied: ChannelError: PRECONDITION_FAILED")
                await channel.queue_delete(f"{queue}.retry.10")
        broker.add(queue, inbox)
        assert (await inbox.next())[1] == b"work"

    assert serve(subscribed(amqp_url, queue, fail, **RETRIES), scenario) == 0


def test_a_caller_whose_reply_queue_was_deleted_is_told_and_can_call_again(amqp_url: str, queue: str) -> None:
    """Whoever cleans up queues on the server does not leave callers hanging."""
    asked, release = Inbox(), asyncio.Event()

    async def handler(properties: Properties, body: bytes) -> bytes:
        await asked(properties, body)
        await release.wait()
        return b"answer"

    async def scenario(broker: Broker) -> None:
        call = asyncio.ensure_future(broker.call(queue, "", timeout=3600))
        reply_to = (await asked.next())[0].reply_to
        async with amqp.channel(amqp_url) as channel:
            await channel.queue_delete(reply_to)
        with pytest.raises(CallError, match="the broker has cancelled the consumer"):
            await within(call)
        release.set()
        async with asyncio.timeout(30):
            while True:
                try:
                    assert await broker.call(queue, "", timeout=1) == b"answer"
                except CallError:
                    continue  # the new queue is not there yet
                break

    assert serve(subscribed(amqp_url, queue, handler), scenario) == 0
