"""The documentation as a site: it is built without a warning, in a minute, and is complete in itself."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.documentation.blocks import PAGES, ROOT
from tests.support.processes import UNMEASURED, Process
from tools.check_site import faults

GOOD = '<html><a href="other.html#there">x</a> <a href="https://example.com/">y</a> <img src="data:,"></html>'
OTHER = '<html><p id="there"><a href="index.html#top">up</a> <a href="#there">here</a></html>'


def site(folder: Path, **files: str) -> list[str]:
    for name, text in {"index_html": GOOD, "other_html": OTHER, **files}.items():
        path = folder / name.replace("_", ".")
        path.write_text(text, "utf-8")
    return list(faults(folder))


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    """A reader who follows one is lost."""
    assert site(tmp_path) == ["other.html: index.html#top leads to no such place in that page"]
    bad = '<a href="gone.html">x</a> <img src="gone.svg"> <a href="other.html#gone">y</a>'
    assert site(tmp_path, other_html="<p id=there>", page_html=bad) == [
        "page.html: gone.html leads to no file",
        "page.html: gone.svg leads to no file",
        "page.html: other.html#gone leads to no such place in that page",
    ]


@pytest.mark.parametrize(
    "files",
    [
        {"page_html": '<script src="https://cdn.example.com/a.js"></script>'},
        {"page_html": '<link rel="stylesheet" href="//fonts.example.com/css">'},
        {"page_html": '<img srcset="https://example.com/a.png 2x">'},
        {"page_html": '<link rel="preconnect" href="https://fonts.example.com">'},
        {"a_css": "@import 'https://fonts.example.com/css';"},
        {"a_css": "body { background: url(https://example.com/a.png) }"},
        {"a_js": 'fetch("https://example.com/")'},
    ],
)
def test_whatever_is_loaded_from_elsewhere_is_found(files: dict[str, str], tmp_path: Path) -> None:
    """The pages are read offline, and nobody learns who reads them."""
    told = [fault for fault in site(tmp_path, other_html="<p id=there>", **files) if "no file" not in fault]
    assert [fault for fault in told if "from another host" in fault]


@pytest.mark.slow
def test_the_site_is_built_from_all_pages(tmp_path: Path) -> None:
    """A warning is an error, and so is a dead link."""
    hatch = shutil.which("hatch", path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if hatch is None:
        advice = "`hatch run docs:build` builds the site; install Hatch to test that"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(advice)
    # What the environment of the tests says of itself is not for that of the site.
    env: dict[str, str | None] = {name: None for name in os.environ if name.startswith(("HATCH_ENV", "VIRTUAL_ENV"))}
    env |= {"PYTHONWARNINGS": None, **UNMEASURED}
    with Process(hatch, "run", "docs:build", cwd=ROOT, env=env) as process:
        assert process.wait(deadline=100) == 0, process.report()
    built = ROOT / "dist" / "docs"
    missing = [page for page in PAGES if not (built / page.relative_to(ROOT)).with_suffix(".html").is_file()]
    assert not missing
