"""A real ASAB application with one broker, for the time of one test."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Self, TypeVar

import asab_mom
from asab_app import Application
from asab_utils import Singleton

if TYPE_CHECKING:
    from types import TracebackType

    from asab_app.health import Status
    from asab_mom import Broker, Properties

T = TypeVar("T")
B = TypeVar("B", bound="Broker")

# Far more than a healthy broker needs; only a failing test waits so long.
DEADLINE = 30.0


class Inbox:
    """A handler that keeps what it is given, for the test to wait for."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[tuple[Properties, bytes]] = asyncio.Queue()

    async def __call__(self, properties: Properties, body: bytes) -> None:
        self._messages.put_nowait((properties, body))

    async def next(self) -> tuple[Properties, bytes]:
        return await within(self._messages.get())

    async def bodies(self, count: int) -> list[bytes]:
        return [(await self.next())[1] for _ in range(count)]

    async def until(self, bodies: set[bytes]) -> None:
        """Return when each of these has come; twice is as good as once."""
        missing = set(bodies)
        while missing:
            _, body = await self.next()
            assert body in bodies
            missing.discard(body)

    @property
    def empty(self) -> bool:
        return self._messages.empty()


async def within(awaitable: Awaitable[T]) -> T:
    """Await something that must come; a test that waits for ever says nothing."""
    async with asyncio.timeout(DEADLINE):
        return await awaitable


def serve(setup: Callable[[Application], B], scenario: Callable[[B], Awaitable[None]]) -> int:
    """Run an application through its whole life and return its exit code.

    Args:
        setup: Makes the broker, with its subscriptions and handlers; called in `Application.initialize()`.
        scenario: What happens while the application runs.
    """
    failures: list[BaseException] = []

    class TestApplication(Application):
        async def initialize(self) -> None:
            self.add_module(asab_mom.Module)
            self.broker = setup(self)

        async def main(self) -> None:
            try:
                await scenario(self.broker)
            except BaseException as e:
                failures.append(e)
                raise
            finally:
                self.stop()

    try:
        exit_code = TestApplication(args=[]).run()
    finally:
        Singleton.delete(TestApplication)
    if failures:
        raise failures[0]
    return exit_code


class Changes:
    """The changes of an application's health, one after another."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._news = asyncio.Event()
        app.PubSub.subscribe("Application.health!", self._on_health)

    def _on_health(self, _message_type: str, _status: Status) -> None:
        self._news.set()

    async def until(self, ready: bool) -> None:
        while self._app.Health.ready is not ready:
            self._news.clear()
            await within(self._news.wait())


class LogWatch(logging.Handler):
    """Waits for lines of the log; use it as a context manager, in the thread of the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._news = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.getMessage()}")
        self._news.set()

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.getLogger().removeHandler(self)

    def count(self, text: str) -> int:
        return sum(text in line for line in self.lines)

    async def wait_for(self, text: str, count: int = 1) -> None:
        """Return when so many lines have this text in them."""
        async with asyncio.timeout(DEADLINE):
            while self.count(text) < count:
                self._news.clear()
                await self._news.wait()
