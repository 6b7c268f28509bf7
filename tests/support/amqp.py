"""A client beside ours on the same RabbitMQ: makes, fills, looks into and deletes queues for a test."""

from __future__ import annotations

import contextlib
import struct
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import aioamqp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def channel(url: str) -> AsyncIterator[Any]:
    """A channel of aioamqp, with its connection."""
    parts = urlsplit(url)
    transport, protocol = await aioamqp.connect(
        parts.hostname,
        parts.port,
        unquote(parts.username or "guest"),
        unquote(parts.password or "guest"),
        unquote(parts.path[1:]) or "/",
    )
    try:
        yield await protocol.channel()
    finally:
        await protocol.close()
        transport.abort()


async def delete(url: str, *queues: str) -> None:
    """Delete queues, whether they are there or not."""
    async with channel(url) as amqp:
        for queue in queues:
            await amqp.queue_delete(queue)


async def publish_raw(channel: Any, queue: str, header: bytes, body: bytes) -> None:
    """Publish to a queue with a content header of our own making."""
    method = b"\x00\x3c\x00\x28\x00\x00\x00" + bytes((len(queue),)) + queue.encode() + b"\x00"
    for kind, payload in ((1, method), (2, header), (3, body)):
        frame = struct.pack(">BHI", kind, channel.channel_id, len(payload)) + payload + b"\xce"
        channel.protocol._stream_writer.write(frame)
