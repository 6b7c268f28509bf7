"""Frames of AMQP 0-9-1 (section 4.2.3): cut from the stream by their length, and made for what we send.

What carries messages and acknowledgements is made and read here and in `_delivery`, without aioamqp: neither a message
nor the number of them can put the connection out of step.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from asab_mom._wire import encode_properties, short_string
from asab_mom.message import Message, Outcome

METHOD, HEADER, BODY, HEARTBEAT = KINDS = 1, 2, 3, 8
PUBLISH, RETURN, DELIVER, ACK, REJECT, NACK = (60 << 16 | method for method in (40, 50, 60, 80, 90, 120))
CLOSE, CLOSE_OK, BLOCKED, UNBLOCKED = (10 << 16 | method for method in (50, 51, 60, 61))
END = b"\xce"
OVERHEAD = 8
"""Bytes of a frame beside its payload: frame-max counts them (section 4.2.3)."""
DEFAULT_FRAME_MAX = 131072


class FrameError(Exception):
    """A stream of bytes that is not AMQP 0-9-1."""


class Frame(NamedTuple):
    """One frame as it came."""

    kind: int
    channel: int
    payload: bytes

    @property
    def method(self) -> int:
        """The class and method of a method frame, 16 bits each."""
        return int.from_bytes(self.payload[:4], "big")

    def pack(self) -> bytes:
        """Return the frame as it was on the wire."""
        return pack(self.kind, self.channel, self.payload)


def pack(kind: int, channel: int, payload: bytes) -> bytes:
    """Make a frame."""
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + END


class Splitter:
    """Cuts a stream of bytes into frames, by their length alone."""

    def __init__(self) -> None:
        """Begin at the start of a frame."""
        self.frame_max = DEFAULT_FRAME_MAX
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take what has arrived and yield the frames that are complete.

        Raises:
            FrameError: If a frame is longer than agreed or does not end where it should.
        """
        self._buffer += data
        at = 0
        try:
            while len(self._buffer) - at >= OVERHEAD:
                kind, channel, size = struct.unpack_from(">BHI", self._buffer, at)
                if kind not in KINDS or size + OVERHEAD > self.frame_max:
                    raise FrameError(f"a frame of type {kind} and {size} bytes; {self.frame_max} bytes were agreed")
                end = at + OVERHEAD + size
                if end > len(self._buffer):
                    return
                if self._buffer[end - 1] != END[0]:
                    raise FrameError(f"a frame of type {kind} and {size} bytes does not end where it should")
                frame = Frame(kind, channel, bytes(self._buffer[at + OVERHEAD - 1 : end - 1]))
                at = end
                yield frame
        finally:
            del self._buffer[:at]


class Content(NamedTuple):
    """An outgoing message, encoded before anything of it is written: an error leaves the connection in step."""

    method: bytes
    header: bytes
    body: bytes

    def frames(self, channel: int, frame_max: int) -> bytes:
        """Return all frames of the message, to be written at once."""
        size = frame_max - OVERHEAD
        pieces = [pack(METHOD, channel, self.method), pack(HEADER, channel, self.header)]
        pieces += [pack(BODY, channel, self.body[i : i + size]) for i in range(0, len(self.body), size)]
        return b"".join(pieces)


def encode(message: Message) -> Content:
    """Encode a message that has been checked."""
    where = short_string(message.exchange) + short_string(message.target)
    method = struct.pack(">IH", PUBLISH, 0) + where + bytes((message.mandatory,))
    properties = message.header or encode_properties(message.properties)
    header = struct.pack(">HHQ", 60, 0, len(message.body)) + properties
    return Content(method, header, message.body)


def settlement(channel: int, tag: int, outcome: Outcome) -> bytes:
    """Return the frame that says what has become of a delivery (basic.ack, basic.reject)."""
    if outcome is Outcome.ACCEPT:
        return pack(METHOD, channel, struct.pack(">IQB", ACK, tag, 0))
    return pack(METHOD, channel, struct.pack(">IQB", REJECT, tag, outcome is Outcome.RETURN))


def goodbye() -> bytes:
    """Return the frame that asks for the end of the connection (connection.close)."""
    return pack(METHOD, 0, struct.pack(">IH", CLOSE, 200) + short_string("closed by the application") + bytes(4))


def close_ok() -> bytes:
    """Return the frame that agrees to the end of the connection (connection.close-ok)."""
    return pack(METHOD, 0, struct.pack(">I", CLOSE_OK))
