"""What somebody sees who may look, and what it costs when nobody does."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from asab_app import metrics
from asab_app.application import Application
from asab_log import get_logger
from asab_utils.testing import VirtualLoop
from asab_web.inspector._levels import LevelChanges
from asab_web.inspector._records import FEW, MOST, Reader, Records
from asab_web.session import ServiceWebSession
from tests.support.web import WebApplication, serve

L = get_logger(__name__)

OPEN = {"listen": "127.0.0.1:0", "inspector": "yes"}


async def look(socket: aiohttp.ClientWebSocketResponse, name: str | None, **filters: str) -> Any:
    """Look at a panel, and return the first of what is sent of it."""
    await socket.send_json({"look": name, **filters})
    message = {"panel": None}
    while message["panel"] != name:
        message = await socket.receive_json()
    return message


def test_every_panel_comes_over_the_socket_and_for_programs() -> None:
    """The page and a script see the same."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/asab/inspector/panels") as answer:
            about = await answer.json()
        names = [panel["name"] for panel in about["panels"]]
        assert names[:3] == ["state", "log", "metrics"]
        assert set(names) >= {"parts", "configuration", "loggers", "bus", "timers", "tasks"}
        async with session.ws_connect("/asab/inspector/socket") as socket:
            for name in names:
                message = await look(socket, name)
                assert message["head"]["ready"] is True
                async with session.get(f"/asab/inspector/panels/{name}") as answer:
                    assert answer.status == (404 if name == "log" else 200)
                    if name != "log":
                        assert set((await answer.json())["data"]) >= set(message["data"]) - {"note"}

    assert serve(scenario, sections={"asab:web": OPEN}) == 0


def test_a_panel_of_the_application_is_shown() -> None:
    """Whatever plain data a function returns; and one that fails harms nobody."""

    def setup(app: WebApplication) -> None:
        app.Inspection.add("stock", "Stock", lambda: {"open": True, "Stock": [{"item": "<b>", "left": 3}]})
        app.Inspection.add("broken", "Broken", lambda: 1 / 0)
        app.Inspection.add("endless", "Endless", lambda: {"value": float("inf")})
        app.Inspection.add("huge", "Huge", lambda: "x" * 3_000_000)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("/asab/inspector/socket") as socket:
            assert (await look(socket, "stock"))["data"] == {"open": True, "Stock": [{"item": "<b>", "left": 3}]}
            assert (await look(socket, "broken"))["data"] == {"failure": "This panel cannot be read: ZeroDivisionError"}
            for name in ("endless", "huge"):
                assert (await look(socket, name))["data"]["failure"].startswith("This cannot be shown: ")

    assert serve(scenario, setup, sections={"asab:web": OPEN}) == 0


def test_the_metrics_are_shown_as_they_stand() -> None:
    """Each value of each metric is a line of the plots."""

    def setup(app: WebApplication) -> None:
        app.add_module(metrics.Module)
        service: metrics.Metrics = app.get_service("asab.MetricsService")
        service.create_gauge("queue", {"of": "mine"}, {"length": 3, "endless": float("inf")})
        service.create_histogram("wait", buckets=[1, 2]).observe("", 1.5)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/asab/inspector/panels/metrics") as answer:
            series = (await answer.json())["data"]["series"]
        mine = [each for each in series if each["metric"] in ("queue", "wait")]
        assert mine[0] == {"metric": "queue", "value": "length", "tags": "of=mine", "kind": "gauge", "number": 3}
        assert [(each["value"], each["number"]) for each in mine[1:]] == [("count", 1), ("mean", 1.5)]
        assert "asab_event_loop_lag_seconds" in {each["metric"] for each in series}

    assert serve(scenario, setup, sections={"asab:web": OPEN}) == 0


def test_sessions_are_counted() -> None:
    """How many are logged in; of two services each has its panel."""

    async def visit(request: web.Request) -> web.Response:
        request["Session"]["user"] = "ann"
        return web.Response()

    def setup(app: WebApplication) -> None:
        ServiceWebSession(app, "visitors", app.WebApp)
        ServiceWebSession(app, "admins", web.Application())
        app.WebApp.router.add_get("/visit", visit)

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/visit") as answer:
            assert answer.status == 200
        seen: dict[str, Any] = {name: app.Inspection.read(name) for name in ("sessions", "sessions-2")}
        assert [each["sessions"] for each in seen.values()] == [1, 0]
        assert seen["sessions"]["storage"] == "InMemorySessionStorage"

    assert serve(scenario, setup, sections={"asab:web": OPEN}) == 0


def traces(app: Application) -> tuple[int, bool, set[str]]:
    """What watching leaves in an application: handlers of the log, a watched bus, tasks."""
    tasks = {task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("inspector")}
    return len(logging.getLogger().handlers), "publish" in vars(app.PubSub), tasks


