"""`Metric`: the base of what an application measures; it has a name, tags, named values and labelled children.

The rules:

1. What is live is never lost by a flush: a flush ends a period, and the cumulative values go on.
2. Values may be changed from any thread.
3. The number of children is bounded: above `limit`, all further label values share one child.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final, NamedTuple, Self

Number = int | float

L = logging.getLogger(__name__)

OTHER: Final = "other"
"""What stands in place of all label values above the limit."""


class Distribution(NamedTuple):
    """Observed values, sorted into buckets.

    Attributes:
        bounds: The inclusive upper bounds of all buckets but the last, which has none.
        counts: How many values are in each bucket; one more than there are bounds.
        sum: Their sum.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    sum: Number


class Metric:
    """The base of metrics.

    Attributes:
        Name: The name, unique in the application.
        Tags: What tells this metric from others of its kind.
        Values: The present values by name.
        description: What it measures, in one sentence.
        kind: What it is to a server of metrics: `counter`, `gauge` or `histogram`.
        unit: The unit that its exposed name ends with, if it always has the same.
        limit: How many children it may have.
    """

    unit: ClassVar[str] = ""

    def __init__(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
        init_values: Mapping[str, Number] | None = None,
        *,
        description: str = "",
        limit: int = 1000,
    ) -> None:
        """Make a metric; `Metrics` does that.

        Args:
            name: Its name.
            tags: Its tags.
            init_values: The values it begins with.
            description: What it measures.
            limit: How many children it may have; 0 for none at all.
        """
        self.Name = name
        self.Tags: dict[str, str] = dict(tags or {})
        self.Values: dict[str, Number] = dict(init_values or {})
        self.description = description
        self.limit = limit
        self._init_values = dict(self.Values)
        self._children: dict[tuple[tuple[str, str], ...], Self] = {}
        self._overflow: Self | None = None
        # Of the kind that the same thread may take twice: a finalizer or a signal handler may count, too.
        self._lock = threading.RLock()

    @property
    def kind(self) -> str:
        """What it is to a server of metrics."""
        return "gauge"

    def labels(self, /, **labels: str) -> Self:
        """Return the child for these labels: a metric of the same name, with values of its own and the labels as tags.

        The first use of labels makes the child; whoever keeps it saves the search. Above `limit` children, which is
        said once in the log, all further labels have one child, whose label values are `other`: so a flood of values
        that a stranger chooses costs no memory.

        Args:
            **labels: Their names and values; always the same names.

        Raises:
            ValueError: If this is a child already; all labels are given at once.
        """
        key = tuple(labels.items())
        child = self._children.get(key)
        return child if child is not None else self._find(labels)

    def series(self) -> Iterator[Self]:
        """Go through this metric, if it has values of its own or no children, and its children."""
        with self._lock:
            children = list(self._children.values())
        if not children or self.live():
            yield self
        yield from children
        if self._overflow is not None:
            yield self._overflow

    def flush(self) -> dict[str, Number]:
        """Return the values of this period by name, and begin the next period."""
        with self._lock:
            return dict(self.Values)

    def live(self) -> Mapping[str, Number | Distribution]:
        """Return the live values by name: cumulative for what is counted, whatever flushes there were."""
        with self._lock:
            return dict(self.Values)

    def _child(self, tags: Mapping[str, str]) -> Self:
        """Return a metric without children, for these tags."""
        return type(self)(self.Name, tags, self._init_values, description=self.description, limit=0)

    def _find(self, labels: Mapping[str, str]) -> Self:
        if not self.limit:
            raise ValueError(f"a child of metric {self.Name!r} has no children: give all labels at once")
        key = tuple(sorted((name, str(value)) for name, value in labels.items()))
        with self._lock:
            child = self._children.get(key)
            if child is None and len(self._children) < self.limit:
                child = self._children[key] = self._child(self.Tags | dict(key))
            if child is not None:
                return child
            if self._overflow is None:
                self._overflow = self._child(self.Tags | dict.fromkeys(labels, OTHER))
                text = "Metric %r has %d sets of labels; further ones are counted together, as %r"
                L.warning(text, self.Name, self.limit, OTHER)
            return self._overflow
