"""What Prometheus and its like are told at `/asab/v1/metrics`."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import aiohttp
import prometheus_client
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.exposition import generate_latest as write_text
from prometheus_client.openmetrics import exposition
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.registry import Collector

from asab_app.metrics import Counter, DutyCycle, Gauge, Histogram, Metrics, Module
from asab_app.metrics.family import Unique, family
from asab_web._exposition import exposed
from asab_web.session import ServiceWebSession
from tests.support.web import WebApplication, hello, serve

ON = {"asab:web": {"listen": "127.0.0.1:0", "metrics": "yes"}}
PATH = "/asab/v1/metrics"
PROMETHEUS = (  # what a Prometheus of 2023 sends
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def told(session: aiohttp.ClientSession, accept: str = PROMETHEUS) -> tuple[str, str]:
    async with session.get(PATH, headers={"Accept": accept}) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.headers["Content-Type"], await answer.text()


def samples(text: str, parse: Any = parse_openmetrics) -> Samples:
    """Read an exposition by a real parser."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parse(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, /, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def metrics(app: WebApplication) -> Metrics:
    service = app.get_service("asab.MetricsService")
    assert isinstance(service, Metrics)
    return service


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (PROMETHEUS, OPENMETRICS),
        ("application/openmetrics-text", OPENMETRICS),
        ("text/plain;version=0.0.4", PLAIN),
        ("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.5", PLAIN),
        ("*/*", PLAIN),
        ("", PLAIN),
        ("image/png", PLAIN),
    ],
)
def test_the_format_is_the_one_that_was_asked_for(accept: str, content_type: str) -> None:
    """OpenMetrics 1.0, or the text format of Prometheus, which everybody reads."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        counter = metrics(app).create_counter("orders", tags={"shop": 'a"b\\c\nd'}, description="Orders, by\nresult.")
        counter.add("ok", 3)
        metrics(app).create_histogram("order.time", buckets=[0.5, 1]).observe("", 0.7)
        metrics(app).flush()
        counter.add("ok", 2)
        got, text = await told(session, accept)
        assert got == content_type
        found = samples(text, parse_openmetrics if got == OPENMETRICS else parse_text)
        assert value(found, "orders_total", shop='a"b\\c\nd', name="ok") == 5
        assert value(found, "order_time_bucket", le="0.5") == 0
        assert value(found, "order_time_bucket", le="1.0") == 1
        assert value(found, "order_time_bucket", le="+Inf") == 1
        assert value(found, "order_time_count") == 1
        assert value(found, "order_time_sum") == 0.7

    serve(scenario, sections=ON)


def test_requests_are_measured_by_route() -> None:
    """By its pattern: paths, methods and hosts that clients invent do not make the metrics grow."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def wait(_request: web.Request) -> web.Response:
        begun.set()
        await go.wait()
        return web.Response()

    async def fail(_request: web.Request) -> web.Response:
        raise RuntimeError

    async def forbid(_request: web.Request) -> web.Response:
        raise web.HTTPForbidden

    def setup(app: WebApplication) -> None:
        app.add_module(Module)
        app.WebApp.router.add_get("/hello/{name}", hello)
        app.WebApp.router.add_get("/wait", wait)
        app.WebApp.router.add_get("/fail", fail)
        app.WebApp.router.add_get("/forbid", forbid)

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        waiting = asyncio.ensure_future(session.get("/wait"))
        await begun.wait()
        for path in ("/hello/joe", "/hello/ann", "/fail", "/forbid", "/none", "/nothing"):
            async with session.get(path):
                pass
        for method in ("PROPFIND", "MKCOL", "POST"):
            async with session.request(method, "/hello/joe"):
                pass
        async with session.get("/hello/joe", headers={"Host": "no host"}):
            pass
        _, text = await told(session)
        found = samples(text)
        counts = {
            (labels["method"], labels["route"], labels["status"]): count
            for (name, pairs), count in found.items()
            for labels in [dict(pairs)]
            if name == "http_server_request_duration_seconds_count"
        }
        assert counts == {
            ("GET", "/hello/{name}", "200"): 2,
            ("GET", "/fail", "500"): 1,
            ("GET", "/forbid", "403"): 1,
            ("GET", "", "404"): 2,
            ("other", "", "405"): 2,
            ("POST", "", "405"): 1,
            ("GET", "", "400"): 1,
        }
        assert value(found, "http_server_active_requests", server="asab:web") == 2
        assert value(found, "asab_web_connections", server="asab:web") == 2
        go.set()
        (await waiting).close()

    serve(scenario, setup, sections=ON)


