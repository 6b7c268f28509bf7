"""`Gauge`: values that go up and down."""

from __future__ import annotations

from asab_app.metrics.metric import Metric, Number


class Gauge(Metric):
    """A metric whose values are set."""

    def set(self, name: str, value: Number) -> None:
        """Set a value."""
        self.Values[name] = value
