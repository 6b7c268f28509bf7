"""The targets that `[asab:metrics] target` names, and what is told of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from asab_app.metrics.family import Family, by_label
from asab_app.metrics.target import Target
from asab_config import Config

if TYPE_CHECKING:
    from asab_app.application import Application


def configured(app: Application) -> list[Target]:
    """Return the targets of the configuration; each is configured by its section, `[asab:metrics:<name>]`.

    Raises:
        ConfigError: If a target is not known, or an option of it is wrong.
    """
    return [_make(app, name) for name in Config.getlist("asab:metrics", "target")]


def families(targets: Sequence[Target]) -> Iterator[Family]:
    """Go through what is told of the targets, if there are any."""
    if not targets:
        return
    sent = {target.name: target.sent for target in targets}
    dropped = {target.name: target.dropped for target in targets}
    queued = {target.name: target.queued for target in targets}
    yield by_label("asab_metrics_points_sent", "counter", "Points that a target has delivered.", "target", sent)
    yield by_label("asab_metrics_points_dropped", "counter", "Points that it has given up.", "target", dropped)
    yield by_label("asab_metrics_points_queued", "gauge", "Points that wait for it.", "target", queued)


def _make(app: Application, name: str) -> Target:
    if name == "influxdb":
        from asab_app.metrics.influxdb import InfluxDBTarget  # brings the HTTP client

        return InfluxDBTarget(app)
    if name == "log":
        from asab_app.metrics.log import LogTarget

        return LogTarget()
    raise Config.mistake("asab:metrics", "target", name, "expected influxdb or log, or several")
