"""`MemstorTarget`: the values of the last flush, kept in memory for whoever asks."""

from __future__ import annotations

from collections.abc import Sequence

from asab_app.metrics.family import key
from asab_app.metrics.metric import Number
from asab_app.metrics.target import Point, Target


class MemstorTarget(Target):
    """Keeps the last values of each metric."""

    name: str = "memstor"

    def __init__(self) -> None:
        """Begin without values."""
        super().__init__()
        self._last: dict[str, dict[str, Number]] = {}

    def take(self, points: Sequence[Point]) -> None:
        """Keep these in place of those before."""
        self._last = {key(point.name, point.tags): dict(point.values) for point in points}

    def rest_get(self) -> dict[str, dict[str, Number]]:
        """Return the values of the last flush by metric; the key has the tags, as in `requests{host="a"}`."""
        return self._last
