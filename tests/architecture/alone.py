"""Run a layer's tests on its built wheel, where only what it declares is installed: `hatch run layer:test`."""

from __future__ import annotations

import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.architecture.layers import LAYERS, ROOT, Layer


def main(wheel: str, *arguments: str) -> int | str:
    """Return the exit code of pytest, or a text that says why the tests would prove nothing."""
    layer = next(layer for layer in LAYERS if layer.wheel == wheel)
    return misplaced(layer) or pytest.main([*layer.tests, *arguments])


def misplaced(layer: Layer) -> str | None:
    """Say what is not the layer's own wheel, is installed from sources, or is beside the layer without its need."""
    if (installed := version(layer.wheel)) != layer.project["version"]:
        return f"{layer.wheel} {installed} is installed; here is {layer.project['version']}"
    for other in LAYERS:
        spec = find_spec(other.package)
        if spec and other is not layer and other.wheel not in layer.below:
            return f"{other.wheel} is installed, although {layer.wheel} does not need it"
        if spec and spec.origin and Path(spec.origin).is_relative_to(ROOT / "packages"):
            return f"{other.wheel} comes from the sources in {spec.origin}, not from its wheel"
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
