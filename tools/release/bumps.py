"""Which part of a version a release raises, by semantic versioning."""

from __future__ import annotations

from enum import IntEnum

from packaging.version import Version

from tools.release.errors import ReleaseError


class Bump(IntEnum):
    """From what changes nothing for a user to what breaks programs."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        """Return the word of the command line."""
        return self.name.lower()

    def of(self, version: Version) -> Version:
        """Return the version that comes next."""
        major, minor, patch = version.release
        return {
            Bump.NONE: version,
            Bump.PATCH: Version(f"{major}.{minor}.{patch + 1}"),
            Bump.MINOR: Version(f"{major}.{minor + 1}.0"),
            Bump.MAJOR: Version(f"{major + 1}.0.0"),
        }[self]


def named(word: str) -> Bump:
    """Return the bump that somebody asks for.

    Raises:
        ReleaseError: It is none of the three.
    """
    if word not in ("patch", "minor", "major"):
        raise ReleaseError(f"a release is patch, minor or major, not {word!r}")
    return Bump[word.upper()]


def between(old: Version, new: Version) -> Bump:
    """Return which part has been raised."""
    return next((Bump(3 - place) for place in range(3) if new.release[place] > old.release[place]), Bump.NONE)
