"""The metrics of an application: flushed with every tenth tick, live at any time, handed to targets."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from asab_app import Application
from asab_app.metrics import Metric, Module, Point, Target
from tests.support.metrics import MeasuredApplication, run

Make = Callable[..., Any]


class Measured(Application):
    async def initialize(self) -> None:
        self.add_module(Module)
        self.svc = self.get_service("asab.MetricsService")
        self.flushed: list[tuple[str, dict[str, float]]] = []
        self.PubSub.subscribe("Application.Metrics.Flush!", self.on_flush)

    async def main(self) -> None:
        self.stop()

    def on_flush(self, message_type: str, metric: Metric, values: dict[str, float]) -> None:
        self.flushed.append((metric.Name, values))


def test_metrics_are_flushed_with_the_tenth_tick(make: Make) -> None:
    """A counter begins anew with each period unless told otherwise; a gauge stays."""
    app = make(Measured)
    requests = app.svc.create_counter("requests", tags={"host": "a"}, init_values={"ok": 0})
    total = app.svc.create_counter("total", reset=False)
    gauge = app.svc.create_gauge("queue", init_values={"length": 1})
    requests.add("ok")
    requests.add("failed", 2)
    total.add("all", 3)
    total.sub("all", 1)
    gauge.set("length", 7)
    app.PubSub.publish("Application.tick/10!")
    app.PubSub.publish("Application.tick/10!")
    assert app.flushed == [
        ("requests", {"ok": 1, "failed": 2}),
        ("total", {"all": 2}),
        ("queue", {"length": 7}),
        ("requests", {"ok": 0}),
        ("total", {"all": 2}),
        ("queue", {"length": 7}),
    ]
    assert app.svc.Metrics["requests"].Tags == {"host": "a"}
    app.run()


def test_two_metrics_of_one_name_are_refused(make: Make) -> None:
    """Their values would mix."""
    app = make(Measured)
    app.svc.create_counter("requests")
    with pytest.raises(ValueError, match="'requests' is there already, a Counter: take another name"):
        app.svc.create_gauge("requests")
    app.run()


def test_live_values_go_on_when_a_period_ends() -> None:
    """Who looks between two flushes, or after, sees the same sums."""

    async def scenario(app: MeasuredApplication) -> None:
        counter = app.metrics.create_counter("requests", tags={"host": "a"}, description="Requests.")
        counter.add("ok", 3)
        counter.labels(path="/").add("ok")
        app.metrics.create_histogram("time", buckets=[1]).observe("", 0.5)
        app.metrics.create_gauge("queue").set("", 7)
        for _ in range(2):
            shown = app.metrics.snapshot()
            assert shown['requests{host="a",name="ok"}'] == 3
            assert shown['requests{host="a",path="/",name="ok"}'] == 1
            assert (shown["time_count"], shown["time_sum"], shown["queue"]) == (1, 0.5, 7)
            app.tick()

    run(scenario)


def test_the_last_values_are_kept_in_memory() -> None:
    """An application shows them in its API."""

    async def scenario(app: MeasuredApplication) -> None:
        counter = app.metrics.create_counter("requests", tags={"host": "a"}, init_values={"ok": 0})
        counter.add("ok")
        assert app.metrics.MemstorTarget.rest_get() == {}
        app.tick()
        counter.add("ok", 5)
        assert app.metrics.MemstorTarget.rest_get() == {'requests{host="a"}': {"ok": 1}}

    run(scenario)


class Collecting(Target):
    name = "collecting"

    def __init__(self) -> None:
        super().__init__()
        self.flushes: list[list[Point]] = []
        self.closed = False

    def take(self, points: Sequence[Point]) -> None:
        self.flushes.append([point for point in points if not point.name.startswith(("asab_", "process_"))])
        if len(self.flushes) in (1, 2):
            raise OSError("no line")

    async def close(self) -> None:
        self.closed = True


def test_a_target_that_fails_is_said_once_and_keeps_nobody_from_his_points(caplog: pytest.LogCaptureFixture) -> None:
    """It costs a counter; at the end each target gets the last points, and is closed."""
    targets = Collecting(), Collecting()

    async def scenario(app: MeasuredApplication) -> None:
        counter = app.metrics.create_counter("requests", tags={"host": "a"})
        for target in targets:
            app.metrics.add_target(target)
        for number in range(1, 4):
            counter.add("ok", number)
            app.tick()
        counter.add("ok", 4)

    with caplog.at_level(logging.ERROR):
        run(scenario)
    for target in targets:
        assert [[(each.tags, each.values) for each in points] for points in target.flushes] == [
            [({"host": "a"}, {"ok": number})] for number in range(1, 5)
        ]
        assert target.closed
        assert target.dropped > 2
    said = [record.getMessage() for record in caplog.records]
    assert said == ["Target 'collecting' of the metrics failed; it is not said again until it works"] * 2


def test_the_log_can_be_a_target(caplog: pytest.LogCaptureFixture) -> None:
    """A small installation has no server of metrics."""

    async def scenario(app: MeasuredApplication) -> None:
        app.metrics.create_counter("requests", tags={"host": "a"}).add("ok", 2)
        app.tick()

    run(scenario, {"asab:metrics": {"target": "log"}, "asab:metrics:log": {"level": "warning"}})
    record = next(record for record in caplog.records if record.getMessage() == "Metric requests")
    assert record.levelno == logging.WARNING
    assert vars(record)["_struct_data"] == {"host": "a", "ok": 2}


@pytest.mark.parametrize(
    ("sections", "place", "remedy"),
    [
        ({"asab:metrics": {"target": "graphite"}}, "[asab:metrics] target = 'graphite'", "influxdb or log"),
        ({"asab:metrics": {"max_series": "0"}}, "[asab:metrics] max_series = '0'", "1 set of labels or more"),
        (
            {"asab:metrics": {"target": "log"}, "asab:metrics:log": {"level": "loud"}},
            "[asab:metrics:log] level = 'loud'",
            "debug, info, notice, warning",
        ),
        ({"asab:metrics": {"target": "influxdb"}}, "[asab:metrics:influxdb] db = ''", "db (InfluxDB 1) or bucket"),
        (
            {"asab:metrics": {"target": "influxdb"}, "asab:metrics:influxdb": {"bucket": "b", "org": "o"}},
            "[asab:metrics:influxdb] token = ''",
            "a value, for there is a bucket",
        ),
        (
            {"asab:metrics": {"target": "influxdb"}, "asab:metrics:influxdb": {"url": "udp://x", "db": "d"}},
            "[asab:metrics:influxdb] url = 'udp://x'",
            "a URL with the scheme http or https",
        ),
    ],
)
def test_a_wrong_option_is_one_clear_line(
    sections: dict[str, dict[str, str]], place: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names section, option and value."""

    async def scenario(_app: MeasuredApplication) -> None:
        raise AssertionError("it has started")

    with pytest.raises(SystemExit) as end:
        run(scenario, sections)
    assert end.value.code == 78
    (said,) = capsys.readouterr().err.splitlines()
    assert place in said
    assert f": expected {remedy}" in said


