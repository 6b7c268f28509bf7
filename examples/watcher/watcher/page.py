"""The page: a login, what is watched, and its changes as they come."""

import dataclasses
import hmac
import html
import json
import time
from pathlib import Path
from typing import NoReturn

from aiohttp import web

import asab
import asab.web
from asab.config import ConfigError
from asab.web.session import ServiceWebSession

from .checks import CheckService
from .store import StoreService, Watched

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Watcher</title>
<link rel="stylesheet" href="/static/watcher.css">
<h1>Watcher</h1>
{}
</html>
"""
LOGIN = """<form method="post" action="/login">
  <input type="password" name="password" aria-label="Password" required autofocus> <button>Log in</button>
</form>"""
OVERVIEW = """<table>
<thead><tr><th>URL<th>Answer<th>Since<th>Took<th></thead>
<tbody>{rows}</tbody>
</table>
<form method="post" action="/watch">
  <input type="url" name="url" aria-label="URL" placeholder="https://" required> <button>Watch</button>
</form>
<form method="post" action="/logout"><button>Log out</button></form>
<script src="/static/watcher.js"></script>"""
ROW = """<tr data-url="{url}" class="{state}"><td>{url}<td>{text}<td>{since}<td>{took}
<td><form method="post" action="/forget"><button name="url" value="{url}">Forget</button></form></tr>
"""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'",
    "Cache-Control": "no-store",
}


class Events(asab.web.EventStreamFactory):
    """Each check as an event, for those who are logged in."""

    async def on_request(self, request: web.Request) -> None:
        """Refuse strangers."""
        if not is_known(request):
            raise web.HTTPForbidden


class PageService(asab.Service):
    """The routes."""

    def __init__(self, app: asab.Application, name: str) -> None:
        """Add the routes, while they still can be added."""
        super().__init__(app, name)
        self.password = asab.Config["watcher"]["password"]
        if not self.password:
            raise ConfigError("[watcher] password is empty: without one, nobody could log in")
        webapp = app.get_service("asab.WebService").WebApp
        ServiceWebSession(app, "sessions", webapp)
        events = Events(app)
        events.forward("Watcher.checked!", lambda message_type, watched: json.dumps(shown(watched)))
        webapp.router.add_get("/", self.page)
        webapp.router.add_get("/events", events)
        webapp.router.add_post("/login", self.login)
        webapp.router.add_post("/logout", self.logout)
        webapp.router.add_post("/watch", self.watch)
        webapp.router.add_post("/forget", self.forget)
        asab.web.StaticDirProvider(webapp, "/static", Path(__file__).with_name("static"), fallback=False)

    async def initialize(self, app: asab.Application) -> None:
        """Find who does the work."""
        self.store: StoreService = app.get_service("StoreService")
        self.checks: CheckService = app.get_service("CheckService")

    async def page(self, request: web.Request) -> web.Response:
        """Show what is watched, or the login."""
        content = LOGIN
        if is_known(request):
            content = OVERVIEW.format(rows="".join(row(watched) for watched in self.store.all()))
        return web.Response(text=PAGE.format(content), content_type="text/html", headers=HEADERS)

    async def login(self, request: web.Request) -> NoReturn:
        """Let those in who know the password."""
        given = await field(request, "password")
        if not hmac.compare_digest(given.encode(), self.password.encode()):
            raise web.HTTPForbidden(text="This is not the password.\n")
        session = request["Session"]
        session.rotate()  # an id that somebody knew before the login is worth nothing after it
        session["known"] = True
        raise web.HTTPSeeOther("/")

    async def logout(self, request: web.Request) -> NoReturn:
        """Forget who it was."""
        request["Session"].invalidate()
        raise web.HTTPSeeOther("/")

    async def watch(self, request: web.Request) -> NoReturn:
        """Watch one more URL."""
        url = await self.url(request)
        try:
            self.store.add(url)
        except ValueError as e:
            raise web.HTTPBadRequest(text=f"{e}\n") from None
        self.App.create_task(self.checks.check(url))  # nobody waits until a broker that is away is back
        raise web.HTTPSeeOther("/")

    async def forget(self, request: web.Request) -> NoReturn:
        """Watch one URL less."""
        self.store.remove(await self.url(request))
        raise web.HTTPSeeOther("/")

    async def url(self, request: web.Request) -> str:
        """Return the URL of a form, of those who may send it."""
        if not is_known(request):
            raise web.HTTPForbidden
        return await field(request, "url")


def is_known(request: web.Request) -> bool:
    """Return whether it comes from somebody who is logged in."""
    return "known" in request["Session"]


async def field(request: web.Request, name: str) -> str:
    """Return a field of a form; one that is not there is empty."""
    return str((await request.post()).get(name, ""))


def shown(watched: Watched) -> dict[str, str]:
    """Return what people read of it."""
    state = {None: "new", True: "up", False: "down"}[watched.ok]
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(watched.since)) if watched.since else ""
    took = f"{watched.took * 1000:.0f} ms" if watched.since else ""
    return dataclasses.asdict(watched) | {"state": state, "since": since, "took": took}


def row(watched: Watched) -> str:
    """Return its row of the table."""
    return ROW.format(**{name: html.escape(str(value)) for name, value in shown(watched).items()})
