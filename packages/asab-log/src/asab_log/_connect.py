"""A line to a receiver, of whatever kind it needs, without blocking the loop."""

from __future__ import annotations

import asyncio
import socket

from asab_log._line import DatagramLine, StreamLine, with_line_feed, with_octet_count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from typing import Any, TypeAlias, TypeVar

    from asab_log._receiver import Receiver

    Line: TypeAlias = DatagramLine | StreamLine
    _Result = TypeVar("_Result")

_TIMEOUT = 10.0
_FRAMINGS = {"lf": with_line_feed, "octets": with_octet_count}


async def connect(loop: asyncio.AbstractEventLoop, receiver: Receiver) -> Line:
    """Make a line to the first of the host's addresses that answers.

    Args:
        loop: The running loop.
        receiver: Where to.

    Raises:
        OSError: If the name is not known, or not within 10 s; or if none of its addresses answers within 10 s all
            together, or TLS does not come about.
        ValueError: If the name cannot be that of a host.
    """
    addresses = await _within(_TIMEOUT, _resolve(loop, receiver))
    error = OSError("the name has no address")
    for family, address in addresses:
        try:
            return await _within(_TIMEOUT / len(addresses), _connect_to(loop, receiver, family, address))
        except OSError as e:
            error = e
    raise error


async def _connect_to(
    loop: asyncio.AbstractEventLoop, receiver: Receiver, family: int, address: str | tuple[Any, ...]
) -> Line:
    sock = socket.socket(family, receiver.sock_type)
    try:
        sock.setblocking(False)
        await loop.sock_connect(sock, address)
        return await _line(loop, receiver, sock)
    except BaseException:
        sock.close()
        raise


async def _line(loop: asyncio.AbstractEventLoop, receiver: Receiver, sock: socket.socket) -> Line:
    if receiver.sock_type != socket.SOCK_STREAM:
        return DatagramLine(loop, sock)
    framing = _FRAMINGS[receiver.framing]
    if receiver.tls is None:
        return StreamLine(loop, sock, framing)

    from asab_log._tls import TLSLine  # only those who need TLS pay for it

    host = None if isinstance(receiver.address, str) else receiver.address[0]
    line = TLSLine(loop, sock, framing, receiver.tls, host)
    await line.shake_hands()
    return line


async def _resolve(loop: asyncio.AbstractEventLoop, receiver: Receiver) -> list[tuple[int, str | tuple[Any, ...]]]:
    family, sock_type, address = receiver.family, receiver.sock_type, receiver.address
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


async def _within(seconds: float, work: Coroutine[Any, Any, _Result]) -> _Result:
    try:
        async with asyncio.timeout(seconds):  # noqa: TID251 - a sender that is cancelled connects no more
            return await work
    except TimeoutError as e:  # ETIMEDOUT of the system is one too, and has a text
        raise OSError(str(e) or f"no answer within {seconds:g} s") from None
