"""Requests as steps of traces."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

import asab_log
from asab_app import tracing
from asab_app.tracing import Trace, current_trace
from asab_config import Config
from asab_web.tracing import client_tracing
from tests.support.web import WebApplication, raw, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

L = asab_log.get_logger("tests.web.tracing")


@pytest.fixture
def turned_on() -> Iterator[None]:
    Config.read_dict({"general": {"tracing": "yes"}})
    yield
    Config.read_dict({"general": {"tracing": "no"}})
    tracing.configure()


on = pytest.mark.usefixtures("turned_on")
PARENT = Trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", state="rojo=1")


async def ids(_request: web.Request) -> web.Response:
    L.warning("handling")
    trace = current_trace()
    return web.json_response(None if trace is None else [trace.trace_id, trace.span_id, trace.state])


async def fail(_request: web.Request) -> web.Response:
    raise RuntimeError("it fails")


def routes(app: WebApplication) -> None:
    app.WebApp.router.add_get("/ids", ids)
    app.WebApp.router.add_get("/fail", fail)


@on
def test_a_request_is_a_step_of_the_trace_that_it_names() -> None:
    """Its headers are those of the W3C."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/ids", headers=PARENT.headers) as answer:
            trace_id, span_id, state = await answer.json()
        assert (trace_id, state) == (PARENT.trace_id, PARENT.state)
        assert span_id != PARENT.span_id

    serve(scenario, routes)


@on
@pytest.mark.parametrize("header", ["nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "x" * 4000])
def test_without_a_sound_one_a_trace_begins(header: str) -> None:
    """And each request has its own, over one connection too."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        traces = []
        for _ in range(2):
            async with session.get("/ids", headers={"traceparent": header}) as answer:
                traces.append((await answer.json())[0])
        assert len({*traces}) == 2

    serve(scenario, routes)


@on
def test_two_headers_are_none() -> None:
    """Nobody knows which of them to believe."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        header = f"traceparent: {PARENT.traceparent}\r\n".encode()
        answer = await raw(app.url, b"GET /ids HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + 2 * header + b"\r\n")
        assert b"200 OK" in answer
        assert PARENT.trace_id.encode() not in answer

    serve(scenario, routes)


@on
def test_a_public_server_can_begin_its_own() -> None:
    """A stranger shall not choose under which id he is logged."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/ids", headers=PARENT.headers) as answer:
            assert (await answer.json())[0] != PARENT.trace_id

    serve(scenario, routes, sections={"asab:web": {"listen": "127.0.0.1:0", "traceparent": "no"}})


@on
def test_every_line_of_a_request_has_its_ids(caplog: pytest.LogCaptureFixture) -> None:
    """The handler's, the access log's and that of an error; those outside of requests have none."""
    caplog.set_level(logging.INFO, "asab_web")

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        for path in ("/ids", "/fail"):
            async with session.get(path, headers=PARENT.headers):
                pass
        await raw(app.url, b"NONSENSE\r\n\r\n")

    serve(scenario, routes)
    lines = [(record.message, record.__dict__.get("_struct_data") or {}) for record in caplog.records]
    traced = [message for message, data in lines if data.get("trace_id") == PARENT.trace_id]
    assert traced == ["handling", "HTTP request", "A request handler failed", "HTTP request"]
    assert not [data for message, data in lines if "not understood" in message and "trace_id" in data]


def test_without_tracing_nothing_is_taken_or_logged() -> None:
    """It is off by default, and then a request costs nothing more."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/ids", headers=PARENT.headers) as answer:
            assert await answer.json() is None

    serve(scenario, routes)


@on
def test_a_client_of_the_application_carries_the_trace_on() -> None:
    """From one service to the next."""

    client: aiohttp.ClientSession

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        nonlocal client

        async def ask_further(_request: web.Request) -> web.Response:
            async with client.get(f"{app.url}/ids") as answer:
                return web.Response(text=await answer.text(), content_type="application/json")

        hops.append(ask_further)
        async with aiohttp.ClientSession(trace_configs=[client_tracing()]) as client:
            async with session.get("/further", headers=PARENT.headers) as answer:
                trace_id, _, state = await answer.json()
            assert (trace_id, state) == (PARENT.trace_id, PARENT.state)
            async with client.get(f"{app.url}/ids") as answer:  # outside of any trace
                assert (await answer.json())[0] != PARENT.trace_id

    hops: list[web.Handler] = []  # type: ignore[name-defined]

    def setup(app: WebApplication) -> None:
        routes(app)

        async def further(request: web.Request) -> web.StreamResponse:
            answer: web.StreamResponse = await hops[0](request)
            return answer

        app.WebApp.router.add_get("/further", further)

    serve(scenario, setup)
