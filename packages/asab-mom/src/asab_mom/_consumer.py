"""`Consumer`: the subscriptions of a broker, each on a channel of its own, and the messages that come from them.

The rules:

1. A queue is declared as soon as the line is up; messages are taken from it when `flow` has been called.
2. An existing queue is used as it is, a missing one is declared durable. A queue of our own outlives a lost line, and
   the broker too, but not ten minutes without us.
3. Each subscription has a channel of its own, so that what goes wrong with one does not touch the others.
4. A message that cannot be read is rejected, and said.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import Coroutine, Iterable
from typing import Any

from asab_mom._connection import Channel
from asab_mom._delivery import Delivery
from asab_mom._dispatcher import Dispatcher
from asab_mom._errors import ChannelError
from asab_mom._line import Line
from asab_mom.broker import Subscription
from asab_mom.message import Message, Outcome

L = logging.getLogger(__name__)

OWN_QUEUE = {"x-expires": 600_000}
"""Milliseconds without a consumer after which the broker deletes a queue of ours; no lost line should last as long."""

ASK_TIMEOUT = 2.0
NOT_FOUND = 404


class Consumer:
    """Takes messages from the queues of a broker to its dispatcher."""

    def __init__(self, line: Line, dispatcher: Dispatcher, prefetch: int) -> None:
        """Begin without subscriptions.

        Args:
            line: The connection for consuming.
            dispatcher: What handles the messages.
            prefetch: How many messages of a subscription are handled at once.
        """
        self._line = line
        self._dispatcher = dispatcher
        self._prefetch = prefetch
        self._flowing = asyncio.Event()
        self._stopped = False
        self._consuming: dict[Subscription, tuple[Channel, str]] = {}
        self._untried: set[Subscription] = set()
        self._tried = asyncio.Event()
        self._tried.set()

    def open(self, loop: asyncio.AbstractEventLoop, subscription: Subscription) -> None:
        """Declare and consume a subscription in the background, as long as the line is not closed."""
        self._untried.add(subscription)
        self._tried.clear()
        self._line.keep_channel(loop, f"Subscription of {_name(subscription)}", lambda c: self._serve(subscription, c))

    def flow(self) -> None:
        """Let messages in."""
        self._flowing.set()

    async def wait_tried(self) -> None:
        """Wait until each subscription was declared once, or the broker has refused it once."""
        await self._tried.wait()

    async def stop(self) -> None:
        """Let no more messages in; those that are here can still be settled."""
        self._stopped = True
        self._tried.set()
        await self._ask(channel.call(channel.basic_cancel, tag) for channel, tag in self._consuming.values())

    async def close(self) -> None:
        """Delete the queues of our own."""
        own = [(s.queue, channel) for s, (channel, _) in self._consuming.items() if s.own]
        await self._ask(channel.call(channel.queue_delete, queue) for queue, channel in own)

    async def _ask(self, calls: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Make calls that may fail: the line can be down, and then there is nothing to undo."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ASK_TIMEOUT):
                await asyncio.gather(*calls, return_exceptions=True)

    async def _serve(self, subscription: Subscription, channel: Channel) -> None:
        try:
            await self._declare(subscription, channel)
        finally:
            if channel.connection.is_up:
                self._mark_tried(subscription)
        await self._flowing.wait()
        if not self._stopped:
            await self._consume(subscription, channel)
        await channel.wait_ended()

    def _mark_tried(self, subscription: Subscription) -> None:
        self._untried.discard(subscription)
        if not self._untried:
            self._tried.set()

    async def _declare(self, subscription: Subscription, channel: Channel) -> None:
        if subscription.own:
            await channel.call(channel.queue_declare, subscription.queue, durable=True, arguments=OWN_QUEUE)
        elif not await _exists(subscription.queue, channel):
            await channel.call(channel.queue_declare, subscription.queue, durable=True)
        if subscription.exchange:
            await channel.call(channel.queue_bind, subscription.queue, subscription.exchange, subscription.routing_key)

    async def _consume(self, subscription: Subscription, channel: Channel) -> None:
        await channel.call(channel.basic_qos, prefetch_count=self._prefetch)
        tag = await channel.consume(subscription.queue, lambda delivery: self._deliver(subscription, channel, delivery))
        self._consuming[subscription] = channel, tag
        if self._stopped:
            await channel.call(channel.basic_cancel, tag)

    def _deliver(self, subscription: Subscription, channel: Channel, delivery: Delivery) -> None:
        if delivery.properties is None:
            L.error("A message from %s is rejected: %s", _name(subscription), delivery.fault)
            channel.settle(delivery.tag, Outcome.REJECT)
            return
        target = delivery.target if subscription.target is None else subscription.target
        message = Message(delivery.body, target, delivery.exchange, delivery.properties)
        self._dispatcher.start(message, functools.partial(channel.settle, delivery.tag))


async def _exists(queue: str, channel: Channel) -> bool:
    """Ask on another channel, for the broker answers no by closing it."""
    probe = await channel.connection.open_channel()
    try:
        await probe.call(probe.queue_declare, queue, passive=True)
    except ChannelError as error:
        if error.code != NOT_FOUND:
            raise
        return False
    finally:
        await probe.shut()
    return True


def _name(subscription: Subscription) -> str:
    return f"exchange {subscription.exchange!r}" if subscription.exchange else f"queue {subscription.queue!r}"
