"""The promise of the line, through faults of all kinds: what was accepted is handled, at least once."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from typing import TYPE_CHECKING

import pytest

from asab_mom.amqp import AMQPBroker
from tests.support import amqp
from tests.support.broker_faults import ConsumerProcess, Faults
from tests.support.mom import Changes, LogWatch, serve
from tests.support.proof import repetitions
from tests.support.proxy import Proxy
from tests.support.rabbitmq import private_node

if TYPE_CHECKING:
    from asab_app import Application
    from asab_mom import Broker
    from tests.support.rabbitmq import Node

QUEUE = "proof"
IN_FLIGHT = 500


class Publishing:
    """Numbered messages, many at a time; those who wait for progress are told."""

    def __init__(self, broker: Broker, count: int) -> None:
        self.accepted: set[bytes] = set()
        self.over = False
        self._broker = broker
        self._count = count
        self._numbers = itertools.count()
        self._progress = asyncio.Event()

    async def run(self) -> None:
        """Publish as many messages as were asked for, and then a trickle until it is over: no fault meets silence."""
        await asyncio.gather(*(self._publish() for _ in range(IN_FLIGHT)))
        while not self.over:
            await self._publish_next()
            await asyncio.sleep(0.01)

    async def reach(self, count: int) -> None:
        while len(self.accepted) < count:
            self._progress.clear()
            await self._progress.wait()

    async def _publish(self) -> None:
        while len(self.accepted) < self._count:
            await self._publish_next()

    async def _publish_next(self) -> None:
        body = b"%d" % next(self._numbers)
        await self._broker.publish(body, QUEUE)
        self.accepted.add(body)
        self._progress.set()


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_what_was_accepted_is_handled_through_faults_of_all_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    """A message that `publish` took is handled at least once, whatever happens to the server, the line, and us."""
    count, faults = repetitions(2_000, 100_000), repetitions(3, 20)
    seed = int(os.environ.get("ASAB_PROOF_SEED", random.randrange(10**6)))
    happened: list[str] = []

    async def scenario(broker: Broker, node: Node, proxy: Proxy) -> None:
        health = Changes(broker.App)
        consumer = ConsumerProcess(through(proxy), QUEUE)
        await consumer.start()
        try:
            with LogWatch() as log:
                sender = AMQPBroker(broker.App, config=options(through(proxy), heartbeat=1))
                publishing = Publishing(sender, count)
                running = asyncio.ensure_future(publishing.run())
                chosen = Faults(node, proxy, consumer, log).choose(random.Random(seed), faults)
                for number, fault in enumerate(chosen, 1):
                    await publishing.reach(number * count // (faults + 1))
                    await health.until(ready=True)  # a fault that meets no line is none
                    happened.append(getattr(fault, "__name__", ""))
                    await fault()
                publishing.over = True
                await running
            await consumer.until(publishing.accepted)
            assert await consumer.stop() == 0
        finally:
            await consumer.kill()
        assert len(publishing.accepted) >= count
        assert set(consumer.handled) == publishing.accepted
        # Whoever is stopped while the line is broken has handled what it could not acknowledge any more.
        async with amqp.channel(node.url) as channel:
            for _ in range((await channel.queue_declare(QUEUE, passive=True))["message_count"]):
                left = await channel.basic_get(QUEUE, no_ack=True)
                assert left["message"] in consumer.handled
        twice = consumer.handled.total() - len(consumer.handled)
        tell(f"{len(publishing.accepted)} messages, {faults} faults: none lost, {twice} repeated")

    def tell(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text} (ASAB_PROOF_SEED={seed}: {', '.join(happened)})")

    with private_node() as node:
        asyncio.run(declare(node.url))

        async def with_proxy(broker: Broker) -> None:
            async with Proxy(node.port) as proxy:
                try:
                    await scenario(broker, node, proxy)
                except BaseException:
                    tell("failed")
                    raise

        serve(lambda app: idle(app, node.url), with_proxy)


async def declare(url: str) -> None:
    async with amqp.channel(url) as channel:
        await channel.queue_declare(QUEUE, durable=True)


def through(proxy: Proxy) -> str:
    return f"amqp://guest:guest@127.0.0.1:{proxy.port}/"


def idle(app: Application, url: str) -> AMQPBroker:
    return AMQPBroker(app, config=options(url))


def options(url: str, heartbeat: int = 30) -> dict[str, object]:
    return {"url": url, "exchange": "", "reconnect_delay": 0.5, "heartbeat": heartbeat}
