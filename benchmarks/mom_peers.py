"""Clients of RabbitMQ beside each other: each publishes with confirms, and consumes with an acknowledgement a message.

All do what their documentation says, in one event loop, with messages that are the same: transient, with a message id.
"""

from __future__ import annotations

import abc
import asyncio
import itertools
import os
import time
from typing import Any

import aio_pika
import aioamqp
import aioamqp.channel
import pika
import pika.adapters.asyncio_connection
import pika.channel

from asab_app import Application
from asab_mom import Properties
from asab_mom.amqp import AMQPBroker

PREFETCH = 100


class Span:
    """The time and the processor's time between the first and the last of so many messages."""

    def __init__(self, count: int) -> None:
        """Begin with the next `hit`."""
        self._left = count
        self._begin = self._end = (0.0, 0.0)
        self.done = asyncio.Event()

    def hit(self) -> None:
        """Note a message."""
        if not self._begin[0]:
            self._begin = time.perf_counter(), time.process_time()
        self._left -= 1
        if not self._left:
            self._end = time.perf_counter(), time.process_time()
            self.done.set()

    @property
    def seconds(self) -> tuple[float, float]:
        """On the clock, and of the processor."""
        return self._end[0] - self._begin[0], self._end[1] - self._begin[1]


class Contender(abc.ABC):
    """A client; `open` comes first."""

    @abc.abstractmethod
    async def open(self, app: Application, url: str) -> None:
        """Connect."""

    @abc.abstractmethod
    async def send(self, body: bytes, queue: str) -> None:
        """Publish a message and return when it is confirmed."""

    @abc.abstractmethod
    async def consume(self, queue: str, span: Span) -> None:
        """Take messages until the span is done."""

    @abc.abstractmethod
    async def close(self) -> None:
        """Disconnect, when all is settled."""

    async def publish(self, body: bytes, queue: str, count: int, in_flight: int) -> None:
        """Publish so many messages, so many at once, and return when all are confirmed."""
        numbers = iter(range(count))

        async def some() -> None:
            for _ in numbers:
                await self.send(body, queue)

        await asyncio.gather(*(some() for _ in range(in_flight)))


class Ours(Contender):
    """asab-mom."""

    async def open(self, app: Application, url: str) -> None:
        self._app, self._url = app, url
        self._broker = self._make_broker()

    def _make_broker(self) -> AMQPBroker:
        return AMQPBroker(self._app, config={"url": self._url, "exchange": "", "prefetch_count": PREFETCH})

    async def send(self, body: bytes, queue: str) -> None:
        await self._broker.publish(body, queue, persistent=False)

    async def consume(self, queue: str, span: Span) -> None:
        async def handler(properties: Properties, body: bytes) -> None:
            span.hit()

        broker = self._make_broker()
        broker.add(queue, handler)
        broker.subscribe(queue)
        broker.start_consuming()
        await span.done.wait()
        await broker.finalize(self._app)

    async def close(self) -> None:
        """The service closes it."""


class MendedChannel(aioamqp.channel.Channel):  # type: ignore[misc]
    """One to which the server can confirm many messages at once; unmended, their `publish` does not return."""

    _first = 1

    async def basic_server_ack(self, frame: Any) -> None:
        first = self._first if frame.multiple else frame.delivery_tag
        for tag in range(first, frame.delivery_tag + 1):
            self._get_waiter(f"basic_server_ack_{tag}").set_result(True)
        if frame.multiple:
            self._first = frame.delivery_tag + 1

    def _get_waiter(self, rpc_name: str) -> Any:
        try:
            return super()._get_waiter(rpc_name)
        except aioamqp.exceptions.SynchronizationError:
            return asyncio.Future()  # it was confirmed alone before


class MendedProtocol(aioamqp.AmqpProtocol):  # type: ignore[misc]
    """A connection with such channels."""

    CHANNEL_FACTORY = MendedChannel


