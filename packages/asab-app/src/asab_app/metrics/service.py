"""`Metrics`: the service that makes metrics, flushes them and shows what is live.

A metric has a name of its own and named values. With every `Application.tick/10!` all metrics are flushed: each is
published as `Application.Metrics.Flush!` with the metric and a dictionary of the values of its period, and all are
handed to the targets. What is live is read by `collect` and `snapshot`, which no flush disturbs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from asab_app.metrics import _targets
from asab_app.metrics._built_in import BuiltIn
from asab_app.metrics.counter import Counter
from asab_app.metrics.duty_cycle import DutyCycle
from asab_app.metrics.family import Family, Unique, family, key
from asab_app.metrics.gauge import Gauge
from asab_app.metrics.histogram import BUCKETS, Histogram
from asab_app.metrics.memstor import MemstorTarget
from asab_app.metrics.metric import Distribution, Metric, Number
from asab_app.metrics.rate_counter import RateCounter
from asab_app.metrics.target import Point, Target
from asab_app.service import Service
from asab_config import ConfigObject
from asab_log import get_logger

if TYPE_CHECKING:
    from asab_app.application import Application
    from asab_config import ConfigSection

L = get_logger(__name__)

SERVICE_NAME: Final = "asab.MetricsService"

M = TypeVar("M", bound=Metric)
Tags = Mapping[str, str]
Values = Mapping[str, Number]
Source = Callable[[], Iterable[Family]]


class Metrics(Service, ConfigObject):
    """The service "asab.MetricsService" (documentation, chapter Metrics).

    Attributes:
        Metrics: All metrics by name.
        MemstorTarget: The values of the last flush, by `rest_get()`.
    """

    ConfigDefaults: ClassVar[Mapping[str, Any]] = {"target": "", "max_series": "1000"}

    def __init__(self, app: Application) -> None:
        """Register the service under its name, with the targets of `[asab:metrics] target`.

        Raises:
            ConfigError: If a target is not known, or an option is wrong.
        """
        ConfigObject.__init__(self, "asab:metrics")
        self._limit = _limit(self.Config)
        self._targets: list[Target] = _targets.configured(app, self.Config)
        super().__init__(app, SERVICE_NAME)
        self.Metrics: dict[str, Metric] = {}
        self.MemstorTarget: MemstorTarget = MemstorTarget()
        self._failing: set[Target] = set()
        self._unique = Unique()
        self._built_in = BuiltIn(app)
        self._sources: list[Source] = [self._built_in.families, lambda: _targets.families(self._targets)]
        app.PubSub.subscribe("Application.tick/10!", self._on_tick)

    def create_gauge(
        self, name: str, tags: Tags | None = None, init_values: Values | None = None, *, description: str = ""
    ) -> Gauge:
        """Return a new gauge.

        Args:
            name: Its name, unique in the application.
            tags: What tells it from others of its kind.
            init_values: The values it begins with.
            description: What it measures, in one sentence.

        Raises:
            ValueError: If the name is taken.
        """
        return self._add(Gauge(name, tags, init_values, description=description, limit=self._limit))

    def create_counter(
        self,
        name: str,
        tags: Tags | None = None,
        init_values: Values | None = None,
        reset: bool = True,
        *,
        description: str = "",
    ) -> Counter:
        """Return a new counter; `reset` says whether a flush resets it. The rest is as for `create_gauge`."""
        return self._add(Counter(name, tags, init_values, reset, description=description, limit=self._limit))

    def create_eps_counter(
        self,
        name: str,
        tags: Tags | None = None,
        init_values: Values | None = None,
        reset: bool = True,
        *,
        description: str = "",
    ) -> RateCounter:
        """Return a new counter whose flush tells events a second. The rest is as for `create_counter`."""
        return self._add(RateCounter(name, tags, init_values, reset, description=description, limit=self._limit))

    def create_duty_cycle(
        self,
        loop: asyncio.AbstractEventLoop,
        name: str,
        tags: Tags | None = None,
        init_values: Mapping[str, bool] | None = None,
        *,
        description: str = "",
    ) -> DutyCycle:
        """Return a new duty cycle; the clock is that of the loop. The rest is as for `create_gauge`."""
        return self._add(DutyCycle(loop, name, tags, init_values, description=description, limit=self._limit))

    def create_histogram(
        self,
        name: str,
        tags: Tags | None = None,
        init_values: Values | None = None,
        *,
        buckets: Sequence[float] = BUCKETS,
        description: str = "",
    ) -> Histogram:
        """Return a new histogram; `buckets` are the inclusive upper bounds. The rest is as for `create_gauge`.

        Raises:
            ValueError: If the name is taken, or the bounds do not ascend.
        """
        return self._add(
            Histogram(name, tags, init_values, buckets=buckets, description=description, limit=self._limit)
        )

    def add_target(self, target: Target) -> None:
        """Hand the points of each flush to a target, too; at the end of the application it is closed."""
        self._targets.append(target)

    def add_source(self, source: Source) -> None:
        """Show what is counted elsewhere: nothing is done until somebody looks.

        Args:
            source: Called whenever somebody looks, from the event loop; returns families with live values.
        """
        self._sources.append(source)

    def collect(self) -> list[Family]:
        """Return all live values: those of the metrics, then those of the sources, of which what is built in is one."""
        return self._unique(self._families())

    def snapshot(self) -> dict[str, Number]:
        """Return all live values as plain numbers, for a plot: by name and labels, as in `requests{name="ok"}`.

        Of a histogram there are `<name>_count` and `<name>_sum`.
        """
        found: dict[str, Number] = {}
        for each in self.collect():
            for labels, value in each.samples:
                found |= {key(each.name + suffix, labels): number for suffix, number in _numbers(value)}
        return found

    def flush(self) -> None:
        """End the period of all metrics: publish their values, and hand them to the targets."""
        now, points = self.App.time(), []
        for metric in list(self.Metrics.values()):
            for series in metric.series():
                values = series.flush()
                self.App.PubSub.publish("Application.Metrics.Flush!", series, values)
                if values:
                    points.append(Point(series.Name, series.Tags, values, now))
        self.MemstorTarget.take(points)
        if self._targets:
            points += self._points_of_sources(now)
        for target in self._targets:
            self._hand_over(target, points)

    async def initialize(self, app: Application) -> None:
        """Begin to count what has no number yet."""
        self._built_in.start()

    async def finalize(self, app: Application) -> None:
        """Flush for the last time, and close the targets."""
        self.flush()
        self._built_in.stop()
        await asyncio.gather(*(target.close() for target in self._targets))

    def _add(self, metric: M) -> M:
        if metric.Name in self.Metrics:
            there = type(self.Metrics[metric.Name]).__name__
            remedy = "take another name, or labels of the one that is there"
            raise ValueError(f"a metric {metric.Name!r} is there already, a {there}: {remedy}")
        self.Metrics[metric.Name] = metric
        return metric

    def _on_tick(self, _message_type: str) -> None:
        self.flush()

    def _families(self) -> Iterator[Family]:
        yield from map(family, list(self.Metrics.values()))
        yield from self._of_sources()

    def _of_sources(self) -> Iterator[Family]:
        for source in self._sources:
            yield from source()

    def _points_of_sources(self, now: float) -> list[Point]:
        return [
            Point(each.name, labels, {suffix.lstrip("_") or "value": number for suffix, number in _numbers(value)}, now)
            for each in self._unique(self._of_sources())
            for labels, value in each.samples
        ]

    def _hand_over(self, target: Target, points: Sequence[Point]) -> None:
        try:
            target.take(points)
        except Exception:
            target.count(dropped=len(points))
            if target not in self._failing:
                self._failing.add(target)
                L.exception("Target %r of the metrics failed; it is not said again until it works", target.name)
        else:
            self._failing.discard(target)


def _limit(config: ConfigSection) -> int:
    limit = config.getint("max_series")
    if limit < 1:
        raise config.mistake("max_series", "expected 1 set of labels or more")
    return limit


def metrics_of(app: Application) -> Metrics | None:
    """Return the metrics of an application, if it has some."""
    service = app.Services.get(SERVICE_NAME)
    return service if isinstance(service, Metrics) else None


def when_measured(app: Application, join: Callable[[Metrics], object]) -> None:
    """Call a function with the metrics of an application, now or at `Application.init!`; not at all without them."""

    def on_init(message_type: str) -> None:
        app.PubSub.unsubscribe(message_type, on_init)
        find()

    def find() -> bool:
        if (metrics := metrics_of(app)) is not None:
            join(metrics)
        return SERVICE_NAME in app.Services

    if not find():
        app.PubSub.subscribe("Application.init!", on_init)


def _numbers(value: Number | Distribution) -> Iterable[tuple[str, Number]]:
    if isinstance(value, Distribution):
        return ("_count", sum(value.counts)), ("_sum", value.sum)
    return (("", value),)
