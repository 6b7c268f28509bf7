"""`Listener`: a listening socket, and what is spoken on it.

The rules: all addresses are opened, or none. A socket listens before anybody serves it: a port in use is found out at
once, and a client that comes in the meantime waits in the queue of the system. What the service manager has opened at
an address is used, and left to it. A certificate that has become wrong does not take the place of the one that works.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import stat
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from asab_app import _listen_fds
from asab_app.errors import StartupError
from asab_app.listen import Address, TcpAddress, UnixAddress
from asab_app.tls import server_context
from asab_config import ConfigError

if TYPE_CHECKING:
    import ssl

L = logging.getLogger(__name__)

BACKLOG: Final = socket.SOMAXCONN
"""How many connections wait to be accepted; the system has a limit of its own (`net.core.somaxconn`)."""

_LONGEST: Final = 2**31 - 1  # milliseconds, some 25 days: what the system can count

# `localhost` is an IPv6 address, too, in many a container that has no IPv6: its other address serves then.
_NOT_ON_THIS_MACHINE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class Listener:
    """A listening socket.

    Attributes:
        socket: The socket; it does not block.
        inherited: Whether the service manager has opened it, and goes on listening when it is closed here.
        ssl_context: How TLS is spoken on a new connection, or None.
    """

    def __init__(self, sock: socket.socket, file: _File | None = None, *, inherited: bool = False) -> None:
        """Take over an open socket, and the file that goes with it."""
        self.socket = sock
        self.inherited = inherited
        self.ssl_context: ssl.SSLContext | None = None
        self._ssl_section: str | None = None
        self._file = file

    def secure(self, ssl_section: str, context: ssl.SSLContext) -> None:
        """Speak TLS on new connections.

        Args:
            ssl_section: The section that the context was made of.
            context: The context.
        """
        self._ssl_section = ssl_section
        self.ssl_context = context

    def limit_sending(self, seconds: float) -> None:
        """Have the system cut off a peer of a new TCP connection that takes nothing of what is sent to it.

        Linux does it; elsewhere, and on unix sockets, there is no limit.

        Args:
            seconds: After how long; 0 for what the system does by itself, which ends for a peer that is gone only.
        """
        if hasattr(socket, "TCP_USER_TIMEOUT") and self.socket.family in (socket.AF_INET, socket.AF_INET6):
            # Connections have it of the socket that they are accepted on.
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, min(round(seconds * 1000), _LONGEST))

    def unlink(self) -> None:
        """Remove the file of a unix socket; before the close, so that nobody ever meets the file of a dead one."""
        if self._file is not None:
            self._file.remove()

    def close(self) -> None:
        """Stop listening; whoever is not accepted yet and not the service manager's is cut off."""
        self.unlink()
        self.socket.close()


def read_certificates(listeners: Iterable[Listener]) -> None:
    """Read the TLS sections and their files again, for new connections.

    A section that cannot be used is said once, and what is there stays.
    """
    sections: dict[str, list[Listener]] = {}
    for listener in listeners:
        if listener._ssl_section is not None:
            sections.setdefault(listener._ssl_section, []).append(listener)
    for section, secured in sections.items():
        try:
            context = server_context(section)
        except ConfigError as e:
            L.error("The certificate stays as it was: %s", e)
            continue
        for listener in secured:
            listener.secure(section, context)


async def open_listeners(who: str, addresses: Iterable[Address], *, reuse_port: bool = False) -> list[Listener]:
    """Open all addresses, or none.

    A host name that has several addresses is opened on each of them that this machine has.

    Args:
        who: Who listens, for errors.
        addresses: What is to be opened.
        reuse_port: Whether other processes of this user may listen on the same ports and share the connections.

    Raises:
        StartupError: If an address cannot be opened; it names who, address and reason.
        ConfigError: If a TLS section cannot be used.
    """
    addresses = list(addresses)
    loop = asyncio.get_running_loop()
    found = {}
    for address in addresses:
        if isinstance(address, TcpAddress):
            with _naming(who, address):
                found[address] = await loop.getaddrinfo(
                    address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
                )
    return _open_all(who, addresses, found, reuse_port)


def open_listeners_now(who: str, addresses: Iterable[Address], *, reuse_port: bool = False) -> list[Listener]:
    """Do the same at once: looking up a host name blocks. Arguments and errors as for `open_listeners`."""
    addresses = list(addresses)
    found = {}
    for address in addresses:
        if isinstance(address, TcpAddress):
            with _naming(who, address):
                found[address] = socket.getaddrinfo(
                    address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
                )
    return _open_all(who, addresses, found, reuse_port)


def _open_all(
    who: str, addresses: list[Address], found: dict[TcpAddress, list[Any]], reuse_port: bool
) -> list[Listener]:
    listeners: list[Listener] = []
    with contextlib.ExitStack() as on_failure:
        for address in addresses:
            context = server_context(address.ssl_section) if address.ssl_section else None
            with _naming(who, address):
                if isinstance(address, TcpAddress):
                    opened = _open_tcp(found[address], reuse_port)
                elif isinstance(address, UnixAddress):
                    opened = [_open_unix(address)]
                else:
                    opened = [Listener(sock, inherited=True) for sock in _listen_fds.find(address.name)]
            for listener in opened:
                on_failure.callback(listener.close)
                if address.ssl_section and context:
                    listener.secure(address.ssl_section, context)
            listeners += opened
        on_failure.pop_all()
    return listeners


@contextlib.contextmanager
def _naming(who: str, address: Address) -> Iterator[None]:
    try:
        yield
    except (OSError, OverflowError, UnicodeError) as e:  # the last: a name that cannot be one
        raise StartupError(f"{who} cannot listen on {address}: {_reason(e)}") from e


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _open_tcp(found: list[Any], reuse_port: bool) -> list[Listener]:
    listeners: list[Listener] = []
    failure: OSError | None = None
    with contextlib.ExitStack() as on_failure:
        for family, sockaddr in dict.fromkeys((family, sockaddr) for family, _, _, _, sockaddr in found):
            try:
                inherited = _listen_fds.find_bound(family, sockaddr[:2])
                sock = inherited or _bind(family, sockaddr, reuse_port)
            except OSError as e:
                if e.errno not in _NOT_ON_THIS_MACHINE:
                    raise
                failure = e
                continue
            listeners.append(Listener(on_failure.enter_context(sock), inherited=inherited is not None))
        if not listeners and failure is not None:
            raise failure
        on_failure.pop_all()
    return listeners


def _bind(family: int, address: tuple[Any, ...], reuse_port: bool) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            if not hasattr(socket, "SO_REUSEPORT"):
                raise OSError("on this system processes cannot share a port")
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            # IPv6 only, so that `0.0.0.0 8080` and `:: 8080` stand side by side everywhere.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
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


def _open_unix(address: UnixAddress) -> Listener:
    if not hasattr(socket, "AF_UNIX"):
        raise OSError("this system has no unix sockets")
    path = address.path
    if (inherited := _listen_fds.find_bound(socket.AF_UNIX, path)) is not None:
        return Listener(inherited, inherited=True)
    _remove_dead_socket(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.bind(path)
        file = _File(path)
        try:
            if address.mode is not None:
                os.chmod(path, address.mode)  # before anybody can connect
            sock.listen(BACKLOG)
        except BaseException:
            file.remove()
            raise
    except BaseException:
        sock.close()
        raise
    return Listener(sock, file)


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
