"""`Listener`: an open socket, and what is spoken on it.

A socket is opened, and listens, before anybody serves it: a port in use is found out at once, and a client that comes
in the meantime waits in the queue of the system.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from asab_app import StartupError
from asab_app.tls import server_context
from asab_web._listen import UnixAddress

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from asab_web._listen import Address, TcpAddress

# `localhost` is an IPv6 address, too, in many a container that has no IPv6: its other address serves then.
_NOT_ON_THIS_MACHINE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class Listener:
    """A listening socket with its TLS context."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None) -> None:
        """Take over an open socket."""
        self.socket = sock
        self.ssl_context = context
        self.url = _url(sock, secure=context is not None)
        self._path = Path(sock.getsockname()) if self.url.startswith("unix:") else None

    def unlink(self) -> None:
        """Remove the file of a unix socket; before the close, so that nobody ever meets the file of a dead one."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Stop listening; what serves the socket must have let go of it."""
        self.unlink()
        self.socket.close()


def open_listeners(section: str, addresses: Iterable[Address]) -> list[Listener]:
    """Open all addresses, or none.

    A host name that has several addresses is opened on each of them that this machine has. Resolving one blocks.

    Args:
        section: The section of the container, for errors.
        addresses: What is to be opened.

    Raises:
        StartupError: If an address cannot be opened; it names address, section and reason.
        ConfigError: If a TLS section cannot be used.
    """
    with contextlib.ExitStack() as opened:
        listeners: list[Listener] = []
        for address in addresses:
            context = server_context(address.ssl_section) if address.ssl_section else None
            for sock in _open(section, address):
                listeners.append(Listener(sock, context))
                opened.callback(listeners[-1].close)
        opened.pop_all()
        return listeners


def _open(section: str, address: Address) -> list[socket.socket]:
    try:
        return [_open_unix(address.path)] if isinstance(address, UnixAddress) else _open_tcp(address)
    except (OSError, UnicodeError) as exc:  # a label of the name that is too long is a UnicodeError
        raise StartupError(f"Cannot listen on {address} ([{section}] listen): {_reason(exc)}") from exc


def _reason(exc: OSError | UnicodeError) -> str:
    if isinstance(exc, socket.gaierror):
        return str(exc.strerror)
    # The text of an error of the system repeats the address.
    return os.strerror(exc.errno) if isinstance(exc, OSError) and exc.errno else str(exc)


def _open_tcp(address: TcpAddress) -> list[socket.socket]:
    infos = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    failure: OSError | None = None
    with contextlib.ExitStack() as opened:
        for family, sockaddr in dict.fromkeys((family, sockaddr) for family, _, _, _, sockaddr in infos):
            try:
                # An IPv6 socket takes IPv6 only, so that `0.0.0.0 8080` and `:: 8080` stand side by side everywhere.
                sockets.append(opened.enter_context(socket.create_server(sockaddr, family=family)))
            except OSError as exc:
                if exc.errno not in _NOT_ON_THIS_MACHINE:
                    raise
                failure = exc
        if not sockets and failure is not None:
            raise failure
        opened.pop_all()
        return sockets


def _open_unix(path: str) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise OSError("this system has no unix sockets")
    _remove_dead_socket(path)
    with contextlib.ExitStack() as opened:
        sock = opened.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        sock.bind(path)
        sock.listen()
        opened.pop_all()
        return sock


def _remove_dead_socket(path: str) -> None:
    """Remove what a killed server left behind, and nothing else: no file, and no socket that somebody serves."""
    try:
        if not stat.S_ISSOCK(Path(path).stat().st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except BlockingIOError:  # somebody lives there who has no time for us
            return
        except ConnectionRefusedError:
            Path(path).unlink()


def _url(sock: socket.socket, *, secure: bool) -> str:
    name = sock.getsockname()
    if isinstance(name, str):
        return f"unix:{name}"
    host, port = name[:2]
    scheme = "https" if secure else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
