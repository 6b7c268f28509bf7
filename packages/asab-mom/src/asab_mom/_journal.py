"""`Journal`: what the log and the health of the application say about the lines of a broker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from asab_log import LOG_NOTICE
from asab_mom._errors import REFUSED, LineError

if TYPE_CHECKING:
    from asab_mom._address import Address

L = logging.getLogger(__name__)


class Journal:
    """Says each thing once, whichever line finds it out, and again only after all lines were open."""

    def __init__(self, report: Callable[[str | None], None]) -> None:
        """Begin with nothing said.

        Args:
            report: Called with why the broker cannot do its work, and with None when all its lines are open.
        """
        self._report = report
        self._down: dict[str, str] = {}
        self._said: set[str] = set()
        self._at: set[Address] = set()

    def began(self, line: str) -> None:
        """Take a line that is not open yet."""
        self._take(line, "not connected yet")

    def opened(self, line: str, address: Address) -> None:
        """Say that the broker is there, if it was not."""
        self._take(line, None)
        if address not in self._at:
            L.log(LOG_NOTICE, "Connected to %s", address)
        self._at.add(address)
        if not self._down:
            self._said.clear()

    def lost(self, line: str, address: Address, error: LineError) -> None:
        """Say why the broker is not there."""
        self._at.discard(address)
        text = str(error).rstrip(".")
        self._take(line, f"{address}: {text}")
        if error.code in REFUSED:
            remedy = "Check user, password and virtual host in url"
            self._say(logging.ERROR, f"{address} refuses us: {text}. {remedy}")
        else:
            self._say(logging.WARNING, f"No connection to {address}: {text}. Trying again")

    def blocked(self, line: str, address: Address, why: str | None) -> None:
        """Say that the broker takes no messages for the time being, and, with None, that it does again."""
        if why is None:
            self._take(line, None)
            L.log(LOG_NOTICE, "%s takes messages again", address)
        else:
            self._take(line, f"{address} takes no messages: {why}")
            L.warning("%s takes no messages: %s. They wait", address, why)

    def failed(self, purpose: str, address: Address, error: LineError) -> None:
        """Say why a channel does not work."""
        self._say(logging.WARNING, f"{purpose} at {address}: {error}. Trying again")

    def _take(self, line: str, reason: str | None) -> None:
        self._down.pop(line, None)
        if reason is not None:
            self._down[line] = reason
        self._report(next(iter(self._down.values()), None))

    def _say(self, level: int, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            L.log(level, text)
