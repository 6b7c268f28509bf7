"""What the wheels require of each other, and how a range takes in a new major version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.version import Version

from tools.release.errors import ReleaseError
from tools.release.wheels import Wheel, all_wheels


@dataclass(frozen=True)
class Range:
    """A requirement of one wheel on another, as it is written."""

    of: Wheel
    line: str

    def holds(self, version: Version) -> bool:
        """Return whether the version is in the range."""
        return version in Requirement(self.line).specifier

    def widened(self, version: Version) -> str:
        """Return the requirement with an end above the version.

        Raises:
            ReleaseError: The range has no end that could be moved, as in `>=1.0,<2`.
        """
        line, count = re.subn(r"<\d+$", f"<{version.major + 1}", self.line)
        if count != 1 or version not in Requirement(line).specifier:
            place = self.of.pyproject.relative_to(self.of.root)
            raise ReleaseError(f"{place}: {self.line!r} leaves {version} out; write it as a range like '>=1.0,<2'")
        return line


def on(wheel: Wheel) -> Iterator[Range]:
    """Yield the requirements of all other wheels on this one."""
    for other in all_wheels(wheel.root).values():
        for line in other.requirements:
            if Requirement(line).name == wheel.name:
                yield Range(other, line)
