"""`StaticDirProvider`: the files of a folder, such as a single-page application.

Nothing outside the folder is ever served: a path is resolved first, symbolic links included, and must then be inside.
Conditional requests, ranges and HEAD are aiohttp's `FileResponse`; so are `app.js.br` and `app.js.gz`, which take the
place of `app.js` for clients that can read them.
"""

from __future__ import annotations

import asyncio
import os
from fnmatch import fnmatchcase
from pathlib import Path

from aiohttp import hdrs, web

IMMUTABLE = "public, max-age=31536000, immutable"


class StaticDirProvider:
    """Serves a folder below a path of an aiohttp application."""

    def __init__(
        self,
        webapp: web.Application,
        root: str,
        path: str | os.PathLike[str],
        index: str = "index.html",
        *,
        fallback: bool = True,
        cache_control: str = "no-cache",
        immutable: str | None = None,
    ) -> None:
        """Add the routes.

        A folder is answered with its file `index`. Names that begin with a dot (`.git`, `.env`) are not served,
        `.well-known` excepted.

        Args:
            webapp: The aiohttp application, such as `WebService.WebApp`.
            root: The path in the URL, as `/` or `/app`.
            path: The folder.
            index: The name of the file that stands for its folder.
            fallback: Whether a path that is not there and has no suffix is answered with the file `index` of the
                whole: the views of a single-page application have addresses, too.
            cache_control: The header `Cache-Control`. By `no-cache` browsers keep files and ask whether they have
                changed.
            immutable: A pattern of paths, as `assets/*`, whose files never change because their names do; browsers do
                not ask for them again within a year.
        """
        self._folder = _resolved(Path(path))
        self._index = index
        self._fallback = fallback
        self._cache_control = cache_control
        self._immutable = immutable
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
        path = request.match_info["path"]
        # Files are looked up off the event loop: a network folder may take its time.
        found = await asyncio.to_thread(self._find, path)
        if found is None:
            raise web.HTTPNotFound
        if path and not path.endswith("/") and found == self._folder / path / self._index:
            return await self._redirect(request)
        return web.FileResponse(found, headers=self._headers(found))

    def _headers(self, file: Path) -> dict[str, str]:
        name = file.relative_to(self._folder).as_posix()
        is_immutable = self._immutable is not None and fnmatchcase(name, self._immutable)
        return {
            hdrs.CACHE_CONTROL: IMMUTABLE if is_immutable else self._cache_control,
            hdrs.VARY: hdrs.ACCEPT_ENCODING,  # there may be a compressed file beside it
            "X-Content-Type-Options": "nosniff",
        }

    def _find(self, path: str) -> Path | None:
        names = path.split("/")
        if any(name.startswith(".") and name != ".well-known" for name in names):
            return None
        if "\\" in path or path.startswith("/"):
            return None  # on Windows the one divides, too; the other would name a file from the root of the disk
        try:
            return self._file(path) or (self._file("") if self._fallback and not Path(path).suffix else None)
        except (OSError, ValueError):  # a name too long, a NUL byte
            return None

    def _file(self, path: str) -> Path | None:
        found = _resolved(self._folder / path)
        if found.is_dir():
            found = _resolved(found / self._index)
        return found if found.is_relative_to(self._folder) and found.is_file() else None


def _resolved(path: Path) -> Path:
    """Follow the links; `Path.resolve` raises a `RuntimeError` at a loop before Python 3.13."""
    return Path(os.path.realpath(path))
