"""Notes: a file each, which the release makes an entry of the changelog."""

from __future__ import annotations

import datetime

import pytest
from packaging.version import Version

from tests.release.conftest import Repository
from tools.release import notes
from tools.release.bumps import Bump, between, named
from tools.release.errors import ReleaseError


def test_an_entry_tells_first_what_a_user_has_to_act_on(small: Repository) -> None:
    """Whoever upgrades reads from the top; lines may be broken in a note wherever its author likes."""
    small.write("packages/low/changes/b.fix.md", "It greets\nagain.\n")
    small.write("packages/low/changes/a.feature.md", "It can be loud.\n")
    small.write("packages/low/changes/c.breaking.md", "It wants a name.\n")
    read = notes.read(small.wheel("low"))
    assert notes.entry(Version("2.0.0"), datetime.date(2030, 1, 2), read) == (
        "## 2.0.0 (2030-01-02)\n\nBreaking:\n\n- It wants a name.\n\nNew:\n\n- It can be loud.\n\n"
        "Mended:\n\n- It greets again.\n"
    )


@pytest.mark.parametrize(
    ("kinds", "bump"),
    [
        ((), Bump.NONE),
        (("fix",), Bump.PATCH),
        (("fix", "deprecation"), Bump.MINOR),
        (("feature", "fix"), Bump.MINOR),
        (("breaking", "fix"), Bump.MAJOR),
    ],
)
def test_the_kinds_of_notes_say_which_release_they_need(small: Repository, kinds: tuple[str], bump: Bump) -> None:
    """A user's range of versions holds what it promises."""
    for kind in kinds:
        small.write(f"packages/low/changes/some.{kind}.md", "A change.")
    assert notes.bump(notes.read(small.wheel("low"))) is bump


@pytest.mark.parametrize("name", ["some.md", "some.fixed.md", "Some.fix.md", "some.fix.txt", ".fix.md"])
def test_a_note_under_a_wrong_name_is_refused(small: Repository, name: str) -> None:
    """It would be forgotten at the release; the refusal names the file and the kinds that there are."""
    small.write(f"packages/low/changes/{name}", "A change.")
    with pytest.raises(ReleaseError, match=rf"packages/low/changes/{name}: .*breaking, deprecation, feature, fix"):
        notes.read(small.wheel("low"))


def test_an_empty_note_is_refused(small: Repository) -> None:
    """A line of the changelog without a word helps nobody."""
    small.write("packages/low/changes/some.fix.md", "\n")
    with pytest.raises(ReleaseError, match=r"packages/low/changes/some\.fix\.md is empty"):
        notes.read(small.wheel("low"))


@pytest.mark.parametrize(
    ("word", "version"), [("patch", "1.2.4"), ("minor", "1.3.0"), ("major", "2.0.0")], ids=lambda word: word
)
def test_a_bump_raises_one_part_and_clears_those_behind_it(word: str, version: str) -> None:
    """Versions are semantic; and between two of them the bump is found again."""
    assert named(word).of(Version("1.2.3")) == Version(version)
    assert between(Version("1.2.3"), Version(version)) is named(word)


def test_a_word_that_is_no_bump_is_refused() -> None:
    """A typo gets the three words there are."""
    with pytest.raises(ReleaseError, match="a release is patch, minor or major, not 'none'"):
        named("none")
