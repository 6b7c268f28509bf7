"""`RateCounter`: how many things happen in a second."""

from __future__ import annotations

import time
from collections.abc import Mapping

from asab_app.metrics.counter import Counter
from asab_app.metrics.metric import Number


class RateCounter(Counter):
    """A counter whose flush tells events a second ("EPS") in place of events.

    What is live is the number of events since the start: servers of metrics make rates of it themselves.
    """

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
        """Make a rate counter; `Metrics` does that. The arguments are those of `Counter`."""
        super().__init__(name, tags, init_values, reset, description=description, limit=limit)
        self._since = time.monotonic()

    def flush(self) -> dict[str, Number]:
        """Return events a second in this period by name, and begin the next period."""
        with self._lock:
            now = time.monotonic()
            passed, self._since = now - self._since, now
            return {name: value / passed if passed else 0.0 for name, value in super().flush().items()}
