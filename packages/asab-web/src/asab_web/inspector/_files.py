"""The files of the page, read once; they are part of the wheel, and nothing comes from another host."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Final

from aiohttp import web

_TYPES: Final = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}


@functools.cache
def names() -> frozenset[str]:
    """Return the names of all files."""
    return frozenset(entry.name for entry in _folder().iterdir() if entry.name.rpartition(".")[2] in _TYPES)


def file(name: str) -> web.Response:
    """Return the answer with a file.

    Raises:
        aiohttp.web.HTTPNotFound: If there is none of this name.
    """
    if name not in names():
        raise web.HTTPNotFound
    return web.Response(body=_read(name), content_type=_TYPES[name.rpartition(".")[2]], charset="utf-8")


def login(wrong: bool) -> web.Response:
    """Return the form for the token, which may say that the last one was wrong."""
    page = _read("login.html")
    if wrong:
        page = page.replace(b"<!-- wrong -->", b'<p class="alarm" role="alert">This is not the token.</p>')
    return web.Response(body=page, status=403 if wrong else 200, content_type="text/html", charset="utf-8")


@functools.cache
def _read(name: str) -> bytes:
    return (_folder() / name).read_bytes()


def _folder() -> resources.abc.Traversable:
    return resources.files(__package__) / "static"
