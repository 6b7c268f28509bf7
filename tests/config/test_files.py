"""Configuration files: what is read, in which order, and what is said of a broken one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asab_config import ConfigError, ConfigParser

if TYPE_CHECKING:
    from pathlib import Path


def test_sections_and_options_are_read_as_by_the_standard_library(tmp_path: Path) -> None:
    """Whoever knows INI files knows ours."""
    file = tmp_path / "site.conf"
    file.write_text("[bitbucket.org]\nUser = hg\n\n[topsecret.server.com]\nPort = 50022\nForwardX11 = no\n")
    config = ConfigParser()
    config.load(file)
    assert config["topsecret.server.com"]["ForwardX11"] == "no"
    assert config.getint("topsecret.server.com", "port") == 50022
    assert config["bitbucket.org"].getboolean("nothing", fallback=True) is True


def test_a_section_in_double_brackets_is_the_section_without_them(tmp_path: Path) -> None:
    """The documentation writes [[logging:file]]; pasting it must work."""
    file = tmp_path / "site.conf"
    file.write_text("[[logging:file]]\npath = /tmp/x\n[plain]\na = 1\n")
    config = ConfigParser()
    config.load(file)
    assert config["logging:file"]["path"] == "/tmp/x"
    assert config["plain"]["a"] == "1"


def test_included_files_follow_in_order_and_win(tmp_path: Path) -> None:
    """A site's own values must beat the distributed file; a glob is read in sorted order."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "2.conf").write_text("[a]\nx = 2\ny = 2\n")
    (tmp_path / "d" / "1.conf").write_text("[a]\nx = 1\ny = 1\nz = 1\n")
    (tmp_path / "last.conf").write_text("[a]\ny = last\n")
    main = tmp_path / "main.conf"
    main.write_text(
        f"[general]\ninclude = {tmp_path}/missing.conf:{tmp_path}/d/*.conf:{tmp_path}/last.conf\n[a]\nx = 0\nw = 0\n"
    )
    config = ConfigParser()
    config.load(main)
    assert dict(config["a"]) == {"x": "2", "y": "last", "z": "1", "w": "0"}


def test_relative_includes_are_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As documented: `include=./etc/site.conf` means the folder where the application was started."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "site.conf").write_text("[a]\nx = site\n")
    (tmp_path / "etc" / "main.conf").write_text("[general]\ninclude = ./etc/site.conf\n")
    monkeypatch.chdir(tmp_path)
    config = ConfigParser()
    config.load("etc/main.conf")
    assert config["a"]["x"] == "site"


def test_an_include_cycle_ends(tmp_path: Path) -> None:
    """A file that includes itself around a corner must not hang the start."""
    (tmp_path / "a.conf").write_text(f"[general]\ninclude = {tmp_path}/b.conf\n[s]\na = 1\n")
    (tmp_path / "b.conf").write_text(f"[general]\ninclude = {tmp_path}/a.conf\n[s]\nb = 2\n")
    config = ConfigParser()
    config.load(tmp_path / "a.conf")
    assert dict(config["s"]) == {"a": "1", "b": "2"}


def test_includes_of_the_defaults_are_read_without_a_main_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An application may ship `include=/etc/myapp.d/*.conf` as its default."""
    monkeypatch.delenv("ASAB_CONFIG", raising=False)
    (tmp_path / "x.conf").write_text("[a]\nx = 1\n")
    config = ConfigParser()
    config.add_defaults({"general": {"include": f"{tmp_path}/*.conf"}})
    config.load()
    assert config["a"]["x"] == "1"


def test_a_path_beats_the_environment_and_that_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-c` wins over ASAB_CONFIG, and that over `[general] config_file`."""
    for name in ("given", "environment", "default"):
        (tmp_path / name).write_text(f"[who]\nwon = {name}\n")

    def winner(path: Path | None) -> str:
        config = ConfigParser()
        config.add_defaults({"general": {"config_file": tmp_path / "default"}})
        config.load(path)
        return config["who"]["won"]

    monkeypatch.delenv("ASAB_CONFIG", raising=False)
    assert winner(None) == "default"
    monkeypatch.setenv("ASAB_CONFIG", str(tmp_path / "environment"))
    assert winner(None) == "environment"
    assert winner(tmp_path / "given") == "given"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("x = 1\n", 1, "before the first [section]"),
        ("[a]\nx = 1\nnonsense\n", 3, "'nonsense' is neither a [section] nor 'key = value'"),
        ("[a]\nx = 1\n[a]\n", 3, "section [a] is there already"),
        ("[a]\nx = 1\nX = 2\n", 3, "'x' is set already in section [a]"),
    ],
)
def test_a_broken_file_is_an_error_with_path_and_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    """The operator must find the mistake without opening our source."""
    file = tmp_path / "broken.conf"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        ConfigParser().load(file)
    assert str(error.value).startswith(f"{file}:{line}: ")
    assert said in str(error.value)


