"""What has changed in the public API since the last release has to be declared."""

from __future__ import annotations

import pytest

from tests.release.conftest import GREETING, INIT, Repository
from tools.release import api
from tools.release.errors import ReleaseError

WITH_ONE_MORE = INIT.replace('["greet"]', '["HELLO", "greet"]').replace("import greet", "import HELLO, greet")


def change(small: Repository, old: str, new: str) -> None:
    assert old in GREETING
    small.write("packages/low/src/low/_greeting.py", GREETING.replace(old, new))


def add(small: Repository) -> None:
    small.write("packages/low/src/low/__init__.py", WITH_ONE_MORE)
    small.write("packages/low/src/low/_greeting.py", f'HELLO = "Hello"\n\n\n{GREETING}')


def test_what_is_as_it_was_needs_nothing(small: Repository) -> None:
    """A commit without a change for users needs no words about it."""
    change(small, "name.upper()", "name.title()")
    assert api.check(small.wheel("low")) == "low: none by its API since 1.0.0, none declared"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("loud: bool = False", "quiet: bool = False", r"greet\(loud\): Parameter was removed"),
        ("loud: bool = False", "loud: bool", r"greet\(loud\): Parameter is now required"),
        ("loud: bool = False", "loud: bool = True", r"greet\(loud\): Parameter default was changed: False -> True"),
        ("name: str", "name: str, other: str", r"greet\(other\): Parameter was added as required"),
    ],
)
def test_what_may_break_a_program_demands_a_major_release(small: Repository, old: str, new: str, reason: str) -> None:
    """Though the function is in a private module: users have it from the top of the package."""
    change(small, old, new)
    with pytest.raises(ReleaseError, match=rf"low: since 1\.0\.0, .*{reason}.*: this is a major release, and nothing"):
        api.check(small.wheel("low"))
    small.write("packages/low/changes/loud.feature.md", "It greets otherwise.")
    with pytest.raises(ReleaseError, match=r"and minor is declared; add packages/low/changes/<what>\.breaking\.md"):
        api.check(small.wheel("low"))
    small.write("packages/low/changes/loud.breaking.md", "It greets otherwise.")
    assert api.check(small.wheel("low")) == "low: major by its API since 1.0.0, major declared"


def test_who_hands_a_broken_name_on_is_broken_too(small: Repository) -> None:
    """A program that imports from the facade breaks as one that imports from the layer."""
    change(small, "loud: bool = False", "quiet: bool = False")
    with pytest.raises(ReleaseError, match=r"high: since 1\.0\.0, .*greet\(loud\): Parameter was removed"):
        api.check(small.wheel("high"))


def test_a_new_name_demands_a_minor_release(small: Repository) -> None:
    """A program that uses it has to be able to say which version it needs."""
    add(small)
    with pytest.raises(ReleaseError, match=r"low: since 1\.0\.0, low\.HELLO is new: this is a minor release, and noth"):
        api.check(small.wheel("low"))
    small.write("packages/low/changes/hello.feature.md", "There is HELLO.")
    assert api.check(small.wheel("low")) == "low: minor by its API since 1.0.0, minor declared"


def test_a_version_that_is_prepared_is_a_declaration(small: Repository) -> None:
    """Between the commit of a release and its tag there are no notes any more."""
    add(small)
    pyproject = small.wheel("low").pyproject
    pyproject.write_text(pyproject.read_text("utf-8").replace('"1.0.0"', '"1.1.0"'), encoding="utf-8")
    assert api.check(small.wheel("low")) == "low: minor by its API since 1.0.0, minor declared"


def test_before_the_first_release_everything_may_change(small: Repository) -> None:
    """There is nobody yet who could rely on it; a tag of a wheel with a longer name is not its own."""
    small.write("packages/lo/pyproject.toml", '[project]\nname = "lo"\nversion = "1.0.0"\n')
    assert api.check(small.wheel("lo")) == "lo: never released; 1.0.0 will be what later versions are held against"
