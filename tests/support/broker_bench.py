"""What the contract of the brokers is run on: brokers of one kind, and applications around them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tests.support.mom import serve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

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
        """A queue that is deleted after the test, and the target that leads to it by the default exchange."""
        self.queues.append(self.target(word))
        return self.target(word)

    def broker(self, app: Application, *, accept_replies: bool = False, **config: Any) -> Broker:
        return self._make_broker(app, accept_replies, config={"url": self.url, "exchange": "amq.topic", **config})

    def run(
        self,
        scenario: Callable[[Broker], Awaitable[None]],
        *,
        accept_replies: bool = False,
        **handlers: Callable[[Properties, bytes], Awaitable[Any]],
    ) -> None:
        """Run an application whose broker gets the messages of all targets here, and whose `main()` is the scenario."""

        def setup(app: Application) -> Broker:
            broker = self.broker(app, accept_replies=accept_replies)
            broker.subscribe("amq.topic", exchange=True, routing_key=self.target("#"))
            for word, handler in handlers.items():
                broker.add("reply" if word == "reply" else self.target(word), handler)
            return broker

        assert serve(setup, scenario) == 0
