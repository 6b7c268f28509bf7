"""`WebService`: the containers of an application, and when they are opened, served and stopped.

Sockets are opened in the service's `initialize()`, so that a port in use fails the start. They are served from
`Application.init!` on, when every service is ready for requests, and drained at `Application.exit!`, when every service
is still there for the last ones.
"""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING

import asab_app
from asab_app.errors import EX_SOFTWARE
from asab_app.listener import read_certificates
from asab_log import get_logger
from asab_web.container import WebContainer

if TYPE_CHECKING:
    from aiohttp import web

L = get_logger(__name__)


class WebService(asab_app.Service):
    """The web server of an application (documentation, chapter The web server)."""

    def __init__(self, app: asab_app.Application, service_name: str = "asab.WebService") -> None:
        """Register the service.

        Args:
            app: The application.
            service_name: The name that `get_service` finds it by.
        """
        super().__init__(app, service_name)
        self._containers: list[WebContainer] = []
        self._opening = False
        self._serving = False
        self._starting: set[asyncio.Task[None]] = set()
        # The tick is for a service that is added in run-time, when `Application.init!` is over.
        app.PubSub.subscribe("Application.init!", self._on_ready)
        app.PubSub.subscribe("Application.tick!", self._on_ready)
        app.PubSub.subscribe("Application.stop!", self._on_stop)
        app.PubSub.subscribe("Application.exit!", self._on_exit)
        app.PubSub.subscribe("Application.hup!", self._on_hup)

    @functools.cached_property
    def default_container(self) -> WebContainer:
        """The container of section `[asab:web]`.

        The first use makes it: an application that has only containers of its own does not open the default port.

        Raises:
            ConfigError: If `[asab:web] listen` is wrong.
        """
        return WebContainer(self, "asab:web")

    @property
    def WebApp(self) -> web.Application:
        """The aiohttp application of the default container, which the first use makes."""
        return self.default_container.WebApp

    @property
    def Webapp(self) -> web.Application:
        """The same as `WebApp`; the documentation has both."""
        return self.WebApp

    def add_container(self, container: WebContainer) -> None:
        """Take care of a container; called by its constructor.

        In run-time it is opened at once and served from the next turn of the event loop on.

        Raises:
            StartupError: In run-time, if one of its addresses cannot be opened.
        """
        if self._opening:
            container.open_now()
        self._containers.append(container)
        if self._serving:
            task = self.App.Loop.create_task(self._start([container]), name=f"{self.Name} starts a container")
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def initialize(self, app: asab_app.Application) -> None:
        """Open the sockets.

        Raises:
            StartupError: If an address cannot be opened; it names address, section and reason.
        """
        self._opening = True
        try:
            for container in list(self._containers):
                await container.open()
        except BaseException:  # a start that is given up is a CancelledError
            await self._stop()
            raise

    async def finalize(self, app: asab_app.Application) -> None:
        """Close the sockets of a start that failed; otherwise they are closed already."""
        await self._stop()

    async def _on_ready(self, _message_type: str) -> None:
        if self._opening and not self._serving:
            self._serving = True
            self.App.PubSub.unsubscribe("Application.tick!", self._on_ready)
            await self._start(list(self._containers))

    def _on_stop(self, _message_type: str, _count: int) -> None:
        for container in self._containers:
            container.drain()

    def _on_hup(self, _message_type: str) -> None:
        read_certificates([listener for container in self._containers for listener in container.listeners])

    async def _on_exit(self, _message_type: str) -> None:
        await self._stop()

    async def _start(self, containers: list[WebContainer]) -> None:
        try:
            for container in containers:
                await container.start()
        except Exception:
            self._give_up()
        except asyncio.CancelledError:
            if self._serving:  # else it is the stop that has cut it off
                self._give_up()
            raise

    def _give_up(self) -> None:
        L.exception("The web server cannot start")
        self.App.stop(EX_SOFTWARE)

    async def _stop(self) -> None:
        """Stop all containers at once: each may need all the time there is."""
        self._opening = self._serving = False
        containers, self._containers = self._containers, []
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        for error in await asyncio.gather(*(c.stop() for c in containers), return_exceptions=True):
            if error is not None:
                L.error("A web container did not stop cleanly: %s", error, exc_info=error)
                self.App.set_exit_code(EX_SOFTWARE)
