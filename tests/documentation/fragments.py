"""Runs fragments of pages, each in a scratch application of its own: `python -m tests.documentation.fragments`.

It reads a JSON object of names and texts, and prints one of the names and faults of those that failed. Each runs in a
fork, so that what it defines and configures is gone with it, in a folder of its own.
"""

from __future__ import annotations

import ast
import asyncio
import datetime
import io
import json
import os
import re
import sys
import tempfile
import traceback
import zlib
from pathlib import Path
from typing import Any

import pydantic
from aiohttp import web

import asab
import asab.log
import asab.metrics
import asab.mom
import asab.web
import asab_app
import asab_config
import asab_log
import asab_mom
import asab_mom.amqp
import asab_web
import asab_web.openapi
import asab_web.rest
import asab_web.session

CONFIGURATION = """
[web]
port = 80
[asab:web]
listen = 127.0.0.1:0
"""
# Places of a reader's machine, and what stands for them here.
PLACES = {"/var/lib/example/": "./", "/srv/page": "."}
MODULES = (asab, asab_app, asab_config, asab_log, asab_mom, asab_web, asyncio, datetime, json, pydantic, web, zlib)


class Scratch(asab.Application):
    """What the text around a fragment takes for granted."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.early = "svc" in text or "webapp" in text  # routes are added before the server begins
        self.failure: BaseException | None = None
        super().__init__(args=[])

    async def initialize(self) -> None:
        self.add_module(asab.mom.Module)
        self.broker = asab.mom.MemoryBroker(self, accept_replies=True, config={"exchange": ""})
        for queue in {"clock", "orders"} - set(re.findall(r'subscribe\("(\w+)"', self.text)):
            self.broker.subscribe(queue)
            self.broker.add(queue, self.on_anything)
        if self.early:
            self.add_module(asab.web.Module)
            self.svc = self.get_service("asab.WebService")
            await self.execute()

    async def main(self) -> None:
        if not self.early:
            await self.execute()
        self.stop()

    async def execute(self) -> None:
        namespace = self.namespace()
        code = compile(self.text, "<fragment>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        try:
            result = eval(code, namespace)
            if asyncio.iscoroutine(result):
                await result
        except Exception as e:
            self.failure = e

    def namespace(self) -> dict[str, Any]:
        names: dict[str, Any] = {module.__name__.rpartition(".")[2]: module for module in MODULES}
        if self.early:
            names |= {"svc": self.svc, "webapp": self.svc.WebApp}
        return names | {
            "AMQPBroker": asab.mom.MemoryBroker,
            "L": asab.log.get_logger("fragment"),
            "MyStorage": asab_web.session.InMemorySessionStorage,
            "PersistentDict": asab.PersistentDict,
            "QUEUES": ["orders"],
            "app": self,
            "broker": self.broker,
            "customer": "7",
            "file": io.StringIO(),
            "order": "tea",
            "self": self,
            "status": self.on_anything,
        }

    async def on_anything(self, *args: object) -> str:
        """Stands for any handler."""
        return "an answer"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("on_"):
            return self.on_anything
        raise AttributeError(name)


def run(text: str, raises: str) -> None:
    """Run a fragment; leaves by an exception, or with an exit code, if anything is wrong."""
    for place, here in PLACES.items():
        text = text.replace(place, here)
    Path("site.conf").write_text(CONFIGURATION)
    Path("order.schema.json").write_text("{}")
    os.environ["ASAB_CONFIG"] = "site.conf"
    app = Scratch(text)
    exit_code = app.run()
    if app.failure is not None and type(app.failure).__name__ != raises:
        raise app.failure
    assert not raises or app.failure is not None, f"it did not raise {raises}"
    assert exit_code == 0, f"exit code {exit_code}"


def fault(text: str, raises: str) -> str:
    """Run a fragment in a fork and return what was wrong: its output, if it failed or was not quiet about a trouble."""
    with tempfile.TemporaryDirectory() as folder, open(Path(folder) / "output", "w+") as output:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.chdir(folder)
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
                run(text, raises)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        said = Path(output.name).read_text()
    return said if status != 0 or "Traceback" in said or "was never awaited" in said else ""


if __name__ == "__main__":
    found = {name: fault(*text) for name, text in json.load(sys.stdin).items()}
    print(json.dumps({name: said for name, said in found.items() if said}))
