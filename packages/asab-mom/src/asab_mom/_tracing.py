"""Traces on their way: in the headers of messages, and in the handlers of those that come in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from asab_app.tracing import TRACEPARENT, TRACESTATE, Trace, is_recorded, span
from asab_mom.message import Message

T = TypeVar("T")

_NOTHING: AbstractContextManager[object] = contextlib.nullcontext()


def carried(trace: Trace, headers: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the headers of a message with a trace; those that the application has set itself are left."""
    return {**trace.headers, **(headers or {})}


def sending(target: str, exchange: str) -> AbstractContextManager[object]:
    """Return the step of sending a message; nothing, if nobody records it."""
    if not is_recorded():
        return _NOTHING
    return span(f"send {exchange or target}", kind="producer", attributes=_attributes("send", target, exchange))


async def handled(message: Message, handle: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Handle a message as a step of the trace that it carries, or of a new one.

    Args:
        message: The message.
        handle: Called for the coroutine that does so.
    """
    headers, target, exchange = message.properties.headers, message.target, message.exchange
    parent = Trace.parse(headers.get(TRACEPARENT), headers.get(TRACESTATE))
    attributes = _attributes("process", target, exchange)
    with span(f"process {target}", kind="consumer", parent=parent, attributes=attributes):
        return await handle()


def _attributes(operation: str, target: str, exchange: str) -> dict[str, str]:
    return {
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": exchange or target,
        "messaging.rabbitmq.destination.routing_key": target,
    }
