"""Typing mistakes in names, values from secret files."""

from __future__ import annotations

from pathlib import Path

import pytest

from asab_config import Config, ConfigError, ConfigObject, ConfigParser


@pytest.fixture
def config() -> ConfigParser:
    config = ConfigParser()
    config.add_defaults({"web": {"listen": "80", "timeout": "5"}, "database": {}})
    return config


def test_a_name_that_resembles_a_known_one_is_told(config: ConfigParser) -> None:
    """`lisen = 81` must not be silently ignored."""
    config.read_string("[web]\nlisen = 81\ncolour = red\n[databse]\nanything = 1\n[unrelated]\nx = 1\n", "site.conf")
    assert config.check_names() == [
        "site.conf:2: [web] lisen is not known; did you mean 'listen'?",
        "site.conf:5: section [databse] is not known; did you mean 'database'?",
    ]


def test_strict_makes_every_unknown_name_an_error(config: ConfigParser) -> None:
    """Whoever wants certainty says so."""
    config.read_string("[general]\nstrict = yes\n[web]\nlisten = 81\ncolour = red\n[unrelated]\nx = 1\n", "site.conf")
    with pytest.raises(ConfigError) as error:
        config.check_names()
    assert error.value.mistakes == (
        "site.conf:5: [web] colour is not known",
        "site.conf:7: section [unrelated] is not known",
    )


def test_the_default_section_is_known(config: ConfigParser) -> None:
    """It is the standard library's."""
    config.read_string("[DEFAULT]\nroot = /srv\n[general]\nstrict = yes\n")
    assert config.check_names() == []


def test_names_that_the_program_sets_or_registers_are_known(config: ConfigParser) -> None:
    """Only files are read for mistakes; a section that is known without options takes any."""
    config.override({"web": {"lisen": "81"}}, "command line")
    config.register("mail", ["Server"])
    config.read_string("[mail]\nserver = x\n[database]\nanything = 1\n")
    assert config.check_names() == []


def test_the_defaults_of_a_config_object_are_known() -> None:
    """A class that is configured by a section knows its options."""

    class Server(ConfigObject):
        ConfigDefaults = {"backlog": 5}  # noqa: RUF012

    Server("test:names")
    Config.read_string("[test:names]\nbackllog = 6\n", "site.conf")
    assert "site.conf:2: [test:names] backllog is not known; did you mean 'backlog'?" in Config.check_names()
    Config.remove_section("test:names")


def test_a_value_can_come_from_a_secret_file(tmp_path: Path, config: ConfigParser) -> None:
    """As containers get them; the line break at the end is not part of the secret, and a rotation is seen."""
    secret = tmp_path / "x"
    secret.write_text("hunter2\n")
    config.read_string(f"[web]\npassword = ${{file:{secret}}}\nurl = amqp://me:${{file:{secret}}}@host/\n", "site.conf")
    assert config["web"]["password"] == "hunter2"
    assert config["web"]["url"] == "amqp://me:hunter2@host/"
    secret.write_text("$HOME")
    assert config["web"]["password"] == "$HOME"
    assert str(secret) in str(config.explain("web", "url"))


def test_a_secret_file_that_is_missing_is_told_with_its_option(config: ConfigParser) -> None:
    """One sees at once which line to mend."""
    config.read_string("[web]\nkey = ${file:/missing}\n", "site.conf")
    said = r"^site\.conf:2: \[web\] key = .*: \$\{file:/missing\} cannot be read: No such"
    with pytest.raises(ConfigError, match=said):
        config.get("web", "key")


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_secret_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, config: ConfigParser, content: bytes | None
) -> None:
    """An empty password would be worse."""
    secret = tmp_path / "x"
    if content is not None:
        secret.write_bytes(content)
    config.read_string(f"[web]\npassword = ${{file:{secret}}}\n")
    with pytest.raises(ConfigError, match="cannot be read: "):
        config["web"]["password"]
