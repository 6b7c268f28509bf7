"""`Inspector`: the live page of an application, at `/asab/` of a container.

Everything below needs what `Guard` asks for, but the login and the files, which tell nothing.

| route | what |
|---|---|
| `GET /asab/` | the page, or the form for the token |
| `GET /asab/inspector/{file}` | its files |
| `POST /asab/inspector/login`, `logout` | the form |
| `GET /asab/inspector/panels`, `panels/{name}` | the same data for programs |
| `GET /asab/inspector/socket` | the WebSocket of the page |
| `POST /asab/inspector/levels` | `{"logger": …, "level": …, "minutes": …}`, where `inspector_write` allows it |
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from asab_config import ConfigError
from asab_web._health import name_of
from asab_web._routes import add_get
from asab_web.inspector import _files
from asab_web.inspector._answers import guarded
from asab_web.inspector._guard import Guard
from asab_web.inspector._levels import LevelChanges
from asab_web.inspector._panels import LOG, Panels
from asab_web.inspector._socket import InspectorSocket

if TYPE_CHECKING:
    import asab_app
    from asab_config import ConfigSection

_SHORTEST_TOKEN = 16
_LONGEST_MINUTES = 24 * 60


class Inspector:
    """The page of one container."""

    def __init__(self, webapp: web.Application, app: asab_app.Application, config: ConfigSection) -> None:
        """Read the options.

        Args:
            webapp: The aiohttp application that gets the routes.
            app: What is shown.
            config: The section of the container.

        Raises:
            ConfigError: If the token is too short to be one.
        """
        token = config["inspector_token"].strip()
        if token and len(token) < _SHORTEST_TOKEN:
            remedy = f"expected {_SHORTEST_TOKEN} characters and more, that nobody guesses"
            raise ConfigError(f"[{config.name}] inspector_token is too short: {remedy}")
        self._webapp = webapp
        self._app = app
        self._writes = config.getboolean("inspector_write")
        behind_proxy = bool(config.getlist("trusted_proxies"))
        self._guard = Guard(token, config.getlist("inspector_hosts"), behind_proxy)
        self._levels = LevelChanges(app.Loop)
        self._panels = Panels(app, self._levels)
        self._socket = InspectorSocket(app, self._guard, self._panels)

    def add(self) -> None:
        """Add the routes; called when the application has added its own."""
        gets = {"/asab/inspector/panels": self.panels, "/asab/inspector/panels/{name}": self.panel}
        for path, handle in gets.items():
            add_get(self._webapp, path, guarded(self._guard, handle))
        add_get(self._webapp, "/asab/inspector/socket", guarded(self._guard, self._socket.__call__))
        for path, handle in {"/asab": self.move, "/asab/": self.page, "/asab/inspector/{file}": self.file}.items():
            add_get(self._webapp, path, guarded(self._guard, handle, welcome=False))
        router = self._webapp.router
        router.add_post("/asab/inspector/login", guarded(self._guard, self.log_in, welcome=False))
        router.add_post("/asab/inspector/logout", guarded(self._guard, self.log_out))
        router.add_post("/asab/inspector/levels", guarded(self._guard, self.change_level))
        self._webapp.on_shutdown.append(self._on_shutdown)

    async def move(self, _request: web.Request) -> web.StreamResponse:
        """Lead to the page."""
        raise web.HTTPPermanentRedirect("/asab/")

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Answer the page, or the form for the token."""
        return _files.file("index.html") if self._guard.is_welcome(request) else _files.login(wrong=False)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Answer a file of the page."""
        return _files.file(request.match_info["file"])

    async def log_in(self, request: web.Request) -> web.StreamResponse:
        """Take the token of the form, and lead to the page with a cookie; or answer the form again."""
        token = await _token(request)
        response = web.Response(status=303, headers={hdrs.LOCATION: "/asab/"})
        if self._guard.log_in(request, token, response):
            return response
        return _files.login(wrong=True)

    async def log_out(self, request: web.Request) -> web.StreamResponse:
        """End the login, and that of the pages that it has opened."""
        response = web.Response(status=303, headers={hdrs.LOCATION: "/asab/"})
        self._guard.log_out(request, response)
        return response

    async def panels(self, _request: web.Request) -> web.StreamResponse:
        """Answer which panels there are, and what may be done."""
        about = {
            "application": name_of(self._app),
            "version": self._app.Version,
            "writes": self._writes,
            "asks": self._guard.asks,
            "panels": [{"name": panel.name, "title": panel.title} for panel in self._panels.all().values()],
        }
        return web.json_response(about)

    async def panel(self, request: web.Request) -> web.StreamResponse:
        """Answer what a panel shows now; what has to be counted first is not."""
        panel = self._panels.all().get(request.match_info["name"])
        if panel is None or panel.name == LOG:
            raise web.HTTPNotFound(text="There is no such panel.\n")
        return web.Response(text=self._panels.text(panel), content_type="application/json")

    async def change_level(self, request: web.Request) -> web.StreamResponse:
        """Change the level of a logger for some minutes, or return it at once."""
        if not self._writes:
            raise web.HTTPForbidden(text="The inspector is read-only; the option inspector_write changes that.\n")
        if request.content_type != "application/json":  # what a form of another site cannot send
            raise web.HTTPUnsupportedMediaType(text="Expected application/json.\n")
        wish = await _read(request)
        try:
            name, level, minutes = str(wish["logger"]), wish.get("level"), float(wish.get("minutes", 10))
            if level is None:
                self._levels.end(name)
            elif math.isfinite(minutes) and 0 < minutes <= _LONGEST_MINUTES:
                self._levels.set(name, str(level), minutes * 60)
            else:
                raise ValueError(f"minutes = {minutes!r}: expected up to {_LONGEST_MINUTES}")
        except (KeyError, TypeError, ValueError) as e:
            raise web.HTTPUnprocessableEntity(text=f"{e}\n") from None
        return web.json_response(self._levels.read())

    async def _on_shutdown(self, _webapp: web.Application) -> None:
        self._levels.end_all()


async def _token(request: web.Request) -> str:
    """Return what was typed into the form; nothing if it is no such form."""
    try:
        token = (await request.post()).get("token")
    except ValueError:  # not in the charset that it says
        return ""
    return token.strip() if isinstance(token, str) else ""


async def _read(request: web.Request) -> dict[str, Any]:
    try:
        wish = json.loads(await request.text())
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(text="The body is no JSON.\n") from None
    if not isinstance(wish, dict):
        raise web.HTTPUnprocessableEntity(text="The body is no object.\n")
    return wish
