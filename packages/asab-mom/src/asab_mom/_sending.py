"""`Sending`: the part of a `Broker` that publishes."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from asab_app import StartupError
from asab_app.tracing import current_trace
from asab_mom._options import number
from asab_mom._tracing import carried, sending
from asab_mom._transport import Transport
from asab_mom.json import CONTENT_TYPE, encode_json
from asab_mom.message import Body, Message, PublishError, encode_body
from asab_mom.properties import Properties, expiration_text, make_properties
from asab_utils.time_limit import time_limit

if TYPE_CHECKING:
    from typing import Unpack

    from asab_app import Application
    from asab_mom._metrics import Meter
    from asab_mom.outbox import Outbox


class PublishOptions(TypedDict, total=False):
    """The keywords of `Broker.publish`."""

    exchange: str | None
    reply_to: str | None
    content_type: str | None
    content_encoding: str | None
    headers: Mapping[str, Any] | None
    message_id: str | None
    message_type: str | None
    timestamp: datetime.datetime | None
    persistent: bool
    mandatory: bool
    expiration: float | None
    priority: int | None
    timeout: float | None


class Sending(Transport):
    """What a broker publishes with, and through its outbox, if it has one.

    Attributes:
        outbox: What keeps messages on disk until they are sent; None without the option `outbox`.
    """

    App: Application
    outbox: Outbox | None = None
    _meter: Meter
    _name: str
    _appname: str
    _exchange: str
    _reply_to: str | None
    _publish_timeout: float

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
        message_type: str | None = None,
        timestamp: datetime.datetime | None = None,
        persistent: bool = True,
        mandatory: bool = False,
        expiration: float | None = None,
        priority: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """Send a message and return when it has been accepted: by the server, or with an outbox by the disk.

        A message that no queue is bound for is accepted too, and is gone, unless it is `mandatory`. When this call is
        cancelled or times out, the message is withdrawn if it was not sent yet; else it may or may not be delivered.
        While the server is away or takes no messages, and while 1,000 of them are not confirmed, this call waits.

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
            message_type: The application's name for this kind of message.
            timestamp: When it was sent, with a time zone; whole seconds arrive.
            persistent: Whether it survives a restart of the server, in a durable queue.
            mandatory: Whether it is an error when no queue is bound for it.
            expiration: Seconds after which a queue drops it, in whole milliseconds; by default never.
            priority: 0 to 255, for queues that have priorities.
            timeout: Seconds that it has to be accepted; by default the option `publish_timeout`; `math.inf`: no end.

        Raises:
            TypeError: If a value is of a type that cannot be sent.
            ValueError: If a value is too long or out of its range.
            UnroutableError: If it is mandatory and no queue is bound for it.
            PublishError: If the message has not been accepted.
        """
        exchange = self._exchange if exchange is None else exchange
        message_id = _new_id() if message_id is None else message_id
        with sending(self.system, target, exchange, message_id, correlation_id):
            properties = self._properties(
                message_id,
                correlation_id=correlation_id,
                reply_to=self._reply_to if reply_to is None else reply_to,
                content_type=content_type,
                content_encoding=content_encoding,
                headers=dict(headers or {}),
                message_type=message_type,
                timestamp=timestamp,
                delivery_mode=2 if persistent else 1,
                expiration=None if expiration is None else expiration_text(expiration),
                priority=priority,
            )
            await self._accept(Message(encode_body(body), target, exchange, properties, mandatory), timeout)

    async def publish_json(
        self, value: object, target: str = "", correlation_id: str | None = None, **options: Unpack[PublishOptions]
    ) -> None:
        """Send a value as JSON, with the content type `application/json`; `asab_mom.decode_json` reads it.

        Args:
            value: None, a bool, a number, a str, and lists, tuples and dictionaries of these.
            target: The routing key.
            correlation_id: What the reply will bear.
            **options: As for `publish`.

        Raises:
            TypeError: If the value, or something in it, is none of these.
            ValueError: If it has NaN or an infinity in it. Other errors are those of `publish`.
        """
        options.setdefault("content_type", CONTENT_TYPE)
        await self.publish(encode_json(value), target, correlation_id, **options)

    def _waited_for(self) -> str:
        """Return what has not happened, when a message was not accepted in time; seconds follow, then `_state`."""
        return "the broker has not confirmed the message"

    def _state(self) -> str:
        """Return what may be the reason for that."""
        return ""

    async def _accept(self, message: Message, timeout: float | None = None, *, on_disk: bool = True) -> None:
        message.check()
        timeout = self._publish_timeout if timeout is None else timeout
        outbox = self.outbox if on_disk else None
        try:
            if timeout == math.inf and outbox is None:
                await self._send(message)
            else:
                await self._accept_in_time(message, outbox, _seconds(timeout))
        except PublishError:
            self._meter.count("refused")
            raise
        self._meter.count("published")

    async def _accept_in_time(self, message: Message, outbox: Outbox | None, seconds: float | None) -> None:
        try:
            async with time_limit(seconds):
                await (self._send(message) if outbox is None else outbox.put(message))
        except TimeoutError:
            if outbox is not None:
                raise PublishError(f"{outbox} has had no room for the message within {seconds:g} s") from None
            raise PublishError(f"{self._waited_for()} within {seconds:g} s{self._state()}") from None

    def _properties(self, message_id: str | None = None, *, delivery_mode: int = 2, **values: Any) -> Properties:
        message_id = _new_id() if message_id is None else message_id
        if (trace := current_trace()) is not None:
            values["headers"] = carried(trace, values.get("headers"))
        return make_properties(message_id=message_id, app_id=self._appname, delivery_mode=delivery_mode, **values)

    def _open_outbox(self) -> None:
        """Open the file that the configuration names, if it does."""
        path = str(self.Config["outbox"])
        limit = number(self, self.Config.getint, "outbox_size", 1)
        if not path:
            return
        from asab_mom.outbox import Outbox, OutboxError  # who has none does not pay for SQLite

        try:
            self.outbox = Outbox(path, limit, self._send, self._meter.stored)
        except OutboxError as error:
            raise StartupError(f"[{self.Config.name}] outbox: {error}") from error


def _new_id() -> str:
    return os.urandom(16).hex()


def _seconds(timeout: float) -> float | None:
    if not timeout > 0:
        raise ValueError(f"timeout = {timeout!r}: must be more than 0 seconds")
    return None if timeout == math.inf else timeout
