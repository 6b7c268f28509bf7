"""`Watchdog`: finds out that a peer has gone silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Watchdog:
    """Barks once when nothing was seen for a time."""

    def __init__(self, silence: float, bark: Callable[[str], None]) -> None:
        """Make a watchdog that is not watching yet.

        Args:
            silence: Seconds without a sign of life.
            bark: Called with what to say about it.
        """
        self._silence = silence
        self._bark = bark
        self._loop = asyncio.get_running_loop()
        self._seen = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Watch from now on."""
        self.seen()
        self._watch()

    def seen(self) -> None:
        """Note a sign of life; called for each piece of data, and no timer is set anew for it."""
        self._seen = self._loop.time()

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _watch(self) -> None:
        rest = self._seen + self._silence - self._loop.time()
        if rest > 0:
            self._timer = self._loop.call_later(rest, self._watch)
        else:
            self._bark(f"no sign of life from the broker for {self._silence:g} s")
