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
    """Frames in the order in which they were emitted, of which a batch at the head may be in flight.

    Attributes:
        emitted: How many frames came in.
        sent: How many the operating system took.
        dropped: How many will never be sent.
        unreported: How many of these the receiver has not been told about.
    """

    def __init__(self, frames: int, size: int, lock: AbstractContextManager[Any]) -> None:
        """Make an empty queue.

        Args:
            frames: How many frames may wait.
            size: How many bytes these may have all together.
            lock: A re-entrant lock, for a frame may come in from a signal handler.
        """
        self.emitted = self.sent = self.dropped = self.unreported = 0
        self._max_frames = frames
        self._max_size = size
        self._lock = lock
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._in_flight: list[bytes] = []
        self._closed = False

    @property
    def queued(self) -> int:
        """How many frames wait, those in flight included."""
        return len(self._waiting) + len(self._in_flight)

    def counts(self) -> tuple[int, int, int, int]:
        """Return emitted, sent, dropped and queued as of one moment."""
        with self._lock:
            return self.emitted, self.sent, self.dropped, self.queued

    def put(self, frame: bytes) -> None:
        """Take a frame in; at the cost of the oldest if there is no room, and as dropped after `close`."""
        with self._lock:
            self.emitted += 1
            self._waiting.append(frame)
            self._size += len(frame)
            self._make_room()

    def take(self, frames: int, size: int) -> list[bytes]:
        """Put the next frames in flight and return them. `delivered` follows, and `undo` if not all are.

        Args:
            frames: How many at most.
            size: How many bytes, about: the frame that passes it is the last.

        Returns:
            The frames; none if none waits.
        """
        with self._lock:
            taken = 0
            while self._waiting and len(self._in_flight) < frames and taken < size:
                frame = self._waiting.popleft()
                self._in_flight.append(frame)
                taken += len(frame)
            self._size -= taken
            return self._in_flight[:]

    def delivered(self, count: int) -> None:
        """Count the first frames in flight as sent."""
        with self._lock:
            del self._in_flight[:count]
            self.sent += count

    def undo(self) -> None:
        """Put what is still in flight back to the head of the queue."""
        with self._lock:
            self._waiting.extendleft(reversed(self._in_flight))
            self._size += sum(map(len, self._in_flight))
            self._in_flight.clear()
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
        while self._waiting and (self._closed or len(self._waiting) > self._max_frames or self._size > self._max_size):
            self._size -= len(self._waiting.popleft())
            self.dropped += 1
            self.unreported += 1
