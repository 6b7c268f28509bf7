"""`Tries`: how often somebody may be wrong."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

LIMIT = 10
PERIOD = 60.0
_PEOPLE = 1000


class Tries:
    """Counts failures by whose they are: `LIMIT` of them in `PERIOD` seconds, then no more tries for a while.

    What is remembered is bounded: of more than a thousand people those are forgotten who failed the longest ago.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin without failures.

        Args:
            clock: The present time, in seconds.
        """
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def may_try(self, who: str) -> bool:
        """Return whether somebody has a try."""
        failures = self._failures.get(who)
        return failures is None or len(failures) < LIMIT or self._clock() - failures[0] >= PERIOD

    def failed(self, who: str) -> None:
        """Count a failure."""
        failures = self._failures.setdefault(who, deque(maxlen=LIMIT))
        failures.append(self._clock())
        self._failures.move_to_end(who)
        while len(self._failures) > _PEOPLE:
            self._failures.popitem(last=False)
