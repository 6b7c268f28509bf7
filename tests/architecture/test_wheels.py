"""The sixteen artifacts: eight wheels and eight source archives that install together."""

from __future__ import annotations

import os
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.architecture.building import EmptyEnvironment, build
from tests.architecture.layers import LAYERS, Layer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
each_layer = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.wheel)


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what all packages build."""
    folder = tmp_path_factory.mktemp("artifacts")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda layer: build(layer.folder, folder), LAYERS))
    return folder


def stem(layer: Layer) -> str:
    return f"{layer.package}-{layer.project['version']}"


def test_every_package_gives_a_wheel_and_a_source_archive(artifacts: Path) -> None:
    """A release of a layer is these two files."""
    expected = {f"{stem(layer)}{ending}" for layer in LAYERS for ending in ("-py3-none-any.whl", ".tar.gz")}
    assert {file.name for file in artifacts.iterdir()} == expected


@each_layer
def test_a_wheel_holds_its_package_its_licence_and_nothing_else(layer: Layer, artifacts: Path) -> None:
    """A checker needs py.typed, a user the licence, and nobody a stray top folder in site-packages."""
    names = zipfile.ZipFile(artifacts / f"{stem(layer)}-py3-none-any.whl").namelist()
    papers = f"{stem(layer)}.dist-info"
    assert f"{layer.package}/py.typed" in names
    assert f"{papers}/licenses/LICENSE" in names
    assert {name.partition("/")[0] for name in names} == {layer.package, papers}


@each_layer
def test_a_source_archive_holds_what_its_wheel_is_made_of(layer: Layer, artifacts: Path) -> None:
    """A distributor builds from it, with the licence, the changelog and every source file as a real file."""
    with tarfile.open(artifacts / f"{stem(layer)}.tar.gz") as archive:
        names = {member.name for member in archive if member.isfile()}
    papers = {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", f"src/{layer.package}/py.typed"}
    sources = {file.relative_to(layer.folder).as_posix() for file in layer.source.rglob("*.py")}
    assert {f"{stem(layer)}/{name}" for name in papers | sources} <= names


def test_the_wheels_install_together_in_an_empty_environment(artifacts: Path, tmp_path: Path) -> None:
    """The wheels of one release satisfy each other, and `asab` has everything that it hands on."""
    environment = EmptyEnvironment(tmp_path / "env")
    environment.pip("install", "--no-deps", "--no-index", *sorted(artifacts.glob("*.whl")))
    environment.run(
        "import asab, asab.web, asab.web.session, asab.mom.amqp, asab.metrics\n"
        "assert asab.__file__.startswith(sys.prefix), asab.__file__\n"
        "assert sys.modules['asab_web'].__file__.startswith(sys.prefix)\n"
    )
