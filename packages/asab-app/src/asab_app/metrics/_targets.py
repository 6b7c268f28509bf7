"""The targets that `[asab:metrics] target` names, and what is told of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from asab_app.metrics.family import Family, by_label
from asab_app.metrics.target import Target

if TYPE_CHECKING:
    from asab_app.application import Application
    from asab_config import ConfigSection


def configured(app: Application, config: ConfigSection) -> list[Target]:
    """Return the targets of the configuration; each is configured by its section, `[asab:metrics:<name>]`.

    Raises:
        ConfigError: If a target is not known, or an option of it is wrong.
    """
    return [_make(app, config, name) for name in config.getlist("target")]


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


def _make(app: Application, config: ConfigSection, name: str) -> Target:
    if name == "influxdb":
        from asab_app.metrics.influxdb import InfluxDBTarget  # brings the HTTP client

        return InfluxDBTarget(app)
    if name == "log":
        from asab_app.metrics.log import LogTarget

        return LogTarget()
    raise config.mistake("target", "expected influxdb or log, or several")
