"""The kinds of brokers that keep the contract."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import pytest

from asab_mom import MemoryBroker
from tests.support.broker_bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["memory", "amqp"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield Bench(MemoryBroker, f"memory://{uuid.uuid4().hex}/")
        return
    from asab_mom.amqp import AMQPBroker
    from tests.support import amqp

    bench = Bench(AMQPBroker, request.getfixturevalue("amqp_url"))
    yield bench
    asyncio.run(amqp.delete(bench.url, *bench.queues))
