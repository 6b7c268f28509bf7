"""A real ASAB application with a web server on a free port, for the time of one test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import aiohttp
from aiohttp import web

import asab_web
from asab_app import Application
from asab_config import Config
from asab_utils import Singleton

# Far more than a healthy server needs; only a failing test waits so long.
DEADLINE = 30.0


class WebApplication(Application):
    """The application under test; `WebApp` and `url` are those of section `[asab:web]`."""

    @property
    def WebService(self) -> asab_web.WebService:
        service = self.get_service("asab.WebService")
        assert isinstance(service, asab_web.WebService)
        return service

    @property
    def WebApp(self) -> web.Application:
        return self.WebService.WebApp

    @property
    def url(self) -> str:
        return self.WebService.default_container.addresses[0]


Setup = Callable[[WebApplication], object]
"""Adds routes and services; called in `Application.initialize()`, what it returns does not matter."""

Scenario = Callable[[WebApplication, aiohttp.ClientSession], Awaitable[None]]
"""What happens while the application runs; the client's URLs are relative to the server."""


def serve(
    scenario: Scenario,
    setup: Setup | None = None,
    *,
    sections: Mapping[str, Mapping[str, str]] | None = None,
) -> int:
    """Run an application through its whole life, the scenario as its `main()`, and return its exit code."""
    failures: list[BaseException] = []

    class TestApplication(WebApplication):
        async def initialize(self) -> None:
            self.add_module(asab_web.Module)
            self.WebService.default_container  # noqa: B018  made by being asked for
            if setup is not None:
                setup(self)

        async def main(self) -> None:
            try:
                async with asyncio.timeout(DEADLINE), client(self.url) as session:
                    await scenario(self, session)
            except BaseException as failure:
                failures.append(failure)
            self.stop()

    sections = {"asab:web": {"listen": "127.0.0.1:0"}} | dict(sections or {})
    Config.read_dict(sections)
    try:
        exit_code = TestApplication(args=[]).run()
    finally:
        Singleton.delete(TestApplication)
        for section in sections:
            Config.remove_section(section)
    if failures:
        raise failures[0]
    return exit_code


def client(url: str, *, cookies: bool = True) -> aiohttp.ClientSession:
    """A browser of its own: cookies are kept for addresses too, unless they are not wanted at all."""
    if url.startswith("unix:"):
        return aiohttp.ClientSession("http://localhost", connector=aiohttp.UnixConnector(url.removeprefix("unix:")))
    jar = aiohttp.CookieJar(unsafe=True) if cookies else aiohttp.DummyCookieJar()
    return aiohttp.ClientSession(url, cookie_jar=jar)


async def raw(url: str, request: bytes) -> bytes:
    """What the server sends on one connection, until it closes it, for these very bytes."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def hello(_request: web.Request) -> web.Response:
    return web.Response(text="Hello!\n")


async def get(url: str, path: str = "/hello") -> str:
    async with client(url) as session, session.get(path) as response:
        return await response.text()


async def nothing(_app: WebApplication, _session: aiohttp.ClientSession) -> None:
    pass
