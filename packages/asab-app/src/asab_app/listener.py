"""`Listener`: a listening socket, and what is spoken on it.

The rules: all addresses are opened, or none. A socket listens before anybody serves it: a port in use is found out at
once, and a client that comes in the meantime waits in the queue of the system. What the service manager has opened at
an address is used, and left to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import stat
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from asab_app import _listen_fds
from asab_app.errors import StartupError
from asab_app.listen import Address, InheritedAddress, TcpAddress, UnixAddress
from asab_app.tls import server_context

if TYPE_CHECKING:
    import ssl

# `localhost` is an IPv6 address, too, in many a container that has no IPv6: its other address serves then.
_NOT_ON_THIS_MACHINE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class Listener:
    """A listening socket.

    Attributes:
        socket: The socket; it does not block.
        ssl_context: How TLS is spoken on it, or None.
    """

    def __init__(self, sock: socket.socket, file: _File | None = None) -> None:
        """Take over an open socket, and the file that goes with it."""
        self.socket = sock
        self.ssl_context: ssl.SSLContext | None = None
        self._file = file

    def close(self) -> None:
        """Stop listening. The file of a unix socket goes first, so that nobody ever meets the file of a dead one."""
        if self._file is not None:
            self._file.remove()
        self.socket.close()


async def open_listeners(who: str, addresses: Iterable[Address]) -> list[Listener]:
    """Open all addresses, or none.

    A host name that has several addresses is opened on each of them that this machine has.

    Args:
        who: Who listens, for errors.
        addresses: What is to be opened.

    Raises:
        StartupError: If an address cannot be opened; it names who, address and reason.
        ConfigError: If a TLS section cannot be used.
    """
    listeners: list[Listener] = []
    with contextlib.ExitStack() as on_failure:
        for address in addresses:
            context = server_context(address.ssl_section) if address.ssl_section else None
            try:
                opened = await _open(address)
            except (OSError, OverflowError, UnicodeError) as e:  # the last: a name that cannot be one
                raise StartupError(f"{who} cannot listen on {address}: {_reason(e)}") from e
            for listener in opened:
                on_failure.callback(listener.close)
                listener.ssl_context = context
            listeners += opened
        on_failure.pop_all()
    return listeners


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


async def _open(address: Address) -> list[Listener]:
    if isinstance(address, InheritedAddress):
        return [Listener(sock) for sock in _listen_fds.find(address.name)]
    if isinstance(address, UnixAddress):
        return [_open_unix(address.path)]
    return await _open_tcp(address)


async def _open_tcp(address: TcpAddress) -> list[Listener]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    listeners: list[Listener] = []
    failure: OSError | None = None
    with contextlib.ExitStack() as on_failure:
        for family, sockaddr in dict.fromkeys((family, sockaddr) for family, _, _, _, sockaddr in found):
            try:
                sock = _listen_fds.find_bound(family, sockaddr[:2]) or _bind(family, sockaddr)
            except OSError as e:
                if e.errno not in _NOT_ON_THIS_MACHINE:
                    raise
                failure = e
                continue
            listeners.append(Listener(on_failure.enter_context(sock)))
        if not listeners and failure is not None:
            raise failure
        on_failure.pop_all()
    return listeners


def _bind(family: int, address: tuple[Any, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # IPv6 only, so that `0.0.0.0 8080` and `:: 8080` stand side by side everywhere.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


class _File:
    """The file of a unix socket, as long as it is this one: a successor may have put its own in the place."""

    def __init__(self, path: str) -> None:
        self._path = os.path.abspath(path)  # the working directory may change
        self._identity = self._look()

    def remove(self) -> None:
        if self._identity is not None and self._look() == self._identity:
            os.unlink(self._path)

    def _look(self) -> tuple[int, int] | None:
        try:
            found = os.lstat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino


def _open_unix(path: str) -> Listener:
    if not hasattr(socket, "AF_UNIX"):
        raise OSError("this system has no unix sockets")
    if (inherited := _listen_fds.find_bound(socket.AF_UNIX, path)) is not None:
        return Listener(inherited)
    _remove_dead_socket(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.bind(path)
        sock.listen()
    except BaseException:
        sock.close()
        raise
    return Listener(sock, _File(path))


def _remove_dead_socket(path: str) -> None:
    """Remove what a killed server left behind, and nothing else: no file, and no socket that somebody serves."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return
    except OSError:
        return  # the bind tells
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        except OSError:
            return  # somebody lives there who has no time for us, or does not let us in
