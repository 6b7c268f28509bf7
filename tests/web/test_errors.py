"""What clients are told when something goes wrong, with the error middleware and without it."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from asab_web.rest import JsonExceptionMiddleware
from asab_web.rest._accept import preferred
from tests.support.web import WebApplication, raw, serve

PROBLEM, JSON, TEXT = "application/problem+json", "application/json", "text/plain"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
AXIOS = "application/json, text/plain, */*"
SECRET = "the password is 1234"


async def broken(_request: web.Request) -> web.Response:
    raise RuntimeError(SECRET)


async def missing(_request: web.Request) -> web.Response:
    raise web.HTTPNotFound(text="No such customer.")


def add_routes(app: WebApplication) -> None:
    app.WebApp.router.add_get("/broken", broken)
    app.WebApp.router.add_get("/missing", missing)
    app.WebApp.router.add_post("/post", missing)


def add_api(app: WebApplication) -> None:
    add_routes(app)
    app.WebApp.middlewares.append(JsonExceptionMiddleware)


def failures(records: list[logging.LogRecord]) -> list[Any]:
    return [record for record in records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, PROBLEM),
        ("*/*", PROBLEM),
        (BROWSER, PROBLEM),
        (AXIOS, JSON),
        (JSON, JSON),
        ("application/*", PROBLEM),
        (f"{JSON}, {PROBLEM}", PROBLEM),
        (TEXT, TEXT),
        ("text/plain;q=0.9, application/json;q=0.5", TEXT),
        ("image/png", PROBLEM),
    ],
)
def test_an_api_answers_errors_in_the_type_that_the_client_accepts(accept: str | None, kind: str) -> None:
    """A program gets what it parses, a person with curl what can be read."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        headers = {"Accept": accept} if accept else {}
        async with session.get("/missing", headers=headers) as answer:
            text = await answer.text()
            assert (answer.status, answer.content_type, answer.headers["Vary"]) == (404, kind, "Accept")
            assert "No such customer." in text
            if kind != TEXT:
                assert json.loads(text)["title"] == "Not Found"

    serve(scenario, add_api)


@pytest.mark.parametrize("accept", [None, TEXT, BROWSER, JSON, PROBLEM])
def test_an_exception_is_answered_by_an_id_that_the_log_has_in_every_container(
    accept: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A user who reports an error can be helped, and learns nothing about the inside; nobody had to ask for this."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/broken", headers={"Accept": accept} if accept else {}) as answer:
            text = await answer.text()
            assert answer.status == 500
            assert answer.content_type == (accept if accept in (JSON, PROBLEM) else TEXT)
        assert SECRET not in text
        assert "Traceback" not in text
        [record] = failures(caplog.records)
        assert record._struct_data["uuid"] in text
        assert SECRET in str(record.exc_info[1])

    serve(scenario, add_routes)


def test_without_the_middleware_http_errors_are_aiohttps_own_unless_json_is_asked_for() -> None:
    """An application that was written for plain aiohttp goes on; a program that asks for JSON gets it all the same."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        found = []
        for accept in ("*/*", BROWSER, JSON):
            async with session.get("/missing", headers={"Accept": accept}) as answer:
                found.append((answer.content_type, await answer.text()))
        assert found[:2] == [(TEXT, "No such customer.")] * 2
        assert (found[2][0], json.loads(found[2][1])["message"]) == (JSON, "No such customer.")

    serve(scenario, add_routes)


def test_an_error_of_head_has_headers_and_no_body() -> None:
    """A probe by HEAD does not hang, nor is the connection out of step afterwards."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        request = b"HEAD /%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
        twice = request % (b"missing", b"") + request % (b"broken", b"Connection: close\r\n")
        first, second, rest = (await raw(app.url, twice)).split(b"\r\n\r\n")
        assert first.startswith(b"HTTP/1.1 404 ")
        assert b"Content-Type: application/problem+json" in first
        assert second.startswith(b"HTTP/1.1 500 ")
        assert rest == b""

    serve(scenario, add_api)


