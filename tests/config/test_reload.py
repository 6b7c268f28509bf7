"""Reading a configuration again while the program runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from asab_config import ConfigError, ConfigParser


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "site.conf"
    file.write_text("[a]\nx = 1\ny = 1\npassword = old\n[gone]\nz = 1\n")
    return file


@pytest.fixture
def config(file: Path) -> ConfigParser:
    config = ConfigParser()
    config.add_defaults({"a": {"y": "default", "w": "default"}})
    config.load(file)
    config.override({"a": {"v": "command line"}}, "command line")
    return config


def test_a_reload_takes_over_what_files_say_now(config: ConfigParser, file: Path) -> None:
    """Defaults come back where a value went, and the command line stays above the files."""
    section = config["a"]
    file.write_text("[a]\nx = 2\nv = file\npassword = new\n[new]\nu = 1\n")
    changes = config.reload()
    assert dict(section) == {"x": "2", "y": "default", "w": "default", "v": "command line", "password": "new"}
    assert not config.has_section("gone")
    assert config["new"]["u"] == "1"
    assert sorted(map(str, changes)) == [
        "[a] password = *** (was ***)",
        "[a] x = 2 (was 1)",
        "[a] y = default (was 1)",
        "[gone] z is gone (was 1)",
        "[new] u = 1 (new)",
    ]
    assert [(c.section, c.option, c.old, c.new) for c in changes if c.option == "x"] == [("a", "x", "1", "2")]
    assert "x = 2" in repr(next(c for c in changes if c.option == "x"))
    assert config.reload() == []
    assert config.explain("a", "x").origin.place == f"{file}:2"


def test_a_check_can_veto(config: ConfigParser, file: Path) -> None:
    """Half of a change is not taken over."""

    def check(candidate: ConfigParser) -> None:
        assert candidate["a"]["v"] == "command line"
        if candidate.getint("a", "x") > 9:
            raise ConfigError("x must have one digit")

    config.add_check(check)
    before = {name: dict(config[name]) for name in config}
    file.write_text("[a]\nx = 10\n")
    with pytest.raises(ConfigError, match="one digit"):
        config.reload()
    file.write_text("[a]\nx = many\n")
    with pytest.raises(ConfigError, match=r"site\.conf:2: \[a\] x = 'many'"):
        config.reload()
    assert {name: dict(config[name]) for name in config} == before


def test_changes_of_the_default_section_are_told(config: ConfigParser, file: Path) -> None:
    """They reach every section."""
    file.write_text("[DEFAULT]\nroot = /srv\n" + file.read_text())
    assert [str(change) for change in config.reload()] == ["[DEFAULT] root = /srv (new)"]


def test_a_check_knows_the_registered_names(config: ConfigParser, file: Path) -> None:
    """What the start took is not refused by a reload."""
    config.add_defaults({"web": {"port": 80}})
    config.register("web", ["extra"])
    config.add_check(lambda candidate: candidate.check_names())
    file.write_text("[web]\nport = 1\nextra = 1\n[general]\nstrict = yes\n")
    config.reload()
    assert config["web"]["extra"] == "1"


def test_a_broken_or_missing_file_leaves_everything_as_it_was(config: ConfigParser, file: Path) -> None:
    """An editor saves in the middle of a thought."""
    before = {name: dict(config[name]) for name in config}
    file.write_text("[a]\nnonsense\n")
    with pytest.raises(ConfigError, match=":2: "):
        config.reload()
    file.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        config.reload()
    assert {name: dict(config[name]) for name in config} == before


def test_loading_again_forgets_what_the_first_load_read(config: ConfigParser, tmp_path: Path) -> None:
    """A second application in one process, as tests have it, begins anew."""
    (tmp_path / "other.conf").write_text("[other]\nx = 1\n")
    config.load(tmp_path / "other.conf")
    assert not config.has_section("gone")
    assert config["other"]["x"] == "1"
    assert config["a"]["y"] == "default"


def test_what_is_removed_stays_removed(config: ConfigParser, file: Path) -> None:
    """Until a file says it again."""
    config.remove_option("a", "w")
    config.remove_section("gone")
    config.override({}, "command line")
    assert not config.has_option("a", "w")
    assert not config.has_section("gone")
    assert not config.remove_option("a", "w")
    config.reload()
    assert config.has_section("gone")