class Aioamqp(Contender):
    """aioamqp."""

    async def open(self, app: Application, url: str) -> None:
        self._transport, self._protocol = await aioamqp.from_url(url, protocol_factory=MendedProtocol)
        self._channel = await self._protocol.channel()
        await self._channel.confirm_select()

    async def send(self, body: bytes, queue: str) -> None:
        properties = {"delivery_mode": 1, "message_id": os.urandom(16).hex()}
        await self._channel.publish(body, "", queue, properties)

    async def consume(self, queue: str, span: Span) -> None:
        async def handler(channel: Any, body: bytes, envelope: Any, properties: Any) -> None:
            span.hit()
            await channel.basic_client_ack(envelope.delivery_tag)

        channel = await self._protocol.channel()
        await channel.basic_qos(prefetch_count=PREFETCH)
        await channel.basic_consume(handler, queue_name=queue)
        await span.done.wait()
        await channel.close()

    async def close(self) -> None:
        await self._protocol.close()
        self._transport.close()


class AioPika(Contender):
    """aio-pika."""

    async def open(self, app: Application, url: str) -> None:
        self._connection = await aio_pika.connect(url)
        self._channel = await self._connection.channel()

    async def send(self, body: bytes, queue: str) -> None:
        message = aio_pika.Message(body, message_id=os.urandom(16).hex(), delivery_mode=1)
        await self._channel.default_exchange.publish(message, queue, mandatory=False)

    async def consume(self, queue: str, span: Span) -> None:
        async def handler(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            span.hit()
            await message.ack()

        channel = await self._connection.channel()
        await channel.set_qos(prefetch_count=PREFETCH)
        source = await channel.get_queue(queue, ensure=False)
        await source.consume(handler)
        await span.done.wait()
        await asyncio.sleep(0.1)  # handlers that have not acknowledged yet are nobody's
        await channel.close()

    async def close(self) -> None:
        await self._connection.close()


class Pika(Contender):
    """pika with its adapter for asyncio. It has callbacks only, and here no future is made for a message."""

    async def open(self, app: Application, url: str) -> None:
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[Any] = loop.create_future()
        self._closed: asyncio.Future[None] = loop.create_future()
        self._connection = pika.adapters.asyncio_connection.AsyncioConnection(
            pika.URLParameters(url),
            on_open_callback=opened.set_result,
            on_open_error_callback=lambda _, error: opened.set_exception(error),
            on_close_callback=lambda _, reason: self._closed.set_result(None),
            custom_ioloop=loop,
        )
        await opened
        self._channel = await self._open_channel()
        selected: asyncio.Future[Any] = loop.create_future()
        self._on_confirm: Any = None
        self._channel.confirm_delivery(lambda frame: self._on_confirm(frame.method), callback=selected.set_result)
        await selected
        self._numbers = itertools.count(1)
        self._confirmed = 0

    async def _open_channel(self) -> pika.channel.Channel:
        opened: asyncio.Future[pika.channel.Channel] = asyncio.get_running_loop().create_future()
        self._connection.channel(on_open_callback=opened.set_result)
        return await opened

    async def send(self, body: bytes, queue: str) -> None:
        await self.publish(body, queue, 1, 1)

    async def publish(self, body: bytes, queue: str, count: int, in_flight: int) -> None:
        done = asyncio.Event()
        alone: set[int] = set()
        sent = confirmed = 0
        first = last = next(self._numbers)

        def send() -> None:
            nonlocal sent
            sent += 1
            properties = pika.BasicProperties(message_id=os.urandom(16).hex(), delivery_mode=1)
            self._channel.basic_publish("", queue, body, properties)

        def on_confirm(method: Any) -> None:
            nonlocal confirmed, first
            tag = method.delivery_tag
            if method.multiple:
                confirmed += tag + 1 - first - len(covered := {n for n in alone if n <= tag})
                alone.difference_update(covered)
                first = tag + 1
            elif tag == first:
                confirmed += 1
                first += 1
            else:
                confirmed += 1
                alone.add(tag)
            if confirmed == count:
                done.set()
            while sent < count and sent - confirmed < in_flight:
                send()

        self._on_confirm = on_confirm
        for _ in range(min(in_flight, count)):
            send()
        await done.wait()
        self._numbers = itertools.count(last + count)

    async def consume(self, queue: str, span: Span) -> None:
        def handler(channel: pika.channel.Channel, method: Any, properties: Any, body: bytes) -> None:
            span.hit()
            channel.basic_ack(method.delivery_tag)

        channel = await self._open_channel()
        channel.basic_qos(prefetch_count=PREFETCH)
        channel.basic_consume(queue, handler)
        await span.done.wait()
        channel.close()

    async def close(self) -> None:
        self._connection.close()
        await self._closed
