"""`publish` of an `AMQPBroker` when the server does not confirm: how long it waits, and what becomes of the message."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from asab_mom import BusyError, PublishError, UnroutableError
from asab_mom.amqp import AMQPBroker
from tests.support import amqp
from tests.support.mom import Inbox, serve, within
from tests.support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asab_app import Application
    from asab_mom import Broker

FULL_AT_ONE = {"x-max-length": 1, "x-overflow": "reject-publish"}


@pytest.fixture
def queue(amqp_url: str) -> Iterator[str]:
    """A name for a queue, which is deleted after the test."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    asyncio.run(amqp.delete(amqp_url, name))


def receiver(url: str, queue: str, inbox: Inbox) -> Callable[[Application], AMQPBroker]:
    def setup(app: Application) -> AMQPBroker:
        broker = AMQPBroker(app, config={"url": url, "exchange": "", "prefetch_count": 2000})
        broker.subscribe(queue)
        broker.add(queue, inbox)
        return broker

    return setup


def through(proxy: Proxy, url: str, app: Application) -> AMQPBroker:
    """A broker whose connection can be muted and cut."""
    parts = urlsplit(url)
    address = f"amqp://{parts.username}:{parts.password}@127.0.0.1:{proxy.port}{parts.path}"
    return AMQPBroker(app, config={"url": address, "exchange": "", "reconnect_delay": 0.1})


def test_no_more_than_a_thousand_messages_are_sent_before_the_first_is_confirmed(amqp_url: str, queue: str) -> None:
    """A producer is not faster than its server, and memory does not fill."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async with Proxy(urlsplit(amqp_url).port or 5672) as proxy:
            sender = through(proxy, amqp_url, broker.App)
            await broker.publish("first", queue)  # the queue is there then
            await sender.publish("second", queue)
            assert await inbox.bodies(2) == [b"first", b"second"]
            proxy.mute()
            publishing = asyncio.gather(*(sender.publish(str(i), queue) for i in range(1500)))
            assert {int(body) for body in await inbox.bodies(1000)} == set(range(1000))
            with pytest.raises(PublishError, match=r"has not confirmed the message within .* the connection is open"):
                await sender.publish("one too many", queue, timeout=0.2)
            assert inbox.empty
            await proxy.cut()
            await within(publishing)
            await inbox.until({str(i).encode() for i in range(1500)})

    serve(receiver(amqp_url, queue, inbox), scenario)


def test_a_message_that_timed_out_before_it_was_sent_is_not_sent_later(amqp_url: str, queue: str) -> None:
    """Who was told that it failed may try again, without a surprise."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async with Proxy(urlsplit(amqp_url).port or 5672) as proxy:
            await broker.publish("first", queue)  # the queue is there then
            assert await inbox.bodies(1) == [b"first"]
            proxy.mute()
            sender = through(proxy, amqp_url, broker.App)
            publishing = [sender.publish("too late", queue, timeout=0.1) for _ in range(2000)]
            results = await within(asyncio.gather(*publishing, return_exceptions=True))
            assert all(isinstance(result, PublishError) for result in results)
            cancelled = asyncio.ensure_future(sender.publish("given up", queue))
            waiting = asyncio.ensure_future(sender.publish("in time", queue))
            await asyncio.sleep(0)
            cancelled.cancel()
            await proxy.cut()
            await within(waiting)
            await sender.publish("last", queue)
            assert await inbox.bodies(2) == [b"in time", b"last"]

    serve(receiver(amqp_url, queue, inbox), scenario)


def test_a_returned_message_whose_confirmation_is_lost_with_the_line_is_an_error_still(
    amqp_url: str, queue: str
) -> None:
    """What nobody gets is never reported as accepted."""

    async def scenario(broker: Broker) -> None:
        async with Proxy(urlsplit(amqp_url).port or 5672) as proxy:
            sender = through(proxy, amqp_url, broker.App)
            await sender.publish("", "nobody")
            proxy.mute()
            publishing = asyncio.ensure_future(sender.publish("", f"{queue}.nobody", mandatory=True))
            await asyncio.sleep(0)
            await proxy.cut()
            with pytest.raises(UnroutableError):
                await within(publishing)

    serve(receiver(amqp_url, queue, Inbox()), scenario)


@pytest.mark.parametrize("seconds", [0, 0.3])
def test_a_queue_that_stays_full_is_an_error_of_its_own_after_a_while(
    amqp_url: str, queue: str, seconds: float
) -> None:
    """It is worth another try later, as a wrong name is not."""

    async def scenario(broker: Broker) -> None:
        async with amqp.channel(amqp_url) as channel:
            await channel.queue_declare(queue, arguments=FULL_AT_ONE)
        await broker.publish("fits", queue)
        with pytest.raises(BusyError, match="could not take the message"):
            await within(broker.publish("does not", queue))

    serve(lambda app: AMQPBroker(app, config={"url": amqp_url, "exchange": "", "busy_timeout": seconds}), scenario)


def test_a_message_that_the_server_cannot_take_for_the_moment_is_sent_again(amqp_url: str, queue: str) -> None:
    """A queue that is full, or chooses another leader, costs time and no error."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async with amqp.channel(amqp_url) as channel:
            await channel.queue_declare(queue, durable=True, arguments=FULL_AT_ONE)
            await broker.publish("fits", queue)
            waiting = asyncio.ensure_future(broker.publish("does not", queue))
            await broker.publish("not held up", "nobody")
            assert not waiting.done()
            broker.subscribe(queue)
            broker.add(queue, inbox)
            await within(waiting)
            await inbox.until({b"fits", b"does not"})

    serve(lambda app: AMQPBroker(app, config={"url": amqp_url, "exchange": ""}), scenario)


def test_a_suspect_that_is_given_up_does_not_hold_up_the_others(amqp_url: str, queue: str) -> None:
    """While a wrong exchange is looked for, callers may leave."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        await broker.publish("first", queue)
        good = [asyncio.ensure_future(broker.publish(str(i), queue)) for i in range(100)]
        bad = [asyncio.ensure_future(broker.publish("", "", exchange=queue)) for _ in range(100)]
        await asyncio.wait(bad, return_when=asyncio.FIRST_COMPLETED)
        for publishing in [*bad, *good[::2]]:
            publishing.cancel()
        await within(asyncio.gather(*good[1::2]))
        await asyncio.gather(*bad, *good, return_exceptions=True)
        await within(asyncio.gather(*(broker.publish(str(i), queue) for i in range(100, 2100))))
        missing = {b"first"} | {str(i).encode() for i in [*range(1, 100, 2), *range(100, 2100)]}
        while missing:  # what was given up may come or not
            missing.discard((await inbox.next())[1])

    serve(receiver(amqp_url, queue, inbox), scenario)
