"""The metrics of the application as a panel: what is live at this moment, what is built in too."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from asab_app.metrics import SERVICE_NAME, Distribution, Family, Metrics

if TYPE_CHECKING:
    import asab_app

LIMIT = 300
"""How many series are shown."""


def read(app: asab_app.Application) -> dict[str, Any]:
    """Return the numbers of all metrics, each with its name, its tags and its kind."""
    service = app.Services.get(SERVICE_NAME)
    if not isinstance(service, Metrics):
        return {"series": [], "note": "This application has no metrics: app.add_module(asab.metrics.Module) adds them."}
    series = [each for family in service.collect() for each in _series(family)]
    more = {"note": f"The first {LIMIT} of {len(series)} are shown."} if len(series) > LIMIT else {}
    return {"series": series[:LIMIT], **more}


def _series(family: Family) -> Iterator[dict[str, Any]]:
    for labels, value in family.samples:
        tags = dict(labels)
        name = tags.pop("name", "")
        for part, number in _numbers(value).items():
            if math.isfinite(number):  # JSON has no others
                yield {
                    "metric": family.name,
                    "value": f"{name} {part}".strip(),
                    "tags": ", ".join(f"{tag}={text}" for tag, text in tags.items()),
                    "kind": family.kind.capitalize(),
                    "number": number,
                }


def _numbers(value: float | Distribution) -> dict[str, float]:
    return {"count": sum(value.counts), "sum": value.sum} if isinstance(value, Distribution) else {"": value}
