"""When a container begins to serve, and what keeps an application from starting."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

import asab_app
import asab_web
from tests.support.web import WebApplication, get, hello, nothing, raw, serve


class LateRoutes(asab_app.Service):
    """A service that adds its routes in `initialize`, after the web service was initialized."""

    async def initialize(self, app: asab_app.Application) -> None:
        app.get_service("asab.WebService").WebApp.router.add_get("/late", hello)


def test_a_service_may_add_routes_in_its_initialize() -> None:
    """The order in which services are made does not decide whether their routes are there."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        assert await get(app.url, "/late") == "Hello!\n"

    serve(scenario, lambda app: LateRoutes(app, "late"))


class Impatient(asab_app.Service):
    """A service during whose `initialize` a client is already there."""

    handled = False
    ready = False

    async def initialize(self, app: asab_app.Application) -> None:
        app.get_service("asab.WebService").WebApp.router.add_get("/", self.handler)
        url = app.get_service("asab.WebService").default_container.addresses[0]
        self.answer = asyncio.ensure_future(raw(url, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        for _ in range(20):  # turns of the loop, in which an accepted request would be handled
            await asyncio.sleep(0)
        assert not self.handled
        self.ready = True

    async def handler(self, _request: web.Request) -> web.Response:
        self.handled = True
        return web.Response(text=f"ready: {self.ready}")


def test_a_client_that_comes_too_early_waits_until_every_service_is_ready() -> None:
    """During a restart no request is refused, and none meets a half-made application."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        assert (await app.get_service("impatient").answer).endswith(b"ready: True")

    serve(scenario, lambda app: Impatient(app, "impatient"))


def test_a_port_in_use_ends_the_start_and_closes_what_was_open(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A server that was started twice says so in one line and is not half there."""

    def setup(app: WebApplication) -> None:
        asab_web.WebContainer(app.WebService, "second", {"listen": f"127.0.0.1:{port}"})

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SystemExit, match=r"^70$"):
            serve(nothing, setup, sections={"asab:web": {"listen": f"{tmp_path}/app.sock"}})
    line = f"[second] cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert line in capfd.readouterr().err
    assert not (tmp_path / "app.sock").exists()


def test_a_cleanup_hook_that_fails_does_not_keep_the_other_containers_open() -> None:
    """The end is as orderly as it can be, and the exit code tells that it was not quite."""
    stopped: list[str] = []

    async def broken(_webapp: web.Application) -> None:
        raise OSError("no database")

    async def clean(_webapp: web.Application) -> None:
        stopped.append("second")

    def setup(app: WebApplication) -> None:
        app.WebApp.on_cleanup.append(broken)
        second = asab_web.WebContainer(app.WebService, "second", {"listen": "127.0.0.1:0"})
        second.WebApp.on_cleanup.append(clean)

    assert serve(nothing, setup) == 70
    assert stopped == ["second"]


@pytest.mark.parametrize("in_run_time", [False, True])
def test_an_on_startup_hook_that_fails_ends_the_application(
    in_run_time: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that could not be set up does not pretend to run, and says once why."""

    async def broken(_webapp: web.Application) -> None:
        raise OSError("no database")

    def setup(app: WebApplication) -> None:
        if not in_run_time:
            app.WebApp.on_startup.append(broken)

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        if in_run_time:
            container = asab_web.WebContainer(app.WebService, "later", {"listen": "127.0.0.1:0"})
            container.WebApp.on_startup.append(broken)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()  # until the stop cancels it

    assert serve(scenario, setup) == 70
    assert [record.message for record in caplog.records if record.exc_info] == ["The web server cannot start"]
