"""An application whose hooks do what its first argument says: `hook=fault`, separated by commas.

The hooks: `__init__`, `initialize`, `finalize` of `app`, `module` and `service`, `app.main`, and the messages of the
application, with `async` before the name for a coroutine subscriber. The faults: raise, hang, cancel, stop, exit.

It says on stdout what has started, what is ended, and which fault happens.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

import asab

FAULTS = dict(each.split("=") for each in sys.argv[1].split(",") if each)
MESSAGES = [f"Application.{name}!" for name in ("init", "run", "tick", "hup", "stop", "exit")]


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def fault(app: asab.Application, hook: str) -> str | None:
    """Do what can be done without waiting; return what is left."""
    kind = FAULTS.pop(hook, None)
    if kind is None:
        return None
    say("fault", hook, kind)
    if kind == "raise":
        raise ValueError(f"broken {hook}")
    if kind == "cancel":
        raise asyncio.CancelledError
    if kind == "stop":
        app.stop(3)
    if kind == "exit":
        sys.exit(5)
    return kind


async def slow_fault(app: asab.Application, hook: str) -> None:
    if FAULTS.get(hook) == "hang" and hook == "app.main":
        os.kill(os.getpid(), signal.SIGTERM)  # nothing else ends it
    if fault(app, hook) == "hang":
        await asyncio.Event().wait()


class MyModule(asab.Module):
    def __init__(self, app: asab.Application) -> None:
        super().__init__(app)
        fault(app, "module.__init__")

    async def initialize(self, app: asab.Application) -> None:
        await slow_fault(app, "module.initialize")
        say("start module")

    async def finalize(self, app: asab.Application) -> None:
        say("end module")
        await slow_fault(app, "module.finalize")


class Sound(asab.Service):
    async def initialize(self, app: asab.Application) -> None:
        say("start", self.Name)

    async def finalize(self, app: asab.Application) -> None:
        say("end", self.Name)


class MyService(asab.Service):
    def __init__(self, app: asab.Application) -> None:
        super().__init__(app, "second")
        fault(app, "service.__init__")

    async def initialize(self, app: asab.Application) -> None:
        await slow_fault(app, "service.initialize")
        say("start second")

    async def finalize(self, app: asab.Application) -> None:
        say("end second")
        await slow_fault(app, "service.finalize")


class MyApplication(asab.Application):
    def __init__(self) -> None:
        super().__init__(["-c", "faulty.conf"])
        fault(self, "app.__init__")

    async def initialize(self) -> None:
        self.seen = {message: asyncio.Event() for message in MESSAGES[2:4]}
        for message in MESSAGES:
            self.PubSub.subscribe(message, self.on_seen)
            self.PubSub.subscribe(message, self.on_message)
            self.PubSub.subscribe(message, self.on_message_later)
        Sound(self, "first")
        self.add_module(MyModule)
        MyService(self)
        Sound(self, "third")
        await slow_fault(self, "app.initialize")
        say("start application")

    async def main(self) -> None:
        await slow_fault(self, "app.main")
        os.kill(os.getpid(), signal.SIGHUP)
        for each in self.seen.values():
            await each.wait()
        self.stop()

    async def finalize(self) -> None:
        say("end application")
        await slow_fault(self, "app.finalize")

    def on_seen(self, message_type: str, *_: Any) -> None:
        if message_type in self.seen:
            self.seen[message_type].set()

    def on_message(self, message_type: str, *_: Any) -> None:
        if fault(self, message_type) == "hang":
            raise NotImplementedError("a callback that blocks can only be aborted")

    async def on_message_later(self, message_type: str, *_: Any) -> None:
        await slow_fault(self, f"async {message_type}")


if __name__ == "__main__":
    sys.exit(MyApplication().run())
