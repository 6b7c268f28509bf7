"""What is wrong with an output: said on stderr, never logged, and by `Troubles` once, not with every record."""

from __future__ import annotations

import contextlib
import time

from asab_log._root import stderr

_QUIET = 60.0
"""How long nothing is said of a trouble that comes and goes, in seconds: a disk may be full for long records only."""


class Troubles:
    """Kinds of trouble, each of which begins and ends."""

    def __init__(self) -> None:
        """Begin without any."""
        self._present: set[str] = set()
        self._said: dict[str, float] = {}

    def begin(self, kind: str, text: str) -> bool:
        """Say a trouble on stderr, unless it is known.

        Args:
            kind: Which one it is.
            text: One line for people.

        Returns:
            Whether it is new.
        """
        if kind in self._present:
            return False
        self._present.add(kind)
        now = time.monotonic()
        if now - self._said.get(kind, -_QUIET) < _QUIET:
            return False
        self._said[kind] = now
        tell(text)
        return True

    def end(self, kind: str) -> None:
        """Forget a trouble: if it comes again it is new."""
        self._present.discard(kind)


def tell(text: str) -> None:
    """Write a line for people to stderr, if it can be done: there may be none, or it is on the same full disk."""
    with contextlib.suppress(OSError, ValueError):
        if (stream := stderr()) is not None:
            stream.write(f"asab-log: {text}\n")
            stream.flush()
