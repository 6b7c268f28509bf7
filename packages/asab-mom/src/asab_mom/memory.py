"""`MemoryBroker`: messages within this process, without a server; for examples, tests and small applications."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from asab_mom._embedded import Consumer, Server, Settle
from asab_mom.broker import Broker, Subscription
from asab_mom.message import Message, PublishError

if TYPE_CHECKING:
    from asab_app import Application


class MemoryBroker(Broker):
    """A broker whose exchanges and queues are in the memory of this process.

    Brokers of one process with the same `url` share them, as brokers of one RabbitMQ do. They are gone, with their
    messages, when the last of these brokers is closed.
    """

    ConfigDefaults: ClassVar[Mapping[str, Any]] = {"url": "memory://default/"}

    def __init__(
        self,
        app: Application,
        accept_replies: bool = False,
        task_service: object = None,
        config_section_name: str = "asab:mom:memory",
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Make a broker; arguments and errors as for `Broker`."""
        super().__init__(app, accept_replies, task_service, config_section_name, config)

    def _connect(self) -> None:
        self._server = Server.join(str(self.Config["url"]))
        self._consumers: list[tuple[str, Consumer]] = []
        self._closed = False

    async def _send(self, message: Message) -> None:
        if self._closed:
            raise PublishError("the broker is closed")
        self._server.publish(message)
        await asyncio.sleep(0)  # a loop that publishes lets the handlers run, as with any broker

    def _open(self, subscription: Subscription) -> None:
        queue = self._server.declare(subscription.queue)
        if subscription.exchange:
            self._server.bind(subscription.queue, subscription.exchange, subscription.routing_key)
        consumer = Consumer(self._prefetch, self._receiver(subscription))
        self._consumers.append((subscription.queue, consumer))
        if self._consuming:
            queue.add(consumer)

    def _consume(self) -> None:
        for queue, consumer in self._consumers:
            self._server.declare(queue).add(consumer)

    async def _cancel(self) -> None:
        for queue, consumer in self._consumers:
            self._server.declare(queue).remove(consumer)

    async def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for subscription in self._subscriptions:
            if subscription.own:
                self._server.delete(subscription.queue)
        self._server.leave()

    def _receiver(self, subscription: Subscription) -> Callable[[Message, Settle], None]:
        def receive(message: Message, settle: Settle) -> None:
            if subscription.target is not None:
                message = dataclasses.replace(message, target=subscription.target)
            self._dispatcher.start(message, settle)

        return receive
