"""Several nodes of RabbitMQ as one: an application has them all in its `url`, and one of them dies."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from asab_mom.amqp import AMQPBroker
from tests.support import amqp
from tests.support.cluster import private_cluster
from tests.support.mom import Inbox, LogWatch, serve, within

if TYPE_CHECKING:
    from asab_app import Application
    from asab_mom import Broker


@pytest.mark.slow
@pytest.mark.parametrize(("size", "kind"), [(2, "classic"), (3, "quorum")])
def test_when_a_node_dies_the_others_serve_its_applications(size: int, kind: str) -> None:
    """With a queue that lives on a node that stays, or on a majority of the nodes."""
    inbox = Inbox()
    bodies = [str(i).encode() for i in range(1000)]

    async def scenario(broker: Broker) -> None:
        await log.wait_for("Connected to")
        victim = next(node for node in nodes if log.count(f"Connected to amqp://127.0.0.1:{node.port}/"))
        stays = next(node for node in nodes if node is not victim)
        async with amqp.channel((victim if kind == "quorum" else stays).url) as channel:
            # Where it is declared a classic queue lives, and a quorum queue has its leader.
            await channel.queue_declare("queue", durable=True, arguments={"x-queue-type": kind})
        broker.subscribe("queue")
        broker.add("queue", inbox)
        await within(asyncio.gather(*(broker.publish(body, "queue") for body in bodies[:500])))
        publishing = asyncio.gather(*(broker.publish(body, "queue") for body in bodies[500:]))
        await asyncio.to_thread(victim.kill)
        await log.wait_for(f"No connection to amqp://127.0.0.1:{victim.port}/")
        await within(publishing)
        await inbox.until(set(bodies))

    def setup(app: Application) -> AMQPBroker:
        url = ",".join(node.url for node in nodes)
        return AMQPBroker(app, config={"url": url, "exchange": "", "reconnect_delay": 0.5, "busy_timeout": 60})

    with private_cluster(size) as nodes, LogWatch() as log:
        assert serve(setup, scenario) == 0
