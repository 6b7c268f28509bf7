"""Counters and gauges of an application (documentation, chapter Metrics).

A metric has a name of its own and named values. With every `Application.tick/10!` all metrics are flushed: each is
published as `Application.Metrics.Flush!` with the metric and a dictionary of its values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from asab_app.module import Module as _Module
from asab_app.service import Service

if TYPE_CHECKING:
    from asab_app.application import Application

Number = int | float


class Metric:
    """The base of metrics.

    Attributes:
        Name: The name, unique in the application.
        Tags: What tells this metric from others of its kind.
        Values: The present values by name.
    """

    def __init__(
        self, name: str, tags: Mapping[str, str] | None = None, init_values: Mapping[str, Number] | None = None
    ) -> None:
        """Make a metric; `Metrics` does that.

        Args:
            name: Its name.
            tags: Its tags.
            init_values: The values it begins with.
        """
        self.Name = name
        self.Tags: dict[str, str] = dict(tags or {})
        self.Values: dict[str, Number] = dict(init_values or {})

    def flush(self) -> dict[str, Number]:
        """Return the values of this period by name, and begin the next period."""
        return dict(self.Values)


class Gauge(Metric):
    """A metric whose values are set."""

    def set(self, name: str, value: Number) -> None:
        """Set a value."""
        self.Values[name] = value


class Counter(Metric):
    """A metric whose values are counted."""

    def __init__(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
        init_values: Mapping[str, Number] | None = None,
        reset: bool = True,
    ) -> None:
        """Make a counter; `Metrics` does that.

        Args:
            name: Its name.
            tags: Its tags.
            init_values: The values it begins with, and again with after a flush that resets.
            reset: Whether a flush resets it.
        """
        super().__init__(name, tags, init_values)
        self._initial = dict(self.Values)
        self._reset = reset

    def add(self, name: str, value: Number = 1) -> None:
        """Add to a value; one that is new begins at 0."""
        self.Values[name] = self.Values.get(name, 0) + value

    def sub(self, name: str, value: Number = 1) -> None:
        """Subtract from a value; one that is new begins at 0."""
        self.add(name, -value)

    def flush(self) -> dict[str, Number]:
        """Return the counts of this period by name, and begin the next period."""
        values = super().flush()
        if self._reset:
            self.Values.clear()
            self.Values.update(self._initial)
        return values


class Metrics(Service):
    """The service "asab.MetricsService": makes metrics and flushes them.

    Attributes:
        Metrics: All metrics by name.
    """

    def __init__(self, app: Application) -> None:
        """Register the service under its name."""
        super().__init__(app, "asab.MetricsService")
        self.Metrics: dict[str, Metric] = {}
        app.PubSub.subscribe("Application.tick/10!", self._on_tick)

    def create_gauge(
        self, name: str, tags: Mapping[str, str] | None = None, init_values: Mapping[str, Number] | None = None
    ) -> Gauge:
        """Return a new gauge.

        Raises:
            ValueError: If the name is taken.
        """
        gauge = Gauge(name, tags, init_values)
        self._add(gauge)
        return gauge

    def create_counter(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
        init_values: Mapping[str, Number] | None = None,
        reset: bool = True,
    ) -> Counter:
        """Return a new counter.

        Raises:
            ValueError: If the name is taken.
        """
        counter = Counter(name, tags, init_values, reset)
        self._add(counter)
        return counter

    def _add(self, metric: Metric) -> None:
        if metric.Name in self.Metrics:
            raise ValueError(f"a metric {metric.Name!r} is there already: {self.Metrics[metric.Name]!r}")
        self.Metrics[metric.Name] = metric

    def _on_tick(self, _message_type: str) -> None:
        for metric in list(self.Metrics.values()):
            self.App.PubSub.publish("Application.Metrics.Flush!", metric, metric.flush())


class Module(_Module):
    """The module that brings the service along (documentation, chapter Metrics)."""

    def __init__(self, app: Application) -> None:
        """Make the service."""
        super().__init__(app)
        self.service: Metrics = Metrics(app)
