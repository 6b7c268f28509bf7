"""The ticks of an application: `Application.tick!`, and `Application.tick/N!` with every N-th of them.

The rules: the n-th tick is due at start + n times the period, so that ticks do not drift. Ticks that a pause made late
are one tick; a `tick/N!` that fell into the pause comes with it.
"""

from __future__ import annotations

import asyncio
import math
from typing import Protocol

MULTIPLES = (10, 60, 300, 600, 1800, 3600, 43200, 86400)


class Bus(Protocol):
    """Where ticks are published."""

    def publish(self, message_type: str, /) -> object:
        """Publish a message."""


class Ticks:
    """The clockwork.

    Attributes:
        lag: How late the last tick came, in seconds.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, pubsub: Bus, period: float) -> None:
        """Make it, stopped.

        Args:
            loop: Whose clock counts.
            pubsub: Where the ticks are published.
            period: The time between ticks, in seconds.
        """
        self.lag: float = 0.0
        self._loop = loop
        self._pubsub = pubsub
        self._period = period
        self._started = 0.0
        self._count = 0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start: the first tick is due in one period."""
        self._started = self._loop.time()
        self._schedule()

    def stop(self) -> None:
        """Stop."""
        if self._handle is not None:
            self._handle.cancel()

    def _schedule(self) -> None:
        self._handle = self._loop.call_at(self._started + (self._count + 1) * self._period, self._tick)

    def _tick(self) -> None:
        before = self._count
        passed = self._loop.time() - self._started
        self.lag = max(passed - (before + 1) * self._period, 0.0)
        due = math.floor(passed / self._period)
        self._count = max(due, before + 1)
        self._schedule()
        self._pubsub.publish("Application.tick!")
        for multiple in MULTIPLES:
            if self._count // multiple > before // multiple:
                self._pubsub.publish(f"Application.tick/{multiple}!")
