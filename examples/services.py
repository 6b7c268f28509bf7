#!/usr/bin/env python3
"""Services and modules: parts with a life of their own, found by name, started in order and stopped in reverse.

    python3 examples/services.py

In a project a module is a package, with its services in files beside it: `asab new` makes one.
"""

import asab

asab.Config.add_defaults({"stock": {"apples": "3"}})


class StockService(asab.Service):
    async def initialize(self, app: asab.Application) -> None:
        self.apples = asab.Config.getint("stock", "apples")
        print("The stock is open")

    def take(self) -> bool:
        """Take an apple, and tell whether there was one."""
        if self.apples == 0:
            return False
        self.apples -= 1
        return True

    async def health(self) -> str | None:
        """Tell why the service cannot do its work: the application is not ready then."""
        return None if self.apples else "there are no apples"

    async def finalize(self, app: asab.Application) -> None:
        print("The stock is closed")


class StockModule(asab.Module):
    """Brings its service, and the defaults of its configuration, along."""

    def __init__(self, app: asab.Application) -> None:
        super().__init__(app)
        self.service = StockService(app, "StockService")


class SellingService(asab.Service):
    async def initialize(self, app: asab.Application) -> None:
        """Rely on what was registered before: it is started already."""
        self.stock: StockService = app.get_service("StockService")
        print("Selling begins with", self.stock.apples, "apples")

    def sell(self) -> None:
        while self.stock.take():
            print("An apple is sold")

    async def finalize(self, app: asab.Application) -> None:
        """Still rely on it: it is stopped afterwards."""
        print("Selling ends with", self.stock.apples, "apples")


class MyApplication(asab.Application):
    Description = "Sells apples."

    async def initialize(self) -> None:
        self.add_module(StockModule)
        SellingService(self, "SellingService")

    async def main(self) -> None:
        self.get_service("SellingService").sell()
        self.stop()


if __name__ == "__main__":
    app = MyApplication()
    app.run()
