"""How an application stands with its service manager, such as systemd (documentation, chapter systemd).

The rule: what is said is true at that moment. READY when init-time is over and nothing reloads, STOPPING when the stop
was asked for, WATCHDOG from the event loop itself, more time only for a hook that has just begun.
"""

from __future__ import annotations

import enum
import logging
import os
import time
from typing import TYPE_CHECKING, Final

from asab_app._notify import Notifier, is_for_us, moved

if TYPE_CHECKING:
    from asab_app.application import Application

L = logging.getLogger(__name__)

_MARGIN: Final = 5.0  # seconds that a hook may overrun what it was given before the manager loses patience


class _State(enum.Enum):
    STARTING = enum.auto()
    READY = enum.auto()
    STOPPING = enum.auto()


class ServiceManager:
    """What is told to the manager, and when. Without a manager it does nothing."""

    def __init__(self, app: Application) -> None:
        """Say that the application starts, and begin to answer the manager's watchdog, if it has one.

        Args:
            app: The application; it has its event loop.
        """
        self._app = app
        self._notifier = Notifier()
        self._state = _State.STARTING
        self._reloads = 0
        # Of a daemon it must know before the process that it has started ends.
        self._notifier.send("STATUS=Starting", *moved(), must_arrive=True)
        if self._notifier and (period := _watchdog_period()):
            self._beat(period / 2)

    def step(self, what: str, timeout: float) -> None:
        """Tell which hook begins; while the application starts or stops, ask for the time that the hook may take.

        So a start or a stop of many steps takes what it needs, and one that hangs gets no more.

        Args:
            what: The hook.
            timeout: What it may take, in seconds.
        """
        if self._notifier and self._state is not _State.READY:
            phase = "Starting" if self._state is _State.STARTING else "Stopping"
            microseconds = round((timeout + _MARGIN) * 1_000_000)
            self._notifier.send(f"STATUS={phase}: {what}", f"EXTEND_TIMEOUT_USEC={microseconds}")

    def ready(self) -> None:
        """Tell that init-time is over, unless the stop was asked for."""
        if self._state is _State.STARTING:
            self._state = _State.READY
            self._app.PubSub.subscribe("Application.health!", self._on_health)
            self._notifier.send("READY=1", self._status(), must_arrive=True)

    def reloading(self) -> None:
        """Tell that a reload begins; `reloaded` tells that it is over."""
        self._reloads += 1
        if self._state is _State.READY:
            # The manager compares the time with that of its request, so that it knows which one is answered.
            now = time.monotonic_ns() // 1000
            self._notifier.send("RELOADING=1", f"MONOTONIC_USEC={now}", "STATUS=Reloading", must_arrive=True)

    def reloaded(self) -> None:
        """Tell that a reload is over, unless another one runs or the stop was asked for."""
        self._reloads -= 1
        if self._state is _State.READY and not self._reloads:
            self._notifier.send("READY=1", self._status(), must_arrive=True)

    def stopping(self) -> None:
        """Tell that the stop was asked for."""
        self._state = _State.STOPPING
        self._notifier.send("STOPPING=1", "STATUS=Stopping", must_arrive=True)

    def failed(self, why: str) -> None:
        """Tell why the start failed, for the one who asks the manager."""
        self._notifier.send(f"STATUS=The start failed: {why}", must_arrive=True)

    def _beat(self, pause: float) -> None:
        # A loop that is blocked does not come here, and the manager restarts the application.
        if self._app.Health.alive:
            self._notifier.send("WATCHDOG=1")
        self._app.Loop.call_later(pause, self._beat, pause)

    def _on_health(self, _message_type: str, _status: object) -> None:
        if self._state is _State.READY:
            self._notifier.send(self._status())

    def _status(self) -> str:
        down = "; ".join(map(str, self._app.Health.down))
        return f"STATUS=Not ready: {down}" if down else "STATUS=Running"


def _watchdog_period() -> float:
    """Return how often the manager wants to hear of us at least, in seconds; 0 if it does not ask."""
    period = os.environ.get("WATCHDOG_USEC", "")
    if not period or not is_for_us(os.environ.get("WATCHDOG_PID") or str(os.getpid())):
        return 0.0
    if not (period.isascii() and period.isdigit()):
        L.warning("WATCHDOG_USEC=%s cannot be used: expected microseconds", period)
        return 0.0
    return int(period) / 1_000_000
