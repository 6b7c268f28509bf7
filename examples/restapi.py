#!/usr/bin/env python3
"""A JSON API: requests are checked before a handler sees them, errors are JSON, and it documents itself.

It needs pydantic, which comes with `pip install "asab[openapi]"`:

    python3 examples/restapi.py -c examples/restapi.conf
    curl -d '{"name": "apple", "count": 3}' -H 'Content-Type: application/json' http://localhost:8080/orders
    curl -d '{"name": "apple", "count": 0}' -H 'Content-Type: application/json' http://localhost:8080/orders
    curl http://localhost:8080/orders?limit=1

The documentation is at http://localhost:8080/asab/v1/docs.
"""

import pydantic
from aiohttp import web

import asab
import asab.web
from asab.web.rest import JsonExceptionMiddleware, typed_handler


class Order(pydantic.BaseModel):
    name: str = pydantic.Field(min_length=1)
    count: int = pydantic.Field(gt=0)


class Paging(pydantic.BaseModel):
    limit: int = pydantic.Field(default=100, ge=1, le=1000)


class MyApplication(asab.Application):
    Description = "Takes orders."
    Version = "1.0"

    async def initialize(self) -> None:
        self.orders: list[Order] = []
        self.add_module(asab.web.Module)
        webapp = self.get_service("asab.WebService").WebApp
        webapp.middlewares.append(JsonExceptionMiddleware)
        webapp.router.add_post("/orders", self.create)
        webapp.router.add_get("/orders", self.find)

    @typed_handler(status=201)
    async def create(self, request: web.Request, body: Order) -> Order:
        """Take an order."""
        self.orders.append(body)
        return body

    @typed_handler
    async def find(self, request: web.Request, query: Paging) -> list[Order]:
        """List the orders, the oldest first."""
        return self.orders[: query.limit]


if __name__ == "__main__":
    app = MyApplication()
    app.run()
