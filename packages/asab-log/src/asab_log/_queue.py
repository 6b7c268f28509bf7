"""`FrameQueue`: the records that wait for the network, bounded and counted.

The law: emitted = sent + dropped + queued, at every moment. When the queue is full the oldest waiting record goes, so
that what is missing lies before all that arrives, where the report about it stands.
"""

from __future__ import annotations

from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any


class FrameQueue:
    """Frames in the order in which they were emitted, of which at most one is in flight.

    Attributes:
        emitted: How many frames came in.
        sent: How many the operating system took.
        dropped: How many will never be sent.
        unreported: How many of these the receiver has not been told about.
    """

    def __init__(self, capacity: int, lock: AbstractContextManager[Any]) -> None:
        """Make an empty queue.

        Args:
            capacity: How many frames may wait.
            lock: A re-entrant lock, for a frame may come in from a signal handler.
        """
        self.emitted = self.sent = self.dropped = self.unreported = 0
        self._capacity = capacity
        self._lock = lock
        self._waiting: deque[bytes] = deque()
        self._in_flight: bytes | None = None
        self._closed = False

    @property
    def queued(self) -> int:
        """How many frames wait, the one in flight included."""
        return len(self._waiting) + (self._in_flight is not None)

    def counts(self) -> tuple[int, int, int, int]:
        """Return emitted, sent, dropped and queued as of one moment."""
        with self._lock:
            return self.emitted, self.sent, self.dropped, self.queued

    def put(self, frame: bytes) -> None:
        """Take a frame in; at the cost of the oldest if there is no room, and as dropped after `close`."""
        with self._lock:
            self.emitted += 1
            self._waiting.append(frame)
            self._make_room()

    def take(self) -> bytes | None:
        """Put the next frame in flight and return it; `None` if none waits. `delivered` or `undo` follows."""
        with self._lock:
            self._in_flight = self._waiting.popleft() if self._waiting else None
            return self._in_flight

    def delivered(self) -> None:
        """Count the frame in flight as sent."""
        with self._lock:
            self._in_flight = None
            self.sent += 1

    def undo(self) -> None:
        """Put the frame in flight back to the head of the queue."""
        with self._lock:
            if self._in_flight is not None:
                self._waiting.appendleft(self._in_flight)
                self._in_flight = None
                self._make_room()

    def reported(self, count: int) -> None:
        """Count one more frame as emitted and sent, which told the receiver about `count` dropped ones."""
        with self._lock:
            self.emitted += 1
            self.sent += 1
            self.unreported -= count

    def close(self) -> None:
        """Drop all that waits, and whatever comes from now on."""
        with self._lock:
            self._closed = True
            self._make_room()

    def _make_room(self) -> None:
        while len(self._waiting) > (0 if self._closed else self._capacity):
            self._waiting.popleft()
            self.dropped += 1
            self.unreported += 1
