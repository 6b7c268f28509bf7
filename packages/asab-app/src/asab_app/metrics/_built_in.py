"""What is measured without anybody's doing: process, event loop, message bus, log.

The rule: what is a number already is read when somebody looks. What has to be counted, the log records, is counted from
the start of the metrics on, and not at all in an application without them.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from asab_app.metrics import _process
from asab_app.metrics.family import Family, by_label, one
from asab_app.metrics.metric import OTHER

if TYPE_CHECKING:
    from asab_app.application import Application

_TYPES: Final = 200
"""How many message types are told apart."""


class BuiltIn:
    """The built-in metrics of an application."""

    def __init__(self, app: Application) -> None:
        """Count nothing yet."""
        self._app = app
        self._records = Records()

    def start(self) -> None:
        """Begin to count log records."""
        logging.getLogger().addHandler(self._records)

    def stop(self) -> None:
        """Count them no more."""
        logging.getLogger().removeHandler(self._records)

    def families(self) -> Iterator[Family]:
        """Go through the live values."""
        yield from _process.families()
        yield from self._loop()
        yield from self._bus()
        yield from self._log()

    def _loop(self) -> Iterator[Family]:
        app = self._app
        lag = "How late the last tick of the application came, or how long a turn before it was, in seconds."
        yield one("asab_event_loop_lag_seconds", "gauge", lag, app.Health.lag)
        yield one("asab_tasks", "gauge", "Tasks of asyncio that are not done.", len(asyncio.all_tasks(app.Loop)))
        yield one("asab_ready", "gauge", "Whether the application does its work: 1 or 0.", int(app.Health.ready))

    def _bus(self) -> Iterator[Family]:
        text = "Messages of the bus that had subscribers; a type begins anew when it has lost all of them."
        messages = _bounded(self._app.PubSub.published)
        yield by_label("asab_pubsub_messages", "counter", text, "message", messages)
        queued = self._app.PubSub.queued
        yield one("asab_pubsub_deliveries", "gauge", "Coroutine subscribers that are under way.", queued)

    def _log(self) -> Iterator[Family]:
        records = {logging.getLevelName(level).lower(): count for level, count in self._records.counts.copy().items()}
        yield by_label("asab_log_records", "counter", "Records of the log, since the metrics began.", "level", records)
        dropped = {"file": self._app.Logging.lost, "syslog": self._app.Logging.dropped}
        text = "Records that an output of the log has lost."
        yield by_label("asab_log_records_dropped", "counter", text, "output", dropped)


class Records(logging.Handler):
    """Counts log records.

    Attributes:
        counts: How many there were, by level.
    """

    def __init__(self) -> None:
        """Begin at zero."""
        super().__init__()
        self.counts: Counter[int] = Counter({logging.ERROR: 0, logging.WARNING: 0})

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record."""
        self.counts[record.levelno] += 1


def _bounded(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the largest of counts by their names, and the rest as one."""
    if len(counts) <= _TYPES:
        return dict(counts)
    ordered = sorted(counts, key=counts.__getitem__, reverse=True)
    rest = sum(counts[name] for name in ordered[_TYPES:])
    return {name: counts[name] for name in ordered[:_TYPES]} | {OTHER: rest}
