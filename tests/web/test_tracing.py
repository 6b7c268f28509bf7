"""Requests as steps of traces."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import asab_log
from asab_app.tracing import Trace, current_trace
from asab_web import EventStreamFactory
from asab_web.tracing import client_tracing
from tests.support.opentelemetry import exported
from tests.support.tracing import configured
from tests.support.web import WebApplication, nothing, raw, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

L = asab_log.get_logger("tests.web.tracing")


@pytest.fixture
def turned_on() -> Iterator[None]:
    with configured("yes"):
        yield


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


FORWARDED = {"X-Forwarded-For": "8.8.8.8"}
BEHIND = {"trusted_proxies": "127.0.0.1"}


@on
@pytest.mark.parametrize(
    ("headers", "options", "believed"),
    [
        ({}, {}, True),
        (FORWARDED, {}, True),  # nobody was told that there is a proxy: the header is anybody's word
        (FORWARDED, BEHIND, False),
        (FORWARDED, BEHIND | {"traceparent": "yes"}, True),
        ({"X-Forwarded-For": "10.0.0.7"}, BEHIND, True),
        ({"X-Forwarded-For": "10.0.0.7"}, BEHIND | {"traceparent": "no"}, False),
        ({"X-Forwarded-For": "::ffff:8.8.8.8"}, BEHIND, False),
        ({"X-Forwarded-For": "unknown"}, BEHIND, False),
    ],
)
def test_a_stranger_does_not_choose_the_trace(
    headers: Mapping[str, str], options: Mapping[str, str], believed: bool
) -> None:
    """Who may could hide among the requests of somebody else, and have all of his own recorded."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/ids", headers={**PARENT.headers, **headers}) as answer:
            assert ((await answer.json())[0] == PARENT.trace_id) is believed

    serve(scenario, routes, sections={"asab:web": {"listen": "127.0.0.1:0", **options}})


@on
def test_the_answer_bears_the_id_if_that_is_wanted() -> None:
    """Who has had trouble can say which request it was; of errors, streams and what is not found too."""
    streams: list[EventStreamFactory] = []

    def setup(app: WebApplication) -> None:
        routes(app)
        streams.append(EventStreamFactory(app))
        app.WebApp.router.add_get("/events", streams[0])

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for path in ("/ids", "/fail", "/missing", "/events"):
            async with session.get(path, headers=PARENT.headers) as answer:
                assert answer.headers["X-Request-ID"] == PARENT.trace_id

    options = {"listen": "127.0.0.1:0", "request_id_header": "X-Request-ID"}
    serve(scenario, setup, sections={"asab:web": options})


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("traceparent", "everybody", "or private"),
        ("request_id_header", "X Y", "[asab:web] request_id_header = 'X Y': expected the name of a header"),
    ],
)
def test_a_wrong_option_ends_the_start(capsys: pytest.CaptureFixture[str], option: str, value: str, said: str) -> None:
    """A typing error opens nothing."""
    with pytest.raises(SystemExit) as stopped:
        serve(nothing, routes, sections={"asab:web": {"listen": "127.0.0.1:0", option: value}})
    assert stopped.value.code == 78
    assert said in capsys.readouterr().err


def test_a_span_names_the_client_and_no_more_names_than_there_are() -> None:
    """Never the proxy, nor the query; and a client cannot make as many names of spans as it likes."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/ids?password=secret", headers=FORWARDED), session.request("PROPFIND", "/ids"):
            pass

    with exported() as exporter:
        serve(scenario, routes, sections={"asab:web": {"listen": "127.0.0.1:0", **BEHIND}})
        found = {span.name: dict(span.attributes or {}) for span in exporter.get_finished_spans()}
    assert list(found) == ["GET /ids", "HTTP"]
    assert found["HTTP"]["http.request.method"] == "_OTHER"
    assert isinstance(found["GET /ids"].pop("server.port"), int)
    assert "aiohttp" in str(found["GET /ids"].pop("user_agent.original"))
    assert found["GET /ids"] == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/ids",
        "url.path": "/ids",
        "url.scheme": "http",
        "network.protocol.version": "1.1",
        "client.address": "8.8.8.8",
        "server.address": "127.0.0.1",
    }


def test_hostile_headers_neither_fail_a_request_nor_what_is_exported() -> None:
    """Anybody can send anything; one value that cannot be encoded would lose an exporter a whole batch."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        loop = asyncio.get_running_loop()
        value = st.binary(max_size=200).map(lambda text: text.translate(None, b"\r\n\0"))

        @settings(max_examples=50, suppress_health_check=list(HealthCheck))
        @given(value, value, value)
        @example(PARENT.traceparent.encode(), b"a=1", b"\xff\xfe")
        def check(traceparent: bytes, tracestate: bytes, agent: bytes) -> None:
            head = b"GET /ids HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            lines = b"traceparent:%b\r\ntracestate:%b\r\nUser-Agent:%b\r\n\r\n" % (traceparent, tracestate, agent)
            answer = asyncio.run_coroutine_threadsafe(raw(app.url, head + lines), loop).result()
            assert answer.split()[1] in (b"200", b"400")

        await asyncio.to_thread(check)

    with exported() as exporter:
        serve(scenario, routes)
        spans = exporter.get_finished_spans()
    assert spans
    for each in spans:
        for text in dict(each.attributes or {}).values():
            str(text).encode()


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
