"""`DutyCycle`: which share of the time something is on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Self

from asab_app.metrics.metric import Distribution, Metric, Number


class DutyCycle(Metric):
    """A metric whose values are on or off. A flush tells the share of the period that each was on, from 0 to 1.

    What is live is the time in seconds that it was on since the start: its rate is the duty cycle.
    """

    unit = "seconds"

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        name: str,
        tags: Mapping[str, str] | None = None,
        init_values: Mapping[str, bool] | None = None,
        *,
        description: str = "",
        limit: int = 1000,
    ) -> None:
        """Make a duty cycle; `Metrics` does that.

        Args:
            loop: Whose clock counts.
            name: Its name.
            tags: Its tags.
            init_values: What is on and off from the beginning.
            description: What it measures.
            limit: How many children it may have.
        """
        super().__init__(name, tags, init_values, description=description, limit=limit)
        self._loop = loop
        self._flushed = self._settled = loop.time()
        self._on: dict[str, float] = dict.fromkeys(self.Values, 0.0)
        self._before: dict[str, float] = {}

    @property
    def kind(self) -> str:
        """A counter of seconds."""
        return "counter"

    def set(self, name: str, on: bool) -> None:
        """Switch a value on or off; one that is new was off."""
        with self._lock:
            self._settle()
            self.Values[name] = bool(on)
            self._on.setdefault(name, 0.0)

    def flush(self) -> dict[str, Number]:
        """Return the share of the period that each value was on, and begin the next period."""
        with self._lock:
            self._settle()
            passed, self._flushed = self._settled - self._flushed, self._settled
            before, self._before = self._before, dict(self._on)
            return {name: (on - before.get(name, 0.0)) / passed if passed else 0.0 for name, on in self._on.items()}

    def live(self) -> Mapping[str, Number | Distribution]:
        """Return the seconds that each value was on since the start."""
        with self._lock:
            self._settle()
            return dict(self._on)

    def _settle(self) -> None:
        """Count the time since the last change."""
        now = self._loop.time()
        passed, self._settled = now - self._settled, now
        for name, on in self.Values.items():
            if on:
                self._on[name] += passed

    def _child(self, tags: Mapping[str, str]) -> Self:
        states = {name: bool(on) for name, on in self._init_values.items()}
        return type(self)(self._loop, self.Name, tags, states, description=self.description, limit=0)
