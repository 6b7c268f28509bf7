"""The OpenAPI document of typed handlers, and the page that shows it."""

from __future__ import annotations

import html.parser
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from asab_web.openapi import openapi_document
from asab_web.rest import typed_handler
from tests.architecture.layers import ROOT
from tests.support.processes import free_port, python
from tests.support.web import WebApplication, hello, serve
from tests.support.web_orders import Order, OrderPath, Orders, Stored

ON = {"asab:web": {"listen": "127.0.0.1:0", "openapi": "yes"}}


class View(web.View):
    @typed_handler
    async def get(self) -> Order:
        """Read."""
        raise NotImplementedError

    @typed_handler
    async def put(self, body: Order | None = None) -> Order | None:
        """Write <b>all</b> of it.

        Beware.
        """
        raise NotImplementedError


@typed_handler
async def page_of(request: web.Request, path: OrderPath) -> Stored:
    raise NotImplementedError


def document() -> dict[str, Any]:
    webapp = web.Application()
    Orders().add_to(webapp)
    webapp.router.add_get("/hello", hello)
    webapp.router.add_view("/view", View)
    webapp.router.add_route("*", r"/any/{number:\d+}/{page}", page_of)
    sub = web.Application()
    sub.router.add_get("/view", View)
    webapp.add_subapp("/sub", sub)
    return openapi_document(webapp, "Shop", "1.2.3")


def test_the_document_is_openapi_3_1() -> None:
    """Generators of clients, gateways and test tools read it."""
    validate(document(), cls=OpenAPIV31SpecValidator)
    validate(openapi_document(web.Application(), "Empty", ""), cls=OpenAPIV31SpecValidator)


def test_typed_handlers_are_in_it_with_all_that_they_say() -> None:
    """Who reads it can call the API."""
    found = document()
    assert found["info"] == {"title": "Shop", "version": "1.2.3"}
    assert "/hello" not in found["paths"]
    assert set(found["paths"]["/orders"]) == {"get", "post"}
    get, post = found["paths"]["/orders"]["get"], found["paths"]["/orders"]["post"]
    assert (get["summary"], get["description"]) == (
        "List the orders.",
        "Those with an item of one of the sizes, where sizes are given.",
    )
    assert {(each["name"], each["in"], each["required"]) for each in get["parameters"]} == {
        ("limit", "query", False),
        ("size", "query", False),
        ("x-trace-id", "header", False),
    }
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
    assert post["requestBody"] == {"content": body, "required": True}
    assert set(post["responses"]) == {"201", "400", "415", "422", "default"}
    assert post["responses"]["201"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Stored"
    assert found["components"]["schemas"]["Item"]["properties"]["count"]["exclusiveMinimum"] == 0
    assert set(found["paths"]["/orders/{number}"]["delete"]["responses"]) == {"204", "422", "default"}


def test_views_sub_applications_patterns_and_any_method_are_in_it() -> None:
    """Nothing that is typed is forgotten, however it was added."""
    found = document()["paths"]
    assert set(found["/view"]) == {"get", "put"}
    assert found["/view"]["put"]["requestBody"]["required"] is False
    assert "/sub/view" in found
    assert set(found["/any/{number}/{page}"]) == {"get", "put", "post", "delete", "patch"}
    parameters = found["/any/{number}/{page}"]["get"]["parameters"]
    types = {each["name"]: each["schema"]["type"] for each in parameters}
    assert types == {"number": "integer", "page": "string"}


def test_a_container_serves_document_and_page_when_it_is_told_to() -> None:
    """A developer opens the page on the test server; on the public one it need not be."""

    def setup(app: WebApplication) -> None:
        Orders().add_to(app.WebApp)
        app.WebApp.router.add_view("/view", View)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/asab/v1/openapi") as answer:
            found = await answer.json()
            assert (answer.status, found["info"]["title"]) == (200, "TestApplication")
        validate(found, cls=OpenAPIV31SpecValidator)
        async with session.get("/asab/v1/docs") as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            page = await answer.text()
        assert "List the orders." in page
        assert "Write &lt;b&gt;all&lt;/b&gt; of it." in page

    serve(scenario, setup, sections=ON)


class Links(html.parser.HTMLParser):
    """Gathers what a page refers to, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src", "action", "srcset", "data"):
                self.found.append(value or "")
            if name == "id":
                self.ids.add(value or "")


def test_the_page_needs_no_other_host_and_no_script() -> None:
    """It works where there is no internet, and tells nobody who reads it."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/asab/v1/docs") as answer:
            links = Links(await answer.text())
        assert "script" not in links.tags
        assert [link for link in links.found if not link.startswith("#")] == ["openapi"]
        assert {link.removeprefix("#") for link in links.found if link.startswith("#")} <= links.ids

    serve(scenario, lambda app: Orders().add_to(app.WebApp), sections=ON)


def test_without_the_library_the_start_says_what_to_install(tmp_path: Path) -> None:
    """One line with the option and the remedy."""
    (tmp_path / "pydantic.py").write_text("raise ImportError('not here')")
    (tmp_path / "main.py").write_text(
        "import asab_app, asab_web\n"
        "class MyApplication(asab_app.Application):\n"
        "    async def initialize(self):\n"
        "        self.add_module(asab_web.Module)\n"
        "        self.get_service('asab.WebService').WebApp\n"
        "MyApplication()\n"
    )
    (tmp_path / "main.conf").write_text("[asab:web]\nlisten = 127.0.0.1:0\nopenapi = yes\n")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    with python("main.py", "-c", "main.conf", cwd=tmp_path, env={"PYTHONPATH": path}) as process:
        assert process.wait() == 78
    [line] = process.stderr.splitlines()
    assert "openapi" in line
    assert line.endswith('pip install "asab-web[openapi]"')


@pytest.mark.slow
def test_a_server_keeps_what_its_document_promises(tmp_path: Path) -> None:
    """Schemathesis sends what the document allows and what it does not, and holds the answers against it."""
    port = free_port()
    with python("-m", "tests.support.web_orders", str(port), cwd=ROOT) as server:
        server.wait_for_port(port)
        url = f"http://127.0.0.1:{port}/asab/v1/openapi"
        command = ["-m", "schemathesis.cli", "run", url, "--max-examples", "25", "--seed", "1"]
        command += ["--generation-database", "none"]
        # 1.0 is an integer to JSON Schema, and none to a model that is strict.
        command += ["--exclude-checks", "positive_data_acceptance"]
        result = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        assert server.stop() == 0
