"""The layers depend on each other in one direction, and each wheel declares what it imports."""

from __future__ import annotations

import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.imports import STANDARD_LIBRARY, imported_packages, imports
from tests.architecture.layers import LAYERS, ROOT, Layer

PACKAGES = {layer.package: layer for layer in LAYERS}
each_layer = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.wheel)


def requirements(layer: Layer) -> dict[str, Requirement]:
    lines = [Requirement(line) for line in layer.project["dependencies"]]
    return {canonicalize_name(line.name): line for line in lines}


def test_the_table_names_every_wheel() -> None:
    """A wheel that the table does not know has no walls."""
    assert {layer.wheel for layer in LAYERS} == {folder.name for folder in (ROOT / "packages").iterdir()}


@each_layer
def test_a_layer_imports_only_what_is_below_it(layer: Layer) -> None:
    """Whoever takes a lower layer alone must not need an upper one."""
    below = {below.replace("-", "_") for below in layer.below}
    allowed = {layer.package} | below | layer.third_parties | set(layer.extras)
    wrong = [
        f"{place} imports {name}"
        for place, name in imports(layer.source)
        if (top := name.partition(".")[0]) not in allowed and top not in STANDARD_LIBRARY
    ]
    assert not wrong, "\n".join(wrong)


@each_layer
def test_a_wheel_declares_exactly_what_it_imports(layer: Layer) -> None:
    """What is missing breaks an installation of this wheel alone; what is too much burdens it."""
    others = imported_packages(layer.source) - STANDARD_LIBRARY - {layer.package} - set(layer.extras)
    assert set(requirements(layer)) - layer.pinned == {canonicalize_name(name) for name in others}
    assert layer.pinned <= set(requirements(layer))


@each_layer
def test_an_extra_declares_what_is_imported_for_it(layer: Layer) -> None:
    """What only some users need does not burden the others, and an extra installs what its part asks for."""
    tables = layer.project.get("optional-dependencies", {}).values()
    declared = {canonicalize_name(Requirement(line).name) for table in tables for line in table}
    assert declared - layer.below == set(layer.extras.values())
    assert set(layer.extras) <= imported_packages(layer.source)


@each_layer
def test_the_ranges_admit_the_versions_here(layer: Layer) -> None:
    """The wheels of one checkout must install together, and an incompatible release of a layer must not slip in."""
    for wheel, requirement in requirements(layer).items():
        assert any(clause.operator == "<" for clause in requirement.specifier), f"{requirement} has no upper bound"
        if below := PACKAGES.get(wheel.replace("-", "_")):
            assert requirement.specifier.contains(below.project["version"])


@each_layer
def test_no_layer_reaches_into_the_private_parts_of_another(layer: Layer) -> None:
    """A release of one layer may change its private names; the released others must go on working."""
    wrong = [
        f"{place} imports {name}"
        for place, name in imports(layer.source)
        if (top := name.partition(".")[0]) != layer.package
        and top in PACKAGES
        and any(part.startswith("_") for part in name.split("."))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_linter_holds_the_same_order() -> None:
    """`hatch run lint:check` and this table must not tell two stories."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (contract,) = settings["contracts"]
    height = {
        package: height
        for height, line in enumerate(reversed(contract["layers"]))
        for package in line.replace("|", " ").split()
    }
    assert set(height) == set(settings["root_packages"]) == set(PACKAGES)
    for layer in LAYERS:
        for below in layer.below:
            assert height[below.replace("-", "_")] < height[layer.package]


def test_hatch_and_coverage_know_every_layer() -> None:
    """A layer that they leave out is a layer nobody tests alone or measures."""
    environments = tomllib.loads((ROOT / "hatch.toml").read_text("utf-8"))["envs"]
    (matrix,) = environments["layer"]["matrix"]
    assert set(matrix["package"]) == {layer.wheel for layer in LAYERS}
    coverage = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["coverage"]
    assert set(coverage["run"]["source_pkgs"]) == set(PACKAGES)


def test_every_folder_of_tests_has_a_layer() -> None:
    """Tests that belong to no layer are not run on any wheel alone."""
    folders = {"/".join(file.relative_to(ROOT).parts[:2]) for file in (ROOT / "tests").rglob("test_*.py")}
    alone = {folder for layer in LAYERS for folder in layer.tests}
    assert folders - alone <= {"tests/architecture", "tests/release"}
    assert all((ROOT / folder).is_dir() for folder in alone)
