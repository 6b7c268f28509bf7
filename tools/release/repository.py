"""What git knows: releases by their tags, and the files of one."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from packaging.version import Version

from tools.release.errors import ReleaseError
from tools.release.wheels import Wheel


def git(root: Path, *arguments: str) -> bytes:
    """Return what git prints.

    Raises:
        ReleaseError: It fails, or is not there.
    """
    try:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True).stdout
    except FileNotFoundError:
        raise ReleaseError("git is not installed") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip().splitlines() or ["it fails"]
        raise ReleaseError(f"git {' '.join(arguments)}: {reason[0]}") from None


def releases(wheel: Wheel) -> list[Version]:
    """Return the releases of a wheel that the checked-out commit descends from, the newest first."""
    prefix = wheel.tag(Version("0")).removesuffix("0")
    tags = git(wheel.root, "tag", "--merged", "HEAD", "--list", f"{prefix}*").decode().split()
    return sorted((Version(tag.removeprefix(prefix)) for tag in tags), reverse=True)


def last_release(wheel: Wheel) -> Version | None:
    """Return the newest of them, if there is one."""
    return next(iter(releases(wheel)), None)


def uncommitted(root: Path, folder: str) -> list[str]:
    """Return the files in a folder that are not as they were committed."""
    lines = git(root, "status", "--porcelain", "--", folder).decode().splitlines()
    return [line[3:] for line in lines]


def commit_time(root: Path, reference: str) -> int:
    """Return when the commit was made, in seconds since 1970."""
    return int(git(root, "log", "-1", "--format=%ct", reference))


def export(root: Path, reference: str, folder: str, into: Path) -> Path:
    """Write a folder as it was committed, and nothing that lies around in it today; return where it is now."""
    with tarfile.open(fileobj=io.BytesIO(git(root, "archive", reference, "--", folder))) as archive:
        unpack(archive, into)
    return into / folder


def unpack(archive: tarfile.TarFile, into: Path) -> None:
    """Write the files of an archive, and nothing outside of the folder where the Python at hand can see to that."""
    # `extractall(filter=…)` came with Python 3.11.4.
    archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
    archive.extractall(into)  # noqa: S202  # git has made it, or the build before
