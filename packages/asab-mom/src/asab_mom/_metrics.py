"""`Meter`: what a broker tells the metrics of the application, if that has them (documentation, chapter Metrics).

A counter `<section>:messages`, gauges `<section>:lines`, `<section>:outbox` and `<section>:under_way`, and a histogram
`<section>:handler_seconds`, with the tag `broker`. The counter has `COUNTS` and begins anew with each flush. The gauges
have the number of lines in each state; what is in the outbox: how many messages are `waiting`, their `bytes`, and how
many of them were `refused`; and how many messages are being handled, and are published but not confirmed. The histogram
has the label `target`, which is one that the application has a handler for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from asab_app.metrics import Counter, Family, Gauge, Histogram, Sample, when_measured
from asab_app.metrics.family import legal_name

if TYPE_CHECKING:
    from asab_app import Application
    from asab_app.metrics import Metrics

STATES = ("connecting", "open", "blocked", "lost", "closed")
STORED = ("waiting", "bytes", "refused")
FATES = ("retried", "rejected", "set_aside", "discarded", "late_replies")
_MESSAGES = "Messages of a broker: confirmed, refused, handled, and what else became of them."
_LINES = "Lines to a broker by state."
_OUTBOX = "What the outbox of a broker holds: messages that wait, their bytes, and how many were refused."
_SECONDS = "How long the handlers of a broker take, in seconds; without the reply, and the wait for their turn."
_UNDER_WAY = "Messages of a broker that are under way: being handled, and published but not confirmed."
COUNTS = ("published", "refused", "handled", "failed", "reconnects", *FATES)


class Meter:
    """Counts for a broker, from its construction on; what came before the metrics service is not left out.

    Attributes:
        messages: What was counted.
        lines: How many lines of the broker are in which state.
        outbox: What is in its outbox.
    """

    def __init__(self, app: Application, broker: str, under_way: Callable[[], Mapping[str, int]]) -> None:
        """Begin at zero, and join the metrics at `Application.init!`, or now if they are there.

        Args:
            app: The application.
            broker: The name of the broker.
            under_way: Returns how many messages are, by what is done with them; called when somebody looks.
        """
        self._under_way = under_way
        self._seconds: Histogram | None = None
        self._series: dict[str, Histogram] = {}  # by targets that have handlers: no stranger can make them grow
        self._broker = broker
        self.messages = Counter(broker, init_values=dict.fromkeys(COUNTS, 0))
        self.lines = Gauge(broker, init_values=dict.fromkeys(STATES, 0))
        self.outbox = Gauge(broker, init_values=dict.fromkeys(STORED, 0))
        when_measured(app, self._join)

    def count(self, what: str) -> None:
        """Count one more of `COUNTS`."""
        self.messages.add(what)

    def took(self, target: str, seconds: float) -> None:
        """Take how long the handler of a target has taken."""
        if self._seconds is None:
            return
        series = self._series.get(target)
        if series is None:
            series = self._series[target] = self._seconds.labels(target=target)
        series.observe("", seconds)

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
        self._seconds = service.create_histogram(f"{self._broker}:handler_seconds", tags, description=_SECONDS)
        service.add_source(self._families)

    def _families(self) -> list[Family]:
        tags = {"broker": self._broker}
        samples = [Sample({**tags, "name": name}, count) for name, count in self._under_way().items()]
        return [Family(legal_name(f"{self._broker}:under_way"), "gauge", _UNDER_WAY, samples)]
