"""`Consumer`: the subscriptions of a broker, each on a channel of its own, and the messages that come from them.

The rules:

1. A queue is declared as soon as the line is up; messages are taken from it when `flow` has been called.
2. An existing queue is used as it is, a missing one is declared durable. A queue of our own outlives a lost line, and
   the broker too, but not ten minutes without us. A broker that comes back without a queue (killed before the queue was
   on its disk, or begun anew) is given it again before anything is published: it confirms what has no queue, too.
3. Each subscription has a channel of its own, so that what goes wrong with one does not touch the others.
4. A message that cannot be read is handed on apart from the others.
5. Answers to calls flow from the first moment to the last, as many as come. When their channel ends, that is told: who
   waits for an answer does not wait for a line.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, TypeAlias

from asab_mom import _deadlines
from asab_mom._channel import Channel
from asab_mom._connection import Connection
from asab_mom._delivery import Delivery
from asab_mom._errors import ChannelError, LineError
from asab_mom._line import Line
from asab_mom._subscription import OWN_EXPIRES, Subscription
from asab_mom.message import Message, Outcome
from asab_utils.time_limit import time_limit

L = logging.getLogger(__name__)

OWN_QUEUE = {"x-expires": OWN_EXPIRES}
NOT_FOUND = 404

Settle: TypeAlias = Callable[[Outcome], None]


class Consumer:
    """Takes messages from the queues of a broker to its dispatcher."""

    def __init__(
        self,
        line: Line,
        prefetch: int,
        receive: Callable[[Subscription, Message, Settle], None],
        receive_unreadable: Callable[[Message, Subscription, str, Settle], None],
        lost: Callable[[str], None],
    ) -> None:
        """Begin without subscriptions.

        Args:
            line: The connection for consuming.
            prefetch: How many messages of a subscription are handled at once.
            receive: Called with each message and what settles it.
            receive_unreadable: The same, for one whose properties cannot be read, with the reason.
            lost: Called with why answers to calls do not come any more.
        """
        self._line = line
        self._prefetch = prefetch
        self._receive = receive
        self._receive_unreadable = receive_unreadable
        self._lost = lost
        self._flowing = asyncio.Event()
        self._stopped = False
        self._consuming: dict[Subscription, tuple[Channel, str]] = {}
        self._untried: set[Subscription] = set()
        self._tried = asyncio.Event()
        self._tried.set()
        self._held_up = 0

    def open(self, loop: asyncio.AbstractEventLoop, subscription: Subscription) -> None:
        """Declare and consume a subscription in the background, as long as the line is not closed."""
        self._untried.add(subscription)
        self._tried.clear()
        self._line.keep_channel(loop, f"Subscription of {subscription}", lambda c: self._serve(subscription, c))

    async def declare(self, queue: str, arguments: Mapping[str, Any]) -> None:
        """Declare a durable queue, on a channel of its own: if the broker does not have it no subscription is hurt.

        Raises:
            LineError: If that is so, or the line is lost.
        """
        connection = await self._line.connection()
        async with connection.open_channel() as beside:
            if arguments or not await _exists(queue, beside):
                await beside.call(beside.queue_declare, queue, durable=True, arguments=dict(arguments))

    async def declare_again(self, connection: Connection, subscriptions: Iterable[Subscription]) -> None:
        """Declare what of these was declared before, on the connection that is published over.

        What the broker refuses is said where it is consumed.

        Raises:
            LineError: If the connection is lost.
        """
        for subscription in [s for s in subscriptions if s not in self._untried]:
            with contextlib.suppress(ChannelError):
                async with connection.open_channel() as channel:
                    await self._declare(subscription, channel)

    def flow(self) -> None:
        """Let messages in."""
        self._flowing.set()

    @property
    def tried(self) -> bool:
        """Whether there is nothing to wait for with `wait_tried`."""
        return self._tried.is_set() and not self._held_up

    async def wait_tried(self) -> None:
        """Wait until each subscription was declared once, or refused once by the broker; who came first goes first."""
        self._held_up += 1
        try:
            if self._tried.is_set():
                await asyncio.sleep(0)  # those who have waited are about to go on
            else:
                await self._tried.wait()
        finally:
            self._held_up -= 1

    async def stop(self) -> None:
        """Let no more messages in; those that are here can still be settled."""
        self._stopped = True
        self._tried.set()
        consuming = [consuming for s, consuming in self._consuming.items() if not s.answers]
        await self._ask(channel.call(channel.basic_cancel, tag) for channel, tag in consuming)

    async def close(self) -> None:
        """Delete the queues of our own."""
        await self._ask(_delete(s, *consuming) for s, consuming in self._consuming.items() if s.own)

    async def _ask(self, calls: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Make calls that may fail: the line can be down, and then there is nothing to undo."""
        with contextlib.suppress(TimeoutError):
            async with time_limit(_deadlines.seconds(_deadlines.ASK)):
                await asyncio.gather(*calls, return_exceptions=True)

    async def _serve(self, subscription: Subscription, channel: Channel) -> None:
        try:
            await self._declare(subscription, channel)
        finally:
            if channel.connection.is_up:
                self._mark_tried(subscription)
        if subscription.answers:
            await self._take_answers(subscription, channel)
            return
        await self._flowing.wait()
        if not self._stopped:
            await self._consume(subscription, channel)
        await channel.wait_ended()

    async def _take_answers(self, subscription: Subscription, channel: Channel) -> None:
        try:
            await self._consume(subscription, channel)
            await channel.wait_ended()
        except LineError as error:
            self._lost(f"the line broke before the answer came: {error}")
            raise

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
        if not subscription.answers:
            await channel.call(channel.basic_qos, prefetch_count=self._prefetch)
        tag = await channel.consume(subscription.queue, lambda delivery: self._deliver(subscription, channel, delivery))
        self._consuming[subscription] = channel, tag
        if self._stopped and not subscription.answers:
            await channel.call(channel.basic_cancel, tag)

    def _deliver(self, subscription: Subscription, channel: Channel, delivery: Delivery) -> None:
        settle = functools.partial(channel.settle, delivery.tag)
        body, target, exchange = delivery.body, delivery.target, delivery.exchange
        if delivery.properties is not None:
            self._receive(subscription, Message(body, target, exchange, delivery.properties), settle)
            return
        message = Message(body, target, exchange, header=delivery.header)
        self._receive_unreadable(message, subscription, delivery.fault, settle)


async def _delete(own: Subscription, channel: Channel, tag: str) -> None:
    """Delete a queue of our own; that of the answers is let go first, or the broker tells of its loss."""
    if own.answers:
        await channel.call(channel.basic_cancel, tag)
    await channel.call(channel.queue_delete, own.queue)


async def _exists(queue: str, channel: Channel) -> bool:
    """Ask on another channel, for the broker answers no by closing it."""
    try:
        async with channel.connection.open_channel() as probe:
            await probe.call(probe.queue_declare, queue, passive=True)
    except ChannelError as error:
        if error.code != NOT_FOUND:
            raise
        return False
    return True
