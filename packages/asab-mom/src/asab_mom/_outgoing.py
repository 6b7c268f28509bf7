"""`Outgoing`: the half of a broker that sends, for whoever does not handle."""

from __future__ import annotations

import collections
import uuid
from collections.abc import Mapping
from typing import Any

from asab_mom._calls import REPORT, Calls
from asab_mom._metrics import Meter
from asab_mom._subscription import Subscription
from asab_mom._transport import Transport
from asab_mom.message import Body, Message, PublishError, encode_body
from asab_mom.properties import Properties

CALL_TIMEOUT = 10.0


class Outgoing(Transport):
    """Publishes and calls; `Broker` adds what comes in.

    Attributes:
        Counts: See `Broker`.
    """

    Counts: collections.Counter[str]
    _meter: Meter
    _appname: str
    _exchange: str
    _reply_to: str | None
    _calls: Calls
    _answers: Subscription | None
    _subscriptions: list[Subscription]

    async def publish(
        self,
        body: Body,
        target: str = "",
        correlation_id: str | None = None,
        *,
        exchange: str | None = None,
        reply_to: str | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        headers: Mapping[str, Any] | None = None,
        message_id: str | None = None,
    ) -> None:
        """Send a message and return when it has been accepted. The message is persistent.

        A message that no queue is bound for is accepted too, and is gone. When this call is cancelled, the message may
        or may not be delivered.

        Args:
            body: The content; a str is sent as UTF-8.
            target: The routing key.
            correlation_id: What the reply will bear.
            exchange: Where to; by default the option `exchange`. The empty one routes to the queue named `target`.
            reply_to: The queue for replies; by default the broker's own, if it accepts replies. Empty asks for none.
            content_type: The MIME type of the body.
            content_encoding: The MIME encoding of the body.
            headers: Values of the application's own.
            message_id: The identity of the message; by default a new one.

        Raises:
            TypeError: If a value is of a type that cannot be sent.
            ValueError: If a value is too long or out of its range.
            PublishError: If the message has not been accepted.
        """
        properties = self._properties(
            correlation_id=correlation_id,
            reply_to=self._reply_to if reply_to is None else reply_to,
            content_type=content_type,
            content_encoding=content_encoding,
            headers=dict(headers or {}),
            message_id=message_id,
        )
        exchange = self._exchange if exchange is None else exchange
        await self._accept(Message(encode_body(body), target, exchange, properties))

    async def call(
        self,
        target: str,
        body: Body = b"",
        *,
        timeout: float = CALL_TIMEOUT,
        exchange: str | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Send a message and return the body of the reply.

        Any number of calls can be in flight. The message is not kept longer than `timeout`, nor beyond a restart of the
        server. While the line is down the call waits for it; when the line breaks under it, it fails at once, and
        nobody knows whether the message was handled. When it is cancelled, the reply is discarded. What a handler of
        this application asks of another one needs room for both in `concurrency`.

        Args:
            target: The routing key.
            body: The content; a str is sent as UTF-8.
            timeout: Seconds to wait, all in all.
            exchange: Where to; by default the option `exchange`.
            content_type: The MIME type of the body.
            content_encoding: The MIME encoding of the body.
            headers: Values of the application's own.

        Raises:
            CallTimeoutError: If there is no reply in time. It is a `TimeoutError` and a `CallError`.
            CallFailedError: If the handler has raised, or there is none, on a side that reports it, as ours does. From
                other peers a failure is a timeout.
            CallError: If the line broke, or the broker was closed.
            PublishError: If the message has not been accepted.
            TypeError: If a value is of a type that cannot be sent.
            ValueError: If a value is too long or out of its range.
        """
        exchange = self._exchange if exchange is None else exchange
        headers = {**(headers or {}), REPORT: True}

        async def ask(correlation_id: str) -> None:
            properties = self._properties(
                delivery_mode=1,
                correlation_id=correlation_id,
                reply_to=self._answer_queue(),
                expiration=str(max(1, round(timeout * 1000))),
                content_type=content_type,
                content_encoding=content_encoding,
                headers=headers,
            )
            await self._accept(Message(encode_body(body), target, exchange, properties))

        return await self._calls.call(ask, target, timeout)

    def _answer_queue(self) -> str:
        if self._answers is None:
            self._answers = Subscription(f"{self._appname}.call.{uuid.uuid4().hex}", own=True, answers=True)
            self._open(self._answers)
            self._subscriptions.append(self._answers)
        return self._answers.queue

    async def _accept(self, message: Message) -> None:
        message.check()
        try:
            await self._send(message)
        except PublishError:
            self._meter.count("refused")
            raise
        self._meter.count("published")

    def _properties(self, *, message_id: str | None = None, delivery_mode: int = 2, **values: Any) -> Properties:
        message_id = uuid.uuid4().hex if message_id is None else message_id
        return Properties(message_id=message_id, app_id=self._appname, delivery_mode=delivery_mode, **values)

    def _count(self, what: str) -> None:
        self.Counts[what] += 1
