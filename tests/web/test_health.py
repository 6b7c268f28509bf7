"""What a container tells the load balancer and the orchestrator."""

from __future__ import annotations

import datetime
import http.client
import json
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import asab_app
import asab_web
from tests.support.processes import DEADLINE, free_port, python
from tests.support.web import WebApplication, hello, nothing, serve

ON = {"asab:web": {"listen": "127.0.0.1:0", "health": "yes"}}
DETAILS = {"asab:web": ON["asab:web"] | {"health_details": "yes"}}


async def told(session: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    async with session.get(path) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, await answer.json()


def test_an_application_that_works_is_alive_and_ready() -> None:
    """The load balancer sends requests."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert await told(session, "/asab/v1/live") == (200, {"live": True, "down": []})
        assert await told(session, "/asab/v1/ready") == (200, {"ready": True, "down": []})

    serve(scenario, sections=ON)


@pytest.mark.parametrize(("sections", "reasons"), [(ON, [None, None]), (DETAILS, ["no broker at 10.0.0.7", "hangs"])])
def test_what_is_down_is_named_since_when_and_why_only_where_that_is_wanted(
    sections: dict[str, dict[str, str]], reasons: list[str | None]
) -> None:
    """The operator knows where to look; a stranger does not learn addresses of the inside."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        app.Health.report("queue", "no broker at 10.0.0.7")
        assert (await told(session, "/asab/v1/live"))[0] == 200
        app.Health.report("worker", "hangs", alive=False)
        status, ready = await told(session, "/asab/v1/ready")
        assert (status, ready["ready"], [each["name"] for each in ready["down"]]) == (503, False, ["queue", "worker"])
        assert [each.get("reason") for each in ready["down"]] == reasons
        assert all(datetime.datetime.fromisoformat(each["since"]).tzinfo for each in ready["down"])
        status, live = await told(session, "/asab/v1/live")
        assert (status, live) == (503, {"live": False, "down": [ready["down"][1]]})
        app.Health.report("queue")
        app.Health.report("worker")
        assert (await told(session, "/asab/v1/ready"))[0] == 200

    serve(scenario, sections=sections)


def test_head_tells_the_same_without_a_body() -> None:
    """Some load balancers ask by HEAD."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        app.Health.report("queue", "is full")
        async with session.head("/asab/v1/ready") as answer:
            assert (answer.status, answer.headers["Cache-Control"], await answer.read()) == (503, "no-store", b"")

    serve(scenario, sections=ON)


def test_the_version_is_that_of_the_application_and_more_where_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a rollout one sees what runs."""
    monkeypatch.setattr(asab_app.Application, "Version", "1.2.3")  # what an application of that version has

    async def plain(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert await told(session, "/asab/v1/version") == (200, {"name": "TestApplication", "version": "1.2.3"})

    async def detailed(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        _, version = await told(session, "/asab/v1/version")
        assert set(version) == {"name", "version", "asab", "python"}

    serve(plain, sections=ON)
    serve(detailed, sections=DETAILS)


def test_nothing_of_this_is_there_unless_it_is_asked_for() -> None:
    """A public server does not begin to tell about itself."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for path in ("live", "ready", "version", "openapi", "docs"):
            async with session.get(f"/asab/v1/{path}") as answer:
                assert answer.status == 404

    serve(scenario)


def test_a_container_of_choice_has_it() -> None:
    """The endpoints are on the private port only."""
    private: list[asab_web.WebContainer] = []

    def setup(app: WebApplication) -> None:
        private.append(asab_web.WebContainer(app.WebService, "private", {"listen": "127.0.0.1:0", "health": "yes"}))

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get(f"{private[0].addresses[0]}/asab/v1/ready") as answer:
            assert answer.status == 200
        async with session.get("/asab/v1/ready") as answer:
            assert answer.status == 404

    serve(scenario, setup)


@pytest.mark.parametrize("path", ["/asab/v1/live", "/asab/v1/ready", "/asab/v1/version"])
def test_a_route_of_the_applications_own_stays(path: str) -> None:
    """An application that has had its own for years does not lose it, nor does its start fail."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get(path) as answer:
            assert await answer.text() == "Hello!\n"

    serve(scenario, lambda app: app.WebApp.router.add_get(path, hello), sections=ON)


def test_a_page_for_every_address_does_not_hide_it(tmp_path: Path) -> None:
    """The probes work beside a single-page application, too."""
    (tmp_path / "index.html").write_text("page")

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert (await told(session, "/asab/v1/ready"))[0] == 200
        async with session.get("/asab/v1/other") as answer:
            assert await answer.text() == "page"

    serve(scenario, lambda app: asab_web.StaticDirProvider(app.WebApp, "/", tmp_path), sections=ON)


def test_a_wrong_option_ends_the_start_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    """A typing error does not silently leave the load balancer without an answer."""
    with pytest.raises(SystemExit):
        serve(nothing, sections={"asab:web": {"health": "perhaps"}})
    assert "[asab:web] health = 'perhaps'" in capsys.readouterr().err


PROGRAM = """
import asyncio
import asab_app, asab_web
from aiohttp import web

class MyApplication(asab_app.Application):
    async def initialize(self):
        self.add_module(asab_web.Module)
        self.get_service("asab.WebService").WebApp.router.add_get("/go", self.go)
        self.gone = asyncio.Event()

    async def main(self):
        print("running", flush=True)
        try:
            await asyncio.Event().wait()
        finally:
            print("stopping", flush=True)
            await self.gone.wait()

    async def go(self, request):
        self.gone.set()
        return web.Response()

raise SystemExit(MyApplication().run())
"""


def test_readiness_ends_with_sigterm_at_once(tmp_path: Path) -> None:
    """The load balancer learns of the stop while the server still answers; nobody kills it for not being alive."""
    port = free_port()
    (tmp_path / "main.py").write_text(PROGRAM)
    (tmp_path / "main.conf").write_text(f"[asab:web]\nlisten = 127.0.0.1:{port}\nhealth = yes\n")
    with python("main.py", "-c", "main.conf", cwd=tmp_path) as process:
        process.wait_for("running")
        assert ask(port, "/asab/v1/ready") == (200, {"ready": True, "down": []})
        process.send(signal.SIGTERM)
        process.wait_for("stopping")
        status, ready = ask(port, "/asab/v1/ready")
        assert (status, ready["ready"], [each["name"] for each in ready["down"]]) == (503, False, ["application"])
        assert ask(port, "/asab/v1/live") == (200, {"live": True, "down": []})
        assert ask(port, "/go")[0] == 200
        assert process.wait() == 0


def ask(port: int, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or "null")
    finally:
        connection.close()
