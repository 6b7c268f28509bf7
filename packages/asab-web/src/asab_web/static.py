"""`StaticDirProvider`: the files of a folder, such as a single-page application.

Nothing outside the folder is ever served: a path is resolved first, symbolic links included, and must then be inside.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from aiohttp import web


class StaticDirProvider:
    """Serves a folder below a path of an aiohttp application."""

    def __init__(
        self, webapp: web.Application, root: str, path: str | os.PathLike[str], index: str = "index.html"
    ) -> None:
        """Add the routes.

        A folder is answered with its file `index`; so is a path that is not there and has no suffix, with the file
        `index` of the whole, for the views of a single-page application have addresses, too. Names that begin with a
        dot (`.git`, `.env`) are not served, `.well-known` excepted.

        Args:
            webapp: The aiohttp application, such as `WebService.WebApp`.
            root: The path in the URL, as `/` or `/app`.
            path: The folder.
            index: The name of the file that stands for its folder.
        """
        self._folder = Path(path).resolve()
        self._index = index
        prefix = "/" + root.strip("/")
        if prefix != "/":
            webapp.router.add_get(prefix, self._redirect)
            prefix += "/"
        webapp.router.add_get(prefix + "{path:.*}", self._serve)

    async def _redirect(self, request: web.Request) -> web.StreamResponse:
        """Add the slash: without it the browser would resolve the page's relative links one folder too high."""
        query = request.rel_url.raw_query_string
        raise web.HTTPMovedPermanently(f"{request.rel_url.raw_path}/{'?' if query else ''}{query}")

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        # Files are looked up off the event loop: a network folder may take its time.
        found = await asyncio.to_thread(self._find, request.match_info["path"])
        if found is None:
            raise web.HTTPNotFound
        return web.FileResponse(found)

    def _find(self, path: str) -> Path | None:
        names = path.split("/")
        if any(name.startswith(".") and name != ".well-known" for name in names):
            return None
        try:
            return self._file(path) or (None if Path(path).suffix else self._file(self._index))
        except (OSError, ValueError):  # a name too long, a NUL byte, a loop of links
            return None

    def _file(self, path: str) -> Path | None:
        found = (self._folder / path).resolve()
        if found.is_dir():
            found = (found / self._index).resolve()
        return found if found.is_relative_to(self._folder) and found.is_file() else None
