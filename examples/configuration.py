#!/usr/bin/env python3
"""Configuration: defaults, a file that wins over them, a file that it includes, the environment, typed values.

python3 examples/configuration.py
python3 examples/configuration.py -c examples/configuration.conf
python3 examples/configuration.py -c examples/configuration.conf --config-explain shop
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import asab

asab.Config.add_defaults({"shop": {"name": "The corner shop", "open": "yes", "closes_in": "8h"}})


class Till(asab.ConfigObject):
    """What is configured by a section of its own brings its defaults along."""

    ConfigDefaults: ClassVar[Mapping[str, Any]] = {"currency": "EUR", "float": 100}


class MyApplication(asab.Application):
    Description = "Shows the configuration of a shop."

    async def initialize(self) -> None:
        """Read the values; one that is wrong ends the start, with its file and line."""
        self.shop = asab.Config["shop"]["name"]
        self.is_open = asab.Config.getboolean("shop", "open")
        self.closes_in = asab.Config.getseconds("shop", "closes_in")
        self.till = Till("shop:till")

    async def main(self) -> None:
        print(f"{self.shop} is {'open' if self.is_open else 'closed'}, and closes in {self.closes_in:g} s")
        print(f"In the till are {self.till.Config.getint('float')} {self.till.Config['currency']}")
        self.stop()


if __name__ == "__main__":
    app = MyApplication()
    app.run()
