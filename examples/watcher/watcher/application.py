"""The application: its parts, and in which order they start."""

import asab
import asab.metrics
import asab.mom
import asab.web
from asab.config import ConfigError

from . import __version__
from .checks import CheckService
from .fetch import fetch
from .page import PageService
from .store import StoreService

asab.Config.add_defaults(
    {
        "watcher": {
            "password": "",
            "state": "./watcher.db",
            "every": "60s",
            "timeout": "10s",
            "broker": "memory",
        }
    }
)


class WatcherApplication(asab.Application):
    """Watches URLs."""

    Description = "Watches URLs, and shows how they do."
    Version = __version__

    async def initialize(self) -> None:
        """Register the parts; each is started after those before it, and stopped before them."""
        self.add_module(asab.metrics.Module)
        self.add_module(asab.mom.Module)
        self.add_module(asab.web.Module)
        StoreService(self, "StoreService")
        CheckService(self, "CheckService", self.create_broker(), self.fetch)
        PageService(self, "PageService")

    fetch = staticmethod(fetch)
    """What asks the outside; tests have something else do it."""

    def create_broker(self) -> asab.mom.Broker:
        """Return the broker that the configuration asks for."""
        kind = asab.Config["watcher"]["broker"]
        if kind == "memory":
            return asab.mom.MemoryBroker(self, config={"exchange": "amq.topic"})
        if kind == "amqp":
            from asab.mom.amqp import AMQPBroker  # it needs aioamqp, and the other one does not

            return AMQPBroker(self, config={"exchange": "amq.topic"})
        raise ConfigError(f"[watcher] broker = {kind!r}: expected memory or amqp")