def test_what_nobody_looks_at_is_not_read() -> None:
    """No handler, no counting, no task: before, after, and for the panels that are not looked at."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        before = traces(app)
        assert before[1:] == (False, set())
        async with session.ws_connect("/asab/inspector/socket") as one:
            assert traces(app) == before
            await look(one, "log")
            assert traces(app) == (before[0] + 1, False, {"inspector: log"})
            await look(one, "bus")
            assert traces(app) == (before[0], True, {"inspector: bus"})
            async with session.ws_connect("/asab/inspector/socket") as other:
                await look(other, "bus")
                await look(one, None)
                await look(one, "state")
                assert traces(app) == (before[0], True, {"inspector: bus", "inspector: state"})
            await look(one, "timers")
            assert traces(app) == (before[0], False, {"inspector: timers"})
        async with session.ws_connect("/asab/inspector/socket") as last:
            await look(last, "state")
            assert traces(app) == (before[0], False, {"inspector: state"})

    assert serve(scenario, sections={"asab:web": OPEN}) == 0


def test_log_records_come_filtered() -> None:
    """By level and by text, on the server, so that a slow line has what is wanted."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("/asab/inspector/socket") as socket:
            await look(socket, "log", level="ERROR", text="ORDER 7")
            for number in range(10):
                L.warning("Order %d", number)
                L.error("Order %d", number, struct_data={"item": "pears"})
            records: list[dict[str, str]] = []
            while not records:
                records = (await socket.receive_json())["records"]
        assert [(each["level"], each["message"], each["item"]) for each in records] == [("ERROR", "Order 7", "pears")]

    assert serve(scenario, sections={"asab:web": OPEN}) == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"Orders" are', True),
        ("item=Größe \\ 7", True),
        ("tests.web.inspector", True),
        ("valueerror: no", True),
        ("number=7  bad=true", True),
        ("message", False),
        ("level", False),
        ("\\u00f6", False),
    ],
)
def test_the_text_that_is_looked_for_is_the_one_that_is_seen(text: str, found: bool) -> None:
    """Quotes and umlauts are found as they are read; what only the wire has is not."""
    reader = Reader(logging.NOTSET, text)
    with watching(reader) as records:
        data = {"item": "Größe \\ 7", "number": 7, "bad": True}
        L.error('The "orders" are late', struct_data=data, exc_info=ValueError("no"))
        assert bool(records.fetch(reader)[0]) is found


def test_a_level_is_changed_and_returns_at_the_stop() -> None:
    """What somebody has turned on to look is off when the application is gone."""
    logger = logging.getLogger("asab_web.inspector")
    before = logger.level

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        wish = {"logger": "asab_web.inspector._guard", "level": "DEBUG", "minutes": 5}
        async with session.post("/asab/inspector/levels", json=wish) as answer:
            rows = {row["logger"]: row for row in (await answer.json())["Loggers"]}
        assert rows["asab_web.inspector._guard"]["level"] == "DEBUG"
        assert rows["asab_web.inspector._guard"]["returns in, s"] == 300
        assert logging.getLogger("asab_web.inspector._guard").level == logging.DEBUG

    assert serve(scenario, sections={"asab:web": OPEN | {"inspector_write": "yes"}}) == 0
    assert logger.level == before
    assert logging.getLogger("asab_web.inspector._guard").level == logging.NOTSET


def test_a_level_returns_by_itself() -> None:
    """Nobody has to remember; a second change moves the time, and returns to where it all began."""
    logger = logging.getLogger("tests.inspector.levels")
    logger.setLevel(logging.ERROR)
    loop = VirtualLoop()
    changes = LevelChanges(loop)

    async def scenario() -> None:
        changes.set(logger.name, "DEBUG", 600)
        await asyncio.sleep(500)
        changes.set(logger.name, "INFO", 600)
        await asyncio.sleep(599)
        assert logger.level == logging.INFO
        await asyncio.sleep(2)
        assert logger.level == logging.ERROR
        changes.set(logger.name, "DEBUG", 600)
        changes.end(logger.name)
        changes.end(logger.name)
        assert logger.level == logging.ERROR

    loop.run_until_complete(scenario())
    loop.close()


@contextmanager
def watching(reader: Reader) -> Iterator[Records]:
    records = Records()
    records.join(reader)
    try:
        yield records
    finally:
        records.leave(reader)


@pytest.mark.parametrize("threads", [1, 4])
def test_a_flood_is_bounded_and_what_is_left_out_is_counted(threads: int) -> None:
    """What was logged is what came and what was missed, together, from any thread."""
    reader, late = Reader(logging.INFO, ""), Reader(logging.INFO, "")
    flood = 20 * MOST
    with watching(reader) as records:

        def log() -> None:
            for _ in range(flood // threads):
                records.handle(record(at=100.0))

        workers = [threading.Thread(target=log) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        records.join(late)
        records.handle(record(at=101.0))
        lines, missed = records.fetch(reader)
        assert len(lines) + missed == flood + 1
        assert MOST <= len(lines) - 1 <= MOST + threads
        assert records.fetch(reader) == ([], 0)
        assert len(records.fetch(late)[0]) == 1
        records.leave(late)


def test_in_a_flood_fewer_are_taken_and_after_it_all() -> None:
    """A thousand a second come whole; of ten thousand a taste."""
    reader = Reader(logging.INFO, "")
    with watching(reader) as records:
        taken = []
        for second in range(9):
            for number in range(10_000 if 3 <= second < 6 else 1000):
                records.handle(record(at=second + number / (10_000 if 3 <= second < 6 else 1000)))
            taken.append(len(records.fetch(reader)[0]))
    assert taken[:3] == [1000, 1000, 1000]
    assert all(4 * FEW <= each <= MOST + 4 * FEW for each in taken[3:6])
    assert taken[-2:] == [1000, 1000]


def record(at: float) -> logging.LogRecord:
    made = logging.LogRecord("tests", logging.INFO, __file__, 1, "a record", None, None)
    made.created = at
    return made
