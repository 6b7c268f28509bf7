import asab
import asab.web
from aiohttp import web
from asab.web.rest import json_response

from book import BookModule


class Pages(asab.Service):
    """What a browser or another program sees of the book."""

    async def initialize(self, app):
        self.book = app.get_service("Book")
        router = app.get_service("asab.WebService").WebApp.router
        router.add_get("/guests", self.read)
        router.add_post("/guests", self.write)

    async def read(self, request):
        return json_response(request, dict(self.book.entries))

    async def write(self, request):
        form = await request.post()
        if not form.get("guest") or not form.get("text"):
            raise web.HTTPBadRequest(text="A guest and a text are needed.")
        self.book.write(form["guest"], form["text"])
        return json_response(request, {"guest": form["guest"]}, status=201)


class GuestBook(asab.Application):
    async def initialize(self):
        self.add_module(asab.web.Module)
        self.add_module(BookModule)
        Pages(self, "Pages")


if __name__ == "__main__":
    raise SystemExit(GuestBook().run())
