"""`Histogram`: how values that were observed are distributed."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final, Self

from asab_app.metrics.metric import Distribution, Metric, Number

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds for times in seconds, from a quick answer to a slow one."""


class Histogram(Metric):
    """A metric whose values are observed, and counted by size.

    Attributes:
        buckets: The inclusive upper bounds.
        Values: The sums of what was observed since the start.
    """

    def __init__(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
        init_values: Mapping[str, Number] | None = None,
        *,
        buckets: Sequence[float] = BUCKETS,
        description: str = "",
        limit: int = 1000,
    ) -> None:
        """Make a histogram; `Metrics` does that.

        Args:
            name: Its name.
            tags: Its tags.
            init_values: The names that are there from the beginning, without an observation; the values mean nothing.
            buckets: The inclusive upper bounds, ascending; above the last one is one more bucket.
            description: What it observes.
            limit: How many children it may have.

        Raises:
            ValueError: If the bounds are none, not finite, or do not ascend.
        """
        super().__init__(name, tags, dict.fromkeys(init_values or (), 0), description=description, limit=limit)
        self.buckets: tuple[float, ...] = _sound(name, buckets)
        self._counts = {name: self._none() for name in self.Values}
        self._flushed: dict[str, Distribution] = {}

    @property
    def kind(self) -> str:
        """A histogram."""
        return "histogram"

    def observe(self, name: str, value: Number) -> None:
        """Take an observed value in; what is not a number (NaN) is left out."""
        if value != value:
            return
        with self._lock:
            try:
                self._counts[name][bisect_left(self.buckets, value)] += 1
                self.Values[name] += value
            except KeyError:
                self._counts[name] = self._none()
                self._counts[name][bisect_left(self.buckets, value)] += 1
                self.Values[name] = value

    def flush(self) -> dict[str, Number]:
        """Return the distributions of this period, and begin the next period.

        Returns:
            For each name `<name>_count` and `<name>_sum`, and for each bound `<name>_le_<bound>` with the number of
            values up to it.
        """
        flushed: dict[str, Number] = {}
        with self._lock:
            for name, now in self.live().items():
                before = self._flushed.get(name) or Distribution(self.buckets, tuple(self._none()), 0)
                self._flushed[name] = now
                flushed |= _flat(name, now, before)
        return flushed

    def live(self) -> dict[str, Distribution]:
        """Return the distributions since the start."""
        with self._lock:
            return {
                name: Distribution(self.buckets, tuple(counts), self.Values[name])
                for name, counts in self._counts.items()
            }

    def _none(self) -> list[int]:
        return [0] * (len(self.buckets) + 1)

    def _child(self, tags: Mapping[str, str]) -> Self:
        names, text = self._init_values, self.description
        return type(self)(self.Name, tags, names, buckets=self.buckets, description=text, limit=0)


def _flat(name: str, now: Distribution, before: Distribution) -> dict[str, Number]:
    counts = [count - former for count, former in zip(now.counts, before.counts, strict=True)]
    flat: dict[str, Number] = {f"{name}_count": sum(counts), f"{name}_sum": now.sum - before.sum}
    up_to = 0
    for bound, count in zip(now.bounds, counts, strict=False):
        up_to += count
        flat[f"{name}_le_{bound:g}"] = up_to
    return flat


def _sound(name: str, buckets: Sequence[float]) -> tuple[float, ...]:
    bounds = tuple(map(float, buckets))
    ascending = all(a < b for a, b in itertools.pairwise(bounds))
    if not bounds or not all(map(math.isfinite, bounds)) or not ascending:
        raise ValueError(f"the buckets of histogram {name!r} are {list(buckets)}: expected finite numbers that ascend")
    return bounds
