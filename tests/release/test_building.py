"""The files of a release are the same byte for byte, wherever, whenever and by whomever they are built."""

from __future__ import annotations

import os
import shutil
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.architecture.layers import LAYERS, Layer
from tests.release.conftest import Repository
from tools.release.building import build, build_release, digests
from tools.release.errors import ReleaseError
from tools.release.repository import unpack

TIME = 1_700_000_000


def build_copy(layer: Layer, folder: Path, umask: int, copied: float) -> dict[str, str]:
    """Build a layer in a folder of its own, whose files are of another time and owner's rights."""
    project = shutil.copytree(layer.folder, folder / layer.wheel, ignore=shutil.ignore_patterns("__pycache__"))
    for file in project.rglob("*"):
        os.utime(file, (copied, copied))
        file.chmod((0o777 if file.is_dir() else 0o666) & ~umask)
    build(project, folder / f"{layer.wheel}.built", TIME, umask)
    return digests(folder / f"{layer.wheel}.built")


def build_from_archive(layer: Layer, folder: Path) -> str:
    """Build a layer out of its source archive, as a distributor does; return the wheel's digest."""
    (archive,) = (folder / f"{layer.wheel}.built").glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        unpack(opened, folder / "archives")
    build(folder / "archives" / archive.name.removesuffix(".tar.gz"), folder / f"{layer.wheel}.again", TIME)
    return next(digest for name, digest in digests(folder / f"{layer.wheel}.again").items() if name.endswith(".whl"))


@pytest.mark.slow
def test_two_builds_are_the_same_files(tmp_path: Path) -> None:
    """Whoever mistrusts a download builds it himself; and its source archive gives the same wheel."""
    here, there = tmp_path / "here", tmp_path / "some where" / "else"
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        first = list(pool.map(lambda layer: build_copy(layer, here, 0o022, 1e9), LAYERS))
        second = list(pool.map(lambda layer: build_copy(layer, there, 0o077, 1.6e9), LAYERS))
        again = list(pool.map(lambda layer: build_from_archive(layer, there), LAYERS))
    assert first == second
    assert again == [next(each[name] for name in each if name.endswith(".whl")) for each in first]


def test_a_release_is_what_its_tag_holds(small: Repository, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What lies around in the working tree, or has been committed since, gets into nobody's installation."""
    into = tmp_path_factory.mktemp("release")
    before = build_release(small.wheel("low"), into)
    small.write("packages/low/src/low/_greeting.py", "broken")
    small.commit()
    small.write("packages/low/src/low/secret.py", "PASSWORD = 'x'")
    assert build_release(small.wheel("low"), into) == before
    assert {line.partition("  ")[2] for line in before} == {"low-1.0.0-py3-none-any.whl", "low-1.0.0.tar.gz"}


def test_a_version_without_a_tag_is_not_built(small: Repository, tmp_path: Path) -> None:
    """What is published can be found again in the history."""
    pyproject = small.wheel("low").pyproject
    pyproject.write_text(pyproject.read_text("utf-8").replace('"1.0.0"', '"1.1.0"'), encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"low 1\.1\.0 is not tagged: `git tag low-v1\.1\.0`"):
        build_release(small.wheel("low"), tmp_path / "release")
    assert not (tmp_path / "release").exists()
