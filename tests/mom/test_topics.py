"""The routing of `MemoryBroker` beside RabbitMQ's own: what works in a test works on the server."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import aioamqp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asab_mom import Message
from asab_mom._embedded import Server
from tests.support import amqp

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = st.sampled_from(["", "a", "b", "ab", "*", "#", "ř"])
KEYS = st.lists(WORDS, max_size=4).map(".".join)


class Bound:
    """A queue for each key, on a RabbitMQ."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self._context = amqp.channel(url)
        self._channel: Any = self._runner.run(self._context.__aenter__())

    def close(self) -> None:
        self._runner.run(self._context.__aexit__(None, None, None))
        self._runner.close()

    def ask(self, kind: str, keys: list[str], targets: list[str]) -> list[list[str]]:
        return self._runner.run(self._ask(kind, keys, targets))

    async def _ask(self, kind: str, keys: list[str], targets: list[str]) -> list[list[str]]:
        name = uuid.uuid4().hex
        await self._channel.exchange_declare(name, kind, auto_delete=True)
        queues = [f"{name}.{i}" for i in range(len(keys))]
        for queue, key in zip(queues, keys, strict=True):
            await self._channel.queue_declare(queue, exclusive=True)
            await self._channel.queue_bind(queue, name, key)
        for target in targets:
            await self._channel.basic_publish(target.encode(), name, target)
        try:
            return [await self._drain(queue) for queue in queues]
        finally:
            for queue in queues:
                await self._channel.queue_delete(queue)

    async def _drain(self, queue: str) -> list[str]:
        got: list[str] = []
        while True:
            try:
                got.append((await self._channel.basic_get(queue, no_ack=True))["message"].decode())
            except aioamqp.exceptions.EmptyQueue:
                return got


@pytest.fixture(scope="module")
def rabbitmq(amqp_url: str) -> Iterator[Bound]:
    bound = Bound(amqp_url)
    yield bound
    bound.close()


@pytest.mark.parametrize("kind", ["topic", "direct", "fanout"])
@settings(max_examples=40, deadline=None)
@given(keys=st.lists(KEYS, min_size=1, max_size=4), targets=st.lists(KEYS, min_size=1, max_size=8))
def test_a_message_goes_where_rabbitmq_would_send_it(
    rabbitmq: Bound, kind: str, keys: list[str], targets: list[str]
) -> None:
    """Empty words, wildcards in a target, words of any letters: the server's answer is the right one."""
    server = Server()
    for i, key in enumerate(keys):
        server.declare(str(i))
        server.bind(str(i), f"amq.{kind}", key)
    for target in targets:
        server.publish(Message(target.encode(), target, f"amq.{kind}"))
    ours = [[message.body.decode() for message in server.queues[str(i)].waiting] for i in range(len(keys))]
    assert ours == rabbitmq.ask(kind, keys, targets)
