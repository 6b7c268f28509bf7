"""`Family`: live values under one name, as servers of metrics know them (the data model of OpenMetrics 1.0).

The rules:

1. Names follow the conventions of Prometheus: letters, digits and `_`, a unit at the end, no `_total` (the exposition
   adds that).
2. The name of a value is the label `name`, but for the empty name; a tag of this name becomes `tag_name`.
3. Families of one name and kind are one. No other two share a name, and no two samples of a family their labels; the
   one that comes later is left out.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from asab_app._unicode import encodable
from asab_app.metrics.metric import Distribution, Metric, Number

L = logging.getLogger(__name__)

Labels = Mapping[str, str]

_RESERVED: Final = frozenset({"name", "le", "quantile"})
_ADDED: Final = {"counter": ("_total", "_created"), "histogram": ("_bucket", "_count", "_sum", "_created")}
"""What the exposition adds to the name of a family of a kind."""


class Sample(NamedTuple):
    """One live value.

    Attributes:
        labels: What tells it from the others of its family.
        value: The value.
    """

    labels: Labels
    value: Number | Distribution


class Family(NamedTuple):
    """The live values of one name.

    Attributes:
        name: The name.
        kind: `counter`, `gauge` or `histogram`.
        description: What it is, in one sentence.
        samples: The values.
    """

    name: str
    kind: str
    description: str
    samples: list[Sample]


def family(metric: Metric) -> Family:
    """Return the live values of a metric and its children."""
    series = list(metric.series())
    kinds = {each.kind for each in series}
    kind = kinds.pop() if len(kinds) == 1 else "gauge"  # one child of a counter has fallen
    name = legal_name(metric.Name)
    if kind == "counter":
        name = name.removesuffix("_total") or "_"
    if metric.unit and not name.endswith(f"_{metric.unit}"):
        name = f"{name}_{metric.unit}"
    samples = [
        Sample({**tags, "name": encodable(str(value_name))} if value_name else tags, value)
        for each in series
        for tags in [_labels(each.Tags)]
        for value_name, value in each.live().items()
        if _is_number(value)
    ]
    return Family(name, kind, metric.description or f"The {kind} {metric.Name!r} of the application.", samples)


def one(name: str, kind: str, description: str, value: Number) -> Family:
    """Return a family of one value without labels."""
    return Family(name, kind, description, [Sample({}, value)])


def by_label(name: str, kind: str, description: str, label: str, values: Mapping[str, Number]) -> Family:
    """Return a family with one label, by whose values its values are."""
    samples = [Sample({label: encodable(str(key))}, value) for key, value in values.items()]
    return Family(name, kind, description, samples)


class Unique:
    """Makes families of one name and kind one, and leaves out what would make the whole unreadable; says each once."""

    def __init__(self) -> None:
        """Begin without any."""
        self._said: set[str] = set()

    def __call__(self, families: Iterable[Family]) -> list[Family]:
        """Return families of which none hides another, each with samples of which none hides another."""
        found: dict[tuple[str, str], Family] = {}
        names: set[str] = set()
        for each in families:
            same = found.get((each.name, each.kind))
            if same is not None:
                same.samples.extend(each.samples)
                continue
            claimed = claimed_names(each.name, each.kind)
            if claimed & names:
                self._say(each.name, "is left out: another one has this name already")
                continue
            names |= claimed
            found[each.name, each.kind] = each._replace(samples=list(each.samples))
        return [self._distinct(each) for each in found.values()]

    def _distinct(self, each: Family) -> Family:
        samples = {tuple(sorted(sample.labels.items())): sample for sample in reversed(each.samples)}
        if len(samples) < len(each.samples):
            self._say(each.name, "has values with the same labels; only the first is shown")
        return each._replace(samples=list(reversed(samples.values())))

    def _say(self, name: str, text: str) -> None:
        if name not in self._said:
            self._said.add(name)
            L.warning("Metric %r %s", name, text)


def claimed_names(name: str, kind: str) -> set[str]:
    """Return all names that a family takes for itself: no other may have one of them, or nobody can read the whole."""
    return {name, *(name + suffix for suffix in _ADDED.get(kind, ()))}


def legal_name(name: str) -> str:
    """Return a name with nothing but letters, digits and single `_`; the first is no digit."""
    legal = re.sub(r"[^a-zA-Z0-9]+", "_", name).rstrip("_")
    return f"_{legal}" if not legal or legal[0].isdigit() else legal


def key(name: str, labels: Labels) -> str:
    """Return a name and labels as one text, as in `requests{route="/",status="200"}`."""
    inner = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{inner}}}" if inner else name


def _labels(tags: Mapping[str, str]) -> dict[str, str]:
    labels = {}
    for name, value in tags.items():
        label = legal_name(name).lstrip("_") or "tag"
        if label in _RESERVED or label[0].isdigit():
            label = f"tag_{label}"
        labels[label] = encodable(str(value))
    return labels


def _is_number(value: object) -> bool:
    """Whether a server of metrics takes the value: an application may have set anything."""
    try:
        if isinstance(value, Distribution):
            return isinstance(float(value.sum), float)
        return isinstance(value, (int, float)) and not math.isnan(value)
    except OverflowError:  # a whole number beyond all floats
        return False
