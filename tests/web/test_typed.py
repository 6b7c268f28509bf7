"""Handlers whose annotations say what they take and answer."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pydantic
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from asab_web.rest import JsonExceptionMiddleware, typed_handler
from tests.support.web import WebApplication, serve
from tests.support.web_orders import Order, Orders, Stored

TWO = ["body#/items/0/name", "body#/items/0/count"]
ORDER = {"items": [{"name": "tea", "count": 2, "size": "small"}], "note": None, "due": "2018-03-25"}


def setup(app: WebApplication) -> None:
    app.WebApp.middlewares.append(JsonExceptionMiddleware)
    Orders().add_to(app.WebApp)


def test_what_fits_is_handed_over_and_answered() -> None:
    """A handler works with objects of the right types, and answers with them."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.post("/orders", json=ORDER) as answer:
            assert (answer.status, answer.content_type) == (201, "application/json")
            stored = await answer.json()
            assert stored == ORDER | {"number": 1}
        async with session.get("/orders/1") as answer:
            assert await answer.json() == stored
        for query, found in {"": [stored], "?size=large": [], "?size=large&size=small&limit=1": [stored]}.items():
            async with session.get(f"/orders{query}", headers={"X-Trace-Id": "ab12"}) as answer:
                assert await answer.json() == found
        async with session.delete("/orders/1") as answer:
            assert (answer.status, await answer.read()) == (204, b"")
        async with session.get("/orders/1") as answer:
            assert answer.status == 404

    serve(scenario, setup)


@pytest.mark.parametrize(
    ("method", "path", "options", "places"),
    [
        ("POST", "/orders", {"json": {"items": [{"name": 1, "count": 0}]}}, TWO),
        ("POST", "/orders", {"json": {"items": "tea"}}, ["body#/items"]),
        ("POST", "/orders", {"json": 1}, ["body#"]),
        ("GET", "/orders/seven", {}, ["path#/number"]),
        ("GET", "/orders?limit=0&page=2", {}, ["query#/limit", "query#/page"]),
        ("GET", "/orders?limit=1&limit=2", {}, ["query#/limit"]),
        ("GET", "/orders?size=huge", {}, ["query#/size/0"]),
        ("GET", "/orders?limit=x", {"headers": {"X-Trace-Id": "§"}}, ["query#/limit", "headers#/x_trace_id"]),
    ],
)
def test_what_does_not_fit_is_422_with_the_fields(method: str, path: str, options: Any, places: list[str]) -> None:
    """A client's developer sees at once what to mend, in whichever part of the request it is."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.request(method, path, **options) as answer:
            data = await answer.json()
        assert (answer.status, [error["in"] + error["pointer"] for error in data["errors"]]) == (422, places)
        assert all(error["detail"] for error in data["errors"])

    serve(scenario, setup)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"]
)
def test_a_body_of_another_type_is_415(kind: str) -> None:
    """A page of another site can send a form with the user's cookies: it does not pass for JSON."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.post("/orders", data=b"{}", headers={"Content-Type": kind}) as answer:
            assert answer.status == 415
            assert kind in (await answer.json())["message"]

    serve(scenario, setup)


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"items": NaN}', b'{"items": [{"count": Infinity}]}', b"[" * 500_000, b"\xff"]
)
def test_a_body_that_is_no_json_is_400(body: bytes) -> None:
    """It is told from one whose fields are wrong."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.post("/orders", data=body, headers={"Content-Type": "application/json"}) as answer:
            data = await answer.json()
        assert (answer.status, data["message"].startswith("body: not JSON: ")) == (400, True)

    serve(scenario, setup)


def test_words_that_are_no_numbers_may_stand_in_a_text() -> None:
    """`NaN` in a text is a text."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.post("/orders", json=ORDER | {"note": "NaN and Infinity"}) as answer:
            assert answer.status == 201

    serve(scenario, setup)


def test_the_log_and_the_answer_do_not_have_the_values(caplog: pytest.LogCaptureFixture) -> None:
    """The field that was wrong may have been the password."""
    caplog.set_level("DEBUG", "asab_web.rest")

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.post("/orders", json={"items": "hunter2"}) as answer:
            assert "hunter2" not in await answer.text()

    serve(scenario, setup)
    assert "body.items" in caplog.text + str([getattr(record, "_struct_data", "") for record in caplog.records])
    assert "hunter2" not in caplog.text


