"""Routes that give way: the application's own are there first, and stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler


def add_get(webapp: web.Application, path: str, handler: Handler) -> None:
    """Add a route for GET and HEAD, unless the application has something at this very path.

    Args:
        webapp: The aiohttp application.
        path: The path, without placeholders.
        handler: What answers.
    """
    if all(resource.canonical != path for resource in webapp.router.resources()):
        webapp.router.add_get(path, handler)
