"""InfluxDB as a target of the metrics."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asab_app import Application, Service
from asab_app.metrics import Point
from asab_app.metrics._line_protocol import line
from asab_app.metrics.influxdb import InfluxDBTarget
from tests.support.influxdb import InfluxDB, basic, influxdb, parse
from tests.support.metrics import DEADLINE, MeasuredApplication, run
from tests.support.processes import free_port

TEXT = st.text(st.characters(codec=None) | st.sampled_from("\\,= \"'#\n\r\t_"), max_size=12)
NUMBER = st.integers() | st.floats() | st.sampled_from([sys.float_info.max, -sys.float_info.max, 10**400])
LARGEST = sys.float_info.max


@given(TEXT, st.dictionaries(TEXT, TEXT, max_size=4), st.dictionaries(TEXT, NUMBER, max_size=4))
def test_whatever_goes_in_is_one_line_with_the_same_values(
    name: str, tags: Mapping[str, str], values: Mapping[str, float]
) -> None:
    """A value that ends a line could forge another, and one line that is wrong has the whole batch refused."""
    text = line(Point(name, tags, values, 1700000000.25))
    finite = {key: value for key, value in values.items() if -LARGEST <= value <= LARGEST}
    if text is None:
        assert not finite
        return
    parsed = parse(text)
    assert parsed.time == 1700000000250000000
    assert set(parsed.fields.values()) <= {float(value) for value in finite.values()}
    if name.isprintable() and name and not name.startswith("#"):
        assert parsed.measurement == name.replace("\\", "/")
    plain = {
        key: value.replace("\\", "/") for key, value in tags.items() if key.isalnum() and value.isprintable() and value
    }
    assert plain.items() - {("time", plain.get("time"))} <= parsed.tags.items()


V1 = {"db": "my db", "username": "joe", "password": "pässword"}
V2 = {"bucket": "b/1", "org": "my org", "token": "secret"}


@pytest.mark.parametrize(
    ("options", "path", "authorization"),
    [
        (V1, "/write?db=my+db&precision=ns", basic("joe", "pässword")),
        ({"db": "open"}, "/write?db=open&precision=ns", None),
        (V2, "/api/v2/write?bucket=b%2F1&org=my+org&precision=ns", "Token secret"),
    ],
)
def test_each_flush_is_sent_to_the_server(options: Mapping[str, str], path: str, authorization: str | None) -> None:
    """To version 1 with a login or without, to version 2 by a token; what is built in comes along."""

    async def scenario(app: MeasuredApplication) -> None:
        async with influxdb() as server:
            target = new_target(app, server.url, options)
            app.metrics.add_target(target)
            counter = app.metrics.create_counter("requests", tags={"host": "a b"})
            counter.add("ok", 2)
            app.tick()
            await server.written.wait()
            (request,) = server.requests
            assert request.raw_path == path
            assert request.headers.get("Authorization") == authorization
            (found,) = [each for each in server.lines if each.measurement == "requests"]
            assert (found.tags, found.fields) == ({"host": "a b"}, {"ok": 2.0})
            assert abs(found.time / 1e9 - app.time()) < DEADLINE
            assert server.fields("process_cpu_seconds")[0]["value"] > 0
            await idle()
            assert target.sent == len(server.lines)

    run(scenario)


def test_what_a_server_that_is_down_has_missed_is_sent_when_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    """Said when it begins and when it ends; what the server has an internal trouble with waits, too."""

    async def scenario(app: MeasuredApplication) -> None:
        port = free_port()
        target = new_target(app, f"http://127.0.0.1:{port}", V1)
        target.take([numbered(1)])
        await idle()
        async with influxdb(port) as server:
            server.answers = [503]
            for number in (2, 3):
                target.take([numbered(number)])
                await idle()
            assert server.fields("requests") == [{"ok": 1.0}, {"ok": 2.0}, {"ok": 3.0}]
            assert (target.sent, target.dropped, target.queued) == (3, 0, 0)

    run(scenario)
    said = [record.getMessage() for record in caplog.records if record.name == "asab_app.metrics.influxdb"]
    assert said == ["InfluxDB does not take the metrics", "InfluxDB takes the metrics again"]
    assert "pässword" not in caplog.text


def test_what_the_server_refuses_is_dropped() -> None:
    """Sent again it would be refused again, for ever, and keep the rest waiting."""

    async def scenario(app: MeasuredApplication) -> None:
        async with influxdb() as server:
            server.answers = [400]
            target = new_target(app, server.url, V2)
            for number in (1, 2):
                target.take([numbered(number)])
                await idle()
            assert server.fields("requests") == [{"ok": 2.0}]
            assert (target.sent, target.dropped, target.queued) == (1, 1, 0)

    run(scenario)


def test_what_waits_is_bounded_and_the_oldest_goes_first() -> None:
    """A server that stays away must not eat the memory."""

    async def scenario(app: MeasuredApplication) -> None:
        target = new_target(app, f"http://127.0.0.1:{free_port()}", V1 | {"queue": "2"})
        for number in range(5):
            target.take([numbered(number)])
            await idle()
        assert (target.sent, target.dropped, target.queued) == (0, 3, 2)

    run(scenario)


def test_a_server_that_hangs_holds_nobody_up() -> None:
    """One thread waits for it, for the time of the option; the end of the application does not."""

    async def scenario(app: MeasuredApplication) -> None:
        async with influxdb() as server:
            server.hold = asyncio.Event()
            target = new_target(app, server.url, V1 | {"timeout": "0.2"})
            target.take([numbered(1)])
            await server.asked.wait()
            target.take([numbered(2)])
            await idle()
            assert target.queued == 2
            server.hold.set()
            while target.queued:
                target.take([numbered(3)])
                await idle()
            assert target.dropped == 0

    assert run(scenario) == 0


def test_the_last_points_are_sent_at_the_end() -> None:
    """What was counted in the last seconds of an application is not lost."""
    servers: list[InfluxDB] = []

    class Server(Service):
        async def initialize(self, app: Application) -> None:
            self.stack = contextlib.AsyncExitStack()
            servers.append(await self.stack.enter_async_context(influxdb()))

        async def finalize(self, app: Application) -> None:
            await self.stack.aclose()

    async def scenario(app: MeasuredApplication) -> None:
        app.metrics.add_target(InfluxDBTarget(app, config=V1 | {"url": servers[0].url}))
        app.metrics.create_counter("requests").add("ok", 5)

    assert run(scenario, setup=Server) == 0  # it was there before the metrics, so it outlives them
    assert servers[0].fields("requests") == [{"ok": 5.0}]


def new_target(app: MeasuredApplication, url: str, options: Mapping[str, str]) -> InfluxDBTarget:
    """A target that the test hands its points."""
    return InfluxDBTarget(app, config={"url": url, **options})


def numbered(number: int) -> Point:
    return Point("requests", {}, {"ok": number}, 1.0)


async def idle() -> None:
    """Wait until an attempt to send is over."""
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "metrics to InfluxDB"))
