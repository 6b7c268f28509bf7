"""What is taken from aioamqp: its handshake and its calls. The only file that imports it.

What it does not do well under fault is not left to it, see `_channel` and `_connection`; what is wrong in the parts
that are used is mended here.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aioamqp.channel import Channel
from aioamqp.exceptions import AioamqpException
from aioamqp.protocol import CLOSING, AmqpProtocol

__all__ = ["CLOSING", "AioamqpException", "Calls", "Protocol"]


class Calls(Channel):  # type: ignore[misc]
    """The calls of a channel: declare, bind, consume and the others."""

    def _get_waiter(self, rpc_name: str) -> Any:
        """Hand out a waiter that can be answered, also when the call was given up in the meantime."""
        waiter = super()._get_waiter(rpc_name)
        return asyncio.Future() if waiter.done() else waiter


class Protocol(AmqpProtocol):  # type: ignore[misc]
    """The handshake of a connection, and the sending of heartbeats."""

    def _heartbeat_timer_recv_reset(self) -> None:
        """Do nothing: a `Watchdog` looks for the peer's heartbeats; aioamqp's own watch can end up in a busy loop."""
