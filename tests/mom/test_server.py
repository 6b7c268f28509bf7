"""`AMQPBroker` when the server fails, and when its own process does: nothing that was accepted is lost."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from asab_mom import PublishError
from asab_mom.amqp import AMQPBroker
from tests.support import amqp
from tests.support.amqp_broker import consumer, options
from tests.support.mom import Changes, Inbox, LogWatch, serve, within
from tests.support.processes import Process
from tests.support.rabbitmq import Node, private_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asab_app import Application
    from asab_mom import Broker

MANY = [f"queue-{n}" for n in range(20)]


@pytest.fixture(scope="module")
def one_node() -> Iterator[Node]:
    with private_node() as node:
        yield node


@pytest.fixture
def node(one_node: Node) -> Iterator[Node]:
    """A server that the test may hurt; it is well, and its queues are gone, before the next one."""
    yield one_node
    one_node.heal()
    asyncio.run(amqp.delete(one_node.url, "queue", "later", *MANY))


@pytest.mark.slow
def test_a_server_that_comes_after_the_application_gets_what_was_published_before(node: Node) -> None:
    """The parts of a system may start in any order."""
    inbox = Inbox()
    node.kill()

    async def scenario(broker: Broker) -> None:
        publishing = asyncio.gather(*(broker.publish(str(i), "queue") for i in range(10)))
        await log.wait_for("No connection to")
        await asyncio.to_thread(node.start)
        await within(publishing)
        assert {int(body) for body in await inbox.bodies(10)} == set(range(10))
        reasons = [line for line in log.lines if "No connection to" in line]
        assert len(reasons) == len(set(reasons))

    with LogWatch() as log:  # the line tries before the scenario begins
        serve(consumer(node.url, "queue", inbox), scenario)


@pytest.mark.slow
def test_a_server_that_is_killed_in_the_middle_of_publishing_loses_no_accepted_message(node: Node) -> None:
    """The promise of `publish`: when it has returned, the message arrives."""
    inbox = Inbox()
    accepted: set[bytes] = set()
    enough = asyncio.Event()

    async def publish(broker: Broker, body: bytes) -> None:
        await broker.publish(body, "queue")
        accepted.add(body)
        if len(accepted) >= 500:
            enough.set()

    async def scenario(broker: Broker) -> None:
        await broker.publish("the queue is there then", "queue")
        await inbox.next()
        await asyncio.to_thread(node.sync)
        bodies = {str(i).encode() for i in range(5000)}
        publishing = asyncio.gather(*(publish(broker, body) for body in bodies))
        await within(enough.wait())
        assert not publishing.done()
        await asyncio.to_thread(node.kill)
        await asyncio.to_thread(node.start)
        await within(publishing)
        assert accepted == bodies
        await inbox.until(bodies)

    serve(consumer(node.url, "queue", inbox), scenario)


@pytest.mark.slow
def test_a_server_that_comes_back_without_its_data_gets_its_queues_before_messages(node: Node) -> None:
    """A server confirms what has no queue, too; a kill -9 can lose a queue that was just declared."""
    inbox = Inbox()

    def setup(app: Application) -> AMQPBroker:
        broker = AMQPBroker(app, config=options(node.url))
        for queue in MANY:
            broker.subscribe(queue)
            broker.add(queue, inbox)
        return broker

    async def scenario(broker: Broker) -> None:
        await broker.publish("before", MANY[0])
        assert (await inbox.next())[1] == b"before"
        await asyncio.to_thread(node.kill)
        publishing = asyncio.gather(*(broker.publish(queue, queue) for queue in MANY))
        await asyncio.to_thread(node.clear)
        await asyncio.to_thread(node.start)
        await within(publishing)
        await inbox.until({queue.encode() for queue in MANY})

    serve(setup, scenario)


@pytest.mark.slow
def test_a_server_that_freezes_is_found_out_and_work_goes_on_when_it_thaws(node: Node) -> None:
    """A connection that is open and dead is the worst of them."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        sender = AMQPBroker(broker.App, config=options(node.url, heartbeat=1))
        await broker.publish("before", "queue")  # the queue is there then
        await sender.publish("now", "queue")
        with LogWatch() as log:
            node.freeze()
            publishing = asyncio.ensure_future(sender.publish("frozen", "queue"))
            await log.wait_for("no sign of life from the broker for 1.75 s")
            node.thaw()
            await within(publishing)
        await inbox.until({b"before", b"now", b"frozen"})

    serve(consumer(node.url, "queue", inbox), scenario)


@pytest.mark.slow
def test_an_application_stops_in_time_when_its_server_is_frozen(node: Node) -> None:
    """A dead server does not keep a deployment waiting, and nobody has to kill anything."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        await broker.publish("before", "queue")
        await inbox.next()
        node.freeze()
        publishing.append(asyncio.ensure_future(broker.publish("frozen", "queue")))

    publishing: list[asyncio.Future[None]] = []
    assert serve(consumer(node.url, "queue", inbox), scenario) == 0
    assert isinstance(publishing[0].exception(), PublishError)


@pytest.mark.slow
def test_a_server_that_is_restarted_in_order_costs_nothing(node: Node) -> None:
    """A server gets its updates without anything to do for its applications; the log has its own words for it."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        await broker.publish("before", "queue")
        with LogWatch() as log:
            await asyncio.to_thread(node.stop)
            publishing = asyncio.ensure_future(broker.publish("meanwhile", "queue"))
            await log.wait_for("CONNECTION_FORCED - broker forced connection closure")
            await asyncio.to_thread(node.start)
            await within(publishing)
        await inbox.until({b"before", b"meanwhile"})

    serve(consumer(node.url, "queue", inbox), scenario)


