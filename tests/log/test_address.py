"""The forms of a syslog address."""

from __future__ import annotations

import socket

import pytest

from asab_log._address import parse_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp://syslog.server.lan:1554/", (socket.AF_UNSPEC, socket.SOCK_STREAM, ("syslog.server.lan", 1554))),
        ("udp://syslog.server.lan:1554/", (socket.AF_UNSPEC, socket.SOCK_DGRAM, ("syslog.server.lan", 1554))),
        ("unix-connect:///path/to/syslog.socket", (socket.AF_UNIX, socket.SOCK_STREAM, "/path/to/syslog.socket")),
        ("unix-sendto:///path/to/syslog.socket", (socket.AF_UNIX, socket.SOCK_DGRAM, "/path/to/syslog.socket")),
        ("/path/to/syslog.socket", (socket.AF_UNIX, socket.SOCK_DGRAM, "/path/to/syslog.socket")),
        ("tcp://127.0.0.1", (socket.AF_UNSPEC, socket.SOCK_STREAM, ("127.0.0.1", 514))),
        ("udp://[::1]:1554", (socket.AF_UNSPEC, socket.SOCK_DGRAM, ("::1", 1554))),
        ("tls://syslog.server.lan/", (socket.AF_UNSPEC, socket.SOCK_STREAM, ("syslog.server.lan", 6514))),
    ],
)
def test_a_documented_form_is_read(text: str, expected: tuple[object, ...]) -> None:
    """Five are in the documentation; the ports that the RFCs give, IPv6 and TLS are what people write besides."""
    assert parse_address(text) == (*expected, text.startswith("tls:"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "syslog.server.lan",
        "syslog.server.lan:514",
        "http://host/",
        "tcp://",
        "tcp://:514",
        "tcp://host:port/",
        "tcp://host:70000/",
        "tcp://host/514",
        "tcp://user@host",
        "udp://[::1",
        "unix-connect://path/to/socket",
        "unix-sendto://",
    ],
)
def test_another_form_is_refused_with_the_list(text: str) -> None:
    """Whoever wrote it wants to know what can be written."""
    with pytest.raises(ValueError, match=r"expected tcp://host:port/.*unix-sendto:///path or /path"):
        parse_address(text)
