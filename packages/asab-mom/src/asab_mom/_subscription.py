"""`Subscription`: where messages come from; `Depth`: how many wait there."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple


@dataclasses.dataclass(frozen=True, slots=True)
class Subscription:
    """A source of messages.

    Attributes:
        queue: The queue that is consumed.
        exchange: The exchange that the queue is bound to, for a queue of the broker's own.
        routing_key: The routing key of that binding.
        own: Whether the queue was made for this broker alone, and goes with it.
        target: The target of all messages from here, in place of their routing keys.
        answers: Whether the messages are answers to calls, which flow from the first call to the very end.
    """

    queue: str
    exchange: str = ""
    routing_key: str = ""
    own: bool = False
    target: str | None = None
    answers: bool = False

    @property
    def failed_queue(self) -> str:
        """The queue for messages that are set aside; an own queue has its name without the part that is unique."""
        return f"{self.queue.rpartition('.')[0] if self.own else self.queue}.failed"

    def retry_queue(self, milliseconds: int) -> str:
        """Return the queue where messages wait. Its name has the time, so that another time is another queue."""
        return f"{self.queue}.retry.{milliseconds}"

    def __str__(self) -> str:
        """Return what the log calls it."""
        return f"exchange {self.exchange!r}" if self.exchange else f"queue {self.queue!r}"


class Depth(NamedTuple):
    """What is in a queue.

    Attributes:
        waiting: Messages that no consumer has got yet; None where that is not known.
        consumers: Consumers, those of others included.
    """

    waiting: int | None = None
    consumers: int | None = None


OWN_EXPIRES = 600_000
"""Milliseconds without a consumer after which the broker deletes a queue of ours; no lost line should last as long."""
