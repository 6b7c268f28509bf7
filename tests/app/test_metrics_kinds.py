"""What each kind of metric measures, live and by period."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asab_app.metrics import Counter, Distribution, DutyCycle, Gauge, Histogram, RateCounter
from asab_app.metrics.family import family


class Clock(asyncio.SelectorEventLoop):
    """A loop whose clock stands until it is set."""

    now = 100.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    yield clock
    clock.close()


@given(st.lists(st.one_of(st.none(), st.integers(0, 100)), max_size=30), st.integers(0, 5))
def test_what_a_counter_has_counted_is_live_whatever_was_flushed(steps: list[int | None], initial: int) -> None:
    """A server of metrics makes rates of the sum; a period that ends must not look like a restart."""
    counter = Counter("requests", init_values={"ok": initial})
    total, period = initial, initial
    for step in steps:
        if step is None:
            assert counter.flush() == {"ok": period}
            period = initial
        else:
            counter.add("ok", step)
            total, period = total + step, period + step
        assert counter.live() == {"ok": total}
        assert counter.Values == {"ok": period}
    assert counter.kind == "counter"


def test_a_counter_of_many_threads_loses_nothing() -> None:
    """Handlers in threads count, too."""
    counter, histogram = Counter("requests"), Histogram("sizes", buckets=[1])

    def count(_: int) -> None:
        for _ in range(2000):
            counter.add("ok")
            histogram.observe("all", 1)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count, range(8)))
    assert counter.live() == {"ok": 16000}
    assert histogram.live() == {"all": Distribution((1.0,), (16000, 0), 16000)}


def test_a_counter_from_which_something_was_taken_is_a_gauge() -> None:
    """A server takes the fall of a counter for a restart, and would count all again."""
    counter = Counter("open", reset=False)
    counter.add("files", 3)
    assert family(counter).kind == "counter"
    counter.sub("files")
    assert family(counter).kind == "gauge"
    assert counter.live() == {"files": 2}


def test_a_rate_counter_flushes_events_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown to people is a rate; what is live is the number."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    counter = RateCounter("events", init_values={"ok": 0})
    counter.add("ok", 50)
    now[0] += 10
    assert counter.flush() == {"ok": 5.0}
    assert counter.flush() == {"ok": 0.0}
    assert counter.live() == {"ok": 50}


def test_a_duty_cycle_is_the_share_of_time_that_something_is_on(clock: Clock) -> None:
    """How busy is it."""
    duty = DutyCycle(clock, "worker", init_values={"busy": True, "idle": False})
    clock.now += 3
    duty.set("busy", False)
    duty.set("idle", True)
    clock.now += 6
    duty.set("late", True)
    clock.now += 1
    assert duty.flush() == {"busy": 0.3, "idle": 0.7, "late": 0.1}
    assert duty.flush() == {"busy": 0.0, "idle": 0.0, "late": 0.0}
    clock.now += 1
    assert duty.live() == {"busy": 3.0, "idle": 8.0, "late": 2.0}
    assert duty.flush() == {"busy": 0.0, "idle": 1.0, "late": 1.0}
    assert (family(duty).name, family(duty).kind) == ("worker_seconds", "counter")


def test_a_histogram_sorts_what_it_observes_into_buckets() -> None:
    """A bound is inclusive, as everywhere in Prometheus; a flush tells the period alone."""
    histogram = Histogram("seconds", buckets=[0.1, 1, 10])
    for value in (0.1, 0.5, 1, 99, math.nan):
        histogram.observe("all", value)
    assert histogram.live() == {"all": Distribution((0.1, 1.0, 10.0), (1, 2, 0, 1), 100.6)}
    first = {"all_count": 4, "all_sum": 100.6, "all_le_0.1": 1, "all_le_1": 3, "all_le_10": 3}
    assert histogram.flush() == first
    histogram.observe("all", 2)
    second = histogram.flush()
    assert second.pop("all_sum") == pytest.approx(2)
    assert second == {"all_count": 1, "all_le_0.1": 0, "all_le_1": 0, "all_le_10": 1}
    assert sum(histogram.live()["all"].counts) == 5


@pytest.mark.parametrize("buckets", [[], [1, 1], [2, 1], [math.inf], [math.nan, 1]])
def test_buckets_that_cannot_be_are_refused(buckets: list[float]) -> None:
    """Nothing would ever fall into some of them."""
    with pytest.raises(ValueError, match=r"the buckets of histogram 'seconds' are \[.*\]: expected finite numbers"):
        Histogram("seconds", buckets=buckets)


def test_labels_have_a_child_each_with_values_of_its_own() -> None:
    """Whatever the order of the labels; the metric's own tags are there, too."""
    counter = Counter("requests", tags={"host": "a"}, reset=False)
    counter.labels(method="GET", path="/").add("ok")
    counter.labels(path="/", method="GET").add("ok")
    counter.labels(method="POST", path="/").add("ok")
    told = [(series.Tags, series.flush()) for series in counter.series()]
    assert told == [
        ({"host": "a", "method": "GET", "path": "/"}, {"ok": 2}),
        ({"host": "a", "method": "POST", "path": "/"}, {"ok": 1}),
    ]
    with pytest.raises(ValueError, match="a child of metric 'requests' has no children: give all labels at once"):
        counter.labels(method="GET").labels(path="/")


@pytest.mark.parametrize("kind", [Counter, Gauge, Histogram, RateCounter])
def test_a_flood_of_label_values_is_bounded_and_said_once(
    kind: type[Counter | Gauge | Histogram | RateCounter], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever can choose a label value could eat the memory."""
    metric = kind("requests", limit=3)
    with caplog.at_level(logging.WARNING):
        children = {id(metric.labels(path=f"/{number}")) for number in range(1000)}
    assert len(children) == 4
    assert [record.getMessage() for record in caplog.records] == [
        "Metric 'requests' has 3 sets of labels; further ones are counted together, as 'other'"
    ]
    assert metric.labels(path="/1000").Tags == {"path": "other"}
    assert metric.labels(path="/2").Tags == {"path": "/2"}
