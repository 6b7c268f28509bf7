"""`Message`: a body on its way, and `PublishError`, what is raised when it does not get there."""

from __future__ import annotations

import dataclasses
import enum
import math
from typing import TypeAlias

from asab_mom.properties import Properties, check_short

Body: TypeAlias = str | bytes | bytearray | memoryview
"""What can be sent; a str goes as UTF-8. It always arrives as bytes."""


class PublishError(Exception):
    """A message that the broker has not accepted, or not in time. It may have been delivered in the latter case."""


class BusyError(PublishError):
    """A message that the broker could not take for a while, but perhaps can later: a queue is full or has no leader."""


class UnroutableError(PublishError):
    """A message that was published as `mandatory`, and that no queue is bound for.

    Attributes:
        exchange: The exchange that it was published to.
        target: Its routing key.
    """

    def __init__(self, exchange: str, target: str, reason: str = "NO_ROUTE") -> None:
        """Take what has come back.

        Args:
            exchange: The exchange.
            target: The routing key.
            reason: The broker's word for it.
        """
        super().__init__(
            f"no queue has the message: nothing is bound to exchange {exchange!r} for target {target!r} ({reason})"
        )
        self.exchange = exchange
        self.target = target

    def __reduce__(self) -> tuple[type[UnroutableError], tuple[str, str]]:
        """Let it be copied and pickled."""
        return type(self), (self.exchange, self.target)


class Outcome(enum.Enum):
    """What becomes of a message that has been delivered."""

    ACCEPT = "accept"
    """It is done with and leaves its queue."""
    REJECT = "reject"
    """It leaves its queue unhandled; the queue's dead-letter exchange gets it, where there is one."""
    RETURN = "return"
    """It goes back to its queue, for the next consumer."""


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """A message, outgoing or incoming.

    Attributes:
        body: The content.
        target: The routing key.
        exchange: The exchange that the message is published to; empty is the default one, which knows all queues.
        properties: What travels beside the body.
        mandatory: Whether it is an error when no queue gets the message.
        header: What travels in place of the properties: those of a message that came in and could not be read.
    """

    body: bytes
    target: str
    exchange: str = ""
    properties: Properties = dataclasses.field(default_factory=Properties)
    mandatory: bool = False
    header: bytes = b""

    @property
    def lifetime(self) -> float:
        """Seconds that it may wait in a queue."""
        expiration = self.properties.expiration
        return math.inf if expiration is None else int(expiration) / 1000

    def check(self) -> None:
        """Refuse what no broker can carry; errors as of `Properties.check`."""
        check_short("target", self.target)
        check_short("exchange", self.exchange)
        self.properties.check()


def encode_body(body: Body) -> bytes:
    """Return the bytes of a body.

    Raises:
        TypeError: If it is neither text nor bytes.
    """
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    raise TypeError(f"a body must be a str or bytes, not {body!r}")
