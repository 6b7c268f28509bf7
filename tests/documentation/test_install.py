"""The page on the installation knows what there is to install."""

from __future__ import annotations

import re
import tomllib

from tests.architecture.layers import LAYERS
from tests.documentation.blocks import ROOT


def test_every_extra_is_listed() -> None:
    """Whoever looks for one looks there."""
    listed = re.findall(r"^\| `(\S+\[\w+\])` \|", (ROOT / "docs/how-to/install.md").read_text("utf-8"), re.MULTILINE)
    projects = [tomllib.loads((layer.folder / "pyproject.toml").read_text("utf-8"))["project"] for layer in LAYERS]
    names = {f"{project['name']}[{each}]" for project in projects for each in project.get("optional-dependencies", ())}
    assert sorted(listed) == sorted(name for name in names if not name.startswith("asab["))
