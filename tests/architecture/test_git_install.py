"""`pip install git+<repository>`, the third way of the documentation, gives the whole stack."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from typing import TYPE_CHECKING

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement

from tests.architecture.building import EmptyEnvironment, call
from tests.architecture.layers import LAYERS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("git"), reason="git is not installed; it comes with `apt-get install git`"),
]

FACADE = next(layer for layer in LAYERS if layer.wheel == "asab")
# No index is asked: the build finds hatchling among the test run's own packages.
OFFLINE = ("--no-deps", "--no-index", "--no-build-isolation")
WITH_HATCHLING = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository of what the root's build reads."""
    folder = tmp_path_factory.mktemp("git") / "repository"
    shutil.copytree(ROOT / "packages", folder / "packages", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    author = ("-c", "user.name=Nobody", "-c", "user.email=nobody@localhost")
    call("git", "init", "--quiet", cwd=folder)
    call("git", "add", ".", cwd=folder)
    call("git", *author, "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", "All", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> EmptyEnvironment:
    return EmptyEnvironment(tmp_path_factory.mktemp("env"))


def test_git_gives_one_wheel_with_every_layer(repository: Path, environment: EmptyEnvironment, tmp_path: Path) -> None:
    """Who installs from git gets what the packages have, and the requirements of all of them."""
    address = f"git+file://{repository}"
    environment.pip("wheel", *OFFLINE, "--wheel-dir", tmp_path, address, env=WITH_HATCHLING)
    (wheel,) = tmp_path.iterdir()
    environment.pip("install", "--no-deps", "--no-index", "--force-reinstall", wheel)
    environment.run(
        "import asab.web, asab.mom.amqp, asab.metrics\n"
        f"for package in {[layer.package for layer in LAYERS]}:\n"
        "    assert __import__(package).__file__.startswith(sys.prefix)\n"
        f"assert asab.__version__ == {FACADE.project['version']!r}\n"
        "from asab.__main__ import main\n"
        f"assert main(['new', 'shop', '--path', {str(tmp_path / 'shop')!r}]) == 0\n"
    )
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Metadata.from_email(archive.read(name), validate=False)
    ours = {layer.wheel for layer in LAYERS}
    needed = {Requirement(line) for layer in LAYERS for line in layer.project["dependencies"]}
    required = metadata.requires_dist or []
    assert {line for line in required if line.marker is None} == {line for line in needed if line.name not in ours}
    assert {line.name for line in required if line.marker} == {
        name for layer in LAYERS for name in layer.extras.values()
    }
    assert set(metadata.provides_extra or []) == set(FACADE.project["optional-dependencies"])


def test_an_editable_installation_of_the_root_follows_the_sources(
    repository: Path, environment: EmptyEnvironment
) -> None:
    """`pip install -e .` in a checkout gives the packages as they are being edited."""
    environment.pip("install", *OFFLINE, "--editable", repository, env=WITH_HATCHLING)
    environment.run(f"import asab, asab_web\nassert asab_web.__file__.startswith({str(repository)!r})")


def test_the_root_gives_no_source_archive_and_says_where_they_are(repository: Path, tmp_path: Path) -> None:
    """An archive of the root under the name of one wheel would mislead; each package has its own."""
    code = f"import build_stack; build_stack.build_sdist({str(tmp_path)!r})"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=repository / "tools", capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 1
    assert "hatch build --all" in result.stderr
    assert not list(tmp_path.iterdir())
