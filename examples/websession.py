#!/usr/bin/env python3
"""A web page with a login: a session, a WebSocket on which ticks arrive, a logout.

Run it, and open http://localhost:8080/ in a browser; any name logs in:

    python3 examples/websession.py
"""

import html

import aiohttp.web

import asab
from asab.web import Module, WebSocketFactory
from asab.web.session import ServiceWebSession

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sessions</title>
<style>
  :root { color-scheme: light dark; font: 1.1rem/1.6 system-ui, sans-serif }
  body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
</style>
%s
</html>
"""

LOGIN = """<h1>Who are you?</h1>
<form method="post" action="/login">
  <input name="user" aria-label="Your name" required autofocus> <button>Log in</button>
</form>"""

WELCOME = """<h1>Hello, <span id="user">%(user)s</span>!</h1>
<p>You have seen this page <span id="visits">%(visits)d</span> times. Ticks: <output id="ticks">none yet</output></p>
<form method="post" action="/logout"><button>Log out</button></form>
<script>
  const socket = new WebSocket("/ticks");
  socket.onmessage = message => { document.getElementById("ticks").value = message.data };
</script>"""


class Ticks(WebSocketFactory):
    """A WebSocket for who is logged in; the factory itself refuses the pages of other sites."""

    async def on_request(self, request: aiohttp.web.Request) -> aiohttp.web.WebSocketResponse:
        """Refuse strangers."""
        if "user" not in request["Session"]:
            raise aiohttp.web.HTTPForbidden
        return await super().on_request(request)


class MyApplication(asab.Application):
    """A page, its sessions and its WebSocket."""

    Description = "A web page with a login."

    async def initialize(self) -> None:
        """Add the routes."""
        self.add_module(Module)
        webapp = self.get_service("asab.WebService").WebApp
        ServiceWebSession(self, "sessions", webapp)

        ticks = Ticks(self)
        self.ticks = 0
        ticks.forward("Application.tick!", self.count)

        webapp.router.add_get("/", self.page)
        webapp.router.add_post("/login", self.login)
        webapp.router.add_post("/logout", self.logout)
        webapp.router.add_get("/ticks", ticks)

    def count(self, message_type: str) -> str:
        """Make what is sent to the pages of a tick of the application."""
        self.ticks += 1
        return str(self.ticks)

    async def page(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        """Greet who is logged in, ask others for their name."""
        session = request["Session"]
        if "user" not in session:
            return aiohttp.web.Response(text=PAGE % LOGIN, content_type="text/html")
        session["visits"] += 1
        values = {"user": html.escape(session["user"]), "visits": session["visits"]}
        return aiohttp.web.Response(text=PAGE % (WELCOME % values), content_type="text/html")

    async def login(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        """Log in. A real application asks for more than a name."""
        user = str((await request.post()).get("user", "")).strip()
        if not user:
            raise aiohttp.web.HTTPBadRequest(text="A name is needed.\n")
        session = request["Session"]
        session.rotate()  # an id that somebody knew before the login is worth nothing after it
        session["user"], session["visits"] = user, 0
        raise aiohttp.web.HTTPSeeOther("/")

    async def logout(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        """Forget everything."""
        request["Session"].invalidate()
        raise aiohttp.web.HTTPSeeOther("/")


if __name__ == "__main__":
    app = MyApplication()
    app.run()
