"""`Counter`: how often things happened, in this period and since the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from asab_app.metrics.metric import Distribution, Metric, Number


class Counter(Metric):
    """A metric whose values are counted."""

    def __init__(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
        init_values: Mapping[str, Number] | None = None,
        reset: bool = True,
        *,
        description: str = "",
        limit: int = 1000,
    ) -> None:
        """Make a counter; `Metrics` does that.

        Args:
            name: Its name.
            tags: Its tags.
            init_values: The values it begins with, and again with after a flush that resets.
            reset: Whether a flush resets it.
            description: What it counts.
            limit: How many children it may have.
        """
        super().__init__(name, tags, init_values, description=description, limit=limit)
        self._reset = reset
        self._falls = any(value < 0 for value in self.Values.values())
        self._before: dict[str, Number] = {}  # what was counted in former periods

    @property
    def kind(self) -> str:
        """A counter; a gauge as soon as something was subtracted, for servers take a fall for a restart."""
        return "gauge" if self._falls else "counter"

    def add(self, name: str, value: Number = 1) -> None:
        """Add to a value; one that is new begins at 0."""
        with self._lock:
            try:
                self.Values[name] += value
            except KeyError:
                self.Values[name] = value
            if value < 0:
                self._falls = True

    def sub(self, name: str, value: Number = 1) -> None:
        """Subtract from a value; one that is new begins at 0."""
        self.add(name, -value)

    def flush(self) -> dict[str, Number]:
        """Return the counts of this period by name, and begin the next period."""
        with self._lock:
            values = dict(self.Values)
            if self._reset:
                for name, value in values.items():
                    self._before[name] = self._before.get(name, 0) + value - self._init_values.get(name, 0)
                self.Values.clear()
                self.Values.update(self._init_values)
            return values

    def live(self) -> Mapping[str, Number | Distribution]:
        """Return what was counted since the start, by name."""
        with self._lock:
            live = dict(self._before)
            for name, value in self.Values.items():
                live[name] = live.get(name, 0) + value
            return live

    def _child(self, tags: Mapping[str, str]) -> Self:
        return type(self)(self.Name, tags, self._init_values, self._reset, description=self.description, limit=0)
