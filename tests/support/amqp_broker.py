"""`AMQPBroker`s as the tests of its line need them: quick to come back, and with the default exchange."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from asab_mom.amqp import AMQPBroker

if TYPE_CHECKING:
    from asab_app import Application
    from tests.support.mom import Inbox


def consumer(url: str, queue: str, inbox: Inbox) -> Callable[[Application], AMQPBroker]:
    """What makes a broker that hands the messages of a queue to an inbox."""

    def setup(app: Application) -> AMQPBroker:
        broker = AMQPBroker(app, config=options(url))
        broker.subscribe(queue)
        broker.add(queue, inbox)
        return broker

    return setup


def options(url: str, **more: object) -> dict[str, object]:
    """The configuration of a broker."""
    return {"url": url, "exchange": "", "reconnect_delay": 0.2, **more}
