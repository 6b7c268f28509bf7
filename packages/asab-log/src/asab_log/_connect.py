"""A connected socket, of whatever kind an address needs, without blocking the loop."""

from __future__ import annotations

import asyncio
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from asab_log._address import SocketAddress

_TIMEOUT = 10.0


async def connect(
    loop: asyncio.AbstractEventLoop, family: int, sock_type: int, address: SocketAddress
) -> socket.socket:
    """Connect to the first of the host's addresses that answers.

    Args:
        loop: The running loop.
        family: The address family, `AF_UNSPEC` for any that the host's name has.
        sock_type: `SOCK_STREAM` or `SOCK_DGRAM`.
        address: A path, or host and port.

    Returns:
        A non-blocking socket.

    Raises:
        OSError: If none answers within 10 s all together, or the name is not known.
        UnicodeError: If the name cannot be that of a host.
    """
    try:
        async with asyncio.timeout(_TIMEOUT):
            return await _connect_to_first(loop, sock_type, await _resolve(loop, family, sock_type, address))
    except TimeoutError as e:
        raise OSError(str(e) or f"no answer within {_TIMEOUT:g} s") from None


async def _connect_to_first(
    loop: asyncio.AbstractEventLoop, sock_type: int, addresses: list[tuple[int, str | tuple[Any, ...]]]
) -> socket.socket:
    error = OSError("the name has no address")
    for family, address in addresses:
        sock = socket.socket(family, sock_type)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
            return sock
        except OSError as e:
            sock.close()
            error = e
        except BaseException:
            sock.close()
            raise
    raise error


async def _resolve(
    loop: asyncio.AbstractEventLoop, family: int, sock_type: int, address: SocketAddress
) -> list[tuple[int, str | tuple[Any, ...]]]:
    if isinstance(address, str):
        return [(family, address)]
    found: Sequence[tuple[int, int, int, str, Any]]
    try:  # an address in figures needs no thread to wait for a name server
        found = socket.getaddrinfo(*address, family, sock_type, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        found = await _look_up(loop, family, sock_type, address)
    return [(found_family, found_address) for found_family, _, _, _, found_address in found]


async def _look_up(
    loop: asyncio.AbstractEventLoop, family: int, sock_type: int, address: tuple[str, int]
) -> Sequence[tuple[int, int, int, str, Any]]:
    try:
        return await loop.getaddrinfo(*address, family=family, type=sock_type)
    except RuntimeError as e:  # the loop is about to be closed and has shut its threads down
        raise OSError(f"the name cannot be looked up any more: {e}") from None
