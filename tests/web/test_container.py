"""Web containers in a running application: routes, addresses, and when they serve."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

import asab_app
import asab_web
from asab_utils import Singleton
from tests.support.processes import free_port
from tests.support.web import WebApplication, get, hello, nothing, serve


def add_hello(app: WebApplication) -> None:
    app.WebApp.router.add_get("/hello", hello)


def test_a_route_of_initialize_answers() -> None:
    """The documentation's first web server works."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/hello") as response:
            assert (response.status, await response.text()) == (200, "Hello!\n")

    assert serve(scenario, add_hello) == 0


def test_importing_the_layer_makes_aiohttp_web_usable() -> None:
    """The documentation's example imports nothing but `aiohttp` and uses `aiohttp.web`."""
    assert aiohttp.web is web


def test_both_documented_spellings_are_one_object() -> None:
    """It does not matter which page of the documentation one has read."""

    def setup(app: WebApplication) -> None:
        assert app.WebService.WebApp is app.WebService.Webapp
        assert app.WebService.WebApp is app.WebService.default_container.WebApp

    serve(nothing, setup)


def test_handlers_find_the_application_under_its_plain_name_and_under_the_typed_key() -> None:
    """Existing handlers read `request.app["app"]`, and nobody gets a warning about it."""

    def setup(app: WebApplication) -> None:
        async def handler(request: web.Request) -> web.Response:
            same = request.app["app"] is app and request.app[asab_web.APP] is app
            return web.Response(text=f"{same} {'app' in request.app} {request.app.get('app') is app}")

        app.WebApp.router.add_get("/", handler)

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        assert await get(app.url, "/") == "True True True"

    serve(scenario, setup)


def test_all_lines_of_listen_are_served(tmp_path: Path) -> None:
    """One server is reached over several addresses, a unix socket among them."""
    listen = f"127.0.0.1:0\nlocalhost 0\n{tmp_path}/app.sock"

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        urls = app.WebService.default_container.addresses
        assert urls[-1] == f"unix:{tmp_path}/app.sock"
        assert len(urls) >= 3
        assert [await get(url) for url in urls] == ["Hello!\n"] * len(urls)

    serve(scenario, add_hello, sections={"asab:web": {"listen": listen}})
    assert not (tmp_path / "app.sock").exists()


def test_a_number_is_a_port_and_a_mode_stands_behind_a_path(tmp_path: Path) -> None:
    """Values that a program hands over need not be strings; a proxy of another user gets in."""
    port = free_port()
    path = tmp_path / "app.sock"

    def setup(app: WebApplication) -> None:
        add_hello(app)
        asab_web.WebContainer(app.WebService, "number", {"listen": port}).WebApp.router.add_get("/hello", hello)

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        assert await get(f"http://127.0.0.1:{port}") == "Hello!\n"
        assert path.stat().st_mode & 0o777 == 0o606

    serve(scenario, setup, sections={"asab:web": {"listen": f"{path} mode=606"}})


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_ipv4_and_ipv6_share_a_port() -> None:
    """The pair `0.0.0.0 8080` and `:: 8080`, common in configurations, is no conflict."""
    port = free_port()
    listen = {f"0.0.0.0 {port}": f"http://127.0.0.1:{port}"}
    if has_ipv6():
        listen[f":: {port}"] = f"http://[::1]:{port}"

    async def scenario(_app: WebApplication, _session: aiohttp.ClientSession) -> None:
        assert [await get(url) for url in listen.values()] == ["Hello!\n"] * len(listen)

    serve(scenario, add_hello, sections={"asab:web": {"listen": "\n".join(listen)}})


def test_containers_are_servers_of_their_own() -> None:
    """An application has a public and a private port with different routes."""

    containers: list[asab_web.WebContainer] = []

    def setup(app: WebApplication) -> None:
        add_hello(app)
        containers.append(asab_web.WebContainer(app.WebService, "private", {"listen": "127.0.0.1:0"}))
        containers[0].WebApp.router.add_get("/private", hello)

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        [private] = containers
        assert await get(private.addresses[0], "/private") == "Hello!\n"
        assert private.WebApp["app"] is app
        async with session.get("/private") as response:
            assert response.status == 404

    serve(scenario, setup)


def test_a_container_made_in_run_time_serves() -> None:
    """A port can be opened when it turns out to be needed."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        container = asab_web.WebContainer(app.WebService, "later", {"listen": "127.0.0.1:0"})
        container.WebApp.router.add_get("/hello", hello)
        assert await get(container.addresses[0]) == "Hello!\n"
        with pytest.raises(asab_app.StartupError, match="cannot listen on"):
            asab_web.WebContainer(app.WebService, "again", {"listen": container.addresses[0].removeprefix("http://")})

    assert serve(scenario) == 0


def test_the_default_port_is_opened_only_when_it_is_asked_for() -> None:
    """An application with containers of its own does not take port 8080 by the way."""

    class OwnPort(asab_app.Application):
        async def initialize(self) -> None:
            self.add_module(asab_web.Module)
            self.container = asab_web.WebContainer(
                self.get_service("asab.WebService"), "own", {"listen": "127.0.0.1:0"}
            )

        async def main(self) -> None:
            assert "default_container" not in vars(self.get_service("asab.WebService"))
            self.stop()

    try:
        assert OwnPort(args=[]).run() == 0
    finally:
        Singleton.delete(OwnPort)


class Initialized(asab_app.Service):
    """Tells when all services before it are initialized."""

    def __init__(self, app: asab_app.Application, name: str) -> None:
        super().__init__(app, name)
        self.event = asyncio.Event()

    async def initialize(self, app: asab_app.Application) -> None:
        self.event.set()


def test_the_module_can_be_added_in_run_time() -> None:
    """The web server begins when an application finds out that it wants one."""
    answers: list[str] = []

    class Late(asab_app.Application):
        async def main(self) -> None:
            self.add_module(asab_web.Module)
            service = self.get_service("asab.WebService")
            container = asab_web.WebContainer(service, "late", {"listen": "127.0.0.1:0"})
            container.WebApp.router.add_get("/hello", hello)
            await Initialized(self, "initialized").event.wait()
            answers.append(await get(container.addresses[0]))
            self.stop()

    try:
        assert Late(args=[]).run() == 0
    finally:
        Singleton.delete(Late)
    assert answers == ["Hello!\n"]


def test_errors_do_not_show_the_inside_even_in_verbose_mode() -> None:
    """`-v` switches asyncio's debug mode on; aiohttp would then send tracebacks to the clients."""

    async def broken(_request: web.Request) -> web.Response:
        raise RuntimeError("the password is 1234")

    def setup(app: WebApplication) -> None:
        app.Loop.set_debug(True)
        app.WebApp.router.add_get("/", broken)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for accept in ("text/plain", "text/html"):
            async with session.get("/", headers={"Accept": accept}) as response:
                assert response.status == 500
                assert "1234" not in (text := await response.text())
                assert "Traceback" not in text

    serve(scenario, setup)
