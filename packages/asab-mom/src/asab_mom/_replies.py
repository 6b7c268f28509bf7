"""`Replies`: what goes back to whoever has sent a message."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asab_mom._calls import FAILURE, REPORT
from asab_mom._tracing import sending
from asab_mom.message import Body, Message, PublishError, encode_body
from asab_mom.properties import Properties

L = logging.getLogger(__name__)


class Replies:
    """Sends replies to one exchange."""

    def __init__(
        self,
        system: str,
        exchange: str,
        properties: Callable[..., Properties],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Begin.

        Args:
            system: What carries them.
            exchange: Where replies go; with the empty one `reply_to` is the name of a queue.
            properties: Makes the properties of a message.
            send: Sends a message; returns when it is accepted.
        """
        self._system = system
        self._exchange = exchange
        self._properties = properties
        self._send = send

    async def answer(self, reply_to: str, body: Body, correlation_id: str | None) -> None:
        """Send what a handler has returned."""
        await self._reply(reply_to, body, correlation_id=correlation_id)

    async def report(self, message: Message, reason: str) -> None:
        """Tell whoever wants to know that a message has failed; the exception's name says enough to a stranger."""
        question = message.properties
        if not question.reply_to or question.headers.get(REPORT) is not True:
            return
        try:
            headers = {FAILURE: reason}
            await self._reply(question.reply_to, b"", correlation_id=question.correlation_id, headers=headers)
        except PublishError as error:
            L.warning("The failure of target %r cannot be reported: %s", message.target, error)

    async def _reply(
        self, reply_to: str, body: Body, *, correlation_id: str | None, headers: Mapping[str, Any] | None = None
    ) -> None:
        # The target is a queue with a name of its own, and would make as many names of steps.
        with sending(self._system, reply_to, self._exchange, correlation_id=correlation_id, name="reply"):
            properties = self._properties(correlation_id=correlation_id, headers=headers or {})
            await self._send(Message(encode_body(body), reply_to, self._exchange, properties))
