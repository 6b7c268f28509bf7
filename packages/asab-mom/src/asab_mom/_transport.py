"""`Transport`: what each kind of broker brings itself."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from asab_config import ConfigObject

if TYPE_CHECKING:
    from asab_mom._subscription import Subscription
    from asab_mom.message import Message


class Transport(ConfigObject, abc.ABC):
    """The part of a `Broker` that carries messages, and calls the rest with what comes in."""

    system: ClassVar[str] = "asab"
    """What carries the messages, in the words of OpenTelemetry."""

    @abc.abstractmethod
    def _connect(self) -> None:
        """Begin to reach for the server, in the background; called once, by the constructor."""

    @abc.abstractmethod
    async def _send(self, message: Message) -> None:
        """Bring a checked message to its exchange; return when it is accepted, raise `PublishError` otherwise."""

    @abc.abstractmethod
    def _open(self, subscription: Subscription) -> None:
        """Declare a subscription's queue, now and again after a lost line; whatever is sent later finds it there.

        Answers to calls flow at once, to `_receive`. When their line breaks, `_calls` fail.
        """

    @abc.abstractmethod
    async def _declare(self, queue: str, arguments: Mapping[str, Any]) -> None:
        """Declare a durable queue; raise if the server does not have it."""

    @abc.abstractmethod
    def _consume(self) -> None:
        """Let messages flow to `_receive`, from the subscriptions that are open and from those to come."""

    @abc.abstractmethod
    async def _cancel(self) -> None:
        """Consume no more but answers to calls; messages that have been delivered can still be settled."""

    @abc.abstractmethod
    async def _close(self) -> None:
        """Send what is accepted and give everything back, within a few seconds."""
