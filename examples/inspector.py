#!/usr/bin/env python3
"""An application that has something to show: orders come in, are handled, and everything can be watched at /asab/.

Run it, and open http://localhost:8080/asab/:

    python3 examples/inspector.py -c examples/inspector.conf
"""

import random

import aiohttp.web

import asab
import asab.log
import asab.metrics
import asab.mom
import asab.web
import asab.web.session
from asab.mom import MemoryBroker

L = asab.log.get_logger(__name__)


class Shop(asab.Application):
    """Takes orders over HTTP, hands them on as messages, and counts them."""

    Description = "A shop to look into."
    Version = "1.0"

    async def initialize(self) -> None:
        """Build the shop."""
        self.add_module(asab.metrics.Module)
        self.add_module(asab.mom.Module)
        self.add_module(asab.web.Module)
        webapp = self.get_service("asab.WebService").WebApp
        webapp.router.add_get("/order/{item}", self.order)
        asab.web.session.ServiceWebSession(self, "shop.Sessions", webapp)

        self.sold = self.get_service("asab.MetricsService").create_counter("shop.sold", reset=False)
        self.prices = self.get_service("asab.MetricsService").create_gauge("shop.price")
        self.stock = {"apples": 500, "pears": 300}
        self.broker = MemoryBroker(self)
        self.broker.subscribe("orders")
        self.broker.add("orders", self.deliver)
        self.PubSub.subscribe_all(self)
        self.market = asab.Timer(self, self.on_market, autorestart=True)
        self.market.start(1)

        # A panel of the application's own: any function that returns plain data.
        self.Inspection.add("stock", "Stock", self.show_stock)

    def show_stock(self) -> dict[str, object]:
        """Return what the panel shows: facts, and a table."""
        return {
            "open": True,
            "items": len(self.stock),
            "Stock": [{"item": item, "left": left} for item, left in self.stock.items()],
        }

    async def order(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        """Take an order."""
        item = request.match_info["item"]
        if item not in self.stock:
            L.warning("Somebody wants what is not for sale", struct_data={"item": item})
            raise aiohttp.web.HTTPNotFound
        request["Session"]["last"] = item
        self.PubSub.publish("Shop.order!", item)
        await self.broker.publish(item, target="orders", exchange="")
        return aiohttp.web.Response(text="Thank you!\n")

    async def deliver(self, _properties: asab.mom.Properties, body: bytes) -> None:
        """Handle an order."""
        item = body.decode()
        self.stock[item] -= 1
        self.sold.add(item)
        if self.stock[item] <= 0:
            L.error("Sold out", struct_data={"item": item})
            self.stock[item] = 500

    @asab.subscribe("Shop.order!")
    async def on_order(self, _message_type: str, item: str) -> None:
        """Log each order."""
        L.info("An order has come", struct_data={"item": item, "left": self.stock[item]})

    async def on_market(self) -> None:
        """Find new prices."""
        for item in self.stock:
            self.prices.set(item, round(random.uniform(1, 3), 2))  # noqa: S311  # no secret
        L.log(asab.LOG_NOTICE, "The prices are new", struct_data=dict(self.prices.Values))


if __name__ == "__main__":
    Shop().run()
