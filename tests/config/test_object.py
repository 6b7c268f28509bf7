"""`ConfigObject`: class defaults, section, and what the caller gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from asab_config import Config, ConfigError, ConfigObject


class Base(ConfigObject):
    ConfigDefaults: ClassVar[dict[str, Any]] = {"host": "localhost", "port": 80, "home": "${HOME}"}


class Derived(Base):
    ConfigDefaults: ClassVar[dict[str, Any]] = {"port": 8080, "Timeout": "1.5", "on": "yes"}


@pytest.fixture
def section() -> Iterator[str]:
    name = "test:config-object"
    Config.add_section(name)
    yield name
    Config.remove_section(name)


def test_defaults_of_all_base_classes_are_merged(section: str) -> None:
    """A subclass states only what differs."""
    config = Derived(section).Config
    assert config["host"] == "localhost"
    assert config["port"] == 8080


def test_the_section_beats_the_defaults_and_the_caller_both(section: str) -> None:
    """The operator decides over the author, and code that gives a value means it."""
    Config.set(section, "host", "0.0.0.0")
    Config.set(section, "port", "81")
    config = Derived(section, config={"port": 82, "extra": None}).Config
    assert (config["host"], config["port"], config["extra"]) == ("0.0.0.0", 82, None)


def test_typed_getters_take_text_and_values(section: str) -> None:
    """Defaults need not be strings; names are found in any case."""
    config = Derived(section).Config
    assert config.getint("PORT") == 8080
    assert config.getfloat("timeout") == 1.5
    assert config.getboolean("on") is True
    assert config.getboolean("missing", fallback=False) is False
    with pytest.raises(KeyError):
        config.getint("missing")


def test_a_value_of_the_wrong_type_names_its_place(section: str) -> None:
    """One clear line for the operator."""
    Config.set(section, "port", "http")
    with pytest.raises(ConfigError, match=r"port = .http. \(set by .*test_object\): expected a whole number$"):
        Derived(section).Config.getint("port")


def test_a_wrong_value_of_the_caller_is_not_blamed_on_the_file(section: str) -> None:
    """Whoever reads the error would look at a line that is right."""
    Config.read_string(f"[{section}]\nport = 1\n", "site.conf")
    with pytest.raises(ConfigError) as error:
        ConfigObject(section, config={"port": "many"}).Config.getint("port")
    assert str(error.value) == f"[{section}] port = 'many': expected a whole number"


def test_a_mistake_that_the_program_finds_names_its_place_too(section: str) -> None:
    """Whether a value is out of its range, only its user knows."""
    Config.read_string(f"[{section}]\nport = 1\nurl = amqp:/user:s3cret@host\n", "site.conf")
    config = Derived(section).Config
    assert str(config.mistake("PORT", "must be 2")) == f"site.conf:2: [{section}] port = '1': must be 2"
    assert "s3cret" not in str(config.mistake("url", "expected a URL", secret=True))


def test_every_value_is_explained_whoever_gave_it(section: str) -> None:
    """The caller, the file, the class, or whoever set it later."""
    Config.read_string(f"[{section}]\nport = 81\n", "site.conf")

    class Base(ConfigObject):
        ConfigDefaults: ClassVar[dict[str, Any]] = {"port": 80, "Host": "localhost", "api_token": "x"}

    class Server(Base):
        ConfigDefaults: ClassVar[dict[str, Any]] = {"port": 8080}

    server = Server(section, config={"port": 82})
    explanation = server.Config.explain("PORT")
    own = f"default of {__name__}.test_every_value_is_explained_whoever_gave_it.<locals>."
    assert [(o.value, o.place) for o in (explanation.origin, *explanation.shadowed)] == [
        ("82", "given by the program"),
        ("81", "site.conf:2"),
        ("8080", f"{own}Server"),
        ("80", f"{own}Base"),
    ]
    assert server.Config.explain("host").origin.place == f"{own}Base"
    assert server.Config.explain("api_token").origin.value == "***"
    server.Config["late"] = 1
    assert server.Config.explain("late").origin.place == "set by the program"
    with pytest.raises(KeyError):
        server.Config.explain("missing")


def test_class_defaults_expand_the_environment(section: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A default in a class reads like one in a file."""
    monkeypatch.setenv("HOME", "/home/user")
    assert Derived(section).Config["home"] == "/home/user"


def test_its_mapping_does_not_show_values(section: str) -> None:
    """Passwords must not reach a log by way of repr()."""
    config = ConfigObject(section, {"password": "hunter2"}).Config
    assert "hunter2" not in repr(config)
    assert dict(config) == {"password": "hunter2"}
    del config["PASSWORD"]
    assert len(config) == 0
