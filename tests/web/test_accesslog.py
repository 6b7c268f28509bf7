"""The access log."""

from __future__ import annotations

import logging

import aiohttp
import pytest
from aiohttp import web

from tests.support.web import WebApplication, raw, serve


async def hello(_request: web.Request) -> web.Response:
    return web.Response(text="Hello!\n")


async def ask(app: WebApplication, session: aiohttp.ClientSession) -> None:
    async with session.get("/hello?password=secret"), session.get("/no%0Asuch"):
        pass
    await raw(app.url, b"NONSENSE\r\n\r\n")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [record._struct_data for record in caplog.records if record.name == "asab_web.access"]  # type: ignore[attr-defined]


def test_each_request_is_one_record_with_its_facts_as_structured_data(caplog: pytest.LogCaptureFixture) -> None:
    """Requests can be counted and searched without parsing text; even the malformed one is there."""
    caplog.set_level(logging.INFO, "asab_web.access")
    serve(ask, lambda app: app.WebApp.router.add_get("/hello", hello))
    found = lines(caplog)
    assert [(line["method"], line["path"], line["status"]) for line in found] == [
        ("GET", "/hello", 200),
        ("GET", "/no%0Asuch", 404),
        ("UNKNOWN", "/", 400),
    ]
    assert {line["remote"] for line in found} == {"127.0.0.1"}
    assert all(isinstance(line["bytes"], int) and line["bytes"] > 0 for line in found)
    assert all(isinstance(line["duration_ms"], float) for line in found)


def test_the_query_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Tokens travel in queries, and logs are read by many."""
    caplog.set_level(logging.DEBUG, "asab_web")
    serve(ask, lambda app: app.WebApp.router.add_get("/hello", hello))
    assert lines(caplog)
    assert "secret" not in "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)


def test_without_verbose_mode_requests_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A busy server does not fill the disk unless it was asked to."""
    serve(ask, lambda app: app.WebApp.router.add_get("/hello", hello))
    assert lines(caplog) == []
