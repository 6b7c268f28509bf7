"""`FrameQueue`: the law of its numbers, whatever happens in whatever order."""

from __future__ import annotations

import threading

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from asab_log._queue import FrameQueue

FRAMES = 5
SIZE = 100


class Queue(RuleBasedStateMachine):
    """Knows of each frame what became of it."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = FrameQueue(FRAMES, SIZE, threading.RLock())
        self.number = 0
        self.in_flight: list[bytes] = []
        self.arrived: list[int] = []
        self.reports = 0

    @rule(size=st.integers(0, 150))
    def put(self, size: int) -> None:
        self.number += 1
        self.queue.put(b"%d " % self.number + b"x" * size)

    @precondition(lambda self: not self.in_flight)
    @rule(frames=st.integers(1, 4), size=st.integers(1, 120))
    def take(self, frames: int, size: int) -> None:
        self.in_flight = self.queue.take(frames, size)
        assert len(self.in_flight) <= frames

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        count = data.draw(st.integers(0, len(self.in_flight)))
        self.queue.delivered(count)
        self.arrived += [int(frame.split()[0]) for frame in self.in_flight[:count]]
        del self.in_flight[:count]

    @precondition(lambda self: self.in_flight)
    @rule()
    def undo(self) -> None:
        self.queue.undo()
        self.in_flight = []

    @precondition(lambda self: self.queue.unreported)
    @rule()
    def report(self) -> None:
        self.queue.reported(self.queue.unreported)
        self.reports += 1

    @rule()
    def close(self) -> None:
        self.queue.close()

    @invariant()
    def the_law_holds(self) -> None:
        emitted, sent, dropped, queued = self.queue.counts()
        assert emitted == sent + dropped + queued == self.number + self.reports
        assert sent == len(self.arrived) + self.reports
        assert queued <= FRAMES + len(self.in_flight)

    @invariant()
    def no_frame_comes_twice_or_too_early(self) -> None:
        assert self.arrived == sorted(set(self.arrived))


TestQueue = Queue.TestCase
