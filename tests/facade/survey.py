"""A program that lives through a whole application and prints, as JSON, what of the manifest it has met.

It runs in a process of its own: an application takes the signals, the logging and the configuration of its process.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import Any

import asab
import asab.metrics
import asab.mom
import asab.proactor
import asab.web
import asab.web.session
from asab_web.session import InMemorySessionStorage
from tests.facade import companions
from tests.facade.manifest import ATTRIBUTES, MESSAGES, OPTIONS, SERVICES

# So short that every multiple of the tick falls due within a second.
TICK_PERIOD = "0.000001"


class Survey(asab.Application):
    """An application with every module, which stops when all messages have come."""

    Description = "Looks for what is documented."

    async def initialize(self) -> None:
        self.met: set[str] = set()
        self.awaited = set(MESSAGES) - {"Application.stop!", "Application.exit!"}
        self.complete = asyncio.Event()
        for message in MESSAGES:
            self.PubSub.subscribe(message, self.on_message)
        for module in (asab.web.Module, asab.mom.Module, asab.metrics.Module, asab.proactor.Module):
            self.add_module(module)
        self.met |= set(self.Services) & {*SERVICES, *companions.SERVICES}
        self.objects = self.make_objects()

    def on_message(self, message: str, *_: Any) -> None:
        self.met.add(message)
        if self.awaited <= self.met:
            self.complete.set()

    async def main(self) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        await self.complete.wait()
        self.stop()

    def make_objects(self) -> dict[str, object]:
        """Return an object of each class whose attributes the manifest tells."""
        webservice = self.get_service("asab.WebService")
        return {
            "asab.Application": self,
            "asab.ConfigObject": asab.ConfigObject("survey"),
            "asab.Service": asab.Service(self, "survey"),
            "asab.Timer": asab.Timer(self, self.main),
            "asab.metrics.Metrics": self.get_service("asab.MetricsService"),
            "asab.web.WebContainer": asab.web.WebContainer(webservice, "survey", {"listen": "127.0.0.1:0"}),
            "asab.web.WebSocketFactory": asab.web.WebSocketFactory(self),
            "asab.web.service.WebService": webservice,
            "asab.web.session.Session": asab.web.session.Session(InMemorySessionStorage(self), "id", new=True),
        }

    def attributes(self) -> set[str]:
        """Return the places of the attributes that are there."""
        told = [
            (place, name) for table in (ATTRIBUTES, companions.ATTRIBUTES) for place in table for name in table[place]
        ]
        return {f"{place}.{name}" for place, name in told if hasattr(self.objects[place], name)}


if __name__ == "__main__":
    asab.Config.add_defaults({"general": {"tick_period": TICK_PERIOD}, "asab:web": {"listen": "127.0.0.1:0"}})
    app = Survey(args=[])
    met = app.attributes()
    app.run()
    options = [option for option in OPTIONS if asab.Config.has_option(*option.removeprefix("[").split("] "))]
    webservice: Any = app.objects["asab.web.service.WebService"]
    print(
        json.dumps(
            {
                "met": sorted(met | app.met | set(options)),
                "help": app.create_argument_parser().format_help(),
                "webapps are one": webservice.WebApp is webservice.Webapp,
                "exit code": app.ExitCode,
            }
        )
    )
