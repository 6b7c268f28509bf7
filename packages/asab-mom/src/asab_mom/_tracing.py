"""Traces on their way: in the headers of messages, and in the handlers of those that come in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

from asab_app.tracing import TRACEPARENT, TRACESTATE, Trace, is_recorded, span
from asab_mom.message import Message

if TYPE_CHECKING:
    from asab_app.tracing import Attribute

T = TypeVar("T")

_NOTHING: AbstractContextManager[object] = contextlib.nullcontext()


def carried(trace: Trace, headers: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the headers of a message with a trace; those that the application has set itself are left."""
    return {**trace.headers, **(headers or {})}


def sending(
    system: str,
    target: str,
    exchange: str,
    message_id: str | None = None,
    correlation_id: str | None = None,
    *,
    name: str = "",
) -> AbstractContextManager[object]:
    """Return the step of sending a message; nothing, if nobody records it.

    Args:
        system: What carries it.
        target: Its routing key.
        exchange: Where it is published.
        message_id: Its identity.
        correlation_id: What the reply to it will bear, or it bears as one.
        name: What it is called in place of its exchange or target: these may be many.
    """
    if not is_recorded():
        return _NOTHING
    attributes = _attributes(system, "send", target, exchange, message_id, correlation_id)
    return span(f"send {name or exchange or target}", kind="producer", attributes=attributes)


async def handled(system: str, message: Message, handle: Callable[[span], Coroutine[Any, Any, T]]) -> T:
    """Handle a message as a step of the trace that it carries, or of a new one.

    Args:
        system: What has carried it.
        message: The message.
        handle: Called with the step for the coroutine that does so; it tells the step of failures that it sees to.
    """
    properties, target, exchange = message.properties, message.target, message.exchange
    parent = Trace.parse(properties.headers.get(TRACEPARENT), properties.headers.get(TRACESTATE))
    attributes: Mapping[str, Attribute] = {}
    if is_recorded():
        ids = properties.message_id, properties.correlation_id
        attributes = _attributes(system, "process", target, exchange, *ids)
    with span(f"process {target}", kind="consumer", parent=parent, attributes=attributes) as step:
        return await handle(step)


def _attributes(
    system: str, operation: str, target: str, exchange: str, message_id: str | None, correlation_id: str | None
) -> dict[str, Attribute]:
    """Return what is said of a message, by OpenTelemetry's conventions for RabbitMQ."""
    known: dict[str, str | None] = {
        "messaging.system": system,
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": exchange or target,
        "messaging.rabbitmq.destination.routing_key": target or None,
        "messaging.message.id": message_id,
        "messaging.message.conversation_id": correlation_id,
    }
    return {name: value for name, value in known.items() if value is not None}
