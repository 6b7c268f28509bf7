"""Addresses to listen on: text in, addresses out, and nothing else; `listener` opens them.

A text that is not understood is an error that shows the forms, never a guess.
"""

from __future__ import annotations

import os
import re
import socket
from typing import NamedTuple

from asab_config import ConfigError

FORMS = (
    "an address as 8080, 0.0.0.0:8080, 0.0.0.0 8080, [::1]:8080, :: 8080, /path/to/socket with mode=660 behind it or"
    " not, or fd:<name> for a socket that the service manager hands over; with ssl:<name> behind it for TLS"
)

DEFAULT_HOST = "0.0.0.0"  # noqa: S104  a server is there to be reached; the documentation's example relies on it

# What can stand in a host name or an IPv4 address; whether it resolves is found out when it is opened.
_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?")
_WITH_OPTION = re.compile(r"(?P<address>.*\S)\s+(?P<name>ssl:|mode=)(?P<value>\S+)")
_MODE = re.compile(r"0?[0-7]{3}")


class TcpAddress(NamedTuple):
    """A host and a port; port 0 is any free one."""

    host: str
    port: int
    ssl_section: str | None = None

    def __str__(self) -> str:
        """Return the address as in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class UnixAddress(NamedTuple):
    """The path of a unix socket, and who may connect: the mode of its file; None is what the umask leaves."""

    path: str
    ssl_section: str | None = None
    mode: int | None = None

    def __str__(self) -> str:
        """Return the path."""
        return self.path


class InheritedAddress(NamedTuple):
    """Sockets that the service manager hands over, by the name that it gives them (`FileDescriptorName=`)."""

    name: str
    ssl_section: str | None = None

    def __str__(self) -> str:
        """Return the address as it is configured."""
        return f"fd:{self.name}"


Address = TcpAddress | UnixAddress | InheritedAddress


def parse_address(where: str, address: str | os.PathLike[str] | tuple[str, int]) -> Address:
    """Return the address that is meant.

    Args:
        where: The place that it comes from, for errors.
        address: A line as the option `listen` takes it, a path, or host and port.

    Raises:
        ConfigError: If it is no address; it names the place and the forms.
    """
    if isinstance(address, tuple):
        return TcpAddress(*address)
    if isinstance(address, os.PathLike):
        return UnixAddress(os.fspath(address))
    text, options = _take_options(address.strip())
    ssl_section = f"ssl:{options['ssl:']}" if "ssl:" in options else None
    mode = options.get("mode=")
    if "/" in text and "\0" not in text and (mode is None or _MODE.fullmatch(mode)) and not text.startswith("fd:"):
        return UnixAddress(text, ssl_section, None if mode is None else int(mode, 8))
    if mode is None and text.startswith("fd:") and len(text.split()) == 1 and len(text) > 3:
        return InheritedAddress(text[3:], ssl_section)
    host, port = _split(text)
    if mode or not _is_host(host) or not (port.isascii() and port.isdigit()) or int(port[:6]) > 65535:
        raise ConfigError(f"{where}: {address!r} is no address: expected {FORMS}")
    return TcpAddress(host, int(port), ssl_section)


def parse_lines(where: str, value: str) -> list[Address]:
    """Return the addresses of an option, one a line; empty lines do not count.

    Raises:
        ConfigError: If a line is no address, or there is none.
    """
    lines = [line for line in value.splitlines() if line.strip()]
    if not lines:
        raise ConfigError(f"{where} is empty: expected {FORMS}")
    return [parse_address(where, line) for line in lines]


def _take_options(text: str) -> tuple[str, dict[str, str]]:
    """Return the address and what stands behind it, in any order; an empty address if something stands there twice."""
    options: dict[str, str] = {}
    while found := _WITH_OPTION.fullmatch(text):
        text = "" if found["name"] in options else found["address"]
        options[found["name"]] = found["value"]
    return text, options


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
        socket.inet_pton(socket.AF_INET6, host.partition("%")[0])  # the zone behind it is the system's to know
    except OSError:
        return False
    return True
