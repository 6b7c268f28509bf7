"""Frames of AMQP 0-9-1 (section 4.2.3): cut from the stream by their length, and made for what we send.

What carries messages and acknowledgements is made and read here and in `_delivery`, without aioamqp: neither a message
nor the number of them can put the connection out of step. What is done for each message is done with few calls.
"""

from __future__ import annotations

import functools
import struct
from typing import NamedTuple

from asab_mom._wire import encode_properties, short_string
from asab_mom.message import Message, Outcome

METHOD, HEADER, BODY, HEARTBEAT = KINDS = 1, 2, 3, 8
PUBLISH, RETURN, DELIVER, ACK, REJECT, NACK = (struct.pack(">HH", 60, n) for n in (40, 50, 60, 80, 90, 120))
CLOSE, CLOSE_OK, BLOCKED, UNBLOCKED = (struct.pack(">HH", 10, n) for n in (50, 51, 60, 61))
END = b"\xce"
OVERHEAD = 8
"""Bytes of a frame beside its payload: frame-max counts them (section 4.2.3)."""
DEFAULT_FRAME_MAX = 131072
_START = struct.Struct(">BHI")
_HEADER = struct.Struct(">IHHQ")
_SETTLEMENT = struct.Struct(">BHI4sQBB")


class FrameError(Exception):
    """A stream of bytes that is not AMQP 0-9-1."""


class Frame(NamedTuple):
    """One frame as it came."""

    kind: int
    channel: int
    payload: bytes

    @property
    def method(self) -> bytes:
        """The class and method of a method frame, 16 bits each."""
        return self.payload[:4]

    def pack(self) -> bytes:
        """Return the frame as it was on the wire."""
        return pack(self.kind, self.channel, self.payload)


def pack(kind: int, channel: int, payload: bytes) -> bytes:
    """Make a frame."""
    return b"%b%b%b" % (_START.pack(kind, channel, len(payload)), payload, END)


class Splitter:
    """Cuts a stream of bytes into frames, by their length alone."""

    def __init__(self) -> None:
        """Begin at the start of a frame."""
        self.frame_max = DEFAULT_FRAME_MAX
        self._rest = bytearray()
        self._needed = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Take what has arrived and return the frames that are complete.

        Raises:
            FrameError: If a frame is longer than agreed or does not end where it should.
        """
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return []
            data = bytes(self._rest)
            self._rest.clear()
        frames: list[Frame] = []
        at = self._cut(data, frames)
        self._rest += data[at:]
        return frames

    def _cut(self, data: bytes, frames: list[Frame]) -> int:
        """Cut off what is complete, and return where the rest begins."""
        at, there = 0, len(data)
        self._needed = OVERHEAD
        while there - at >= OVERHEAD:
            kind, channel, size = _START.unpack_from(data, at)
            if kind not in KINDS or size + OVERHEAD > self.frame_max:
                raise FrameError(f"a frame of type {kind} and {size} bytes; {self.frame_max} bytes were agreed")
            end = at + OVERHEAD + size
            if end > there:
                self._needed = OVERHEAD + size
                break
            if data[end - 1] != END[0]:
                raise FrameError(f"a frame of type {kind} and {size} bytes does not end where it should")
            frames.append(Frame(kind, channel, data[at + OVERHEAD - 1 : end - 1]))
            at = end
        return at


class Content(NamedTuple):
    """An outgoing message, encoded before anything of it is written: an error leaves the connection in step.

    Attributes:
        method: The method's frame from its length on: what comes before depends on the channel.
        header: The header's, likewise.
        body: The body.
    """

    method: bytes
    header: bytes
    body: bytes

    def frames(self, channel: int, frame_max: int) -> bytes:
        """Return all frames of the message, to be written at once."""
        method, header, body = self
        method_start, header_start = _starts(channel)
        size = frame_max - OVERHEAD
        if 0 < len(body) <= size:
            start = _START.pack(BODY, channel, len(body))
            return b"".join((method_start, method, header_start, header, start, body, END))
        pieces = [pack(BODY, channel, body[i : i + size]) for i in range(0, len(body), size)]
        return b"".join((method_start, method, header_start, header, *pieces))


@functools.lru_cache
def _starts(channel: int) -> tuple[bytes, bytes]:
    """Return the first bytes of a method frame and of a header frame, up to the length."""
    return struct.pack(">BH", METHOD, channel), struct.pack(">BH", HEADER, channel)


def encode(message: Message) -> Content:
    """Encode a message that has been checked."""
    properties = message.header or encode_properties(message.properties)
    body = message.body
    header = b"%b%b%b" % (_HEADER.pack(12 + len(properties), 60, 0, len(body)), properties, END)
    return Content(_method(message.exchange, message.target, message.mandatory), header, body)


@functools.lru_cache(maxsize=1024)
def _method(exchange: str, target: str, mandatory: bool) -> bytes:
    """Return the frame of basic.publish from its length on; most messages go where others have gone before."""
    where = short_string(exchange) + short_string(target)
    payload = PUBLISH + bytes(2) + where + bytes((mandatory,))
    return struct.pack(">I", len(payload)) + payload + END


def settlement(channel: int, tag: int, outcome: Outcome, multiple: bool = False) -> bytes:
    """Return the frame that says what has become of a delivery (basic.ack, basic.reject).

    Args:
        channel: The channel that it came on.
        tag: Its number.
        outcome: What has become of it.
        multiple: Whether that goes for all deliveries before it too; only for `Outcome.ACCEPT`.
    """
    method, bits = (ACK, multiple) if outcome is Outcome.ACCEPT else (REJECT, outcome is Outcome.RETURN)
    return _SETTLEMENT.pack(METHOD, channel, 13, method, tag, bits, END[0])


def goodbye() -> bytes:
    """Return the frame that asks for the end of the connection (connection.close)."""
    return pack(METHOD, 0, CLOSE + struct.pack(">H", 200) + short_string("closed by the application") + bytes(4))


def close_ok() -> bytes:
    """Return the frame that agrees to the end of the connection (connection.close-ok)."""
    return pack(METHOD, 0, CLOSE_OK)