def test_what_is_built_in_is_measured() -> None:
    """Process, event loop, bus and log, by the conventions of Prometheus."""

    async def scenario(app: MeasuredApplication) -> None:
        logging.getLogger("somebody").error("what is counted")
        app.PubSub.subscribe("Somebody.calls!", lambda _: None)
        app.PubSub.publish("Somebody.calls!")
        app.PubSub.publish("Nobody.listens!")
        before = app.metrics.snapshot()
        logging.getLogger("somebody").error("what is counted, too")
        app.PubSub.publish("Somebody.calls!", 1)
        after = app.metrics.snapshot()
        grown = {key for key, value in after.items() if value > before.get(key, 0)}
        assert {'asab_log_records{level="error"}', 'asab_pubsub_messages{message="Somebody.calls!"}'} <= grown
        assert after['asab_pubsub_messages{message="Somebody.calls!"}'] == 2
        assert after["asab_tasks"] >= 1
        assert after["asab_event_loop_lag_seconds"] >= 0
        assert after["asab_ready"] == 1
        assert after['asab_log_records_dropped{output="syslog"}'] == 0
        assert after["process_cpu_seconds"] > 0
        assert 0 < after["process_start_time_seconds"] <= time.time() + 1
        if sys.platform == "linux":
            assert after["process_resident_memory_bytes"] > 1_000_000
            assert 2 < after["process_open_fds"] < after["process_max_fds"]

    run(scenario)
    assert not [handler for handler in logging.getLogger().handlers if type(handler).__name__ == "Records"]


def test_names_that_would_hide_each_other_are_left_out_and_said(caplog: pytest.LogCaptureFixture) -> None:
    """One wrong name must not make the whole unreadable."""

    async def scenario(app: MeasuredApplication) -> None:
        app.metrics.create_counter("my.requests").add("ok")
        app.metrics.create_counter("my-requests").add("ok", 2)
        app.metrics.create_counter("my:requests").add("failed", 3)
        app.metrics.create_gauge("my_requests_total").set("ok", 4)
        shown = [app.metrics.snapshot() for _ in range(2)][-1]
        assert {key: value for key, value in shown.items() if key.startswith("my")} == {
            'my_requests{name="ok"}': 1,
            'my_requests{name="failed"}': 3,
        }

    run(scenario)
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "Metric 'my_requests_total' is left out: another one has this name already",
        "Metric 'my_requests' has values with the same labels; only the first is shown",
    ]
