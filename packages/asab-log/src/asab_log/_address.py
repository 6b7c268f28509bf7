"""Where syslog is: the forms of an address (documentation, chapter Logging to syslog), as a socket takes them."""

from __future__ import annotations

import socket
from typing import NamedTuple
from urllib.parse import urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from asab_log._receiver import SocketAddress

# RFC 5426 for UDP and RFC 5425 for TLS; TCP has none of its own, and receivers use that of UDP.
_PORTS = {"tcp": 514, "udp": 514, "tls": 6514}
_INTERNET = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM, "tls": socket.SOCK_STREAM}
_UNIX = {"unix-connect": socket.SOCK_STREAM, "unix-sendto": socket.SOCK_DGRAM}
_FORMS = "tcp://host:port/, udp://host:port/, tls://host:port/, unix-connect:///path, unix-sendto:///path or /path"


class Address(NamedTuple):
    """An address: its family (`AF_UNSPEC` until a host's name is resolved), socket type, place, and whether TLS."""

    family: int
    sock_type: int
    address: SocketAddress
    tls: bool = False


def parse_address(text: str) -> Address:
    """Read a syslog address.

    Args:
        text: `tcp://host:port/`, `udp://host:port/`, `tls://host:port/`, `unix-connect:///path`,
            `unix-sendto:///path`, or a path, which is the same as the latter. Without a port it is 514, for TLS 6514;
            an IPv6 address stands in brackets.

    Raises:
        ValueError: If it is none of these; the text of the error lists them.
    """
    if text.startswith("/"):
        return Address(_unix_family(), socket.SOCK_DGRAM, text)
    try:
        url = urlsplit(text)
        if url.scheme in _UNIX and url.path and not url.netloc:
            return Address(_unix_family(), _UNIX[url.scheme], url.path)
        if url.scheme in _INTERNET and url.hostname and _names_nothing_else(url):
            port = _PORTS[url.scheme] if url.port is None else url.port
            return Address(socket.AF_UNSPEC, _INTERNET[url.scheme], (url.hostname, port), url.scheme == "tls")
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