def test_every_broken_line_is_told_at_once(tmp_path: Path) -> None:
    """Ten mistakes should not take ten starts to find."""
    file = tmp_path / "broken.conf"
    file.write_text("[a]\none\ntwo\n")
    with pytest.raises(ConfigError) as error:
        ConfigParser().load(file)
    assert [m.split(": ")[0] for m in error.value.mistakes] == [f"{file}:2", f"{file}:3"]


def test_a_broken_file_leaves_nothing_half_read(tmp_path: Path) -> None:
    """Half a configuration is worse than none."""
    (tmp_path / "main.conf").write_text(f"[general]\ninclude = {tmp_path}/broken.conf\n[a]\nx = 1\n")
    (tmp_path / "broken.conf").write_text("[a]\ny = 1\nnonsense\n")
    config = ConfigParser()
    with pytest.raises(ConfigError):
        config.load(tmp_path / "main.conf")
    with pytest.raises(ConfigError):
        config.read_string("[b]\nx = 1\nnonsense\n")
    assert not config.has_section("a")
    assert not config.has_section("b")


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir(), lambda p: p.write_bytes(b"[a]\nx = \xff\n")])
def test_a_file_that_cannot_be_read_is_an_error_with_its_path(tmp_path: Path, make: object) -> None:
    """Missing, a folder, not text: one sentence each, with the path."""
    path = tmp_path / "site.conf"
    make(path)  # type: ignore[operator]
    with pytest.raises(ConfigError, match=r"site\.conf: the configuration file "):
        ConfigParser().load(path)


@given(st.text())
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    """Hostile files give an error, never a traceback of the parser or a hang."""
    mistakes: tuple[str, ...] = ()
    try:
        ConfigParser().read_string(text, "hostile.conf")
    except ConfigError as e:
        mistakes = e.mistakes
    assert all(mistake.startswith("hostile.conf") for mistake in mistakes)


_HOSTILE = st.lists(
    st.sampled_from(
        ["[a]", "[[b]]", "[", "]", "x = 1", "  y", "=", ":", "\0", "\r", "\x0c", "%(x)s", "${x", "\ufeff", "[DEFAULT]"]
    )
    | st.text(max_size=5),
    max_size=12,
)


@given(lines=_HOSTILE, main=st.booleans())
def test_hostile_files_are_read_or_refused_with_their_place(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], main: bool
) -> None:
    """Also when they are included, and whatever they do to lines and sections."""
    folder = tmp_path_factory.mktemp("hostile")
    file = folder / "hostile.conf"
    file.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    (folder / "main.conf").write_text(f"[general]\ninclude = {file}\n")
    mistakes: tuple[str, ...] = ()
    try:
        ConfigParser().load(file if main else folder / "main.conf")
    except ConfigError as e:
        mistakes = e.mistakes
    assert all(mistake.startswith(str(file)) and "\n" not in mistake for mistake in mistakes)


def test_files_that_include_each_other_without_end_are_refused(tmp_path: Path) -> None:
    """A generator gone wild is told of, and does not end in a traceback."""
    for i in range(2000):
        (tmp_path / f"{i}.conf").write_text(f"[general]\ninclude = {tmp_path}/{i + 1}.conf\n")
    with pytest.raises(ConfigError, match=r"51\.conf: .* more than 50 deep"):
        ConfigParser().load(tmp_path / "0.conf")


@pytest.mark.parametrize(
    ("include", "said"), [("*/" * 5000, "more folders than a path"), ("${file:/missing}", "No such file")]
)
def test_an_include_that_cannot_be_followed_names_its_place(tmp_path: Path, include: str, said: str) -> None:
    """However odd it is."""
    file = tmp_path / "site.conf"
    file.write_text(f"[general]\ninclude = {include}\n")
    with pytest.raises(ConfigError, match=rf"site\.conf:2: \[general\] include.*{said}"):
        ConfigParser().load(file)


@pytest.mark.parametrize("value", ["${file:" * 100_000, "a" * 1_000_000, "://a:" * 100_000, "?token" * 100_000])
def test_no_value_takes_for_ever(value: str) -> None:
    """A value is read, expanded and explained in a time that its length explains."""
    config = ConfigParser()
    config.read_string(f"[s]\nx = {value}\n", "hostile.conf")
    assert config["s"]["x"] == value
    assert config.explain("s", "x").origin.place == "hostile.conf:2"
    with pytest.raises(ConfigError) as error:
        config.getint("s", "x")
    assert len(str(error.value)) < 1000


_NAME = st.text(st.characters(categories=["L", "Nd"]), min_size=1).filter(
    lambda s: s.lower() == s and s.strip() == s and s != "general"
)
_VALUE = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="$%"), min_size=1)


@given(st.dictionaries(_NAME, st.dictionaries(_NAME, _VALUE, max_size=4), max_size=4))
def test_what_was_written_is_read(content: dict[str, dict[str, str]]) -> None:
    """A well-formed file gives exactly its values."""
    text = "".join(f"[{s}]\n" + "".join(f"{k} = {v}\n" for k, v in o.items()) for s, o in content.items())
    config = ConfigParser()
    config.read_string(text)
    assert {s: dict(config[s]) for s in content} == content
