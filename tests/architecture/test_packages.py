"""Each package is whole, and its files stay small enough to be read at once."""

from __future__ import annotations

import re

import pytest

from tests.architecture.layers import LAYERS, ROOT, Layer

each_layer = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.wheel)


@each_layer
def test_a_package_has_its_own_papers(layer: Layer) -> None:
    """A wheel is read, licensed and type-checked on its own, far from this repository."""
    assert (layer.folder / "LICENSE").read_text("utf-8") == (ROOT / "LICENSE").read_text("utf-8")
    assert (layer.folder / "README.md").read_text("utf-8").startswith(f"# {layer.wheel}\n")
    assert (layer.source / "py.typed").is_file()


@each_layer
def test_the_changelog_tells_the_current_version(layer: Layer) -> None:
    """Whoever upgrades reads there what has changed."""
    versions = re.findall(r"^## (\S+)", (layer.folder / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert layer.project["version"] in versions


@each_layer
def test_a_source_file_is_short_and_finished(layer: Layer) -> None:
    """A file is one noun: what does not fit in 300 lines is two; what is not done is not here."""
    for file in layer.source.rglob("*.py"):
        text = file.read_text("utf-8")
        assert text.count("\n") <= 300, file
        assert not re.search(r"\b(TODO|FIXME|XXX)\b", text), file
