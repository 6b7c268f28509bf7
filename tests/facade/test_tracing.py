"""One trace over all layers: from a browser's request to a message, its handler and the reply."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

import asab.mom
import asab.web
from asab.tracing import Trace, current_trace
from asab_app import tracing
from asab_web.tracing import client_tracing
from tests.support.opentelemetry import exported
from tests.support.web import WebApplication, serve

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

PARENT = Trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    with exported() as exporter:
        yield exporter


def names(spans: tuple[ReadableSpan, ...]) -> dict[str, str | None]:
    """Each span, and the one that it is a step of."""
    by_id = {span.context.span_id: span.name for span in spans if span.context is not None}
    return {span.name: by_id.get(span.parent.span_id) if span.parent else None for span in spans}


def test_the_spans_of_a_request_hang_together(exporter: InMemorySpanExporter) -> None:
    """From what is exported one sees who has waited for whom."""
    target = f"test-{uuid.uuid4().hex}"

    class Application(asab.Application):
        async def initialize(self) -> None:
            self.add_module(asab.web.Module)
            self.add_module(asab.mom.Module)
            self.websvc = self.get_service("asab.WebService")
            self.websvc.WebApp.router.add_get("/orders/{number}", self.on_request)
            self.broker = asab.mom.MemoryBroker(self, accept_replies=True, config={"exchange": ""})
            self.broker.subscribe(target)
            self.broker.add(target, self.on_message)
            self.broker.add("reply", self.on_reply)
            self.replied = asyncio.Event()

        async def main(self) -> None:
            url = self.websvc.default_container.addresses[0] + "/orders/7"
            async with aiohttp.ClientSession() as session, session.get(url, headers=PARENT.headers) as answer:
                assert answer.status == 200
            await self.replied.wait()
            self.stop()

        async def on_request(self, _request: web.Request) -> web.Response:
            with tracing.span("own"):
                await self.broker.publish("x", target, "1")
            return web.Response()

        async def on_message(self, _properties: asab.mom.Properties, body: bytes) -> bytes:
            return body

        async def on_reply(self, _properties: asab.mom.Properties, _body: bytes) -> None:
            self.replied.set()

    asab.Config.read_dict({"asab:web": {"listen": "127.0.0.1:0"}})
    try:
        assert Application(args=[]).run() == 0
    finally:
        asab.Singleton.delete(Application)
        asab.Config.remove_section("asab:web")
    spans = exporter.get_finished_spans()
    assert {span.context.trace_id for span in spans if span.context} == {int(PARENT.trace_id, 16)}
    assert names(spans) == {
        "GET /orders/{number}": None,
        "own": "GET /orders/{number}",
        f"send {target}": "own",
        f"process {target}": f"send {target}",
        "send reply": f"process {target}",
        "process reply": "send reply",
    }
    request = next(span for span in spans if span.name.startswith("GET"))
    assert request.parent is not None
    assert request.parent.span_id == int(PARENT.span_id, 16)
    assert request.attributes is not None
    assert request.attributes["http.route"] == "/orders/{number}"
    assert request.attributes["http.response.status_code"] == 200


async def test_a_request_of_a_client_is_a_span(exporter: InMemorySpanExporter) -> None:
    """With its answer, and its failure; queries and passwords stay here."""
    seen: list[str | None] = []

    async def fail(request: web.Request) -> web.Response:
        seen.append(request.headers.get("traceparent"))
        raise web.HTTPServiceUnavailable

    webapp = web.Application()
    webapp.router.add_get("/", fail)
    runner = web.AppRunner(webapp)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession(trace_configs=[client_tracing()]) as client:
        with tracing.span("own") as own:
            async with client.get(f"http://user:secret@127.0.0.1:{port}/?password=secret") as answer:
                assert answer.status == 503
            assert current_trace() is own.trace
            await runner.cleanup()
            with pytest.raises(aiohttp.ClientConnectionError):
                await client.get(f"http://127.0.0.1:{port}/")
            assert current_trace() is own.trace
    answered, failed, _ = exporter.get_finished_spans()
    assert names(exporter.get_finished_spans()) == {"GET": "own", "own": None}
    assert answered.context is not None
    assert seen == [Trace(own.trace.trace_id, f"{answered.context.span_id:016x}", random=own.trace.random).traceparent]
    assert answered.attributes is not None
    assert answered.attributes["error.type"] == "503"
    assert "secret" not in str(dict(answered.attributes))
    assert not failed.status.is_ok


def test_a_request_that_is_for_no_route_is_a_span_too(exporter: InMemorySpanExporter) -> None:
    """What is refused, and what fails, is looked for first of all."""

    async def fail(_request: web.Request) -> web.Response:
        raise RuntimeError("it fails")

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        for path, headers in (("/", {"Host": "no/host"}), ("/nowhere", {}), ("/fail", {})):
            async with session.get(path, headers=headers):
                pass

    serve(scenario, lambda app: app.WebApp.router.add_get("/fail", fail))
    spans = [(span.name, dict(span.attributes or {})) for span in exporter.get_finished_spans()]
    assert [(name, each["http.response.status_code"], each.get("error.type")) for name, each in spans] == [
        ("GET", 400, None),
        ("GET", 404, None),
        ("GET /fail", 500, "RuntimeError"),
    ]
