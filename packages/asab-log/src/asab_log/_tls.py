"""TLS on a line (RFC 5425), without blocking, and with each frame in records of its own.

The standard library's TLS transports keep what they have not sent to themselves. Here it is known of each frame whether
the operating system has taken it whole.
"""

from __future__ import annotations

import contextlib
import socket
import ssl

from asab_log._line import StreamLine

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_CHUNK = 65536


class TLSLine(StreamLine):
    """A stream under TLS; `shake_hands` comes first."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        framing: Callable[[bytes], bytes],
        context: ssl.SSLContext,
        host: str | None,
    ) -> None:
        """Make a line.

        Args:
            loop: The running loop.
            sock: As for `StreamLine`.
            framing: As for `StreamLine`.
            context: The context of a client.
            host: The name or the address that the receiver's certificate has to vouch for.
        """
        super().__init__(loop, sock, framing)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    async def shake_hands(self) -> None:
        """Agree with the receiver on who it is and how to encrypt.

        Raises:
            OSError: If that fails; `ssl.SSLError` is one, and the receiver is told.
        """
        while True:
            try:
                self._tls.do_handshake()
                return await self._flush()
            except ssl.SSLWantReadError:
                await self._flush()
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    await self._flush()
                raise
            data = await self._loop.sock_recv(self._sock, _CHUNK)
            if not data:
                raise ConnectionResetError("the receiver has closed the connection during the TLS handshake")
            self._incoming.write(data)

    async def finish(self) -> None:
        """Say the end, and wait until the receiver has read all up to it.

        A socket that is closed with something unread, such as the tickets of TLS 1.3, resets the connection, and the
        receiver loses what it has not read yet.
        """
        with contextlib.suppress(ssl.SSLError):  # it wants to read the receiver's own end
            self._tls.unwrap()
        with contextlib.suppress(OSError):
            await self._flush()
            self._sock.shutdown(socket.SHUT_WR)
            while await self._loop.sock_recv(self._sock, _CHUNK):
                pass

    def _wire(self, frame: bytes) -> bytes:
        self._tls.write(self._framing(frame))
        return self._outgoing.read()

    def _read(self, data: bytes) -> None:
        self._incoming.write(data)
        try:
            while self._tls.read(_CHUNK):
                pass
        except ssl.SSLWantReadError:
            return
        except ssl.SSLZeroReturnError:
            pass
        raise ConnectionResetError("the receiver has closed the connection")

    async def _flush(self) -> None:
        await self._loop.sock_sendall(self._sock, self._outgoing.read())
