"""Metrics; see `asab_app.metrics`."""

from asab_app.metrics import (
    Counter,
    Distribution,
    DutyCycle,
    Family,
    Gauge,
    Histogram,
    Metric,
    Metrics,
    Module,
    Point,
    RateCounter,
    Sample,
    Target,
)

__all__ = [
    "Counter",
    "Distribution",
    "DutyCycle",
    "Family",
    "Gauge",
    "Histogram",
    "Metric",
    "Metrics",
    "Module",
    "Point",
    "RateCounter",
    "Sample",
    "Target",
]