@pytest.mark.slow
def test_a_server_short_of_memory_is_waited_for_and_goes_on_delivering(node: Node) -> None:
    """It takes no messages so that it can get rid of some: publishing waits, consuming does not, and both are told."""
    inbox, later = Inbox(), Inbox()

    async def scenario(broker: Broker) -> None:
        health = Changes(broker.App)
        hasty = AMQPBroker(broker.App, config=options(node.url, publish_timeout=0.5))
        await broker.publish("before", "queue")
        await broker.publish("kept", "later")
        await health.until(ready=True)
        with LogWatch() as log:
            await asyncio.to_thread(node.alarm, memory=True)
            publishing = asyncio.ensure_future(broker.publish("waits", "queue"))
            with pytest.raises(PublishError, match=r"within 0\.5 s; the connection is blocked"):
                await hasty.publish("too late", "nowhere")
            await log.wait_for("takes no messages: low on memory. They wait")
            await health.until(ready=False)
            assert {status.reason for status in broker.App.Health.down} == {
                f"amqp://127.0.0.1:{node.port}/ takes no messages: low on memory"
            }
            broker.add("later", later)
            broker.subscribe("later")
            assert (await later.next())[1] == b"kept"
            assert not publishing.done()
            await asyncio.to_thread(node.alarm, memory=False)
            await log.wait_for("takes messages again", 2)
            await within(publishing)
            await health.until(ready=True)
        await inbox.until({b"before", b"waits"})

    asyncio.run(declare(node.url, "later"))
    serve(consumer(node.url, "queue", inbox), scenario)


@pytest.mark.slow
def test_an_application_stops_in_time_when_its_server_is_short_of_memory(node: Node) -> None:
    """An operator who makes room does not wait for those who write."""

    async def scenario(broker: Broker) -> None:
        await broker.publish("before", "queue")
        with LogWatch() as log:
            await asyncio.to_thread(node.alarm, memory=True)
            publishing.append(asyncio.ensure_future(broker.publish("waits", "queue")))
            await log.wait_for("takes no messages")

    publishing: list[asyncio.Future[None]] = []
    assert serve(consumer(node.url, "queue", Inbox()), scenario) == 0
    assert isinstance(publishing[0].exception(), PublishError)


@pytest.mark.slow
def test_a_message_of_64_mib_comes_as_it_was(node: Node) -> None:
    """A file that somebody sends as a message is slow, and nothing worse; the heartbeats go on."""
    inbox = Inbox()
    body = bytes(range(256)) * (64 * 1024 * 4)

    async def scenario(broker: Broker) -> None:
        with LogWatch() as log:
            await within(broker.publish(body, "queue"))
            assert (await inbox.next())[1] == body
            assert log.count("No connection") == 0

    def setup(app: Application) -> AMQPBroker:
        broker = AMQPBroker(app, config=options(node.url, heartbeat=2))
        broker.subscribe("queue")
        broker.add("queue", inbox)
        return broker

    serve(setup, scenario)


# The own process

PROGRAM = """
import asyncio, sys
import asab_app, asab_mom
from asab_mom.amqp import AMQPBroker

class Victim(asab_app.Application):
    async def initialize(self):
        self.add_module(asab_mom.Module)
        self.broker = AMQPBroker(self, config={"url": sys.argv[1], "exchange": ""})
        self.broker.subscribe("work")
        self.broker.add("work", self.hang)

    async def hang(self, properties, body):
        print("handling", body.decode(), flush=True)
        await asyncio.Event().wait()

    async def main(self):
        await self.broker.publish("first", "work")
        for i in range(100_000):
            await self.broker.publish(str(i), "numbers")
            print("accepted", i, flush=True)

Victim(args=[]).run()
"""


def test_a_process_that_is_killed_loses_neither_what_it_was_handling_nor_what_was_accepted(
    amqp_url: str, tmp_path: Path
) -> None:
    """The promises hold for a process that gets no chance to keep them (kill -9)."""
    work, numbers = Inbox(), Inbox()

    async def scenario(broker: Broker) -> None:
        with Process(sys.executable, "-c", PROGRAM, amqp_url, cwd=tmp_path) as victim:
            await asyncio.to_thread(victim.wait_for, "handling first")
            await asyncio.to_thread(victim.wait_for, "accepted 20")
            victim.send(signal.SIGKILL)
            await asyncio.to_thread(victim.wait)
            accepted = victim.stdout.count("accepted ")
        broker.subscribe("work")
        broker.add("work", work)
        assert (await work.next())[1] == b"first"
        await numbers.until({str(i).encode() for i in range(accepted)})

    asyncio.run(declare(amqp_url, "numbers"))
    try:
        serve(consumer(amqp_url, "numbers", numbers), scenario)
    finally:
        asyncio.run(amqp.delete(amqp_url, "work", "numbers"))


async def declare(url: str, queue: str) -> None:
    async with amqp.channel(url) as channel:
        await channel.queue_declare(queue, durable=True)
