"""What text can stand for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asab_config import Config, ConfigError, ConfigObject, ConfigParser, values


@pytest.mark.parametrize(
    ("getter", "text", "value"),
    [
        ("getseconds", "90", 90),
        ("getseconds", "1.5", 1.5),
        ("getseconds", "1d 2h 30s", 93630),
        ("getseconds", "1D2H30S", 93630),
        ("getseconds", "250ms", 0.25),
        ("getseconds", "1w", 604800),
        ("getbytes", "512", 512),
        ("getbytes", "512B", 512),
        ("getbytes", "64K", 65536),
        ("getbytes", "64k", 65536),
        ("getbytes", "1.5 MiB", 1572864),
        ("getbytes", "10MB", 10_000_000),
        ("getbytes", "9007199254740993", 9007199254740993),
        ("getlist", "a, b,,c\n\td", ["a", "b", "c", "d"]),
        ("getlist", "", []),
        ("getmultiline", "one, two\n\n\t three", ["one, two", "three"]),
        ("geturl", " https://user@host:8080/path?x=1 ", "https://user@host:8080/path?x=1"),
    ],
)
def test_typed_getters_understand(getter: str, text: str, value: object) -> None:
    """What engineers write into configuration files; the same of a parser, a section and a `ConfigObject`."""
    config = ConfigParser()
    config.add_section("s")
    config.set("s", "x", text)
    assert getattr(config, getter)("s", "x") == value
    assert getattr(config["s"], getter)("x") == value
    assert getattr(config, getter)("s", "missing", fallback=None) is None
    assert getattr(ConfigObject("s", {"x": text}).Config, getter)("x") == value


@pytest.mark.parametrize(
    ("getter", "text", "said"),
    [
        ("getseconds", "", "a time such as"),
        ("getseconds", "soon", "a time such as"),
        ("getseconds", "-5", "a time such as"),
        ("getseconds", "5 6", "a time such as"),
        ("getseconds", "1h 5", "a time such as"),
        ("getseconds", "5 parsecs", "the units ms, s, m, h, d, w, y"),
        ("getbytes", "many", "a size such as"),
        ("getbytes", "5 X", "a size such as"),
        ("getbytes", "-1", "a size such as"),
        ("geturl", "host:8080", "a URL such as https://host:port/path"),
        ("geturl", "https://", "a URL such as"),
        ("geturl", "https://host:99999/", "a URL such as"),
        ("geturl", "https://host/a b", "a URL such as"),
        ("geturl", "https://[::1/", "a URL such as"),
    ],
)
def test_what_makes_no_sense_is_an_error_with_its_place(getter: str, text: str, said: str) -> None:
    """Section, option, value, file and line: enough to mend it without a search."""
    config = ConfigParser()
    config.read_string(f"[s]\nother = 1\nx = {text}\n", "site.conf")
    with pytest.raises(ConfigError) as error:
        getattr(config, getter)("s", "x")
    assert str(error.value).startswith(f"site.conf:3: [s] x = {text.strip()!r}: expected ")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("getter", "unit", "said"),
    [("getbytes", ".5 k", "a size that a number can hold"), ("getseconds", "s", "a time that ends")],
)
def test_a_quantity_beyond_all_numbers_is_an_error_of_one_readable_line(getter: str, unit: str, said: str) -> None:
    """No traceback, and not the whole of it again."""
    config = ConfigParser()
    config.read_string(f"[s]\nx = {'9' * 4000}{unit}\n", "site.conf")
    with pytest.raises(ConfigError, match=rf"^site\.conf:2: \[s\] x = '9{{200}}\.\.\.': expected {said}$"):
        getattr(config, getter)("s", "x")


def test_a_url_can_be_bound_to_schemes() -> None:
    """A broker's address is no web page."""
    config = ConfigParser()
    config.read_string("[mq]\nurl = http://host/\n", "site.conf")
    assert config.geturl("mq", "url", scheme="http") == "http://host/"  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="expected a URL with the scheme amqp or amqps"):
        config["mq"].geturl("url", scheme=("amqp", "amqps"))
    assert ConfigObject("mq", {"url": "amqp://host/"}).Config.geturl("url", scheme="amqp") == "amqp://host/"


def test_a_getter_of_a_missing_option_is_an_error() -> None:
    """As in the standard library, unless there is a fallback."""
    config = ConfigParser()
    with pytest.raises(KeyError):
        config["missing"]
    with pytest.raises(Exception, match="No section: 'missing'"):
        config.getseconds("missing", "x")


def test_values_of_a_config_object_need_not_be_text() -> None:
    """Lists and numbers are what they are."""
    section = ConfigObject("s", {"hosts": ["a", "b"], "n": 5, "on": True}).Config
    assert section.getlist("hosts") == section.getmultiline("hosts") == ["a", "b"]
    assert (section.getseconds("n"), section.getbytes("n"), section.getboolean("on")) == (5.0, 5, True)
    assert section.getseconds("missing", fallback=1.0) == 1.0
    with pytest.raises(ConfigError, match=r"^\[s\] on = 'True': expected a size"):
        section.getbytes("on")


def test_a_list_can_be_changed_without_changing_the_configuration() -> None:
    """What is returned is the caller's own."""
    config = ConfigParser()
    config.read_string("[s]\nx = a, b\n")
    config.getlist("s", "x").append("c")
    assert config.getlist("s", "x") == ["a", "b"]


@given(st.text())
def test_no_text_breaks_a_conversion(text: str) -> None:
    """Any text means something or is refused."""
    for convert in (values.seconds, values.size, values.url, values.boolean, values.integer, values.number):
        result: Any = None
        try:
            result = convert(text)
        except ValueError as e:
            assert str(e).startswith(("a ", "one of "))  # noqa: PT017
        assert result is None or isinstance(result, (float, int, str))


def test_the_process_has_one_configuration() -> None:
    """`Config` is everywhere the same object."""
    from asab_config.parser import Config as other

    assert Config is other
