"""`Sender`: takes frames from the queue to the receiver, and brings the line back when it is gone.

The rules:

1. Everything happens in the loop, in one task that lives only while there is something to send; between attempts there
   is a timer, so that a loop that ends finds nothing pending.
2. A frame is sent when the operating system has taken it whole. One that was taken in part goes again, on a new
   connection.
3. A connection that breaks is made again after 0.1 s, doubled with each failure up to 30 s, less a random part, so that
   many processes do not come back at once. A line that lasted for a second ends the count: a datagram socket, and a
   receiver that hangs up on everybody, take a frame now and then as well.
4. What goes wrong here is said on stderr, once an outage, and never logged: the record would come back here.
5. The child of a fork leaves the parent's line, loop and frames alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys

from asab_log._connect import connect
from asab_log._troubles import tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from asab_log._connect import Line
    from asab_log._queue import FrameQueue
    from asab_log._receiver import Receiver

_TASK_NAME = "asab_log.AsyncIOHandler"
_FIRST_DELAY = 0.1
_LONGEST_DELAY = 30.0
_BATCH_FRAMES = 256
_BATCH_SIZE = 65536
_FINISH_TIMEOUT = 1.0
_LASTING = 1.0


class Sender:
    """The way of the frames to one address."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, receiver: Receiver, queue: FrameQueue, report: Callable[[int], bytes]
    ) -> None:
        """Make a sender; nothing happens before the first `wake`.

        Args:
            loop: The loop to work in; it need not run yet.
            receiver: Where the frames go.
            queue: Where the frames are.
            report: Makes a frame that tells how many were dropped.
        """
        self._loop = loop
        self._receiver = receiver
        self._queue = queue
        self._report = report
        self._line: Line | None = None
        self._task: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._delay = _FIRST_DELAY
        self._outage = False
        self._connected_at: float | None = None
        self._woken = False
        self._closed = False
        self._drained = loop.create_future()

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The task that sends, while there is one."""
        return None if self._task is None or self._task.done() else self._task

    def wake(self) -> None:
        """Tell that there is a frame; from any thread, and never blocking.

        Once the loop is closed nothing happens: the frames stay in the queue.
        """
        if self._woken:
            return
        self._woken = True
        try:
            self._loop.call_soon_threadsafe(self._on_wake)
        except RuntimeError:
            self._woken = False

    async def drain(self, timeout: float) -> bool:
        """Send all that is queued, in the loop of this sender.

        Args:
            timeout: The deadline, in seconds from now; passing it is no error.

        Returns:
            Whether the queue is empty.
        """
        if self._queue.queued and not self._closed:
            if self._drained.done():
                self._drained = self._loop.create_future()
            self._delay = _FIRST_DELAY
            self._start()
            await asyncio.wait([self._drained], timeout=timeout)
        return self._queue.queued == 0

    async def aclose(self, timeout: float) -> None:
        """Drain, then close and wait for the end of the task."""
        deadline = self._loop.time() + timeout
        try:
            if await self.drain(timeout):
                await self._finish_line(deadline)
        finally:
            self.close()
        if self._task is not None:
            await asyncio.wait([self._task])

    def close(self) -> None:
        """Drop what is queued, stop and disconnect; from any thread, with the loop running, stopped or closed."""
        if self._closed:
            return
        self._closed = True
        self._queue.close()
        if self._loop.is_closed():
            self._disconnect()
        elif _running_loop() is self._loop or not self._loop.is_running():
            self._stop()
            self._finish()
        else:
            with contextlib.suppress(RuntimeError):  # closed just now, by its own thread
                self._loop.call_soon_threadsafe(self._stop)

    def leave_to_parent(self) -> None:
        """Let go of everything in the child of a fork, and touch nothing that the parent uses as well."""
        self._closed = True
        if self._retry is not None:
            self._retry.cancel()
        self._disconnect()

    def _on_wake(self) -> None:
        self._woken = False
        if self._retry is None:
            self._start()

    def _start(self) -> None:
        """Begin to send now, unless that is under way."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if not self._closed and (self._task is None or self._task.done()):
            self._task = _begin_task(self._loop, self._run())

    async def _run(self) -> None:
        complete = False
        try:
            if self._line is None or _is_gone(self._line):
                self._disconnect()
                self._line = await connect(self._loop, self._receiver)
                self._connected_at = self._loop.time()
            await self._send_all(self._line)
            complete = True
            if not self._drained.done():
                self._drained.set_result(None)
        except (OSError, ValueError) as e:  # the latter comes from a host name that cannot be one
            self._retry_later(e)
        finally:
            if not complete:  # a frame may be half sent
                self._disconnect()

    async def _send_all(self, line: Line) -> None:
        while True:
            if dropped := self._queue.unreported:
                await line.send([self._report(dropped)], lambda _: None)
                self._queue.reported(dropped)
            frames = self._queue.take(_BATCH_FRAMES, _BATCH_SIZE)
            if not frames:
                return
            try:
                await line.send(frames, self._queue.delivered)
            except BaseException:
                self._queue.undo()
                raise
            if self._queue.queued:
                await asyncio.sleep(0)  # the others' turn
                line.check()

    def _retry_later(self, error: Exception) -> None:
        if self._closed:
            return
        if self._connected_at is not None and self._loop.time() - self._connected_at >= _LASTING:
            self._delay = _FIRST_DELAY
            self._outage = False
        self._connected_at = None
        if not self._outage:
            self._outage = True
            tell(f"no line to syslog at {self._receiver.place}: {error}; records wait and it is tried again")
        delay = self._delay * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
        self._delay = min(self._delay * 2, _LONGEST_DELAY)
        self._retry = self._loop.call_later(delay, self._start)

    def _stop(self) -> None:
        """End what is under way, in the loop or while it does not run."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._task is None or self._task.done():
            self._disconnect()
        else:  # it may be cancelled before its first step, so it cannot clean up by itself
            self._task.add_done_callback(lambda _: self._disconnect())
            self._task.cancel()

    async def _finish_line(self, deadline: float) -> None:
        """Close the line in an orderly way; a record that comes in meanwhile finds none."""
        line, self._line = self._line, None
        if line is None:
            return
        finishing = _begin_task(self._loop, line.finish())
        finishing.add_done_callback(lambda _: line.close())
        limit = self._loop.call_at(min(deadline, self._loop.time() + _FINISH_TIMEOUT), finishing.cancel)
        try:
            await asyncio.wait([finishing])
        finally:
            limit.cancel()
            finishing.cancel()

    def _finish(self) -> None:
        """Let a cancelled task end in a loop that is stopped; a running one does it by itself."""
        if self._task is not None and not self._task.done() and _running_loop() is None:
            with contextlib.suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._task)

    def _disconnect(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def _begin_task(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run in a task, to be called in the loop; where Python can, all that need not wait is done at once."""
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=loop, name=_TASK_NAME, eager_start=True)
    return loop.create_task(work, name=_TASK_NAME)


def _is_gone(line: Line) -> bool:
    """Tell whether a receiver has left an idle line, as it may; what else is wrong with it is raised."""
    try:
        line.check()
    except ConnectionError:
        return True
    return False


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
