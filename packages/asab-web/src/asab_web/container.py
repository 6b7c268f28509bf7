"""`WebContainer`: one aiohttp application, and the addresses that it is served on.

Its life: made, while routes are added; opened, when its sockets listen and clients queue; serving, once everything of
the application is initialized; stopped. aiohttp freezes the routes when serving begins.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from aiohttp import WSCloseCode, web

import asab_app
from asab_app import listen, tracing
from asab_app.acceptor import Acceptor
from asab_app.arguments import add_option
from asab_app.listener import Listener, open_listeners, open_listeners_now
from asab_app.metrics import metrics_of
from asab_config import Config, ConfigError, ConfigObject
from asab_log import LOG_NOTICE, get_logger
from asab_web import _aspects, _tracing, accesslog
from asab_web._connections import Connections, Limits
from asab_web._endpoints import endpoints
from asab_web._keys import NamedAppKey
from asab_web._measuring import RequestMetrics

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
_LEAVE_SHARE = 0.08
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
        "reuse_port": "no",
        "max_connections": "0",
        "body_max_size": "1M",
        "header_max_size": "8190",
        "header_timeout": "15",
        "body_timeout": "30",
        "send_timeout": "60",
        "keepalive_timeout": "75",
        "drain_delay": "0",
        "health": "no",
        "health_details": "no",
        "metrics": "no",
        "openapi": "no",
        "inspector": "no",
        "inspector_token": "",
        "inspector_write": "no",
        "inspector_hosts": "",
        "access_log": "info",
        **_aspects.DEFAULTS,
        **_tracing.DEFAULTS,
    }

    def __init__(self, websvc: WebService, config_section_name: str, config: Mapping[str, Any] | None = None) -> None:
        """Make the container and hand it to the service, which opens, starts and stops it.

        Args:
            websvc: The web service, `app.get_service("asab.WebService")`.
            config_section_name: The section with `listen`: an address a line, as `8080`, `0.0.0.0:8080`,
                `0.0.0.0 8080`, `[::1]:8080`, `:: 8080`, the path of a unix socket (`mode=660` behind it says who may
                connect) or `fd:<name>`; `ssl:<name>` behind it adds TLS by the section `[ssl:<name>]`. The other
                options are in the README; `health`, `metrics` and `openapi` add endpoints under `/asab/v1/`, and
                `inspector` the live page at `/asab/`.
            config: Values that win over the section.

        Raises:
            ConfigError: If `listen` or another option is wrong.
            StartupError: If the application runs already and an address cannot be opened.
        """
        super().__init__(config_section_name, config)
        self._section = config_section_name
        self._addresses = listen.parse_lines(f"[{config_section_name}] listen", str(self.Config["listen"]))
        self._reuse_port = self.Config.getboolean("reuse_port")
        self._limits = self._read_limits()
        self._listeners: list[Listener] = []
        self._connections: Connections | None = None
        self._runner: web.AppRunner | None = None
        self._access_log = accesslog.server_options(self.Config)
        # Without this aiohttp sends tracebacks to the clients whenever asyncio is in debug mode, so with `-v`.
        self.WebApp: web.Application = web.Application(
            handler_args={"debug": False}, client_max_size=self._limits.body_size
        )
        _aspects.install(self.WebApp, self.Config)
        self._believes = _tracing.believes(self.Config)
        _tracing.name_requests(self.WebApp, self.Config)
        self.WebApp[APP] = websvc.App
        self.WebApp.on_shutdown.append(self._end_streams)
        self.WebApp.on_shutdown.append(self._close_websockets)
        self._endpoints = endpoints(config_section_name, self, websvc.App)
        websvc.App.delay_stop(self.Config.getseconds("drain_delay"))
        websvc.add_container(self)

    @property
    def addresses(self) -> list[str]:
        """Where it listens, as `http://127.0.0.1:8080` or `unix:/run/app.sock`, with the real port in place of 0."""
        return [_url(listener) for listener in self._listeners]

    @property
    def listeners(self) -> list[Listener]:
        """The open sockets."""
        return list(self._listeners)

    async def open(self) -> None:
        """Open the sockets; called by the service.

        Raises:
            StartupError: If an address cannot be opened; then none is.
            ConfigError: If a TLS section cannot be used.
        """
        self._listeners = await open_listeners(f"[{self._section}]", self._addresses, reuse_port=self._reuse_port)

    def open_now(self) -> None:
        """Do the same at once; looking up a host name blocks."""
        self._listeners = open_listeners_now(f"[{self._section}]", self._addresses, reuse_port=self._reuse_port)

    async def start(self) -> None:
        """Serve; called by the service. Fails as an `on_startup` hook of the aiohttp application fails."""
        timeout = _finalize_timeout() * _REQUESTS_SHARE
        for add in self._endpoints:
            add()
        self._runner = runner = web.AppRunner(self.WebApp, shutdown_timeout=timeout)
        await runner.setup()
        for listener in self._listeners:
            listener.limit_sending(self._limits.send)
        self._connections = connections = Connections(self._limits, runner, self._access_log)
        connections.acceptor = Acceptor(
            f"[{self._section}]",
            self._listeners,
            connections,
            has_room=connections.has_room,
            handshake_timeout=self._limits.head or None,
        )
        self._measure(connections)
        if tracing.is_on():
            connections.wrap(functools.partial(_tracing.traced, believes=self._believes))
        for url in self.addresses:
            L.log(LOG_NOTICE, "Listening", struct_data={"address": url, "section": self._section})

    def drain(self) -> None:
        """Tell with each answer from now on that the connection closes; called by the service when it is to stop."""
        if self._connections is not None:
            self._connections.draining = True

    async def stop(self) -> None:
        """Stop accepting, end WebSockets, let the requests in flight finish, close; called by the service.

        All within `[general] finalize_timeout`; what is still in flight then is cancelled.
        """
        listeners, self._listeners = self._listeners, []
        acceptor = self._connections.acceptor if self._connections else None
        try:
            if acceptor is not None and self._connections is not None:
                self.drain()
                time = min(1.0, _finalize_timeout() * _LEAVE_SHARE)
                acceptor.stop()
                await self._connections.leave(time)
                await acceptor.abort()
        finally:
            try:
                if self._runner is not None:
                    await self._runner.cleanup()
            finally:
                for listener in listeners:
                    listener.close()

    def _measure(self, connections: Connections) -> None:
        service = metrics_of(self.WebApp[APP])
        if service is not None:
            metrics = RequestMetrics(self._section, connections)
            service.add_source(metrics.families)
            connections.wrap(metrics.around)

    def _read_limits(self) -> Limits:
        connections = self.Config.getint("max_connections")
        if connections < 0:
            raise ConfigError(f"[{self._section}] max_connections = {connections}: expected 0 (no limit) or more")
        header_size = self.Config.getbytes("header_max_size")
        if header_size < 1024:
            raise ConfigError(f"[{self._section}] header_max_size = {header_size}: expected 1024 bytes or more")
        return Limits(
            connections=connections,
            head=self.Config.getseconds("header_timeout"),
            body=self.Config.getseconds("body_timeout"),
            send=self.Config.getseconds("send_timeout"),
            keepalive=self.Config.getseconds("keepalive_timeout"),
            header_size=header_size,
            body_size=self.Config.getbytes("body_max_size"),
        )

    async def _end_streams(self, _webapp: web.Application) -> None:
        for stream in set(self._connections.streams if self._connections else ()):
            stream.stop()

    async def _close_websockets(self, _webapp: web.Application) -> None:
        """Tell the peers; one that does not answer is cut off. Otherwise their handlers hold up the stop."""
        websockets = set(self._connections.websockets if self._connections else ())
        closing = [asyncio.ensure_future(ws.close(code=WSCloseCode.GOING_AWAY)) for ws in websockets]
        if closing:
            _, silent = await asyncio.wait(closing, timeout=_finalize_timeout() * _WEBSOCKETS_SHARE)
            for task in silent:
                task.cancel()
            await asyncio.gather(*closing, return_exceptions=True)


def _finalize_timeout() -> float:
    return Config.getseconds("general", "finalize_timeout")


def _url(listener: Listener) -> str:
    name = listener.socket.getsockname()
    if isinstance(name, str):
        return f"unix:{name}"
    host, port = name[:2]
    scheme = "http" if listener.ssl_context is None else "https"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
