"""The site: the Markdown files of the repository, where they are, and a reference from the docstrings of all wheels.

The root of the repository is the source, so that a link between two pages is the same on the site and on a forge.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_site"))

project = "ASAB"
author = copyright = "The ASAB authors"  # noqa: A001
extensions = ["myst_parser", "docstrings", "reference", "repository"]

include_patterns = ["docs/**", "*.md", "packages/*/README.md", "deploy/README.md"]
exclude_patterns = [".*", "benchmarks", "dist", "examples", "htmlcov", "packages/*/src", "tests", "tools", "docs/_site"]
root_doc = "docs/index"

myst_heading_anchors = 3

nitpick_ignore_regex = [
    # Other projects' names: their inventories would have to be fetched from the internet.
    (r"py:.*", r"(?!asab).*"),
    # What a signature mentions of a wheel's inside.
    (r"py:.*", r"asab_\w+(\.\w+)*\._.*"),
    # What docstrings have between backticks: links where they are names of ours, and code otherwise.
    (r"py:obj", r".*"),
    # Type variables.
    (r"py:.*", r"asab_\w+(\.\w+)*\.[A-Z]"),
]

default_role = "py:obj"
autoclass_content = "both"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = True
python_display_short_literal_types = True
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "ASAB"
html_copy_source = False
html_show_sphinx = False
templates_path = ["_site/templates"]
html_additional_pages = {"index": "front.html"}
