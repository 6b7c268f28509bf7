"""The outbox: messages that are put on the disk in a second, and how long that holds the event loop up.

The peer is what one would write first: a synced `PersistentDict` that the event loop writes to itself. Both have every
message on the disk when the call returns.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from harness import medians, show

from asab_mom import Message, Properties
from asab_mom.outbox import Outbox
from asab_utils import PersistentDict

COUNT = 2000
MESSAGE = Message(b"x" * 100, "target", "", Properties(message_id="0" * 32))

Put = Callable[[], Awaitable[None]]


async def put_all(put: Put, in_flight: int) -> None:
    """Put all messages, so many at once."""

    async def some() -> None:
        for _ in range(COUNT // in_flight):
            await put()

    await asyncio.gather(*(some() for _ in range(in_flight)))


async def with_outbox(folder: Path, in_flight: int) -> float:
    """Return the longest time that the loop was held up, in seconds."""

    async def send(message: Message) -> None:
        await asyncio.Event().wait()  # a server that is away

    outbox = Outbox(str(folder / f"outbox-{next(NUMBERS)}"), 10**9, send)
    outbox.start(asyncio.get_running_loop())
    held = await longest_turn(put_all(lambda: outbox.put(MESSAGE), in_flight))
    await outbox.close(0.001)
    return held


async def with_dict(folder: Path, in_flight: int) -> float:
    """The same on the loop."""
    with PersistentDict(folder / f"dict-{next(NUMBERS)}", sync=True) as state:
        number = itertools.count()

        async def put() -> None:
            state[next(number)] = MESSAGE.body
            await asyncio.sleep(0)

        return await longest_turn(put_all(put, in_flight))


async def longest_turn(work: Awaitable[None]) -> float:
    """Do the work, and return how long the loop did not come round meanwhile, at worst."""
    longest, task = 0.0, asyncio.ensure_future(work)
    seen = time.perf_counter()
    while not task.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, seen = max(longest, now - seen), now
    return longest


NUMBERS = itertools.count()


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        held: dict[str, list[float]] = {}

        def run(label: str, contender: Callable[[Path, int], Awaitable[float]], in_flight: int) -> None:
            held.setdefault(label, []).append(asyncio.run(contender(folder, in_flight)))  # type: ignore[arg-type]

        columns = {}
        for in_flight in (1, 500):
            columns[f"{in_flight} in flight"] = medians(
                {
                    "PersistentDict on the loop": functools.partial(run, f"dict {in_flight}", with_dict, in_flight),
                    "outbox": functools.partial(run, f"outbox {in_flight}", with_outbox, in_flight),
                },
                rounds=5,
            )
        for label, times in held.items():
            print(f"{label} in flight: the loop was held up for {1000 * sorted(times)[len(times) // 2]:.1f} ms at most")
        for heading, column in columns.items():
            print(heading, {label: f"{COUNT / seconds:,.0f}/s" for label, seconds in column.items()})
        show("Messages on disk", columns, "PersistentDict on the loop")


if __name__ == "__main__":
    main()
