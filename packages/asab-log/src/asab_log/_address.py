"""Where syslog is: the five forms of an address (documentation, chapter Logging to syslog), as a socket takes them."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias
    from urllib.parse import SplitResult

    SocketAddress: TypeAlias = str | tuple[str, int]

_DEFAULT_PORT = 514  # RFC 5426 for UDP; TCP has none of its own, and receivers use the same
_INTERNET = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
_UNIX = {"unix-connect": socket.SOCK_STREAM, "unix-sendto": socket.SOCK_DGRAM}
_FORMS = "tcp://host:port/, udp://host:port/, unix-connect:///path, unix-sendto:///path or /path"


def parse_address(text: str) -> tuple[int, int, SocketAddress]:
    """Read a syslog address.

    Args:
        text: `tcp://host:port/`, `udp://host:port/`, `unix-connect:///path`, `unix-sendto:///path`, or a path, which
            is the same as the latter. Without a port it is 514; an IPv6 address stands in brackets.

    Returns:
        Address family, socket type and address. The family of a host is open (`AF_UNSPEC`) until its name is resolved.

    Raises:
        ValueError: If it is none of these; the text of the error lists them.
    """
    if text.startswith("/"):
        return _unix_family(), socket.SOCK_DGRAM, text
    try:
        url = urlsplit(text)
        if url.scheme in _UNIX and url.path and not url.netloc:
            return _unix_family(), _UNIX[url.scheme], url.path
        if url.scheme in _INTERNET and url.hostname and _names_nothing_else(url):
            port = _DEFAULT_PORT if url.port is None else url.port
            return socket.AF_UNSPEC, _INTERNET[url.scheme], (url.hostname, port)
    except ValueError as e:
        raise ValueError(f"{e}; expected {_FORMS}") from None
    raise ValueError(f"expected {_FORMS}")


def is_local(family: int) -> bool:
    """Tell whether a family is that of unix sockets."""
    return family == getattr(socket, "AF_UNIX", None)


def _names_nothing_else(url: SplitResult) -> bool:
    return url.path in ("", "/") and not url.query and not url.fragment and url.username is None


def _unix_family() -> int:
    if not hasattr(socket, "AF_UNIX"):
        raise ValueError("there are no unix sockets on this system, use tcp:// or udp://")
    return socket.AF_UNIX
