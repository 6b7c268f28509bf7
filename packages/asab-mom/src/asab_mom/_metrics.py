"""`Meter`: what a broker tells the metrics of the application, if that has them (documentation, chapter Metrics).

A counter `<section>:messages` and gauges `<section>:lines` and `<section>:outbox`, with the tag `broker`. The counter
has `COUNTS` and begins anew with each flush. The gauges have the number of lines in each state, and what is in the
outbox: how many messages are `waiting`, their `bytes`, and how many of them were `refused`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asab_app.metrics import Counter, Gauge, when_measured

if TYPE_CHECKING:
    from asab_app import Application
    from asab_app.metrics import Metrics

STATES = ("connecting", "open", "blocked", "lost", "closed")
STORED = ("waiting", "bytes", "refused")
FATES = ("retried", "rejected", "set_aside", "discarded", "late_replies")
_MESSAGES = "Messages of a broker: confirmed, refused, handled, and what else became of them."
_LINES = "Lines to a broker by state."
_OUTBOX = "What the outbox of a broker holds: messages that wait, their bytes, and how many were refused."
COUNTS = ("published", "refused", "handled", "failed", "reconnects", *FATES)


class Meter:
    """Counts for a broker, from its construction on; what came before the metrics service is not left out.

    Attributes:
        messages: What was counted.
        lines: How many lines of the broker are in which state.
        outbox: What is in its outbox.
    """

    def __init__(self, app: Application, broker: str) -> None:
        """Begin at zero, and join the metrics at `Application.init!`, or now if they are there.

        Args:
            app: The application.
            broker: The name of the broker.
        """
        self._broker = broker
        self.messages = Counter(broker, init_values=dict.fromkeys(COUNTS, 0))
        self.lines = Gauge(broker, init_values=dict.fromkeys(STATES, 0))
        self.outbox = Gauge(broker, init_values=dict.fromkeys(STORED, 0))
        when_measured(app, self._join)

    def count(self, what: str) -> None:
        """Count one more of `COUNTS`."""
        self.messages.add(what)

    def stored(self, waiting: int, size: int, refused: int) -> None:
        """Take what is in the outbox."""
        for what, value in zip(STORED, (waiting, size, refused), strict=True):
            self.outbox.set(what, value)

    def began(self, state: str) -> None:
        """Take a new line in a state."""
        self.lines.set(state, self.lines.Values.get(state, 0) + 1)

    def moved(self, before: str, after: str) -> None:
        """Take a line from one state to another."""
        self.lines.set(before, self.lines.Values[before] - 1)
        self.began(after)

    def _join(self, service: Metrics) -> None:
        tags, before = {"broker": self._broker}, self.messages.Values
        zero = dict.fromkeys(COUNTS, 0)
        self.messages = service.create_counter(f"{self._broker}:messages", tags, zero, description=_MESSAGES)
        self.lines = service.create_gauge(f"{self._broker}:lines", tags, self.lines.Values, description=_LINES)
        self.outbox = service.create_gauge(f"{self._broker}:outbox", tags, self.outbox.Values, description=_OUTBOX)
        for what, value in before.items():
            self.messages.add(what, value)
