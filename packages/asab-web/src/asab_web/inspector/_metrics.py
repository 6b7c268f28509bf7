"""The metrics of the application as a panel: what their service has at this moment, what is built in included."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from asab_app.inspection import note_of_more
from asab_app.metrics import metrics_of

if TYPE_CHECKING:
    import asab_app
    from asab_app.metrics import Family

LIMIT = 300
"""How many series are shown."""


def read(app: asab_app.Application) -> dict[str, Any]:
    """Return the numbers of all metrics, each with its name, its labels and its kind."""
    service = metrics_of(app)
    if service is None:
        return {"series": [], "note": "This application has no metrics: app.add_module(asab.metrics.Module) adds them."}
    series = [each for family in service.collect() for each in _series(family)]
    return {"series": series[:LIMIT], **note_of_more(len(series), LIMIT)}


def _series(family: Family) -> Iterator[dict[str, Any]]:
    for sample in family.samples:
        labels = dict(sample.labels)
        name = labels.pop("name", "")
        tags = ", ".join(f"{label}={value}" for label, value in labels.items())
        for what, number in _numbers(sample.value):
            if math.isfinite(number):
                value = " ".join(filter(None, (name, what)))
                yield {"metric": family.name, "value": value, "tags": tags, "kind": family.kind, "number": number}


def _numbers(value: Any) -> Iterator[tuple[str, float]]:
    """Yield the number of a value, or of a distribution how many there were, and their mean."""
    if isinstance(value, (int, float)):
        yield "", value
        return
    count = sum(value.counts)
    yield "count", count
    if count:
        yield "mean", value.sum / count
