"""`MetricsEndpoint`: the live metrics of an application, for Prometheus and all who read its formats.

The formats are written by prometheus_client. What other libraries count by its instruments is shown, too, where the
application has no metric of that name itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web
from prometheus_client import REGISTRY, exposition
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from asab_app.metrics import Distribution, Family, Metrics, Module, metrics_of
from asab_app.metrics.family import claimed_names
from asab_web._routes import add_get
from asab_web.rest._accept import TEXT, preferred

if TYPE_CHECKING:
    import asab_app

METRICS: Final = "/asab/v1/metrics"
OPENMETRICS: Final = "application/openmetrics-text"

_write_openmetrics: Callable[[Collector], bytes] = openmetrics.generate_latest
_go_string: Callable[[float], str] = floatToGoString


class MetricsEndpoint:
    """The endpoint of one container."""

    def __init__(self, webapp: web.Application, app: asab_app.Application) -> None:
        """Make it, and the metrics of the application if there are none yet.

        Args:
            webapp: The aiohttp application that gets the route.
            app: The application.
        """
        self._webapp = webapp
        self._collector = _Live(metrics_of(app) or app.add_module(Module).service)

    def add(self) -> None:
        """Add the route."""
        add_get(self._webapp, METRICS, self.metrics)

    async def metrics(self, request: web.Request) -> web.Response:
        """Tell all live values, as OpenMetrics 1.0 to who asks for it, else as Prometheus' text format 0.0.4."""
        if preferred(request, (TEXT, OPENMETRICS)) == OPENMETRICS:
            write, content_type = _write_openmetrics, openmetrics.CONTENT_TYPE_LATEST
        else:
            write, content_type = exposition.generate_latest, exposition.CONTENT_TYPE_PLAIN_0_0_4
        body = write(self._collector)
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type, hdrs.CACHE_CONTROL: "no-store"})


class _Live(Collector):
    def __init__(self, service: Metrics) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """Go through the metrics of the application, then those of other libraries."""
        families = self._service.collect()
        yield from map(exposed, families)
        names = set().union(*(claimed_names(each.name, each.kind) for each in families))
        for metric in REGISTRY.collect():
            if names.isdisjoint(claimed_names(metric.name, metric.type)):
                yield metric


def exposed(family: Family) -> Metric:
    """Return a family as prometheus_client has it."""
    metric = Metric(family.name, family.description, family.kind)
    name = f"{family.name}_total" if family.kind == "counter" else family.name
    for labels, value in family.samples:
        if isinstance(value, Distribution):
            _add_distribution(metric, dict(labels), value)
        else:
            metric.add_sample(name, dict(labels), float(value))
    return metric


def _add_distribution(metric: Metric, labels: dict[str, str], value: Distribution) -> None:
    up_to = 0
    for bound, count in zip((*value.bounds, math.inf), value.counts, strict=True):
        up_to += count
        metric.add_sample(f"{metric.name}_bucket", {**labels, "le": _go_string(bound)}, up_to)
    if value.bounds[0] >= 0 and value.sum >= 0:  # OpenMetrics has neither where what is observed may be negative
        metric.add_sample(f"{metric.name}_count", labels, up_to)
        metric.add_sample(f"{metric.name}_sum", labels, float(value.sum))
