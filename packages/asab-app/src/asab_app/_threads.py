"""`Threads`: a bounded executor that ends within a deadline.

The standard library's joins its threads when the process ends, so that one call that hangs keeps the process alive for
ever. These are daemon threads: at the end calls have their time; those that do not end are named and left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

L = logging.getLogger(__name__)


class Threads(ThreadPoolExecutor):
    """An executor; a `ThreadPoolExecutor` by name, for an event loop takes nothing else as its default one."""

    def __init__(self, limit: int, name: str, timeout: float) -> None:
        """Make it, without a thread yet.

        Args:
            limit: How many threads there are at most; 0 for as many as asyncio would have.
            name: The first part of their names.
            timeout: What calls have to end at the shutdown, in seconds.
        """
        limit = limit or min(32, (os.cpu_count() or 1) + 4)
        super().__init__(limit)
        self.__limit = limit
        self.__name = name
        self.__timeout = timeout
        self.__changed = threading.Condition()
        self.__calls: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self.__running: dict[threading.Thread, Callable[[], Any] | None] = {}  # None: it waits for a call
        self.__closed = False

    @property
    def is_used(self) -> bool:
        """Whether there is a thread."""
        return bool(self.__running)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a function called.

        Raises:
            RuntimeError: If the executor is shut down.
        """
        with self.__changed:
            if self.__closed:
                raise RuntimeError(f"{fn!r} cannot be called in a thread: the application has ended")
            future: Future[T] = Future()
            self.__calls.append((future, partial(fn, *args, **kwargs)))
            idle = sum(call is None for call in self.__running.values())
            if idle < len(self.__calls) and len(self.__running) < self.__limit:
                self.__add_thread()
            self.__changed.notify()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; with `wait`, let those that were accepted end, within the deadline.

        Args:
            wait: Whether to wait.
            cancel_futures: Whether calls that have not begun are cancelled at once.
        """
        with self.__changed:
            self.__closed = True
            if cancel_futures:
                self.__cancel()
            self.__changed.notify_all()
            if wait and not self.__changed.wait_for(lambda: not self.__running, self.__timeout):
                self.__cancel()
                self.__name_running()

    async def end(self) -> bool:
        """Shut down without blocking the event loop.

        Returns:
            Whether every call has ended within the deadline.
        """
        loop = asyncio.get_running_loop()
        over = asyncio.Event()

        def shut_down() -> None:
            self.shutdown()
            with contextlib.suppress(RuntimeError):  # nobody waits any more, and the loop is closed
                loop.call_soon_threadsafe(over.set)

        threading.Thread(target=shut_down, daemon=True).start()
        await over.wait()
        return not self.__running

    def __add_thread(self) -> None:
        name = f"{self.__name}-{len(self.__running) + 1}"
        thread = threading.Thread(target=self.__work, name=name, daemon=True)
        self.__running[thread] = None
        thread.start()

    def __work(self) -> None:
        thread = threading.current_thread()
        while (item := self.__next(thread)) is not None:
            future, call = item
            if future.set_running_or_notify_cancel():
                _fulfil(future, call)
            del future, call, item  # nobody's result is kept while the thread waits

    def __next(self, thread: threading.Thread) -> tuple[Future[Any], Callable[[], Any]] | None:
        with self.__changed:
            self.__running[thread] = None
            self.__changed.wait_for(lambda: self.__calls or self.__closed)
            if self.__calls:
                item = self.__calls.popleft()
                self.__running[thread] = item[1]
                return item
            del self.__running[thread]
            self.__changed.notify_all()
            return None

    def __cancel(self) -> None:
        while self.__calls:
            self.__calls.popleft()[0].cancel()

    def __name_running(self) -> None:
        frames = sys._current_frames()
        for thread, call in self.__running.items():
            if call is not None and thread.ident in frames:
                place = " > ".join(
                    f"{frame.name} ({frame.filename}:{frame.lineno})"
                    for frame in traceback.extract_stack(frames[thread.ident])
                    if frame.filename not in (__file__, threading.__file__)
                )
                L.error("thread %s did not end within %g s. It stands at %s", thread.name, self.__timeout, place)


def _fulfil(future: Future[Any], call: Callable[[], Any]) -> None:
    try:
        result = call()
    except BaseException as e:  # it belongs to whoever waits
        future.set_exception(e)
        del future  # or the exception, its traceback and this frame would hold each other
    else:
        future.set_result(result)
