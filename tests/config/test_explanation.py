"""Where values come from: origins, shadows, secrets."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from asab_config import ConfigError, ConfigParser, secrets


def test_an_explanation_names_every_source_of_a_value(tmp_path: Path) -> None:
    """The question of every outage: why does it listen there?"""
    (tmp_path / "site.conf").write_text("\n[web]\nlisten = ${PORT}\n")
    (tmp_path / "main.conf").write_text(f"[general]\ninclude = {tmp_path}/site.conf\n[web]\nlisten = 81\n")
    config = ConfigParser()
    config.add_layer_defaults({"web": {"listen": "80"}})
    config.load(tmp_path / "main.conf")
    explanation = config.explain("web", "LISTEN")
    assert explanation.origin.value == "${PORT}"
    assert explanation.origin.place == f"{tmp_path}/site.conf:3 (included by {tmp_path}/main.conf:2)"
    assert explanation.origin.references == ("${PORT}",)
    assert [o.place for o in explanation.shadowed] == [f"{tmp_path}/main.conf:4", f"default of {__name__}"]
    assert str(explanation).splitlines() == [
        f"[web] listen = ${{PORT}}    ({explanation.origin.place}, with ${{PORT}})",
        f"    shadows '81'    ({tmp_path}/main.conf:4)",
        f"    shadows '80'    (default of {__name__})",
    ]


def test_values_of_the_program_and_the_command_line_are_named() -> None:
    """The last word may have been spoken in code."""
    config = ConfigParser()
    config.read_string("[logging]\nverbose = no\n", "site.conf")
    config.override({"logging": {"verbose": "yes"}}, "command line")
    assert config.explain("logging", "verbose").origin.place == "command line"
    config["logging"]["verbose"] = "no"
    explanation = config.explain("logging", "verbose")
    assert explanation.origin.place == f"set by {__name__}"
    assert [o.place for o in explanation.shadowed] == ["command line", "site.conf:2"]
    config.override({}, "command line")
    assert [o.place for o in config.explain("logging", "verbose").shadowed] == ["site.conf:2"]
    assert config["logging"]["verbose"] == "no"


def test_a_value_of_the_default_section_is_explained() -> None:
    """[DEFAULT] reaches every section."""
    config = ConfigParser()
    config.read_string("[DEFAULT]\nroot = /srv\n[a]\n", "site.conf")
    assert config.explain("a", "root").origin.place == "site.conf:2"


def test_what_is_not_there_cannot_be_explained() -> None:
    """The errors are those of the standard library."""
    config = ConfigParser()
    with pytest.raises(configparser.NoSectionError):
        config.explain("missing", "x")
    config.add_section("s")
    with pytest.raises(configparser.NoOptionError):
        config.explain("s", "x")


def test_a_value_of_several_lines_is_explained_in_one() -> None:
    """Its second line would look like an option."""
    config = ConfigParser()
    config.read_string("[s]\nhosts = a\n  b\n", "site.conf")
    assert str(config.explain("s", "hosts")) == r"[s] hosts = 'a\nb'    (site.conf:2)"


SECRET_NAMES = ["password", "db_password", "client_secret", "ACCESS_TOKEN", "passwd", "api_key"]
SECRET_NAMES += ["smtp_pass", "dbpass", "pwd", "aws_access_key", "signing_key", "authorization"]


@pytest.mark.parametrize("option", SECRET_NAMES)
def test_secrets_are_masked_by_their_name(option: str) -> None:
    """Explanations end up in tickets."""
    config = ConfigParser()
    config.read_string(f"[s]\n{option} = hunter2\n")
    config.override({"s": {option: "hunter3"}}, "command line")
    shown = str(config.explain("s", option)) + str(config.mistake("s", option, "hunter3", "expected less"))
    assert "hunter" not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("amqp://u:pa/ss@h1/,amqp://u:p@h2/", "amqp://u:***@h1/,amqp://u:***@h2/"),
        ("Server=db;Uid=joe;Pwd=x", "Server=db;Uid=joe;Pwd=***"),
        ("-----BEGIN RSA PRIVATE KEY-----\nx\n", "***"),
        ("amqp://guest:guest@localhost/", "amqp://guest:***@localhost/"),
        ("see amqps://u:p@ss@host:1/x and http://host/", "see amqps://u:***@host:1/x and http://host/"),
        ("redis://:secret@host", "redis://:***@host"),
        ("http://host:80/a@b", "http://host:80/a@b"),
        ("postgresql://host/db?user=me&password=x&ssl=on", "postgresql://host/db?user=me&password=***&ssl=on"),
        ("host=db password=x user=me", "host=db password=*** user=me"),
    ],
)
def test_passwords_in_urls_are_masked(value: str, shown: str) -> None:
    """Whatever the option is called."""
    assert secrets.mask("url", value) == shown


def test_a_secret_from_elsewhere_is_shown_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error about a wrong value must not hand over the key."""
    (tmp_path / "key").write_text("hunter2\n")
    monkeypatch.setenv("DB_PASSWORD", "hunter3")
    monkeypatch.setenv("PORT", "many")
    config = ConfigParser()
    config.read_dict({"s": {"key": f"${{file:{tmp_path}/key}}", "pin": "1-${DB_PASSWORD}", "port": "${PORT}"}})
    with pytest.raises(ConfigError, match=r"key = '\$\{file:.*/key\}'.*: expected a whole number"):
        config.getint("s", "key")
    with pytest.raises(ConfigError, match=r"pin = '1-\$\{DB_PASSWORD\}'"):
        config.getint("s", "pin")
    with pytest.raises(ConfigError, match=r"port = 'many'"):
        config.getint("s", "port")


@pytest.mark.parametrize("text", ["password: hunter2\n", "[s]\npassword hunter2\n"])
def test_a_broken_line_does_not_show_a_secret(text: str) -> None:
    """A forgotten sign is no reason to print the rest."""
    with pytest.raises(ConfigError, match=r"'password \*\*\*'") as error:
        ConfigParser().read_string(text)
    assert "hunter2" not in str(error.value)


def test_an_empty_secret_is_shown_as_empty() -> None:
    """That it is missing is what one wants to see."""
    assert secrets.mask("password", "") == ""
    assert not any(map(secrets.is_secret, ["passage", "passive", "key", "author"]))
