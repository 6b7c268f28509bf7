"""A small API of typed handlers: the orders of a shop. `python -m tests.support.web_orders` serves it."""

from __future__ import annotations

import datetime
import enum
import itertools
import sys
from typing import TYPE_CHECKING, Annotated

import pydantic

import asab_app
import asab_web
from asab_config import Config
from asab_log import get_logger
from asab_web.rest import JsonExceptionMiddleware, typed_handler

if TYPE_CHECKING:  # as linters advise; the annotation of the request need not be known when the program runs
    from aiohttp import web

L = get_logger(__name__)


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


class Item(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)  # takes what the document says, and no "5" for 5

    name: str = pydantic.Field(min_length=1, max_length=100)
    count: int = pydantic.Field(gt=0, lt=2**31)
    size: Size = Size.SMALL


class Order(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)

    items: list[Item] = pydantic.Field(min_length=1)
    note: str | None = None
    due: datetime.date | None = None


class Stored(Order):
    number: int


class OrderPath(pydantic.BaseModel):
    number: int


class Paging(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    limit: int = pydantic.Field(default=100, ge=1, le=1000)
    size: list[Size] | None = None


class Tracing(pydantic.BaseModel):
    x_trace_id: Annotated[str, pydantic.Field(pattern="^[0-9a-f]{1,32}$")] = "0"


class Orders:
    """The handlers."""

    def __init__(self) -> None:
        self.stored: dict[int, Stored] = {}
        self._numbers = itertools.count(1)

    def add_to(self, webapp: web.Application) -> None:
        webapp.router.add_get("/orders", self.find)
        webapp.router.add_post("/orders", self.create)
        webapp.router.add_get("/orders/{number}", self.get)
        webapp.router.add_delete("/orders/{number}", self.delete)

    @typed_handler
    async def find(self, request: web.Request, query: Paging, headers: Tracing) -> list[Stored]:
        """List the orders.

        Those with an item of one of the sizes, where sizes are given.
        """
        L.info("Asked for orders", struct_data={"trace": headers.x_trace_id})
        sizes = set(query.size or Size)
        found = [order for order in self.stored.values() if sizes & {item.size for item in order.items}]
        return found[: query.limit]

    @typed_handler(status=201)
    async def create(self, request: web.Request, body: Order) -> Stored:
        """Take an order."""
        order = Stored(number=next(self._numbers), **body.model_dump())
        self.stored[order.number] = order
        return order

    @typed_handler
    async def get(self, request: web.Request, path: OrderPath) -> Stored:
        """Return an order."""
        return self.stored[path.number]

    @typed_handler
    async def delete(self, request: web.Request, path: OrderPath) -> None:
        """Forget an order."""
        del self.stored[path.number]


class Shop(asab_app.Application):
    """The server, on the port of the command line."""

    Version = "1.2.3"

    async def initialize(self) -> None:
        self.add_module(asab_web.Module)
        container = asab_web.WebContainer(self.get_service("asab.WebService"), "asab:web")
        container.WebApp.middlewares.append(JsonExceptionMiddleware)
        Orders().add_to(container.WebApp)


if __name__ == "__main__":
    Config.add_defaults({"asab:web": {"listen": f"127.0.0.1:{sys.argv[1]}", "openapi": "yes"}})
    raise SystemExit(Shop(args=[]).run())
