"""Defaults, environment, typed getters."""

from __future__ import annotations

import pytest

from asab_config import ConfigError, ConfigParser


def test_defaults_never_hide_what_was_read_whichever_came_first() -> None:
    """Modules that are imported late add their defaults after the file was read."""
    config = ConfigParser()
    config.add_defaults({"s": {"early": "default"}})
    config.read_string("[s]\nearly = read\nlate = read\n")
    config.add_defaults({"s": {"late": "default", "other": "default"}})
    assert dict(config["s"]) == {"early": "read", "late": "read", "other": "default"}


@pytest.mark.parametrize("layer_first", [True, False])
def test_defaults_of_a_layer_rank_below_those_of_the_application(layer_first: bool) -> None:
    """The order of imports must not decide which default counts."""
    config = ConfigParser()
    if layer_first:
        config.add_layer_defaults({"web": {"listen": "8080", "body": "1"}})
    config.add_defaults({"web": {"listen": "80"}})
    if not layer_first:
        config.add_layer_defaults({"web": {"listen": "8080", "body": "1"}})
    assert dict(config["web"]) == {"listen": "80", "body": "1"}


def test_the_last_default_of_an_application_wins_and_is_stored_as_text() -> None:
    """Subclassing an application and adding its defaults later must work."""
    config = ConfigParser()
    config.add_defaults({"s": {"n": 1}})
    config.add_defaults({"s": {"n": 2, "flag": True}})
    assert dict(config["s"]) == {"n": "2", "flag": "True"}


def test_environment_variables_are_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    """`${HOME}/.myapp/` is the documented example."""
    monkeypatch.setenv("HOME", "/home/user")
    monkeypatch.delenv("NOT_SET", raising=False)
    config = ConfigParser()
    config.read_string("[s]\na = ${HOME}/.myapp/\nb = $HOME/x\nc = ${NOT_SET} $NOT_SET ${\n")
    assert config["s"]["a"] == "/home/user/.myapp/"
    assert config["s"]["b"] == "/home/user/x"
    assert config["s"]["c"] == "${NOT_SET} $NOT_SET ${"


def test_double_signs_are_literal_and_lone_ones_stay() -> None:
    """Log formats are full of percent signs; prices are full of dollars."""
    config = ConfigParser()
    config.read_string("[s]\nx = %%(asctime)s %(levelname)s 100% $$HOME 5 $\n")
    assert config["s"]["x"] == "%(asctime)s %(levelname)s 100% $HOME 5 $"


@pytest.mark.parametrize(
    ("getter", "value", "said"),
    [
        ("getint", "many", "a whole number"),
        ("getfloat", "much", "a number"),
        ("getboolean", "perhaps", "one of 1/yes/true/on/0/no/false/off"),
    ],
)
def test_a_value_of_the_wrong_type_is_an_error_with_its_place(getter: str, value: str, said: str) -> None:
    """`invalid literal for int()` tells nobody which line to mend."""
    config = ConfigParser()
    config.read_string(f"[web]\nsize = {value}\n")
    with pytest.raises(ConfigError) as by_parser:
        getattr(config, getter)("web", "size")
    with pytest.raises(ConfigError) as by_section:
        getattr(config["web"], getter)("size")
    assert str(by_parser.value) == str(by_section.value) == f"<string>:2: [web] size = {value!r}: expected {said}"


def test_a_wrong_value_of_the_default_section_names_its_place() -> None:
    """It stands in another section than the one that was asked for."""
    config = ConfigParser()
    config.read_string("[DEFAULT]\ntimeout = soon\n[web]\n", "site.conf")
    with pytest.raises(ConfigError, match=r"^site\.conf:2: \[web\] timeout = 'soon': expected a time"):
        config.getseconds("web", "timeout")


def test_the_default_section_reaches_every_section() -> None:
    """[DEFAULT] is the standard library's; a value read into it is no value of the other sections."""
    config = ConfigParser()
    config.read_string("[DEFAULT]\nroot = /srv\n[a]\nx = 1\n")
    config.read_string("[DEFAULT]\nroot = /var\n")
    assert config["a"]["root"] == "/var"
