"""Docstrings in Google style, as autodoc hands them over.

`sphinx.ext.napoleon` as an extension takes what stands before the first colon of a property's docstring for its type;
here only its parser is used.
"""

from __future__ import annotations

from typing import Any, cast

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.ext import napoleon
from sphinx.ext.napoleon.docstring import GoogleDocstring

CONFIG = cast("Config", napoleon.Config(napoleon_use_ivar=True))  # it has the few attributes that the parser asks for


def convert(app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:
    """Turn the sections of a docstring into reStructuredText, in place."""
    kind: Any = "object" if what in ("attribute", "data", "property") else what
    lines[:] = GoogleDocstring(lines, CONFIG, app, kind, name, obj, options).lines()


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen to autodoc."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", convert)
    return {"parallel_read_safe": True}
