"""The option `listen`: text in, addresses out, and nothing else; `_listener` opens them.

A line is an address. A value that is not understood is an error that shows the forms, never a guess.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from asab_config import ConfigError

FORMS = (
    "an address a line, as 8080, 0.0.0.0:8080, 0.0.0.0 8080, [::1]:8080, :: 8080 or /path/to/socket,"
    " with ssl:<name> behind it for TLS"
)
DEFAULT_HOST = "0.0.0.0"  # noqa: S104  a server is there to be reached; the documentation's example relies on it

# What can stand in a host name or an IPv4 address; whether it resolves is found out when it is opened.
_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?")
_SSL = re.compile(r"(?P<address>.*\S)\s+(?P<section>ssl:\S+)")


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A host and a port; port 0 is any free one."""

    host: str
    port: int
    ssl_section: str | None = None

    def __str__(self) -> str:
        """Return the address as in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """The path of a unix socket."""

    path: str
    ssl_section: str | None = None

    def __str__(self) -> str:
        """Return the path."""
        return self.path


Address = TcpAddress | UnixAddress


def parse_listen(section: str, value: object) -> list[Address]:
    """Read the option `listen`.

    Args:
        section: The section that it stands in, for errors.
        value: Its value, an address a line; empty lines do not count.

    Raises:
        ConfigError: If a line is no address, or there is none; it names section, line and the forms.
    """
    lines = [line.strip() for line in str(value).splitlines() if line.strip()]
    if not lines:
        raise ConfigError(f"[{section}] listen is empty: expected {FORMS}")
    return [_parse_line(section, line) for line in lines]


def _parse_line(section: str, line: str) -> Address:
    with_ssl = _SSL.fullmatch(line)
    text, ssl_section = with_ssl.group("address", "section") if with_ssl else (line, None)
    if "/" in text and "\0" not in text:
        return UnixAddress(text, ssl_section)
    host, port = _split(text)
    if not _is_host(host) or not (port.isascii() and port.isdigit()) or int(port[:6]) > 65535:
        raise ConfigError(f"[{section}] listen = {line!r}: expected {FORMS}")
    return TcpAddress(host, int(port), ssl_section)


def _split(text: str) -> tuple[str, str]:
    """Return host and port, empty where there is none; brackets around an IPv6 address are taken off."""
    words = text.split()
    if len(words) == 2:
        host, port = words
    elif len(words) != 1:
        return "", ""
    elif ":" not in text:
        return DEFAULT_HOST, text
    else:
        host, _, port = text.rpartition(":")
        if ":" in host and not host.startswith("["):
            return "", ""  # `::1:8080` could be an address without a port
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        return (host, port) if ":" in host else ("", "")
    return host, port


def _is_host(host: str) -> bool:
    if ":" not in host:
        return _HOST_NAME.fullmatch(host) is not None
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False
