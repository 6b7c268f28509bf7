"""The wheel and the source archive of a release: what its tag holds, the same byte for byte wherever it is built."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.version import Version

from tools.release.errors import ReleaseError
from tools.release.repository import commit_time, export, releases
from tools.release.wheels import Wheel


def build_release(wheel: Wheel, into: Path) -> list[str]:
    """Build the files of the version in the working tree out of its tag, twice; return them with their SHA-256.

    Raises:
        ReleaseError: The version is not tagged, or the two builds differ.
    """
    version = wheel.version
    if version not in releases(wheel):
        raise ReleaseError(f"{wheel} {version} is not tagged: `git tag {wheel.tag(version)}`, then build it")
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        build_tag(wheel, version, Path(first), umask=0o022)
        build_tag(wheel, version, Path(second), umask=0o077)
        sums = digests(Path(first))
        if sums != digests(Path(second)):
            raise ReleaseError(f"{wheel} {version}: two builds of {wheel.tag(version)} differ")
        into.mkdir(parents=True, exist_ok=True)
        for name in sums:
            shutil.copyfile(Path(first) / name, into / name)
    return [f"{digest}  {name}" for name, digest in sums.items()]


def build_tag(wheel: Wheel, version: Version, into: Path, umask: int = -1) -> None:
    """Build a release, whether it is the newest or not, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        tag = wheel.tag(version)
        project = export(wheel.root, tag, f"packages/{wheel}", Path(folder))
        build(project, into, commit_time(wheel.root, tag), umask)


def build(project: Path, into: Path, time: int | None = None, umask: int = -1) -> None:
    """Build a folder's wheel and source archive.

    Args:
        project: The folder with the pyproject.toml.
        into: The folder for the two files.
        time: What the files in them are dated, in seconds since 1970; hatchling has a fixed date of its own.
        umask: Of the process that builds; -1 leaves it as it is.

    Raises:
        ReleaseError: The build fails; it says what hatchling says.
    """
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(into.absolute()), "-t", "wheel", "-t", "sdist"]
    environment = os.environ | ({} if time is None else {"SOURCE_DATE_EPOCH": str(time)})
    result = subprocess.run(
        command, cwd=project, env=environment, umask=umask, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise ReleaseError(f"{project.name} cannot be built:\n{result.stderr.strip()}")


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file by its name."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}
