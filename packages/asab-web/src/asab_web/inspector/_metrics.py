"""The metrics of the application as a panel: what their service has at this moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asab_app

SERVICE = "asab.MetricsService"
LIMIT = 300
"""How many series are shown."""


def read(app: asab_app.Application) -> dict[str, Any]:
    """Return the numbers of all metrics, each with its name, its tags and its kind."""
    service = app.Services.get(SERVICE)
    if service is None:
        return {"series": [], "note": "This application has no metrics: app.add_module(asab.metrics.Module) adds them."}
    series = [each for metric in list(vars(service).get("Metrics", {}).values()) for each in _series(metric)]
    more = {"note": f"The first {LIMIT} of {len(series)} are shown."} if len(series) > LIMIT else {}
    return {"series": series[:LIMIT], **more}


def _series(metric: Any) -> Iterator[dict[str, Any]]:
    tags = ", ".join(f"{name}={value}" for name, value in getattr(metric, "Tags", {}).items())
    for name, value in _numbers(metric.Values):
        yield {
            "metric": str(metric.Name),
            "value": name,
            "tags": tags,
            "kind": type(metric).__name__,
            "number": value,
        }


def _numbers(values: Mapping[Any, Any], before: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of a mapping, those of mappings in it under their names together."""
    for key, value in list(values.items()):
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{name} ")
        elif isinstance(value, (int, float)):
            yield name, value
