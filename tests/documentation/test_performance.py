"""The pages show what is measured."""

from __future__ import annotations

import re

from tests.documentation.blocks import ROOT

DOCS = ROOT / "docs"
PAGES = "".join(path.read_text("utf-8") for path in DOCS.rglob("*.md"))


def test_every_plot_is_on_a_page() -> None:
    """A measurement that nobody is shown might as well not be made; an unwelcome one above all."""
    shown = set(re.findall(r"\(performance/(\S+\.svg)\)", PAGES))
    assert shown == {path.name for path in (DOCS / "performance").iterdir()}


def test_every_benchmark_is_named() -> None:
    """So that each figure can be measured again."""
    scripts = re.search(r"\[envs\.bench\.scripts\]\n(.*)", (ROOT / "hatch.toml").read_text("utf-8"), re.DOTALL)
    assert scripts is not None
    names = set(re.findall(r"^([\w-]+) = ", scripts[1], re.MULTILINE))
    assert names - set(re.findall(r"hatch run bench:([\w-]+)", PAGES)) == set()
