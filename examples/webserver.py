#!/usr/bin/env python3
"""A web server: `GET /hello` answers "Hello!", `GET /` tells where to look next.

Run it with its configuration file, and try it:

    python3 examples/webserver.py -c examples/webserver.conf
    curl http://localhost:8080/hello
"""

import aiohttp.web

import asab
import asab.log

L = asab.log.get_logger(__name__)

asab.Config.add_defaults({"example": {"greeting": "Hello!"}})

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>An ASAB application</title>
<style>
  :root { color-scheme: light dark; font: 1.1rem/1.6 system-ui, sans-serif }
  body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
</style>
<h1>An ASAB application</h1>
<p>This page comes from <code>examples/webserver.py</code>, a server of some sixty lines on ASAB, the Asynchronous
Server Application Boilerplate. It has been up for %(uptime)d seconds and has counted %(ticks)d ticks.</p>
<ul>
  <li><a href="/hello">/hello</a> is the example of the documentation.</li>
  <li><code>examples/webserver.conf</code> is its configuration: change the greeting and start again.</li>
  <li><code>README.md</code> shows what ASAB is, <code>ARCHITECTURE.md</code> how it is built.</li>
  <li>Ctrl-C in the console ends it.</li>
</ul>
</html>
"""


class MyApplication(asab.Application):
    """The application of the documentation's chapter on the web server, with a page and a tick."""

    Description = "A web server that says hello."

    async def initialize(self) -> None:
        """Load the web server and add the routes."""
        from asab.web import Module

        self.add_module(Module)
        svc = self.get_service("asab.WebService")
        svc.WebApp.router.add_get("/", self.page)
        svc.WebApp.router.add_get("/hello", self.hello)

        self.ticks = 0
        self.PubSub.subscribe_all(self)

    async def main(self) -> None:
        """Tell where to look."""
        L.log(asab.LOG_NOTICE, "Open http://localhost:8080/ in a browser; Ctrl-C ends the server.")

    async def hello(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        """Answer the greeting."""
        return aiohttp.web.Response(text=asab.Config["example"]["greeting"] + "\n")

    async def page(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        """Answer the page."""
        values = {"uptime": self.time() - self.LaunchTime, "ticks": self.ticks}
        return aiohttp.web.Response(text=PAGE % values, content_type="text/html")

    @asab.subscribe("Application.tick!")
    def on_tick(self, message_type: str) -> None:
        """Count."""
        self.ticks += 1

    @asab.subscribe("Application.tick/10!")
    def on_tenth_tick(self, message_type: str) -> None:
        """Log every tenth tick."""
        L.log(asab.LOG_NOTICE, "%s", message_type, struct_data={"ticks": self.ticks})


if __name__ == "__main__":
    app = MyApplication()
    app.run()
