"""Request bodies that are checked against a JSON schema."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from asab_web.rest import JsonExceptionMiddleware, json_response, json_schema_handler
from tests.support.web import WebApplication, serve

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 3},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    },
    "required": ["name"],
    "$defs": {"item": {"type": "object", "properties": {"count": {"type": "integer", "minimum": 1}}}},
}


@json_schema_handler(SCHEMA)
async def function(request: web.Request, *, json_data: Any) -> web.Response:
    return json_response(request, json_data)


class Handlers:
    @json_schema_handler(SCHEMA)
    async def method(self, request: web.Request, *, json_data: Any) -> web.Response:
        return json_response(request, {"me": type(self).__name__} | json_data)


class View(web.View):
    @json_schema_handler(SCHEMA)
    async def post(self, *, json_data: Any) -> web.Response:
        return json_response(self.request, json_data)


def setup(app: WebApplication) -> None:
    app.WebApp.middlewares.append(JsonExceptionMiddleware)
    app.WebApp.router.add_post("/function", function)
    app.WebApp.router.add_post("/method", Handlers().method)
    app.WebApp.router.add_view("/view", View)


def answers(*bodies: bytes, path: str = "/function") -> list[tuple[int, Any]]:
    found = []

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for body in bodies:
            async with session.post(path, data=body) as answer:
                found.append((answer.status, await answer.json()))

    serve(scenario, setup)
    return found


@pytest.mark.parametrize("path", ["/function", "/method", "/view"])
def test_a_body_that_fits_is_handed_over(path: str) -> None:
    """Functions, methods and views are decorated alike."""
    [(status, data)] = answers(b'{"name": "Alice"}', path=path)
    assert (status, data.pop("me", None) in (None, "Handlers"), data) == (200, True, {"name": "Alice"})


def test_a_mismatch_is_400_with_the_fields_and_the_reasons() -> None:
    """A client's developer sees at once what to mend."""
    [(status, data)] = answers(b'{"name": 1, "items": [{"count": 1}, {"count": 0}]}')
    assert status == 400
    assert data["errors"] == [
        {"in": "body", "pointer": "#/name", "detail": "1 is not of type 'string'"},
        {"in": "body", "pointer": "#/items/1/count", "detail": "0 is less than the minimum of 1"},
    ]
    assert data["message"].splitlines()[1] == "body.items.1.count: 0 is less than the minimum of 1"
    [(_, data)] = answers(b"{}")
    assert data["errors"] == [{"in": "body", "pointer": "#", "detail": "'name' is a required property"}]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "Expecting value in line 1, column 1"),
        (b'{"name":\n "Alice",}', "in line 2, column"),
        (b'{"name": "\xff"}', "it is not UTF-8"),
        (b'{"name": NaN}', "NaN is no number"),
        (b'{"name": -Infinity}', "-Infinity is no number"),
        (b"[" * 500_000, "it is nested too deeply"),
        (b"1" * 10_000, "Exceeds the limit"),
    ],
)
def test_what_is_no_json_is_400(body: bytes, reason: str) -> None:
    """Neither a typing error nor an attack makes an alarm of the server's own."""
    [(status, data)] = answers(body)
    assert (status, reason in data["message"]) == (400, True), data["message"]


def test_the_log_does_not_have_the_values(caplog: pytest.LogCaptureFixture) -> None:
    """The field that was wrong may have been the password."""
    caplog.set_level(logging.DEBUG, "asab_web")
    [(status, _)] = answers(b'{"name": "pw"}')
    assert status == 400
    [record] = [r for r in caplog.records if r.name.startswith("asab_web.rest")]
    assert record._struct_data["invalid"] == "body.name"  # type: ignore[attr-defined]
    assert "pw" not in caplog.text


def test_a_flood_of_mistakes_is_answered_with_the_first() -> None:
    """A million wrong elements do not make an answer of many megabytes."""
    [(status, data)] = answers(json.dumps({"name": "Alice", "items": [1] * 200_000}).encode())
    assert (status, len(data["errors"])) == (400, 10)
    [(status, data)] = answers(json.dumps({"name": ["x" * 1000] * 100}).encode())
    assert (status, len(data["message"]) < 300) == (400, True)


def test_a_schema_comes_from_a_file(tmp_path: Path) -> None:
    """Other programs use the same file; `Path` and `str` will do."""
    file = tmp_path / "schema.json"
    file.write_text(json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "type": "array"}))
    for path in (file, str(file)):
        json_schema_handler(path)
    with pytest.raises(ValueError, match=r"Cannot read the JSON schema .*missing\.json"):
        json_schema_handler(tmp_path / "missing.json")
    file.write_text("{")
    with pytest.raises(ValueError, match=r"Cannot read the JSON schema .*schema\.json"):
        json_schema_handler(file)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "strnig"}, r"is wrong at \$.type: 'strnig' is not valid"),
        ({"properties": {"a": {"$ref": "#/$defs/typo"}}}, "refers to .*typo"),
        ({"items": {"$ref": "http://localhost:1/schema.json"}}, "refers to 'http://localhost:1/schema.json'"),
    ],
)
def test_a_wrong_schema_ends_the_start(schema: dict[str, Any], message: str) -> None:
    """The programmer finds out, and not the first client; nothing is fetched from other hosts."""
    with pytest.raises(ValueError, match=message):
        json_schema_handler(schema)


def test_without_the_library_one_line_says_what_to_install(tmp_path: Path) -> None:
    """The extra is found without reading the source."""
    (tmp_path / "jsonschema.py").write_text("raise ImportError('not here')")
    code = "from asab_web.rest import json_schema_handler; json_schema_handler({})"
    path = os.pathsep.join([str(tmp_path), *sys.path])
    result = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.stderr.endswith('pip install "asab-web[jsonschema]"\n')


def test_without_the_middleware_the_reason_is_plain_text() -> None:
    """Who uses the decorator alone tells the client as much."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.post("/", data=b"{}") as answer:
            assert (answer.status, await answer.text()) == (400, "body: 'name' is a required property")

    serve(scenario, lambda app: app.WebApp.router.add_post("/", function))
