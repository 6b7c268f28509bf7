"""Addresses to listen on, as text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asab_app.listen import Address, InheritedAddress, TcpAddress, UnixAddress, parse_lines
from asab_config import ConfigError

FORMS = [
    ("8080", TcpAddress("0.0.0.0", 8080)),
    ("0.0.0.0:8080", TcpAddress("0.0.0.0", 8080)),
    ("0.0.0.0 8080", TcpAddress("0.0.0.0", 8080)),
    ("localhost:0", TcpAddress("localhost", 0)),
    ("web-1.example.com 65535", TcpAddress("web-1.example.com", 65535)),
    ("[::1]:8080", TcpAddress("::1", 8080)),
    (":: 8080", TcpAddress("::", 8080)),
    ("[::] 8080", TcpAddress("::", 8080)),
    ("/run/my app.sock", UnixAddress("/run/my app.sock")),
    ("./app.sock", UnixAddress("./app.sock")),
    ("0.0.0.0:8443 ssl:web", TcpAddress("0.0.0.0", 8443, "ssl:web")),
    (":: 8443  ssl:web", TcpAddress("::", 8443, "ssl:web")),
    ("/run/app.sock ssl:web", UnixAddress("/run/app.sock", "ssl:web")),
    ("/run/app.sock mode=660", UnixAddress("/run/app.sock", None, 0o660)),
    ("/run/app.sock mode=0600 ssl:web", UnixAddress("/run/app.sock", "ssl:web", 0o600)),
    ("/run/app.sock ssl:web mode=666", UnixAddress("/run/app.sock", "ssl:web", 0o666)),
    ("fd:web", InheritedAddress("web")),
    ("fd:web ssl:web", InheritedAddress("web", "ssl:web")),
]


@pytest.mark.parametrize(("text", "address"), FORMS)
def test_each_documented_form_is_understood(text: str, address: Address) -> None:
    """Configurations of other applications are taken over as they stand."""
    assert parse_lines("[asab:web] listen", text) == [address]


def test_several_lines_are_several_addresses() -> None:
    """One server is reached over IPv4 and IPv6."""
    value = "\n0.0.0.0 8080\n\n  :: 8080\n"
    assert parse_lines("[asab:web] listen", value) == [TcpAddress("0.0.0.0", 8080), TcpAddress("::", 8080)]


@pytest.mark.parametrize(
    "text",
    [
        "http://0.0.0.0:8080/"[:4],
        "0.0.0.0:65536",
        "0.0.0.0:-1",
        "0.0.0.0:",
        ":8080",
        "::1:8080",
        "[::1]",
        "[localhost]:8080",
        "[::1:8080",
        "a b c",
        "host name:8080",
        "0.0.0.0:٣",
        "host:80 ssl:",
        "zz::1 80",
        "-host:80",
        "8080 mode=660",
        "fd:web mode=660",
        "fd:",
        "/run/app.sock mode=888",
        "/run/app.sock mode=rw",
        "/run/app.sock mode=660 mode=600",
        "8080 ssl:a ssl:b",
    ],
)
def test_what_is_no_address_is_refused_with_its_place_and_the_forms(text: str) -> None:
    """A typing error is found by reading one line."""
    with pytest.raises(ConfigError) as error:
        parse_lines("[my:web] listen", f"8080\n{text}")
    assert str(error.value).startswith(f"[my:web] listen: {text!r} is no address: expected an address as 8080, ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", ["", "  \n "])
def test_an_empty_value_is_refused(value: str) -> None:
    """A server that listens nowhere is a mistake, not a wish."""
    with pytest.raises(ConfigError, match=r"^\[asab:web\] listen is empty: expected "):
        parse_lines("[asab:web] listen", value)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_an_address_or_a_configuration_error(text: str) -> None:
    """Nobody meets a traceback because of a configuration."""
    try:
        addresses = parse_lines("[asab:web] listen", text)
    except ConfigError:
        return
    assert addresses


@settings(deadline=None)
@given(st.ip_addresses(), st.integers(0, 65535), st.sampled_from([None, "ssl:web"]))
def test_what_is_shown_is_understood(ip: object, port: int, ssl: str | None) -> None:
    """An address can be copied from a message into the configuration."""
    address = TcpAddress(str(ip), port, ssl)
    assert parse_lines("[asab:web] listen", f"{address} {ssl or ''}") == [address]