def test_very_many_mistakes_do_not_hold_up_the_loop() -> None:
    """They are counted, not listed: nobody reads a hundred thousand."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.post("/orders", json={"items": [1] * 100_000}) as answer:
            assert (await answer.json())["message"] == "body: 100000 values are wrong"

    serve(scenario, setup)


@dataclasses.dataclass
class Point:
    x: int
    y: int


@dataclasses.dataclass
class Filter:
    name: str


@typed_handler
async def point(request: web.Request, body: Point | None = None, query: Filter | None = None) -> dict[str, Any]:
    return {"point": body, "name": query.name if query else None}


@typed_handler
async def own_answer(request: web.Request) -> web.Response | Stored:
    return web.Response(status=202, text="later")


@typed_handler
async def untold(request: web.Request):  # type: ignore[no-untyped-def]  # as some write
    return None if "none" in request.query else [1]


@typed_handler
async def wrong(request: web.Request) -> Stored:
    return Order(items=[])  # type: ignore[return-value]  # that is the mistake


class View(web.View):
    @typed_handler
    async def get(self, query: Filter) -> dict[str, str]:
        return {"hello": query.name}


def add_others(app: WebApplication) -> None:
    app.WebApp.router.add_post("/point", point)
    app.WebApp.router.add_get("/own", own_answer)
    app.WebApp.router.add_get("/untold", untold)
    app.WebApp.router.add_get("/wrong", wrong)
    app.WebApp.router.add_view("/view", View)


def test_what_has_a_default_may_be_left_out() -> None:
    """Optional is the whole body, or all of the query."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.post("/point") as answer:
            assert await answer.json() == {"point": None, "name": None}
        async with session.post("/point?name=a", json={"x": 1, "y": 2}) as answer:
            assert await answer.json() == {"point": {"x": 1, "y": 2}, "name": "a"}
        async with session.post("/point?name=a", json={"x": 1}) as answer:
            assert (answer.status, await answer.text()) == (422, "body.y: Field required")

    serve(scenario, add_others)


def test_answers_of_all_kinds() -> None:
    """aiohttp's own pass, views work, and what the annotation does not tell is JSON as well."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        found = []
        for path in ("/own", "/untold", "/untold?none", "/view?name=a", "/view"):
            async with session.get(path) as answer:
                found.append((answer.status, await answer.text()))
        assert found == [
            (202, "later"),
            (200, "[1]"),
            (204, ""),
            (200, '{"hello":"a"}'),
            (422, "query.name: Field required"),
        ]

    serve(scenario, add_others)


def test_an_answer_that_is_not_as_annotated_is_an_error() -> None:
    """What the documentation promises is what clients get, or nothing."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/wrong") as answer:
            assert answer.status == 500

    serve(scenario, add_others)


def test_a_handler_that_cannot_be_typed_ends_the_start() -> None:
    """The programmer finds out, and not the first client."""

    class Local(pydantic.BaseModel):
        name: str

    async def without(request: web.Request, body) -> None: ...  # type: ignore[no-untyped-def]

    async def local(request: web.Request, body: Local) -> None: ...

    async def numbers(request: web.Request, query: int) -> None: ...

    async def opaque(request: web.Request, body: web.Request) -> None: ...

    cases: dict[Any, str] = {
        without: "without: its argument 'body' has no annotation",
        local: "local: name 'Local' is not defined; define it above",
        numbers: "numbers: 'query' needs a model with a field for each value",
        opaque: "opaque: pydantic cannot check 'body'",
    }
    for handler, message in cases.items():
        with pytest.raises(TypeError, match=message):
            typed_handler(handler)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(list(ORDER)), inner),
    max_leaves=10,
)


def test_whatever_json_comes_the_answer_is_a_clients_error_or_a_success() -> None:
    """No body makes an error of the server's own."""

    values: list[Any] = []
    given(JSON_VALUES)(lambda value: values.append(value))()

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for value in values:
            headers = {"Content-Type": "application/json"}
            async with session.post("/orders", data=json.dumps(value), headers=headers) as answer:
                assert answer.status in (201, 400, 422), value

    serve(scenario, setup)


def test_without_the_library_one_line_says_what_to_install(tmp_path: Path) -> None:
    """The extra is found without reading the source, and the rest of the module works without it."""
    (tmp_path / "pydantic.py").write_text("raise ImportError('not here')")
    code = "from asab_web.rest import json_response, typed_handler; typed_handler(json_response)"
    path = os.pathsep.join([str(tmp_path), *sys.path])
    result = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.stderr.endswith('pip install "asab-web[openapi]"\n')
