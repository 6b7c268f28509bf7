"""The wheels of the repository, as their folders tell of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.version import Version

from tools.release.errors import ReleaseError


@dataclass(frozen=True)
class Wheel:
    """A distribution in `packages/`.

    Attributes:
        root: The folder of the repository.
        name: The name of the distribution.
    """

    root: Path
    name: str

    @property
    def package(self) -> str:
        """The name under which it is imported, and that of its files."""
        return self.name.replace("-", "_")

    @property
    def folder(self) -> Path:
        """The folder of the distribution."""
        return self.root / "packages" / self.name

    @property
    def pyproject(self) -> Path:
        """The file with its version and its requirements."""
        return self.folder / "pyproject.toml"

    @property
    def changelog(self) -> Path:
        """The file that tells users what has changed."""
        return self.folder / "CHANGELOG.md"

    @property
    def project(self) -> dict[str, Any]:
        """The `[project]` table."""
        table: dict[str, Any] = tomllib.loads(self.pyproject.read_text("utf-8"))["project"]
        return table

    @property
    def version(self) -> Version:
        """The version in the working tree."""
        return Version(self.project["version"])

    @property
    def requirements(self) -> list[str]:
        """All that it requires, with all of its extras, as written."""
        extras = self.project.get("optional-dependencies", {}).values()
        return [*self.project["dependencies"], *(line for lines in extras for line in lines)]

    def tag(self, version: Version) -> str:
        """Return the name of the tag of a release."""
        return f"{self.name}-v{version}"

    def __str__(self) -> str:
        """Return the name."""
        return self.name


def all_wheels(root: Path) -> dict[str, Wheel]:
    """Return the wheels of the repository by their names."""
    return {file.parent.name: Wheel(root, file.parent.name) for file in sorted(root.glob("packages/*/pyproject.toml"))}


def find(root: Path, name: str) -> Wheel:
    """Return the wheel of that name.

    Raises:
        ReleaseError: There is none.
    """
    wheels = all_wheels(root)
    if name not in wheels:
        raise ReleaseError(f"no wheel is named {name!r}; there are {', '.join(wheels)}")
    return wheels[name]


def closure(wheel: Wheel) -> list[Wheel]:
    """Return the wheels of the repository that are installed with this one, and it as the first."""
    wheels = all_wheels(wheel.root)
    found = {wheel.name: wheel}

    def add(names: Iterator[str]) -> None:
        for name in names:
            if name in wheels and name not in found:
                found[name] = wheels[name]
                add(required(wheels[name]))

    add(required(wheel))
    return list(found.values())


def required(wheel: Wheel) -> Iterator[str]:
    """Yield the names of the distributions that it requires, with all of its extras."""
    return (Requirement(line).name for line in wheel.requirements)
