"""What goes wrong when the answer has begun: the client learns that it is not whole, and takes nothing else for it."""

from __future__ import annotations

import logging
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.typedefs import Middleware

from asab_web.rest import JsonExceptionMiddleware
from tests.support.web import WebApplication, raw, serve


@pytest.mark.parametrize("middlewares", [[], [JsonExceptionMiddleware]])
@pytest.mark.parametrize("late", [web.HTTPNotFound, web.HTTPSeeOther, web.Response])
def test_a_second_answer_is_not_written_into_the_first(
    middlewares: list[Middleware], late: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The client would take it for data, or for the answer to the next request on the connection."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half of it")
        if late is web.Response:
            return web.Response(text="another")
        raise late("/") if late is web.HTTPSeeOther else late()

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        said = await raw(app.url, b"GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert said.count(b"HTTP/1.1") == 1
        assert said.endswith(b"half of it\r\n")  # and no end of the chunks: the client knows that something is missing

    def add(app: WebApplication) -> None:
        app.WebApp.middlewares.extend(middlewares)
        app.WebApp.router.add_get("/late", handler)

    assert serve(scenario, add) == 0
    records: list[Any] = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert [record._struct_data["path"] for record in records] == ["/late"]


def test_a_handler_cannot_begin_two_answers(caplog: pytest.LogCaptureFixture) -> None:
    """However the second one begins: the client would take its head for data."""

    async def handler(request: web.Request) -> web.StreamResponse:
        first, second = web.StreamResponse(), web.StreamResponse()
        await first.prepare(request)
        await first.write(b"half of it")
        await second.prepare(request)
        return second

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        said = await raw(app.url, b"GET /twice HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert said.count(b"HTTP/1.1") == 1
        assert said.endswith(b"half of it\r\n")

    assert serve(scenario, lambda app: app.WebApp.router.add_get("/twice", handler)) == 0
    records: list[Any] = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert [record._struct_data["path"] for record in records] == ["/twice"]
