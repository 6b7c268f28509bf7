"""`Failures`: what becomes of a message that was not handled.

The rules:

1. One whose handler raised is tried again, up to `retry_limit` times: it waits in a queue beside its own, each time
   twice as long, and the broker brings it back. Its own queue keeps its arguments.
2. After that it is rejected, or set aside in `<queue>.failed`, as the policy says. So is one that cannot be read.
3. A copy is confirmed before the original leaves its queue: the message may come twice, and is never lost. If the copy
   cannot be sent, the original goes back to its queue, after a while.
4. Whoever has asked for it is told of the failure, when it is final.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from asab_mom._subscription import OWN_EXPIRES, Subscription
from asab_mom.message import Message, Outcome

L = logging.getLogger(__name__)

RETRY_COUNT = "x-retry-count"
"""Header: how many times the message was tried again."""
RETRY_TARGET = "x-retry-target"
"""Header: the target that the message came with first; its routing key is then the name of its queue."""
FAILED_QUEUE = "x-failed-queue"
"""Header of a message that is set aside: the queue that it comes from."""
FAILED_REASON = "x-failed-reason"
"""Header of a message that is set aside: the name of the exception, or why there was none."""

LONGEST_DELAY = 3600.0
PAUSE = 1.0
"""Seconds before a message goes back whose copy could not be sent: no busy loop while the reason lasts."""
ROUTING = frozenset({"CC", "BCC"})
"""Headers by which RabbitMQ routes to more queues: they have had their copies."""

Declare: TypeAlias = Callable[[str, Mapping[str, Any]], Awaitable[None]]
Report: TypeAlias = Callable[[Message, str], Awaitable[None]]


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """What is done with messages that are not handled.

    Attributes:
        retry_limit: How many times a message is tried again.
        retry_delay: Seconds before the first time; each further one takes twice as long, up to an hour.
        set_aside: Whether messages that have failed are kept in `<queue>.failed`; they are rejected otherwise.
        unknown: What is done with messages without a handler: `discard`, `reject` or `set-aside`.
    """

    retry_limit: int = 0
    retry_delay: float = 1.0
    set_aside: bool = False
    unknown: str = "discard"

    def delay(self, count: int) -> float:
        """Return the seconds to wait after so many attempts beyond the first."""
        return min(self.retry_delay * 2.0**count, LONGEST_DELAY)


class Failures:
    """Decides by a policy, and sends copies to where they are kept."""

    def __init__(
        self,
        policy: Policy,
        count: Callable[[str], None],
        declare: Declare,
        send: Callable[[Message], Awaitable[None]],
        report: Report,
    ) -> None:
        """Begin.

        Args:
            policy: What to do.
            count: Called with what has been done.
            declare: Declares a durable queue, with arguments.
            send: Sends a message; returns when it is accepted.
            report: Tells whoever has sent a message that it has failed, and why.
        """
        self._policy = policy
        self._count = count
        self._declare = declare
        self._send = send
        self._report = report

    async def failed(self, message: Message, source: Subscription, error: BaseException) -> Outcome:
        """Settle a message whose handler has raised; called while the exception is handled."""
        count = retry_count(message)
        if count < self._policy.retry_limit:
            return await self._copied(self._retry(message, source, count, error))
        fate = "set aside" if self._policy.set_aside else "rejected"
        L.exception("The handler of target %r failed: the message is %s", message.target, fate)
        await self._report(message, type(error).__name__)
        return await self._give_up(self._policy.set_aside, message, source, type(error).__name__)

    async def unknown(self, message: Message, source: Subscription) -> Outcome:
        """Settle a message that there is no handler for."""
        fates = {"discard": "discarded", "reject": "rejected", "set-aside": "set aside"}
        L.warning("No handler for target %r: the message is %s", message.target, fates[self._policy.unknown])
        if self._policy.unknown == "discard":  # another application may have a handler, and answer
            self._count("discarded")
            return Outcome.ACCEPT
        await self._report(message, "no handler")
        return await self._give_up(self._policy.unknown == "set-aside", message, source, "no handler")

    async def unreadable(self, message: Message, source: Subscription, fault: str) -> Outcome:
        """Settle a message whose properties cannot be read; they stay with it as they are."""
        fate = "set aside" if self._policy.set_aside else "rejected"
        L.error("A message from %s is %s: %s", source, fate, fault)
        return await self._give_up(self._policy.set_aside, message, source, fault)

    async def _retry(self, message: Message, source: Subscription, count: int, error: BaseException) -> None:
        delay = self._policy.delay(count)
        text = "The handler of target %r failed: %s: %s. The message is tried again in %g s (%d of %d)"
        name = type(error).__name__
        L.warning(text, message.target, name, error, delay, count + 1, self._policy.retry_limit)
        queue = source.retry_queue(round(delay * 1000))
        await self._declare(queue, _waiting(source, round(delay * 1000)))
        headers = {RETRY_COUNT: count + 1, RETRY_TARGET: message.target}
        await self._send(_copy(message, queue, headers))
        self._count("retried")

    async def _give_up(self, set_aside: bool, message: Message, source: Subscription, reason: str) -> Outcome:
        if set_aside:
            return await self._copied(self._set_aside(message, source, reason))
        self._count("rejected")
        return Outcome.REJECT

    async def _set_aside(self, message: Message, source: Subscription, reason: str) -> None:
        await self._declare(source.failed_queue, {})
        headers = {FAILED_QUEUE: source.queue, FAILED_REASON: reason, RETRY_TARGET: message.target, RETRY_COUNT: None}
        await self._send(_copy(message, source.failed_queue, headers))
        self._count("set_aside")

    async def _copied(self, copying: Awaitable[None]) -> Outcome:
        try:
            await copying
        except Exception as error:
            name = type(error).__name__
            L.error("A message cannot be copied: %s: %s. It goes back to its queue", name, error)
            await asyncio.sleep(PAUSE)
            return Outcome.RETURN
        return Outcome.ACCEPT


def retry_count(message: Message) -> int:
    """Return how many times a message was tried again, as far as its header can be believed."""
    count = message.properties.headers.get(RETRY_COUNT)
    return count if isinstance(count, int) and count > 0 else 0


def retry_target(message: Message) -> str:
    """Return the target of a message, the one from before it was tried again or set aside."""
    target = message.properties.headers.get(RETRY_TARGET)
    return target if isinstance(target, str) else message.target


def _waiting(source: Subscription, milliseconds: int) -> dict[str, Any]:
    """Return the arguments of a queue that brings its messages back after a while."""
    arguments = {
        "x-message-ttl": milliseconds,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": source.queue,
    }
    return arguments | ({"x-expires": milliseconds + OWN_EXPIRES} if source.own else {})


def _copy(message: Message, queue: str, headers: Mapping[str, Any]) -> Message:
    """Return the message for another queue, with headers set, or removed where they are None.

    It does not expire there, and it is of our own user: the broker would refuse another.
    """
    merged = {k: v for k, v in message.properties.headers.items() if k not in ROUTING} | dict(headers)
    kept = {k: v for k, v in merged.items() if v is not None or k not in headers}
    properties = dataclasses.replace(message.properties, headers=kept, expiration=None, user_id=None)
    return dataclasses.replace(message, exchange="", target=queue, properties=properties)
