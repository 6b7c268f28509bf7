"""Applications with a broker, as processes that are killed and stopped by a test."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.processes import python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.processes import Process

PUBLISHER = """
import asyncio, sys
import asab_app, asab_mom
from asab_mom.amqp import AMQPBroker

url, outbox, queue, first, count, size = sys.argv[1:]

class Publisher(asab_app.Application):
    async def initialize(self):
        self.add_module(asab_mom.Module)
        config = {"url": url, "outbox": outbox, "exchange": "", "reconnect_delay": 0.2}
        self.broker = AMQPBroker(self, config=config)

    async def main(self):
        print("waiting", self.broker.outbox.waiting, flush=True)
        for i in range(int(first), int(first) + int(count)):
            await self.broker.publish(str(i).ljust(int(size)), queue)
            print("accepted", i, flush=True)
        while self.broker.outbox.waiting:
            await asyncio.sleep(0.01)
        print("sent", flush=True)
        self.stop()

app = Publisher(args=[])
sys.exit(app.run())
"""

WORKER = """
import asyncio, sys
import asab_app, asab_mom
from asab_mom.amqp import AMQPBroker
from asab_utils import PersistentDict

url, source, sink, path = sys.argv[1:]

class Worker(asab_app.Application):
    async def initialize(self):
        self.add_module(asab_mom.Module)
        config = {"url": url, "exchange": "", "reconnect_delay": 0.2, "prefetch_count": 20}
        self.broker = AMQPBroker(self, config=config)
        self.broker.subscribe(source)
        self.broker.add(source, self.work)
        self.state = PersistentDict(path)
        self.inbox = asab_mom.Inbox(self.state)
        self.done = 0

    async def work(self, properties, body):
        def count(state):
            state[body] = state.get(body, 0) + 1
            state["sum"] = state.get("sum", 0) + 1
        happened = await self.inbox.once(properties, count)
        await self.broker.publish(body, sink)
        self.done += 1
        print("handled" if happened else "again", body.decode(), self.done, flush=True)

app = Worker(args=[])
sys.exit(app.run())
"""

HANGER = """
import asyncio, sys
import asab_app, asab_mom
from asab_config import Config
from asab_mom.amqp import AMQPBroker

url, queue = sys.argv[1:]
Config.add_defaults({"general": {"finalize_timeout": 3}})

class Hanger(asab_app.Application):
    async def initialize(self):
        self.add_module(asab_mom.Module)
        self.broker = AMQPBroker(self, config={"url": url, "exchange": "", "prefetch_count": 2})
        self.broker.subscribe(queue)
        self.broker.add(queue, self.hang)

    async def hang(self, properties, body):
        print("hangs", body.decode(), flush=True)
        await asyncio.Event().wait()

app = Hanger(args=[])
sys.exit(app.run())
"""


@contextlib.contextmanager
def publisher(
    folder: Path, url: str, outbox: Path, queue: str, first: int, count: int, size: int = 0
) -> Iterator[Process]:
    """A process that publishes numbers through an outbox and says so; it ends when all are sent.

    Args:
        folder: Where its program is.
        url: The server.
        outbox: The file.
        queue: Where the numbers go.
        first: The first of them.
        count: How many.
        size: How many bytes each body has, at least.
    """
    program = folder / "publisher.py"
    program.write_text(PUBLISHER)
    arguments = (url, outbox, queue, str(first), str(count), str(size))
    with python(program, *arguments, cwd=folder) as process:
        yield process


@contextlib.contextmanager
def worker(folder: Path, url: str, source: str, sink: str, state: Path) -> Iterator[Process]:
    """A process that notes each message of a queue once, sends it on to another, and says so and how many that were."""
    program = folder / "worker.py"
    program.write_text(WORKER)
    with python(program, url, source, sink, state, cwd=folder) as process:
        yield process


@contextlib.contextmanager
def hanger(folder: Path, url: str, queue: str) -> Iterator[Process]:
    """A process whose handlers never finish, with a `finalize_timeout` of three seconds."""
    program = folder / "hanger.py"
    program.write_text(HANGER)
    with python(program, url, queue, cwd=folder) as process:
        yield process


def accepted(process: Process) -> int:
    """The last number that a publisher has said to be accepted, or -1. A line that is cut off counts for nothing."""
    lines = [line for line in process.stdout.splitlines(keepends=True) if line.startswith("accepted")]
    return max((int(line.split()[1]) for line in lines if line.endswith("\n")), default=-1)
