"""`MemoryBroker` beside `asyncio.Queue`: a message from the call that sends it to the handler that gets it.

A queue of asyncio is what one would take within a process, and the floor: it has no exchanges, acknowledgements,
properties or retries. One has a task for all messages; the other begins one for each, as a broker does.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable

import asab_mom
from asab_app import Application
from asab_mom import MemoryBroker, Properties
from benchmarks.harness import medians, show

COUNT = 5000
IN_FLIGHT = 100
BODY = b"x" * 100


class Benchmark(Application):
    """Sends all messages by each, in turn."""

    async def initialize(self) -> None:
        self.add_module(asab_mom.Module)
        self.broker = MemoryBroker(self, config={"exchange": "", "prefetch_count": IN_FLIGHT})
        self.broker.subscribe("queue")
        self.broker.add("queue", self._handle)
        self._got = 0
        self._done = asyncio.Event()

    async def main(self) -> None:
        await asyncio.to_thread(self._measure)
        self.stop()

    def _measure(self) -> None:
        contenders = {
            "asyncio.Queue": with_queue,
            "asyncio.Queue, a task a message": with_tasks,
            "MemoryBroker": self._with_broker,
        }
        runs = {name: functools.partial(self._run, work) for name, work in contenders.items()}
        measured = medians(runs, clock=time.process_time)
        for name, seconds in measured.items():
            print(f"{name}: {seconds / COUNT * 1e6:.1f} µs of processor time a message")
        show("Messages in memory", {"processor time": measured}, "asyncio.Queue")

    def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        asyncio.run_coroutine_threadsafe(work(), self.Loop).result()  # type: ignore[arg-type]

    async def _with_broker(self) -> None:
        self._got = 0
        self._done.clear()
        await publish_all(lambda: self.broker.publish(BODY, "queue"))
        await self._done.wait()

    async def _handle(self, properties: Properties, body: bytes) -> None:
        self._got += 1
        if self._got == COUNT:
            self._done.set()


async def publish_all(publish: Callable[[], Awaitable[None]]) -> None:
    """Send all, so many at once."""

    async def some() -> None:
        for _ in range(COUNT // IN_FLIGHT):
            await publish()

    await asyncio.gather(*(some() for _ in range(IN_FLIGHT)))


async def with_queue() -> None:
    """One consumer that handles one message after the other."""
    queue: asyncio.Queue[bytes] = asyncio.Queue(IN_FLIGHT)

    async def handle(body: bytes) -> None:
        pass

    async def consume() -> None:
        for _ in range(COUNT):
            await handle(await queue.get())

    consumer = asyncio.create_task(consume())
    await publish_all(lambda: queue.put(BODY))
    await consumer


async def with_tasks() -> None:
    """The same with a task a message."""
    queue: asyncio.Queue[bytes] = asyncio.Queue(IN_FLIGHT)
    tasks: set[asyncio.Task[None]] = set()

    async def handle(body: bytes) -> None:
        pass

    async def consume() -> None:
        for _ in range(COUNT):
            task = asyncio.create_task(handle(await queue.get()))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)

    consumer = asyncio.create_task(consume())
    await publish_all(lambda: queue.put(BODY))
    await consumer


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    Benchmark([]).run()
