"""`Writer`: joins what is written in one turn of the loop, since a system call costs as much as several messages."""

from __future__ import annotations

import asyncio

ENOUGH = 65536
"""Bytes that are not joined with more: the peer has work then, and the memory stays small."""


class Writer:
    """Writes to a transport, in order."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Begin.

        Args:
            transport: What it writes to.
            loop: Whose turns count.
        """
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []
        self._size = 0

    def write(self, data: bytes, at_once: bool = False) -> None:
        """Write, with what was written before: at once, or at the end of this turn of the loop at the latest."""
        if not self._pieces and not at_once:
            self._loop.call_soon(self.flush)
        self._pieces.append(data)
        self._size += len(data)
        if at_once or self._size >= ENOUGH:
            self.flush()

    def flush(self) -> None:
        """Write what is left."""
        if self._pieces:
            pieces, self._pieces, self._size = self._pieces, [], 0
            self._transport.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))
