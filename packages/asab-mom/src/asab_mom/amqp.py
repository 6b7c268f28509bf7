"""`AMQPBroker`: messages through RabbitMQ, or another server that speaks AMQP 0-9-1."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from asab_app.refreshed import Refreshed
from asab_mom import _deadlines
from asab_mom._address import Address, parse_all
from asab_mom._channel import Channel
from asab_mom._connection import Connection
from asab_mom._consumer import Consumer
from asab_mom._depths import depths
from asab_mom._journal import Journal
from asab_mom._line import SHORTEST_DELAY, Backoff, Line
from asab_mom._options import number
from asab_mom._publisher import Publisher
from asab_mom._subscription import Depth, Subscription
from asab_mom._tls import client_context
from asab_mom.broker import SHORT_MAX, Broker
from asab_mom.message import BusyError, Message
from asab_mom.properties import check_short

if TYPE_CHECKING:
    from asab_app import Application

BUSY_DELAY = 1.0
"""Seconds between two tries to send what the server could not take, at most."""

DEPTHS_EVERY = 5.0
"""Seconds between two questions of how much is in the queues, while somebody looks."""

DEPTHS_MOST = 100
"""How many queues are asked for."""

NAME = re.compile(r"[a-zA-Z0-9\-_.:@#,/+ ]*")
NAME_HAS = "letters and digits of ASCII, spaces and any of -_.:@#,/+"


class AMQPBroker(Broker):
    """A broker on RabbitMQ (documentation, chapter Available brokers).

    It keeps two connections up, one to publish and one to consume, so that a server that holds up publishers still
    delivers. A server that is down, at the start or later, is waited for: messages wait in `publish`, and subscriptions
    come back with the line.

    Options, beside `appname` (`asab.mom`), `exchange` (`amq.fanout`; where `publish` goes), `reply_exchange` (the
    default exchange), `prefetch_count` (5), `publish_timeout` (seconds after which `publish` gives up; 0: never),
    `outbox` (a file that keeps messages until they are sent) and `outbox_size` (its bytes, at most; 1 GB):

    - `url`: `amqp://user:password@host:port/vhost`; `amqps` for TLS. `amqp://guest:guest@localhost/` by default.
      Several, with commas or line ends between them, are the nodes of a cluster: a line that is lost goes on to the
      next.
    - `ca`, `cert`, `key`: files for `amqps`: the authorities to trust in place of the system's, a certificate of our
      own and its private key. The server's certificate and name are always checked.
    - `reconnect_delay`: seconds between two tries to connect, at most (10).
    - `heartbeat`: seconds between two signs of life (30); a silence of 1.75 of them is a lost line.
    - `busy_timeout`: seconds for which `publish` tries again a message that the server could not take: a quorum queue
      has no leader for the moment, or a queue is full and refuses (10). Then, or at once with 0, it raises `BusyError`.
    """

    ConfigDefaults: ClassVar[Mapping[str, Any]] = {
        "url": "amqp://guest:guest@localhost/",
        "ca": "",
        "cert": "",
        "key": "",
        "reconnect_delay": 10.0,
        "heartbeat": 30,
        "busy_timeout": 10.0,
    }
    system = "rabbitmq"

    def __init__(
        self,
        app: Application,
        accept_replies: bool = False,
        task_service: object = None,
        config_section_name: str = "asab:mom:amqp",
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Make a broker and begin to connect in the background; arguments and errors as for `Broker`."""
        super().__init__(app, accept_replies, task_service, config_section_name, config)

    def _connect(self) -> None:
        if not NAME.fullmatch(self._appname):
            raise self.Config.mistake("appname", f"must have {NAME_HAS}: it is in the names of queues")
        addresses = self._parse_url()
        self._tls = client_context(self.Config, addresses)
        journal = Journal(functools.partial(self.App.Health.report, self._name))
        self._in, self._out = (self._line(addresses, purpose, journal) for purpose in ("consume", "publish"))
        self._publisher = Publisher(self.App.Loop)
        unreadable = self._dispatcher.start_unreadable
        self._busy_timeout = number(self, self.Config.getfloat, "busy_timeout", 0)
        self._consumer = Consumer(self._in, self._prefetch, self._receive, unreadable, self._calls.fail)
        self._depths: Refreshed[dict[str, Depth]] = Refreshed(self.App.Loop, self._ask_depths, {}, DEPTHS_EVERY)
        for line in (self._in, self._out):
            line.start(self.App.Loop)
        self._declared_on: Connection | None = None
        self._out.keep_channel(self.App.Loop, "Publishing", self._publish_over)

    def _line(self, addresses: Sequence[Address], purpose: str, journal: Journal) -> Line:
        name = f"{self._appname} ({purpose})"
        heartbeat = number(self, self.Config.getint, "heartbeat", 1, SHORT_MAX)
        longest_delay = number(self, self.Config.getfloat, "reconnect_delay", SHORTEST_DELAY)
        return Line(addresses, self._tls, name, heartbeat, longest_delay, journal, self._meter)

    def _parse_url(self) -> tuple[Address, ...]:
        try:
            return parse_all(str(self.Config["url"]))
        except ValueError as error:
            raise self.Config.mistake("url", str(error), secret=True) from None

    async def _publish_over(self, channel: Channel) -> None:
        if channel.connection is not self._declared_on:
            await self._consumer.declare_again(channel.connection, self._subscriptions)
            self._declared_on = channel.connection
        await self._publisher.serve(channel)

    async def _send(self, message: Message) -> None:
        if not self._consumer.tried:
            await self._consumer.wait_tried()
        try:
            await self._publisher.publish(message)
        except BusyError as error:
            await self._send_again(message, error)

    async def _send_again(self, message: Message, busy: BusyError) -> None:
        """Send what the server could not take until it does, as long as `busy_timeout` says."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._busy_timeout
        backoff = Backoff(BUSY_DELAY)
        while loop.time() < end:
            await asyncio.sleep(backoff.delay())
            try:
                return await self._publisher.publish(message)
            except BusyError as error:
                busy = error
        raise busy

    def _lines(self) -> list[dict[str, str]]:
        lines = {"consume": self._in, "publish": self._out}
        return [
            {"purpose": purpose, "server": str(line.address), "state": line.state.value}
            for purpose, line in lines.items()
        ]

    def _depth(self, subscription: Subscription) -> Depth:
        return self._depths.look().get(subscription.queue, Depth())

    async def _ask_depths(self) -> dict[str, Depth]:
        return await depths(self._in, [each.queue for each in self._subscriptions[:DEPTHS_MOST]])

    def _unconfirmed(self) -> int:
        return self._publisher.unconfirmed

    def _waited_for(self) -> str:
        return f"{self._out.address} has not confirmed the message"

    def _state(self) -> str:
        return f"; the connection is {self._out.state.value}"

    def _open(self, subscription: Subscription) -> None:
        for name in (subscription.exchange, subscription.queue):
            _check_name(name)
        self._consumer.open(self.App.Loop, subscription)

    async def _declare(self, queue: str, arguments: Mapping[str, Any]) -> None:
        await self._consumer.declare(queue, arguments)

    def _consume(self) -> None:
        self._consumer.flow()

    async def _cancel(self) -> None:
        await self._consumer.stop()

    async def _close(self) -> None:
        await self._consumer.close()
        await self._in.close()
        await self._depths.close()  # without the line, it does not wait for an answer
        await self._publisher.close(_deadlines.seconds(_deadlines.FLUSH))
        await self._out.close()


def _check_name(name: str) -> None:
    """Refuse here, where somebody sees it, what the library below refuses in the background."""
    check_short("a queue", name)
    if not NAME.fullmatch(name):
        raise ValueError(f"cannot subscribe {name!r}: a name has {NAME_HAS}")
