"""`Target`: where flushed values go; and what is sent there, a `Point`."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from asab_app.metrics.metric import Number


class Point(NamedTuple):
    """The values of a metric, or of one of its children, at a flush.

    Attributes:
        name: The name of the metric.
        tags: Its tags, and the labels of the child.
        values: What `flush()` returned, or live values of what is built in; not empty.
        time: The time of the flush, in seconds since the epoch (UTC).
    """

    name: str
    tags: Mapping[str, str]
    values: Mapping[str, Number]
    time: float


class Target(abc.ABC):
    """The base of targets; see `Metrics.add_target`.

    Attributes:
        name: What its own numbers are known by.
        sent: How many points it has delivered.
        dropped: How many it has given up.
    """

    name: str = "target"

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self.sent: int = 0
        self.dropped: int = 0

    @property
    def queued(self) -> int:
        """How many wait."""
        return 0

    def count(self, *, sent: int = 0, dropped: int = 0) -> None:
        """Count points that were delivered, or given up."""
        self.sent += sent
        self.dropped += dropped

    @abc.abstractmethod
    def take(self, points: Sequence[Point]) -> None:
        """Take the points of a flush; called from the event loop, so it must not block.

        What it raises is logged once, and the points count as dropped.
        """

    async def close(self) -> None:  # noqa: B027  not every target has something to close
        """Deliver what waits, if it can be done soon; called in exit-time, after the last flush."""
