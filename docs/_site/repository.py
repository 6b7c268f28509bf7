"""Links from pages to folders of the repository: they lead somewhere on a forge, and here they are plain text.

Files that are no pages need nothing: the site hands them out.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx


def unlink_folders(app: Sphinx, doctree: nodes.document) -> None:
    """Put the text in the place of each link to a folder."""
    here = app.env.doc2path(app.env.docname).parent
    for link in list(doctree.findall(pending_xref)):
        if link["reftype"] == "myst" and (here / Path(link["reftarget"])).is_dir():
            link.replace_self(link.children)


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at each page when it is read."""
    app.connect("doctree-read", unlink_folders)
    return {"parallel_read_safe": True}
