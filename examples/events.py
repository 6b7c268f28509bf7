#!/usr/bin/env python3
"""Server-sent events, and a second port: the page on the one, its health for the load balancer on the other.

python3 examples/events.py
curl -N http://localhost:8080/events
curl http://localhost:8081/asab/v1/ready
"""

from aiohttp import web

import asab
import asab.web

asab.Config.add_defaults(
    {
        "asab:web": {"listen": "127.0.0.1:8080"},
        "internal": {"listen": "127.0.0.1:8081", "health": "yes", "access_log": "no"},
    }
)

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Ticks</title>
<p>Ticks: <output id="ticks">none yet</output></p>
<script>
  new EventSource("/events").onmessage = event => { document.getElementById("ticks").value = event.data };
</script>
</html>
"""


class MyApplication(asab.Application):
    Description = "Counts its ticks, for everybody to see."

    async def initialize(self) -> None:
        self.add_module(asab.web.Module)
        service = self.get_service("asab.WebService")
        events = asab.web.EventStreamFactory(self)
        events.forward("Application.tick!", self.count)  # from the message bus to all who listen
        service.WebApp.router.add_get("/", self.page)
        service.WebApp.router.add_get("/events", events)
        asab.web.WebContainer(service, "internal")
        self.ticks = 0

    def count(self, message_type: str) -> str:
        self.ticks += 1
        return str(self.ticks)

    async def page(self, request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")


if __name__ == "__main__":
    app = MyApplication()
    app.run()
