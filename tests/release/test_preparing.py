"""The commit of a release is written whole, or not at all."""

from __future__ import annotations

import datetime

import pytest

from tests.release.conftest import GREETING, Repository
from tools.release.bumps import Bump
from tools.release.errors import ReleaseError
from tools.release.preparing import prepare, write

DAY = datetime.date(2030, 1, 2)


def refused(small: Repository, bump: Bump, reason: str) -> None:
    """It says why, and has not touched a file."""
    before = small.changed()
    with pytest.raises(ReleaseError, match=reason):
        prepare(small.wheel("low"), bump, DAY)
    assert small.changed() == before


def test_a_minor_release_is_version_and_changelog(small: Repository) -> None:
    """What requires the wheel goes on as it is, because its range holds."""
    note = small.write("packages/low/changes/loud.feature.md", "It can be loud.")
    small.commit()
    said = prepare(small.wheel("low"), Bump.MINOR, DAY)
    low = small.wheel("low")
    assert said[0] == "low 1.1.0 is prepared."
    assert said[-1] == "Tag: low-v1.1.0"
    assert "high requires low>=1.0,<2: holds 1.1.0" in said
    assert str(low.version) == "1.1.0"
    assert low.changelog.read_text("utf-8") == (
        "# Changelog of low\n\n## 1.1.0 (2030-01-02)\n\nNew:\n\n- It can be loud.\n\n## 1.0.0\n\n- The first release.\n"
    )
    assert not note.exists()
    assert small.wheel("high").requirements == ["low>=1.0,<2", "low[more]>=1.0,<2"]
    refused(small, Bump.MINOR, "is not committed")
    small.commit()
    refused(small, Bump.MINOR, r"low 1\.1\.0 is prepared already, after 1\.0\.0: `git tag low-v1\.1\.0`")


def test_a_major_release_widens_the_ranges_of_who_requires_it(small: Repository) -> None:
    """Who requires it, with an extra or without, may have it; and is not forgotten, because it has a note now."""
    small.write("packages/low/changes/loud.breaking.md", "It is loud.")
    small.commit()
    said = prepare(small.wheel("low"), Bump.MAJOR, DAY)
    assert small.wheel("high").requirements == ["low>=1.0,<3", "low[more]>=1.0,<3"]
    assert "packages/high has a note of it: release that wheel next, as a patch at least." in said
    note = small.wheel("high").folder / "changes" / "low-2.fix.md"
    assert note.read_text("utf-8") == "It works with low 2 too.\n"


def test_a_range_that_cannot_be_widened_is_named(small: Repository) -> None:
    """Nobody guesses what its author meant."""
    high = small.wheel("high").pyproject
    high.write_text(high.read_text("utf-8").replace('"low>=1.0,<2"', '"low~=1.0"'), encoding="utf-8")
    small.write("packages/low/changes/loud.breaking.md", "It is loud.")
    small.commit()
    refused(small, Bump.MAJOR, r"packages/high/pyproject\.toml: 'low~=1\.0' leaves 2\.0\.0 out")


def test_without_a_note_there_is_no_release(small: Repository) -> None:
    """A release that nobody can be told anything about is a mistake."""
    refused(small, Bump.PATCH, "packages/low/changes has no note")


def test_a_release_is_not_smaller_than_its_notes_or_its_api(small: Repository) -> None:
    """A user's range of versions holds what it promises."""
    small.write("packages/low/changes/loud.feature.md", "It can be loud.")
    small.commit()
    refused(small, Bump.PATCH, r"changes/loud\.feature\.md needs a minor release; a patch release was asked for")
    small.write("packages/low/src/low/_greeting.py", GREETING.replace("name", "who"))
    small.commit()
    refused(small, Bump.MINOR, r"greet\(name\): .*this is a major release; a minor release was asked for")


def test_a_wheel_that_was_never_released_needs_a_tag_only(small: Repository) -> None:
    """Its version is in its pyproject.toml already."""
    pyproject = small.wheel("low").pyproject.read_text("utf-8")
    small.write("packages/new/pyproject.toml", pyproject.replace('"low"', '"new"'))
    small.commit()
    with pytest.raises(ReleaseError, match=r"new 1\.0\.0 has never been released: .*`git tag new-v1\.0\.0`"):
        prepare(small.wheel("new"), Bump.MINOR, DAY)


def test_a_changelog_with_another_heading_is_left_to_its_author(small: Repository) -> None:
    """What stands under `Unreleased` would end up below the release that it belongs to."""
    changelog = "# Changelog of low\n\n## Unreleased\n\n- Something.\n\n## 1.0.0\n\n- The first release.\n"
    small.write("packages/low/CHANGELOG.md", changelog)
    small.write("packages/low/changes/loud.fix.md", "It is loud.")
    small.commit()
    refused(small, Bump.PATCH, r"packages/low/CHANGELOG\.md has a heading that is not a release's")


def test_when_a_file_cannot_be_written_all_are_as_they_were(small: Repository) -> None:
    """A disk that is full in the middle leaves no half of a release."""
    low, new = small.wheel("low"), small.root / "new.md"
    impossible = small.wheel("high").pyproject / "below-a-file.md"
    with pytest.raises(OSError, match=r"pyproject\.toml"):
        write({low.changelog: "new", new: "new", low.pyproject: None, impossible: "new"})
    assert not small.changed()
