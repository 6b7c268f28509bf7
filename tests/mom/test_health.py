"""A broker that is not there makes the application not ready, and one that is back makes it ready."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from asab_mom.amqp import AMQPBroker
from tests.support.mom import Changes, serve
from tests.support.processes import free_port
from tests.support.proxy import Proxy

if TYPE_CHECKING:
    from asab_mom import Broker


def options(url: str) -> dict[str, object]:
    return {"url": url, "reconnect_delay": 0.2}


def test_an_application_is_ready_while_its_line_is_up(amqp_url: str) -> None:
    """Nothing is sent to an application that cannot send it on, until it can again."""

    async def scenario(broker: Broker) -> None:
        changes = Changes(broker.App)
        await changes.until(ready=True)
        async with Proxy(urlsplit(amqp_url).port or 5672) as proxy:
            parts = urlsplit(amqp_url)
            address = f"amqp://{parts.username}:{parts.password}@127.0.0.1:{proxy.port}{parts.path}"
            AMQPBroker(broker.App, config=options(address))
            await changes.until(ready=False)
            await changes.until(ready=True)
            await proxy.cut()
            await changes.until(ready=False)
            await changes.until(ready=True)

    serve(lambda app: AMQPBroker(app, config=options(amqp_url)), scenario)


def test_what_is_down_tells_the_address_and_the_reason_without_the_password() -> None:
    """Who is called at night reads where to look, and no secret."""
    port = free_port()

    async def scenario(broker: Broker) -> None:
        changes = Changes(broker.App)
        await changes.until(ready=False)
        while True:
            (status,) = broker.App.Health.down
            if status.reason != "not connected yet":
                break
            await asyncio.sleep(0)
        assert str(status) == f"asab:mom:amqp: amqp://127.0.0.1:{port}/: Connection refused"
        assert status.alive

    serve(lambda app: AMQPBroker(app, config=options(f"amqp://u:s3cret@127.0.0.1:{port}/")), scenario)
