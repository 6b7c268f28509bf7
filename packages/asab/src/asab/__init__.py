"""ASAB, the Asynchronous Server Application Boilerplate: every documented name at its documented place.

It hands on the names of the layers below it, `asab.PubSub is asab_pubsub.PubSub`, and adds no logic of its own to them.
The map, each module with the layer that it hands on:

- `asab.config` - asab-config; `asab.log` - asab-log; `asab.pubsub` - asab-pubsub.
- `asab.abc.singleton`, `asab.pdict`, `asab.timer` - asab-utils.
- `asab.abc.module`, `asab.abc.service`, `asab.socket`, `asab.metrics`, `asab.proactor`,
  `asab.tracing` - asab-app.
- `asab.web` and the modules in it - asab-web, which needs aiohttp.
- `asab.mom` and the modules in it - asab-mom, whose `asab.mom.amqp` needs aioamqp.
- `asab.testing` - what the layers have for the tests of applications.
- `asab.__main__`, `asab._new` - the command `asab`, which nothing here imports.

`import asab` brings in neither `asab.web` nor `asab.mom`, hence neither aiohttp nor aioamqp.
"""

from asab.abc.module import Module
from asab.abc.service import Service
from asab.abc.singleton import Singleton
from asab.config import Config, ConfigObject
from asab.log import LOG_NOTICE
from asab.pubsub import PubSub, Subscriber, subscribe
from asab.socket import StreamSocketServerService
from asab.timer import Timer
from asab_app import Application

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asab.pdict import PersistentDict

__all__ = [
    "LOG_NOTICE",
    "Application",
    "Config",
    "ConfigObject",
    "Module",
    "PersistentDict",
    "PubSub",
    "Service",
    "Singleton",
    "StreamSocketServerService",
    "Subscriber",
    "Timer",
    "__version__",
    "subscribe",
]

__version__: str
"""The version of the installed `asab`."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Bring in, when somebody asks, what costs more than the rest: SQLite, and the metadata of the distribution."""
        if name in ("pdict", "PersistentDict"):
            from importlib import import_module

            module = import_module("asab.pdict")
            return module if name == "pdict" else module.PersistentDict
        if name == "__version__":
            from importlib.metadata import version

            return version("asab")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
