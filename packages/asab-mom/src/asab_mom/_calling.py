"""`Calling`: the part of a `Broker` that asks and waits for the answer, on top of `Sending`."""

from __future__ import annotations

import contextvars
import math
import uuid
from collections.abc import Mapping
from typing import Any

from asab_mom._calls import REPORT, Calls
from asab_mom._sending import Sending
from asab_mom._subscription import Subscription
from asab_mom._tracing import sending
from asab_mom.message import Body, Message, encode_body

CALL_TIMEOUT = 10.0


class Calling(Sending):
    """What a broker calls with; `Broker` makes what is declared here."""

    _calls: Calls
    _answers: Subscription | None
    _subscriptions: list[Subscription]

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
            UnroutableError: If no queue is bound for the message.
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
            message = Message(encode_body(body), target, exchange, properties, mandatory=True)
            await self._accept(message, math.inf, on_disk=False)  # nobody waits for the answer in the next process

        with sending(self.system, target, exchange):
            return await self._calls.call(ask, target, timeout)

    def _answer_queue(self) -> str:
        if self._answers is None:
            self._answers = Subscription(f"{self._appname}.call.{uuid.uuid4().hex}", own=True, answers=True)
            # It outlives this call: what is said of it later does not belong to the trace of the caller.
            contextvars.Context().run(self._open, self._answers)
            self._subscriptions.append(self._answers)
        return self._answers.queue
