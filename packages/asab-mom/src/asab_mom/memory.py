"""`MemoryBroker`: messages within this process, without a server; for examples, tests and small applications."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from asab_mom import _deadlines
from asab_mom._embedded import Consumer, Server, Settle
from asab_mom._subscription import Depth, Subscription
from asab_mom.broker import Broker
from asab_mom.faults import Faults
from asab_mom.message import Message, Outcome, PublishError
from asab_utils.time_limit import time_limit

if TYPE_CHECKING:
    from asab_app import Application

UNLIMITED = 2**31


class MemoryBroker(Broker):
    """A broker whose exchanges and queues are in the memory of this process.

    Brokers of one process with the same `url` share them, as brokers of one RabbitMQ do. They are gone, with their
    messages, when the last of these brokers is closed.

    For tests it can fail as a broker on a network does: by chance, with `faults`, or when it is told to.
    """

    ConfigDefaults: ClassVar[Mapping[str, Any]] = {"url": "memory://default/"}
    system = "asab.memory"
    _mending: asyncio.TimerHandle | None = None

    def __init__(
        self,
        app: Application,
        accept_replies: bool = False,
        task_service: object = None,
        config_section_name: str = "asab:mom:memory",
        config: Mapping[str, Any] | None = None,
        *,
        faults: Faults | None = None,
    ) -> None:
        """Make a broker; arguments and errors as for `Broker`.

        Args:
            app: The application.
            accept_replies: As for `Broker`.
            task_service: As for `Broker`.
            config_section_name: As for `Broker`.
            config: As for `Broker`.
            faults: What goes wrong, and how often; by default nothing.
        """
        self._faults = Faults() if faults is None else faults
        super().__init__(app, accept_replies, task_service, config_section_name, config)

    def break_line(self, seconds: float = 0.0) -> None:
        """Lose the line to the server, as a network does, and get it back.

        What is being handled is delivered again, while the handlers that have it go on; calls fail; `publish` waits.

        Args:
            seconds: How long the line is away; 0 is until other tasks have had their turn.
        """
        self._up.clear()
        for subscription in self._consumers:
            self._drop(subscription)
        self._calls.fail("the line broke before the answer came")
        self._stop_mending()
        self._mending = self.App.Loop.call_later(seconds, self._mend)

    def cancel_consumer(self, queue: str) -> None:
        """Have the server cancel the consumer of a queue, as it does when its node goes down; it subscribes again.

        What is being handled is delivered again, while the handlers that have it go on.

        Args:
            queue: The queue, or the exchange, that was subscribed.

        Raises:
            KeyError: If it was not.
        """
        found = [s for s in self._consumers if queue in (s.queue, s.exchange)]
        if not found:
            raise KeyError(f"{queue!r} is not subscribed; there are: {', '.join(map(str, self._consumers))}")
        for subscription in found:
            self._drop(subscription)
            self.App.Loop.call_soon(self._start, subscription)

    def _connect(self) -> None:
        self._server = Server.join(str(self.Config["url"]))
        self._consumers: dict[Subscription, Consumer] = {}
        self._closed = False
        self._up = asyncio.Event()
        self._up.set()

    def _stop_mending(self) -> None:
        if self._mending is not None:
            self._mending.cancel()

    def _mend(self) -> None:
        self._up.set()
        for subscription in self._consumers:
            self._start(subscription)

    async def _send(self, message: Message) -> None:
        await self._up.wait()
        if self._closed:
            raise PublishError("the broker is closed")
        if self._faults.breaks_line():
            await self._break_over(message)
        self._server.publish(message)
        await asyncio.sleep(0)  # a loop that publishes lets the handlers run, as with any broker

    async def _break_over(self, message: Message) -> None:
        """Lose the line, and with it whether the server has got the message."""
        if self._faults.arrives():
            self._server.publish(message)
        self.break_line(self._faults.outage)
        await self._up.wait()

    def _open(self, subscription: Subscription) -> None:
        self._server.declare(subscription.queue)
        if subscription.exchange:
            self._server.bind(subscription.queue, subscription.exchange, subscription.routing_key)
        self._consumers[subscription] = self._consumer(subscription)
        self._start(subscription)

    async def _declare(self, queue: str, arguments: Mapping[str, Any]) -> None:
        self._server.declare(queue, arguments)

    def _lines(self) -> list[dict[str, str]]:
        state = "closed" if self._closed else "open" if self._up.is_set() else "lost"
        return [{"purpose": "consume, publish", "server": "this process", "state": state}]

    def _depth(self, subscription: Subscription) -> Depth:
        queue = self._server.queues.get(subscription.queue)
        return Depth() if queue is None else Depth(len(queue.waiting), queue.consumers)

    def _consumer(self, subscription: Subscription) -> Consumer:
        prefetch = UNLIMITED if subscription.answers else self._prefetch
        return Consumer(prefetch, functools.partial(self._deliver, subscription))

    def _start(self, subscription: Subscription) -> None:
        flowing = subscription.answers or (self._consuming and not self._stopped)
        if flowing and self._up.is_set() and not self._closed:
            self._server.declare(subscription.queue).add(self._consumers[subscription])

    def _drop(self, subscription: Subscription) -> None:
        """Give back what a consumer has; another one takes its place, whom its handlers cannot settle anything of."""
        self._server.declare(subscription.queue).drop(self._consumers[subscription])
        self._consumers[subscription] = self._consumer(subscription)

    def _deliver(self, subscription: Subscription, message: Message, settle: Settle) -> None:
        def settle_unless_lost(outcome: Outcome) -> None:
            lost = outcome is Outcome.ACCEPT and self._faults.redelivers()
            settle(Outcome.RETURN if lost else outcome)

        receive = functools.partial(self._receive, subscription, message, settle_unless_lost)
        self._hold(self._faults.holds(), receive)
        if self._faults.cancels_consumer():
            self.App.Loop.call_soon(self.cancel_consumer, subscription.queue)

    def _hold(self, turns: int, receive: Callable[[], None]) -> None:
        if turns:
            self.App.Loop.call_soon(self._hold, turns - 1, receive)
        else:
            receive()

    def _consume(self) -> None:
        for subscription in self._consumers:
            if not subscription.answers:
                self._start(subscription)

    async def _cancel(self) -> None:
        for subscription, consumer in self._consumers.items():
            if not subscription.answers:
                self._server.declare(subscription.queue).remove(consumer)

    async def _close(self) -> None:
        if self._closed:
            return
        with contextlib.suppress(TimeoutError):
            async with time_limit(_deadlines.seconds(_deadlines.FLUSH)):
                await self._up.wait()
        self._closed = True
        self._stop_mending()
        self._up.set()
        for subscription in self._subscriptions:
            if subscription.own:
                self._server.delete(subscription.queue)
        self._server.leave()
