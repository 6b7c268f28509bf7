"""Where a URL leads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asab_mom._address import Address, parse_all


@pytest.mark.parametrize(
    ("url", "address", "shown"),
    [
        ("amqp://", Address(False, "localhost", 5672, "guest", "guest", "/"), "amqp://localhost:5672/"),
        ("amqp://host", Address(False, "host", 5672, "guest", "guest", "/"), "amqp://host:5672/"),
        ("amqp://me:pw@host:1/v", Address(False, "host", 1, "me", "pw", "v"), "amqp://host:1/v"),
        ("amqp://m%40e:p%2Fw@host/%2Fv%2F", Address(False, "host", 5672, "m@e", "p/w", "/v/"), "amqp://host:5672//v/"),
        ("amqps://[::1]/", Address(True, "::1", 5671, "guest", "guest", "/"), "amqps://[::1]:5671/"),
    ],
)
def test_a_url_is_read_with_its_escapes_and_defaults(url: str, address: Address, shown: str) -> None:
    """Passwords and virtual hosts have any characters."""
    assert Address.parse(url) == address
    assert str(address) == shown


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host:5672",
        "http://host/",
        "amqp://host:port/",
        "amqp://host:99999/",
        "amqp://[::1",
        "amqp://h/a/b",
        "amqp://h/?x=1",
    ],
)
def test_another_url_is_refused_without_being_repeated(url: str) -> None:
    """An error goes to the log, and a URL holds a password."""
    with pytest.raises(ValueError, match="expected amqp://user:password@host:port/vhost") as error:
        Address.parse(url)
    assert "99999" not in str(error.value)


@given(st.text(alphabet="abcXYZ09", min_size=8))
def test_an_address_never_shows_its_password(password: str) -> None:
    """Whatever is logged or raised about it."""
    address = Address.parse(f"amqp://user:{password}@host/")
    assert address.password == password
    assert password not in repr(address) + str(address)


@pytest.mark.parametrize(
    "urls",
    ["amqp://a:p,w@x/,amqps://y/", "amqp://a:p,w@x/ , amqps://y/,", "\n  amqp://a:p,w@x/\n  amqps://y/\n"],
)
def test_several_urls_are_the_nodes_of_a_cluster(urls: str) -> None:
    """With commas or on lines of their own; a comma in a password divides nothing."""
    assert parse_all(urls) == (
        Address(False, "x", 5672, "a", "p,w", "/"),
        Address(True, "y", 5671, "guest", "guest", "/"),
    )


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        ("", "expected amqp://"),
        ("amqp://a/, host:5672", "expected amqp://"),
        ("amqp://a/, amqp://b/c/d", "number 2: expected amqp://"),
        ("amqp://a,b:5672/", "expected amqp://"),
        ("amqp://a\nb/", "expected amqp://"),
    ],
)
def test_of_several_urls_the_wrong_one_is_told(urls: str, said: str) -> None:
    """A typing error in one node is not found when the other nodes are down."""
    with pytest.raises(ValueError, match=said):
        parse_all(urls)
