"""What the sources import, read without running them."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The standard library, with what only newer Pythons than this one have.
STANDARD_LIBRARY = sys.stdlib_module_names | {"annotationlib"}


def imports(package: Path) -> Iterator[tuple[str, str]]:
    """Yield the place (`file:line`) and the absolute name of everything that the files of a package import.

    `from x import y` gives `x.y`, since y may be a module. Relative imports stay in the package and are left out.
    """
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for name in names:
                yield f"{file}:{node.lineno}", name


def imported_packages(package: Path) -> set[str]:
    """Return the top names of what the files of a package import."""
    return {name.partition(".")[0] for _, name in imports(package)}
