"""Processes that handle messages and are stopped or killed under load: nothing is lost, and effects happen once."""

from __future__ import annotations

import asyncio
import random
import signal
import uuid
from typing import TYPE_CHECKING

import pytest

from asab_mom.amqp import AMQPBroker
from asab_utils import PersistentDict
from tests.support import amqp
from tests.support.mom import Inbox, serve
from tests.support.mom_processes import hanger, worker
from tests.support.proof import repetitions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from asab_app import Application
    from asab_mom import Broker
    from tests.support.processes import Process


class Load:
    """Numbers in a queue for workers, and what they have sent on."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.source, self.sink = f"test-{uuid.uuid4().hex}", f"test-{uuid.uuid4().hex}"
        self.state = folder / "state"
        self.sent_on = Inbox()

    def run(self, count: int, scenario: Callable[[], Awaitable[None]]) -> None:
        """Fill the queue, run the scenario, then a worker until all are handled; check that each was handled once."""

        async def main(broker: Broker) -> None:
            async with amqp.channel(self.url) as channel:
                await channel.queue_declare(self.source, durable=True)
            await asyncio.gather(*(broker.publish(str(i), self.source) for i in range(count)))
            await scenario()
            with worker(self.folder, self.url, self.source, self.sink, self.state) as process:
                await self.sent_on.until({str(i).encode() for i in range(count)})
                assert await asyncio.to_thread(process.stop) == 0

        serve(self._setup, main)
        with PersistentDict(self.state) as state:
            assert dict(state) == {str(i).encode(): 1 for i in range(count)} | {"sum": count}

    async def hit(self, number: signal.Signals, after: int) -> Process:
        """Start a worker, and send it a signal when it has handled so many."""
        with worker(self.folder, self.url, self.source, self.sink, self.state) as process:
            await asyncio.to_thread(process.wait_for, f" {after}$")
            process.send(number)
            assert await asyncio.to_thread(process.wait) == (0 if number == signal.SIGTERM else -number)
            return process

    def _setup(self, app: Application) -> AMQPBroker:
        broker = AMQPBroker(app, config={"url": self.url, "exchange": "", "prefetch_count": 100})
        broker.subscribe(self.sink)
        broker.add(self.sink, self.sent_on)
        return broker


@pytest.fixture
def load(amqp_url: str, tmp_path: Path) -> Iterator[Load]:
    load = Load(amqp_url, tmp_path)
    yield load
    asyncio.run(amqp.delete(amqp_url, load.source, load.sink))


@pytest.mark.slow
def test_a_process_that_is_stopped_under_load_loses_nothing_and_does_nothing_twice(load: Load) -> None:
    """A deployment is no event for those who wait for an answer."""

    async def stop_it() -> None:
        for after in (1, 50, 200):
            process = await load.hit(signal.SIGTERM, after)
            assert "again" not in process.stdout
            assert "ERROR" not in process.stderr
            assert "Traceback" not in process.stderr

    load.run(1000, stop_it)
    assert load.sent_on.empty  # or something would have come twice


@pytest.mark.slow
@pytest.mark.proof
def test_the_effect_of_a_message_happens_once_though_its_handler_is_killed_at_any_moment(load: Load) -> None:
    """Money is moved once, however often the message comes."""
    again: list[str] = []

    async def hit_it() -> None:
        for _ in range(repetitions(4, 150)):
            number = random.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
            process = await load.hit(number, random.randint(1, 40))
            again.extend(line for line in process.stdout.splitlines() if line.startswith("again"))

    load.run(repetitions(400, 10_000), hit_it)
    print(f"{len(again)} messages came again after their effect")


@pytest.mark.slow
def test_handlers_that_hang_are_cancelled_in_time_and_their_messages_go_back(amqp_url: str, tmp_path: Path) -> None:
    """No handler keeps a process from its end, and its message is somebody else's then."""
    inbox, queue = Inbox(), f"test-{uuid.uuid4().hex}"

    def setup(app: Application) -> AMQPBroker:
        return AMQPBroker(app, config={"url": amqp_url, "exchange": ""})

    async def scenario(broker: Broker) -> None:
        async with amqp.channel(amqp_url) as channel:
            await channel.queue_declare(queue, durable=True)
        for i in range(3):
            await broker.publish(str(i), queue)
        with hanger(tmp_path, amqp_url, queue) as process:
            for i in range(2):
                await asyncio.to_thread(process.wait_for, f"hangs {i}")
            assert await asyncio.to_thread(process.stop) == 0
        assert process.stderr.count("has not finished within 1.5 s; its message goes back") == 2
        assert "finalize_timeout" not in process.stderr
        broker.subscribe(queue)
        broker.add(queue, inbox)
        assert {int(body) for body in await inbox.bodies(3)} == {0, 1, 2}

    try:
        serve(setup, scenario)
    finally:
        asyncio.run(amqp.delete(amqp_url, queue))