def test_sessions_and_open_websockets_are_counted() -> None:
    """Of two services too."""

    async def remember(request: web.Request) -> web.Response:
        request["Session"]["user"] = "joe"
        return web.Response()

    async def connect(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for _ in websocket:
            pass
        return websocket

    def setup(app: WebApplication) -> None:
        ServiceWebSession(app, "sessions", app.WebApp)
        ServiceWebSession(app, "others", web.Application())
        app.WebApp.router.add_get("/remember", remember)
        app.WebApp.router.add_get("/connect", connect)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/remember"):
            pass
        async with session.ws_connect("/connect"):
            _, text = await told(session)
        found = samples(text)
        assert value(found, "asab_web_sessions", service="sessions") == 1
        assert value(found, "asab_web_sessions", service="others") == 0
        assert value(found, "asab_web_websockets", server="asab:web") == 1

    serve(scenario, setup, sections=ON)


def test_instruments_of_other_libraries_are_shown_too() -> None:
    """They use those of prometheus_client; of two with one name the application's is shown."""
    others = prometheus_client.Counter("others_work", "What a library counts.")
    same = prometheus_client.Gauge("our_work", "What both count.")
    clashing = prometheus_client.Gauge("our_work_created", "What OpenMetrics keeps for the counter of this name.")

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        metrics(app).create_counter("our_work").add("", 1)
        others.inc(7)
        _, text = await told(session)
        found = samples(text)
        assert value(found, "others_work_total") == 7
        assert value(found, "our_work_total") == 1
        assert "our_work_created" not in text
        assert "python_gc_collections" in text

    try:
        serve(scenario, sections=ON)
    finally:
        prometheus_client.REGISTRY.unregister(others)
        prometheus_client.REGISTRY.unregister(same)
        prometheus_client.REGISTRY.unregister(clashing)


def test_without_the_option_there_is_no_endpoint() -> None:
    """A public port tells nothing about itself that nobody wanted told."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert "asab.MetricsService" not in app.Services
        async with session.get(PATH) as answer:
            assert answer.status == 404

    serve(scenario)


def test_without_prometheus_client_the_start_says_what_to_install(tmp_path: Any) -> None:
    """One line, and no traceback."""
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\nsys.modules['prometheus_client'] = None\n"
        "import asab_app, asab_web\nfrom asab_config import Config\n"
        "Config.add_defaults({'asab:web': {'listen': '127.0.0.1:0', 'metrics': 'yes'}})\n"
        "class App(asab_app.Application):\n"
        "    async def initialize(self):\n"
        "        self.add_module(asab_web.Module)\n"
        "        self.get_service('asab.WebService').WebApp\n"
        "App().run()\n"
    )
    ended = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 78
    (line,) = ended.stderr.splitlines()
    assert 'pip install "asab-web[prometheus]"' in line
    assert "[asab:web] metrics = 'yes'" in line


write_openmetrics: Callable[[Collector], bytes] = exposition.generate_latest


class Shown(Collector):
    def __init__(self, families: list[Any]) -> None:
        self.families = families

    def collect(self) -> list[Any]:
        return self.families


TEXT = st.text(max_size=8) | st.text('a_:-."\\\n{}=,0', max_size=8)
TAGS = st.dictionaries(TEXT, TEXT | st.just("\ud800"), max_size=3)
NUMBER = st.integers() | st.floats()


Row = tuple[str, dict[str, str], dict[str, str], str, float, int]


@given(st.lists(st.tuples(TEXT, TAGS, TAGS, TEXT, NUMBER, st.integers(0, 4)), max_size=5))
@settings(max_examples=60)
def test_whatever_is_measured_can_be_read(rows: list[Row]) -> None:
    """One hostile name or value must not hide all others; both formats are read by real parsers, strictly."""
    loop = asyncio.new_event_loop()
    made: dict[str, Any] = {}
    kinds = (Counter, Gauge, Histogram, Counter, Gauge)
    for name, tags, labels, value_name, number, kind in rows:
        metric = made.setdefault(name, kinds[kind](name, tags))
        child = metric.labels(**labels) if labels else metric
        if isinstance(child, Histogram):
            child.observe(value_name, number)
        elif isinstance(child, Gauge):
            child.set(value_name, number)
        else:
            child.add(value_name, number)
    made["duty"] = DutyCycle(loop, "duty", {"name": "x", "le": "y", "0": "z"}, {"": True})
    loop.close()
    shown = list(map(exposed, Unique()(map(family, made.values()))))
    openmetrics, text = write_openmetrics(Shown(shown)).decode(), write_text(Shown(shown)).decode()  # type: ignore[no-untyped-call,unused-ignore]
    assert {re.sub("_total$", "", family.name) for family in parse_text(text)} >= {"duty_seconds"}
    found = samples(openmetrics)
    assert value(found, "duty_seconds_total", tag_name="x", tag_le="y", tag_0="z") >= 0


@pytest.mark.slow
def test_promtool_finds_no_fault() -> None:
    """It reads as Prometheus itself does, and knows the conventions for names."""

    def setup(app: WebApplication) -> None:
        ServiceWebSession(app, "sessions", app.WebApp)
        app.WebApp.router.add_get("/hello", hello)

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        metrics(app).create_counter("orders").add("ok")
        metrics(app).create_gauge("queue").set("length", 1)
        metrics(app).create_eps_counter("events").add("ok")
        metrics(app).create_duty_cycle(app.Loop, "worker").set("busy", True)
        metrics(app).create_histogram("order.seconds", description="How long orders take.").observe("", 0.7)
        async with session.get("/hello"):
            pass
        _, text = await told(session, "text/plain")
        checked = await asyncio.create_subprocess_exec(
            promtool(), "check", "metrics", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said, _ = await checked.communicate(text.encode())
        assert (checked.returncode, said.decode()) == (0, "")

    serve(scenario, setup, sections=ON)


def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("needs promtool: apt-get install prometheus")
    return found
