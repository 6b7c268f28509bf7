"""What the contract of the brokers is run on: brokers of one kind, and applications around them."""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from asab_mom import MemoryBroker
from tests.support.mom import serve
from tests.support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from asab_app import Application
    from asab_mom import Broker, Properties


class Bench:
    """Makes brokers of one kind that share a server, with targets that no other test uses."""

    def __init__(self, make_broker: Callable[..., Broker], url: str) -> None:
        self._make_broker = make_broker
        self.url = url
        self.name = f"test-{uuid.uuid4().hex}"

        self.queues: list[str] = []

    def target(self, word: str) -> str:
        return f"{self.name}.{word}"

    def queue(self, word: str) -> str:
        """A queue that is deleted after the test with those beside it, and the target that leads to it."""
        queue = self.target(word)
        self.queues += [queue, f"{queue}.failed", *(f"{queue}.retry.{10 * 2**n}" for n in range(4))]
        return queue

    def broker(self, app: Application, *, accept_replies: bool = False, **config: Any) -> Broker:
        return self._make_broker(app, accept_replies, config={"url": self.url, "exchange": "amq.topic", **config})

    @contextlib.asynccontextmanager
    async def fragile(
        self, app: Application, **config: Any
    ) -> AsyncIterator[tuple[Broker, Callable[[], Awaitable[None]]]]:
        """Another broker, and what breaks its line."""
        if self._make_broker is MemoryBroker:
            memory = MemoryBroker(app, config={"url": self.url, "exchange": "amq.topic", **config})

            async def break_line() -> None:
                memory.break_line()

            yield memory, break_line
            return
        async with Proxy(urlsplit(self.url).port or 5672) as proxy:
            parts = urlsplit(self.url)
            url = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{proxy.port}").geturl()
            yield self.broker(app, **{"url": url, "reconnect_delay": 0.1, **config}), proxy.cut

    def run(
        self,
        scenario: Callable[[Broker], Awaitable[None]],
        *,
        accept_replies: bool = False,
        config: Mapping[str, Any] | None = None,
        **handlers: Callable[[Properties, bytes], Awaitable[Any]],
    ) -> None:
        """Run an application whose broker gets the messages of all targets here, and whose `main()` is the scenario."""

        def setup(app: Application) -> Broker:
            broker = self.broker(app, accept_replies=accept_replies, **(config or {}))
            broker.subscribe("amq.topic", exchange=True, routing_key=self.target("#"))
            for word, handler in handlers.items():
                broker.add("reply" if word == "reply" else self.target(word), handler)
            return broker

        assert serve(setup, scenario) == 0
