"""Each wheel under its layer's tests, with the oldest versions that its ranges allow and with the newest."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tools.release.building import build, build_tag
from tools.release.environments import create, uv
from tools.release.repository import releases
from tools.release.wheels import Wheel, all_wheels, closure


def check(wheel: Wheel, age: str) -> bool:
    """Print the versions and what pytest says of a wheel, as it is in the working tree; return whether all is well.

    Args:
        wheel: The wheel under test.
        age: `oldest` or `newest`.

    Raises:
        ReleaseError: There are no such versions, or no interpreter of the oldest Python.
    """
    with tempfile.TemporaryDirectory() as folder:
        python = create(Path(folder, "env"), oldest_python(wheel) if age == "oldest" else sys.executable)
        others = third_parties(wheel)
        pins = oldest(others, python) if age == "oldest" else others
        files = [file for each in closure(wheel) for file in build_one(each, wheel, age, Path(folder, "wheels"))]
        uv("pip", "install", "--quiet", "--python", python, "--group", "test", *files, *pins, cwd=wheel.root)
        names = {Requirement(line).name for line in others}
        frozen = uv("pip", "list", "--format", "freeze", "--python", python).splitlines()
        shown = [line for line in frozen if Requirement(line).name in names or line.startswith("asab")]
        print(f"--- {wheel}, {age}: {', '.join(shown)}", flush=True)
        command = [str(python), "-m", "tests.architecture.alone", wheel.name, "-q", "-m", "not slow and not proof"]
        return not subprocess.run(command, cwd=wheel.root, check=False).returncode


def oldest_python(wheel: Wheel) -> str:
    """Return the version of Python that it requires at least."""
    (least,) = SpecifierSet(wheel.project["requires-python"])
    return least.version


def third_parties(wheel: Wheel) -> list[str]:
    """Return what it and the wheels below it require of others, with all extras."""
    ours = all_wheels(wheel.root)
    lines = {line for each in closure(wheel) for line in each.requirements}
    return sorted(line for line in lines if Requirement(line).name not in ours)


def oldest(requirements: list[str], python: Path) -> list[str]:
    """Return the requirements, pinned to the oldest versions that fit together."""
    resolved = uv(
        "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--no-deps", "--resolution", "lowest-direct",
        "--python", python, "-", text="\n".join(requirements)
    )  # fmt: skip
    return resolved.splitlines()


def build_one(each: Wheel, wheel: Wheel, age: str, into: Path) -> Iterator[Path]:
    """Build a wheel of ours: the one under test as it is; one below it as it was in its oldest release in range."""
    ranges = [Requirement(line).specifier for line in wheel.requirements if Requirement(line).name == each.name]
    fitting = [version for version in releases(each) if all(version in each_range for each_range in ranges)]
    if age == "oldest" and each != wheel and fitting:
        build_tag(each, fitting[-1], into)
    else:
        build(each.folder, into)
    return into.glob(f"{each.package}-*.whl")
