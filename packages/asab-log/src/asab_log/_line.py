"""A line to a receiver: a connected socket, and how frames travel on it.

The rules:

1. A frame is delivered when the operating system has taken it whole, and that is told at once, frame by frame: what is
   cut off in mid-frame is not delivered, and goes again, whole, on the next line.
2. Frames of a stream go out many to a system call. Only when the system takes no more is it waited for.
"""

from __future__ import annotations

import errno
import socket

from asab_log._cut import MARK, cut

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

_CHUNK = 65536
_TOO_LONG = {errno.EMSGSIZE, getattr(errno, "WSAEMSGSIZE", errno.EMSGSIZE)}


def with_line_feed(frame: bytes) -> bytes:
    """Return the frame as a stream's, ended by a line feed (RFC 6587, section 3.4.2)."""
    return frame + b"\n"


def with_octet_count(frame: bytes) -> bytes:
    """Return the frame as a stream's, after its length (RFC 6587, section 3.4.1)."""
    return b"%d %b" % (len(frame), frame)


class StreamLine:
    """A stream, where frames are told apart by their framing."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, framing: Callable[[bytes], bytes]) -> None:
        """Make a line.

        Args:
            loop: The running loop.
            sock: A connected, non-blocking socket, which belongs to the line from now on.
            framing: Makes of a frame what is sent.
        """
        self._loop = loop
        self._sock = sock
        self._framing = framing

    async def send(self, frames: Sequence[bytes], delivered: Callable[[int], None]) -> None:
        """Send frames.

        Args:
            frames: At least one.
            delivered: Is told how many of the next frames the operating system has taken.

        Raises:
            OSError: If the line is gone.
        """
        wires = [self._wire(frame) for frame in frames]
        data = b"".join(wires)
        position = self._send(data)
        if position == len(data):  # as nearly always
            delivered(len(wires))
            return
        rest = memoryview(data)
        end = 0
        for wire in wires:
            end += len(wire)
            if position < end:
                position += self._send(rest[position:])
            if position < end:  # the frame's rest is sent by the loop, which knows how to wait on every system
                await self._loop.sock_sendall(self._sock, rest[position:end])
                position = end
            delivered(1)

    def check(self) -> None:
        """Read what the receiver says, which means nothing, to learn whether it is there.

        Raises:
            OSError: If it has gone: a frame sent now would vanish without an error.
        """
        try:
            while data := self._sock.recv(_CHUNK):
                self._read(data)
        except BlockingIOError:
            return
        raise ConnectionResetError("the receiver has closed the connection")

    async def finish(self) -> None:
        """Make sure that nothing that was sent is lost by closing."""

    def close(self) -> None:
        """Close at once."""
        self._sock.close()

    def _send(self, data: bytes | memoryview) -> int:
        """Return how many bytes the system takes at once."""
        try:
            return self._sock.send(data)
        except BlockingIOError:
            return 0

    def _wire(self, frame: bytes) -> bytes:
        return self._framing(frame)

    def _read(self, data: bytes) -> None:
        pass


class DatagramLine:
    """A connected datagram socket, where each frame is a datagram."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
        """Make a line, as `StreamLine` does."""
        self._loop = loop
        self._sock = sock

    async def send(self, frames: Sequence[bytes], delivered: Callable[[int], None]) -> None:
        """Send frames, as `StreamLine` does; one that the system finds too long is cut."""
        for frame in frames:
            await self._send(frame)
            delivered(1)

    def check(self) -> None:
        """Nobody knows whether a receiver of datagrams is there."""

    async def finish(self) -> None:
        """What was sent is out of our hands."""

    def close(self) -> None:
        """Close at once."""
        self._sock.close()

    async def _send(self, frame: bytes) -> None:
        while True:
            try:
                try:
                    self._sock.send(frame)
                except BlockingIOError:
                    await self._loop.sock_sendall(self._sock, frame)
                return
            except OSError as e:
                if e.errno not in _TOO_LONG or len(frame) < 4 * len(MARK):
                    raise
            frame = cut(frame, len(frame) // 2)
