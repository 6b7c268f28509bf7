"""`Room`: a bounded number of places, taken without a detour while there are free ones."""

from __future__ import annotations

import asyncio
from collections import deque


class Room:
    """Places for so many; who has to wait for one gets it in turn."""

    def __init__(self, places: int) -> None:
        """Begin with all places free."""
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._called = 0  # who has been given a place and has not gone on yet

    def enter(self) -> bool:
        """Take a place, if one is free and nobody is before us; else `wait` for it."""
        if not self._free or self._called:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Take the next place, in turn; when cancelled, none."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if self._free:  # those who have been called go on in this turn of the loop, and we in the next
            self._free -= 1
            turn.get_loop().call_soon(self.leave)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it had been given a place
                self._called -= 1
                self.leave()
            raise
        self._called -= 1

    def leave(self) -> None:
        """Give a place to the next who waits, or back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                self._called += 1
                turn.set_result(None)
                return
        self._free += 1
