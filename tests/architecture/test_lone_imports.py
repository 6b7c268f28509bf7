"""Every module can be the first that somebody imports."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.architecture.fresh import run
from tests.architecture.layers import LAYERS, Layer


def modules(layer: Layer) -> list[str]:
    files = sorted(layer.source.rglob("*.py"))
    return [".".join(file.relative_to(layer.source.parent).with_suffix("").parts) for file in files]


each_layer = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.wheel)


@each_layer
def test_every_name_that_a_package_exports_is_there(layer: Layer) -> None:
    """What `__all__` promises can be imported, also where it is brought in only when somebody asks."""
    result = run(f"from {layer.package} import *")
    assert not result.returncode, result.stderr


@each_layer
def test_every_module_can_be_imported_alone_and_without_a_warning(layer: Layer) -> None:
    """Whoever imports one module directly must not stumble over a cycle, a forgotten import or a deprecation."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda module: run(f"import {module.removesuffix('.__init__')}"), modules(layer))
        failures = [result.stderr for result in results if result.returncode]
    assert not failures, "\n".join(failures)
