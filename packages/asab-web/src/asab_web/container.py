"""`WebContainer`: one aiohttp application, and the addresses that it is served on.

Its life: made, while routes are added; opened, when its sockets listen and clients queue; serving, once everything of
the application is initialized; stopped. aiohttp freezes the routes when serving begins.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from aiohttp import WSCloseCode, web

import asab_app
from asab_app.arguments import add_option
from asab_config import Config, ConfigObject
from asab_log import LOG_NOTICE, get_logger
from asab_web import accesslog
from asab_web._endpoints import endpoints
from asab_web._keys import NamedAppKey
from asab_web._listen import parse_listen
from asab_web._listener import Listener, open_listeners
from asab_web.rest._errors import answer_errors

if TYPE_CHECKING:
    from asab_web.service import WebService

L = get_logger(__name__)

add_option(
    "--listen",
    section="asab:web",
    option="listen",
    metavar="ADDRESS",
    help="serve on ADDRESS instead of [asab:web] listen; may be given several times",
)

APP: Final[web.AppKey[asab_app.Application]] = NamedAppKey("app", asab_app.Application)
"""The key of the ASAB application in an aiohttp application; the same as `"app"`, for type checkers."""

# The shares of `[general] finalize_timeout` that a stop may take. aiohttp waits twice for what is in flight: for the
# answer, and again after it has cut the request's body off. Together they stay below one.
_WEBSOCKETS_SHARE = 0.2
_REQUESTS_SHARE = 0.35


class WebContainer(ConfigObject):
    """A web server of its own, configured by one section.

    Attributes:
        WebApp: The aiohttp application. Add routes and middlewares until serving begins: in the constructors and the
            `initialize()` of application, modules and services, or, when the container is made at run-time, before the
            next `await`. `WebApp["app"]` is the ASAB application.
    """

    ConfigDefaults: ClassVar[Mapping[str, Any]] = {
        "listen": "0.0.0.0:8080",
        "health": "no",
        "health_details": "no",
        "openapi": "no",
    }

    def __init__(self, websvc: WebService, config_section_name: str, config: Mapping[str, Any] | None = None) -> None:
        """Make the container and hand it to the service, which opens, starts and stops it.

        Args:
            websvc: The web service, `app.get_service("asab.WebService")`.
            config_section_name: The section. `listen`: an address a line, as `8080`, `0.0.0.0:8080`,
                `0.0.0.0 8080`, `[::1]:8080`, `:: 8080` or the path of a unix socket; `ssl:<name>` behind it adds TLS
                by the section `[ssl:<name>]` (`cert`, `key`). `health` and `openapi` add endpoints under `/asab/v1/`.
            config: Values that win over the section.

        Raises:
            ConfigError: If an option is wrong.
            StartupError: If the application runs already and an address cannot be opened.
        """
        super().__init__(config_section_name, config)
        self._section = config_section_name
        self._addresses = parse_listen(config_section_name, self.Config["listen"])
        self._listeners: list[Listener] = []
        self._runner: web.AppRunner | None = None
        self._websockets: weakref.WeakSet[web.WebSocketResponse] = weakref.WeakSet()
        # Without this aiohttp sends tracebacks to the clients whenever asyncio is in debug mode, so with `-v`.
        self.WebApp: web.Application = web.Application(handler_args={"debug": False})
        self.WebApp.middlewares.append(answer_errors)
        self.WebApp[APP] = websvc.App
        self.WebApp.on_response_prepare.append(self._remember_websocket)
        self.WebApp.on_shutdown.append(self._close_websockets)
        self._endpoints = endpoints(config_section_name, self, websvc.App)
        websvc.add_container(self)

    @property
    def addresses(self) -> list[str]:
        """Where it listens, as `http://127.0.0.1:8080` or `unix:/run/app.sock`, with the real port in place of 0."""
        return [listener.url for listener in self._listeners]

    def open(self) -> None:
        """Open the sockets; called by the service.

        Raises:
            StartupError: If an address cannot be opened; then none is.
            ConfigError: If a TLS section cannot be used.
        """
        self._listeners = open_listeners(self._section, self._addresses)

    async def start(self) -> None:
        """Serve; called by the service. Fails as an `on_startup` hook of the aiohttp application fails."""
        timeout = _finalize_timeout() * _REQUESTS_SHARE
        self._runner = web.AppRunner(
            self.WebApp, access_log=accesslog.L, access_log_class=accesslog.AccessLogger, shutdown_timeout=timeout
        )
        for add in self._endpoints:
            add()
        await self._runner.setup()
        for listener in self._listeners:
            await web.SockSite(self._runner, listener.socket, ssl_context=listener.ssl_context).start()
            L.log(LOG_NOTICE, "Listening", struct_data={"address": listener.url, "section": self._section})

    async def stop(self) -> None:
        """Stop accepting, end WebSockets, let the requests in flight finish, close; called by the service.

        All within `[general] finalize_timeout`; what is still in flight then is cancelled.
        """
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener.unlink()
        try:
            if self._runner is not None:
                await self._runner.cleanup()
        finally:
            for listener in listeners:
                listener.close()

    async def _remember_websocket(self, _request: web.Request, response: web.StreamResponse) -> None:
        if isinstance(response, web.WebSocketResponse):
            self._websockets.add(response)

    async def _close_websockets(self, _webapp: web.Application) -> None:
        """Tell the peers; one that does not answer is cut off. Otherwise their handlers hold up the stop."""
        closing = [asyncio.ensure_future(ws.close(code=WSCloseCode.GOING_AWAY)) for ws in set(self._websockets)]
        if closing:
            _, silent = await asyncio.wait(closing, timeout=_finalize_timeout() * _WEBSOCKETS_SHARE)
            for task in silent:
                task.cancel()
            await asyncio.gather(*closing, return_exceptions=True)


def _finalize_timeout() -> float:
    return Config.getseconds("general", "finalize_timeout")
