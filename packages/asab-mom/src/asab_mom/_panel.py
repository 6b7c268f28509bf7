"""What the brokers of an application show of themselves to whoever looks at its panels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asab_mom.broker import Broker

Row = dict[str, Any]


def panel(brokers: Iterable[Broker]) -> dict[str, list[Row]]:
    """Return the lines to the servers, the queues that are consumed, and what was counted."""
    brokers = list(brokers)
    return {
        "Lines": [{"broker": each._name, **line} for each in brokers for line in each._lines()],
        "Queues": [row for each in brokers for row in _queues(each)],
        "Messages": [_messages(each) for each in brokers],
    }


def _queues(broker: Broker) -> list[Row]:
    return [
        {
            "broker": broker._name,
            "queue": each.queue,
            "exchange": each.exchange,
            "routing key": each.routing_key,
            "waiting": depth.waiting,
            "consumers": depth.consumers,
        }
        for each in broker._subscriptions
        for depth in [broker._depth(each)]
    ]


def _messages(broker: Broker) -> Row:
    under_way = broker._under_way()
    row = {
        "broker": broker._name,
        "being handled": under_way["handling"],
        "unconfirmed": under_way["unconfirmed"],
    }
    if broker.outbox is not None:
        row |= {"in the outbox": broker.outbox.waiting, "bytes in the outbox": broker.outbox.size}
    return row | dict(broker._meter.messages.live())