def test_a_wrong_method_tells_the_right_ones() -> None:
    """RFC 9110 asks for the header, and clients read it."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.delete("/broken") as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")
            assert (await answer.json())["title"] == "Method Not Allowed"

    serve(scenario, add_api)


@pytest.mark.parametrize("setup", [add_routes, add_api])
def test_a_client_that_goes_away_is_no_error(setup: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A closed browser window does not wake up the operator."""
    caplog.set_level("INFO", "asab_web.rest")
    streaming, ended = asyncio.Event(), asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 1000)
                streaming.set()
                await asyncio.sleep(0)
        finally:
            ended.set()

    def with_stream(app: WebApplication) -> None:
        setup(app)
        app.WebApp.router.add_get("/stream", stream)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/stream") as answer:
            await streaming.wait()
            answer.close()
        await ended.wait()
        async with session.get("/missing"):
            pass  # the server has come round to its log by then

    serve(scenario, with_stream)
    assert not failures(caplog.records)
    assert "The client went away" in caplog.text


def test_a_client_that_goes_away_before_it_has_sent_all_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """A phone in a tunnel does not wake up the operator either."""
    caplog.set_level("INFO", "asab_web.rest")
    reading, ended = asyncio.Event(), asyncio.Event()

    async def read(request: web.Request) -> web.Response:
        reading.set()
        try:
            return web.Response(body=await request.read())
        finally:
            ended.set()

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        host, _, port = app.url.removeprefix("http://").rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
        await reading.wait()
        writer.close()
        await ended.wait()
        async with session.get("/missing"):
            pass  # the server has come round to its log by then

    serve(scenario, lambda app: app.WebApp.router.add_post("/read", read))
    assert not failures(caplog.records)
    assert "The client went away" in caplog.text


def test_a_cancelled_request_is_not_taken_for_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """What is cancelled from outside, as by the stop of the application, fills no log with tracebacks."""
    begun, cancelled = asyncio.Event(), asyncio.Event()
    tasks: list[asyncio.Task[Any]] = []

    async def slow(_request: web.Request) -> web.Response:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError("unreachable")

    def setup(app: WebApplication) -> None:
        add_api(app)
        app.WebApp.router.add_get("/slow", slow)

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        asked = app.Loop.create_task(raw(app.url, b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        await begun.wait()
        tasks[0].cancel()
        await cancelled.wait()
        assert b"500" not in await asked

    serve(scenario, setup)
    assert "A request handler failed" not in caplog.text


def test_a_damaged_body_is_the_clients_fault() -> None:
    """What claims to be compressed and is not gives a 400, not an alarm for the operator."""

    async def read(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    def setup(app: WebApplication) -> None:
        add_api(app)
        app.WebApp.router.add_post("/read", read)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.post("/read", data=b"not gzip", headers={"Content-Encoding": "gzip"}) as answer:
            assert (answer.status, (await answer.json())["message"]) == (400, "The request's body is damaged.")

    serve(scenario, setup)


def test_an_error_of_a_middleware_and_of_a_sub_application_is_answered_too() -> None:
    """Wherever it comes from, there is an id."""

    @web.middleware
    async def angry(request: web.Request, handler: Any) -> web.StreamResponse:
        raise RuntimeError(SECRET)

    def setup(app: WebApplication) -> None:
        sub = web.Application(middlewares=[angry])
        sub.router.add_get("/x", broken)
        app.WebApp.add_subapp("/sub", sub)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/sub/x") as answer:
            text = await answer.text()
        assert (answer.status, SECRET in text, "id: " in text) == (500, False, True)

    serve(scenario, setup)


class Asking:
    """A request that has nothing but the header."""

    def __init__(self, *values: str) -> None:
        self.headers = CIMultiDict([("Accept", value) for value in values])


@given(st.lists(st.text("abc/*;,q=.0123456789+- \t"), max_size=3))
def test_every_accept_header_leads_to_an_answer(values: list[str]) -> None:
    """Whatever a client sends there, its error is told."""
    offers = (PROBLEM, JSON, TEXT)
    assert preferred(Asking(*values), offers) in offers  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [TimeoutError(SECRET), BadHttpMessage(SECRET)])
def test_what_aiohttp_has_an_answer_of_its_own_for_is_a_failure_too(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler that asks another server raises such errors; they are not the client's fault, and need a traceback."""

    async def handler(_request: web.Request) -> web.Response:
        raise error

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get(app.url + "/fails") as answer:
            text = await answer.text()
            assert answer.status == 500
            assert SECRET not in text
            (record,) = failures(caplog.records)
            assert record._struct_data["uuid"] in text
            assert record.exc_info[1] is error

    assert serve(scenario, lambda app: app.WebApp.router.add_get("/fails", handler)) == 0
