"""The build backend of the repository's root: `pip install git+<repository>` gives the whole stack, in one wheel.

An installer that is pointed at the root of a monorepo cannot know of the packages in it. So the root builds one wheel
named `asab`, of the version of packages/asab, with all import packages and all that they need from third parties.
With `pip install -e .` the packages are taken from the working tree. Released wheels are made by `hatch build --all`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parent.parent


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """Build the wheel of the stack (PEP 517) and return its file name."""
    return _build(wheel_directory, "standard")


def build_editable(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """Build a wheel that points at the packages in the working tree (PEP 660) and return its file name."""
    return _build(wheel_directory, "editable")


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    """Refuse: the archives of sources are those of the packages."""
    raise SystemExit("The repository's root gives no source archive; `hatch build --all` makes one of each package.")


def _build(directory: str, version: str) -> str:
    builder = WheelBuilder(str(ROOT), config=stack())
    return os.path.basename(next(builder.build(directory=directory, versions=[version])))


def stack() -> dict[str, Any]:
    """Return the configuration of a project that holds every package: the facade's, with everyone's requirements."""
    folders = sorted(file.parent for file in ROOT.glob("packages/*/pyproject.toml"))
    projects = {folder.name: tomllib.loads((folder / "pyproject.toml").read_text("utf-8")) for folder in folders}
    needed = _of_others(project["project"]["dependencies"] for project in projects.values())
    extras = {
        name: _of_others(each["project"].get("optional-dependencies", {}).get(name, []) for each in projects.values())
        for name in projects["asab"]["project"].get("optional-dependencies", {})
    }
    sources = [f"packages/{folder.name}/src" for folder in folders]
    wheel = {
        "packages": [f"{source}/{name.replace('-', '_')}" for source, name in zip(sources, projects, strict=True)],
        "dev-mode-dirs": sources,
    }
    project = projects["asab"]["project"] | {
        "readme": "packages/asab/README.md",
        "dependencies": needed,
        "optional-dependencies": extras,
    }
    return {"project": project, "tool": {"hatch": {"build": {"targets": {"wheel": wheel}}}}}


def _of_others(requirements: Iterable[list[str]]) -> list[str]:
    """Return what is required of third parties; the packages themselves are all in the one wheel."""
    return sorted({line for lines in requirements for line in lines if not line.startswith("asab-")})
