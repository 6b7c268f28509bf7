"""`Acknowledgements`: which deliveries of a channel are done with, said with as few frames as possible.

The rules:

1. What is accepted within one turn of the loop is said at its end.
2. One frame stands for all deliveries up to its own (`multiple`) only when every one of them is settled: a message
   whose handler has not returned is never acknowledged along with others.
3. A frame names a delivery that was not settled before it; RabbitMQ closes the channel otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator


class Acknowledgements:
    """The deliveries of one channel, numbered by the broker from 1 on without a gap."""

    def __init__(self) -> None:
        """Begin before the first delivery."""
        self._first = 1
        self._settled: set[int] = set()
        self._accepted: list[int] = []

    def accept(self, tag: int) -> bool:
        """Note that a delivery is accepted; return whether it is the first since `take`."""
        self._accepted.append(tag)
        return len(self._accepted) == 1

    def settle(self, tag: int) -> None:
        """Note that a delivery is settled in another way."""
        self._settled.add(tag)

    def take(self) -> Iterator[tuple[int, bool]]:
        """Yield what is to be said: the numbers of deliveries, each with whether it stands for all before it."""
        accepted, self._accepted = self._accepted, []
        self._settled.update(accepted)
        before = self._first
        while self._first in self._settled:
            self._settled.discard(self._first)
            self._first += 1
        covered = [tag for tag in accepted if tag < self._first]
        if covered:
            last = max(covered)
            yield last, last > before
        yield from ((tag, False) for tag in accepted if tag >= self._first)
