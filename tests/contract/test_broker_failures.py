"""Failures: messages that are tried again, rejected or set aside, by every broker."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from asab_app.metrics import Metrics
from asab_app.metrics import Module as MetricsModule
from tests.support.mom import Inbox, serve

if TYPE_CHECKING:
    from collections import Counter

    from asab_app import Application
    from asab_mom import Broker, Properties
    from tests.support.broker_bench import Bench

RETRIES = {"retry_limit": 2, "retry_delay": 0.01}


class Failing:
    """A handler that raises so many times, and then keeps what it is given."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.calls = 0
        self.inbox = Inbox()

    async def __call__(self, properties: Properties, body: bytes) -> None:
        self.calls += 1
        if self.calls <= self.times:
            raise LookupError("no such thing")
        await self.inbox(properties, body)


def with_queue(bench: Bench, handler: Any, **config: Any) -> tuple[str, Any]:
    """A queue, and a setup of a broker that handles its messages."""
    queue = bench.queue("work")

    def setup(app: Application) -> Broker:
        broker = bench.broker(app, exchange="", **config)
        broker.subscribe(queue)
        broker.add(queue, handler)
        return broker

    return queue, setup


def failed_of(bench: Bench, broker: Broker, queue: str) -> Inbox:
    """What is set aside for a queue."""
    inbox, reader = Inbox(), bench.broker(broker.App)
    reader.add(queue, inbox)
    reader.subscribe(f"{queue}.failed")
    return inbox


def test_a_message_whose_handler_raises_is_tried_again_and_is_the_same(bench: Bench) -> None:
    """What another system refuses now it may take in a moment."""
    handler = Failing(2)
    queue, setup = with_queue(bench, handler, **RETRIES)

    async def scenario(broker: Broker) -> None:
        await broker.publish("work", queue, "42", headers={"trace": "7"}, message_id="one", content_type="text/plain")
        properties, body = await handler.inbox.next()
        assert (body, properties.correlation_id, properties.message_id) == (b"work", "42", "one")
        assert (properties.headers["trace"], properties.headers["x-retry-count"]) == ("7", 2)
        assert properties.content_type == "text/plain"
        counts.append(broker.Counts)

    counts: list[Counter[str]] = []
    assert serve(setup, scenario) == 0
    assert counts == [{"retried": 2}]


def test_a_handler_that_awaits_something_cancelled_has_failed_like_any_other(bench: Bench) -> None:
    """A library that cancels its own work does not cost a message."""
    inbox = Inbox()

    async def handler(properties: Properties, body: bytes) -> None:
        if "x-retry-count" not in properties.headers:
            other = asyncio.get_running_loop().create_future()
            other.cancel()
            await other
        await inbox(properties, body)

    queue, setup = with_queue(bench, handler, **RETRIES)

    async def scenario(broker: Broker) -> None:
        await broker.publish("work", queue)
        assert (await inbox.next())[1] == b"work"
        assert broker.Counts == {"retried": 1}

    assert serve(setup, scenario) == 0


def test_a_message_of_an_exchange_is_tried_again_by_the_handler_of_its_target(bench: Bench) -> None:
    """The way back leads past the exchange; the target is what it was, and no other subscriber is bothered."""
    handler, others = Failing(1), Inbox()

    async def scenario(broker: Broker) -> None:
        other = bench.broker(broker.App)
        other.subscribe("amq.topic", exchange=True, routing_key=bench.target("one"))
        other.add(bench.target("one"), others)
        await broker.publish("", bench.name)  # it is subscribed then
        await other.publish("work", bench.target("one"))
        assert (await handler.inbox.next())[1] == b"work"
        await broker.publish("next", bench.target("one"))
        assert await others.bodies(2) == [b"work", b"next"]

    bench.run(scenario, config=RETRIES, one=handler)


def test_others_are_handled_while_a_message_waits_to_be_tried_again(bench: Bench) -> None:
    """One bad message costs itself, and not the queue."""
    seen: list[bytes] = []
    done = Inbox()

    async def handler(properties: Properties, body: bytes) -> None:
        seen.append(body)
        if body == b"bad" and seen.count(b"bad") == 1:
            raise LookupError
        await done(properties, body)

    queue, setup = with_queue(bench, handler, prefetch_count=1, **RETRIES)

    async def scenario(broker: Broker) -> None:
        for body in ("bad", *map(str, range(5))):
            await broker.publish(body, queue)
        assert set(await done.bodies(6)) == {b"bad", b"0", b"1", b"2", b"3", b"4"}

    assert serve(setup, scenario) == 0


def test_a_message_that_fails_every_time_is_set_aside_with_its_reason_and_counted(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody has to look at it; nobody has to search for it, and it stops nothing."""
    handler = Failing(3)
    queue, setup = with_queue(bench, handler, on_failed="set-aside", **RETRIES)

    async def scenario(broker: Broker) -> None:
        await broker.publish("poison", queue, headers={"trace": "7"}, message_id="one")
        properties, body = await failed_of(bench, broker, queue).next()
        assert (body, properties.message_id, properties.headers["trace"]) == (b"poison", "one", "7")
        assert properties.headers["x-failed-queue"] == queue
        assert properties.headers["x-failed-reason"] == "LookupError"
        assert handler.calls == 3
        counts.append(broker.Counts)
        # Who has mended the cause gives it back as it is, and it has all its attempts again.
        await broker.publish(body, queue, headers=properties.headers)
        assert (await handler.inbox.next())[1] == b"poison"

    counts: list[Counter[str]] = []
    assert serve(setup, scenario) == 0
    assert (counts[0]["retried"], counts[0]["set_aside"]) == (2, 1)
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == [f"The handler of target '{queue}' failed: the message is set aside"]
    assert "is tried again in 0.02 s (2 of 2)" in caplog.text


def test_a_message_that_fails_every_time_is_rejected_where_nothing_else_is_asked_for(bench: Bench) -> None:
    """The default: the queue's own dead-letter exchange decides."""
    handler = Failing(3)
    queue, setup = with_queue(bench, handler, **RETRIES)

    async def scenario(broker: Broker) -> None:
        await broker.publish("poison", queue)
        while handler.calls < 3:
            await broker.publish("", bench.target("nobody"))
        await broker.publish("good", queue)
        assert (await handler.inbox.next())[1] == b"good"
        counts.append(broker.Counts)

    counts: list[Counter[str]] = []
    assert serve(setup, scenario) == 0
    assert counts == [{"retried": 2, "rejected": 1}]


@pytest.mark.parametrize(
    ("config", "count", "said"),
    [({}, "discarded", "discarded"), ({"on_unknown_target": "reject"}, "rejected", "rejected")],
)
def test_a_message_without_a_handler_is_discarded_or_rejected(
    bench: Bench, config: dict[str, str], count: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The documentation discards it; an application that is to know all targets may ask for more."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        await broker.publish("nobody", bench.target("unknown"))
        await broker.publish("somebody", bench.target("one"))
        await inbox.next()
        assert broker.Counts[count] == 1

    bench.run(scenario, config={"prefetch_count": 1, **config}, one=inbox)
    assert f"No handler for target '{bench.target('unknown')}': the message is {said}" in caplog.text


def test_a_message_without_a_handler_can_be_set_aside_under_its_target(bench: Bench) -> None:
    """A handler that was forgotten in a release costs no message."""
    queue, _ = with_queue(bench, Inbox())

    def setup(app: Application) -> Broker:
        broker = bench.broker(app, exchange="", on_unknown_target="set-aside")
        broker.subscribe(queue)
        return broker

    async def scenario(broker: Broker) -> None:
        await broker.publish("early", queue)
        properties, body = await failed_of(bench, broker, queue).next()
        assert (body, properties.headers["x-failed-reason"]) == (b"early", "no handler")
        counts.append(broker.Counts)

    counts: list[Counter[str]] = []
    assert serve(setup, scenario) == 0
    assert counts == [{"set_aside": 1}]


@pytest.mark.parametrize("count", ["many", -1, 2**62, None, [1], {"x": 1}, 0.5, True])
def test_a_count_that_somebody_else_has_written_does_no_harm(bench: Bench, count: object) -> None:
    """Headers come from whoever may publish."""
    handler = Failing(0)
    queue, setup = with_queue(bench, handler, **RETRIES)

    async def scenario(broker: Broker) -> None:
        await broker.publish("work", queue, headers={"x-retry-count": count, "x-retry-target": 7})
        assert (await handler.inbox.next())[1] == b"work"

    assert serve(setup, scenario) == 0


def test_metrics_tell_how_many_messages_were_handled_and_how_often_that_failed(bench: Bench) -> None:
    """Who looks at a dashboard sees a handler that fails, before anybody reads a log."""
    handler = Failing(2)
    queue, make_broker = with_queue(bench, handler, **RETRIES)

    def setup(app: Application) -> Broker:
        app.add_module(MetricsModule)
        broker: Broker = make_broker(app)
        return broker

    async def scenario(broker: Broker) -> None:
        for body in ("one", "two"):
            await broker.publish(body, queue)
        await handler.inbox.until({b"one", b"two"})
        metrics = broker.App.get_service("asab.MetricsService")
        assert isinstance(metrics, Metrics)
        (values,) = (metric.Values for name, metric in metrics.Metrics.items() if name.endswith(":messages"))
        assert (values["handled"], values["failed"]) == (2, 2)

    assert serve(setup, scenario) == 0


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("on_failed", "keep", "on_failed = 'keep': must be one of reject, set-aside"),
        ("on_unknown_target", "", "on_unknown_target = '': must be one of discard, reject, set-aside"),
        ("retry_limit", "-1", "retry_limit = '-1': must be at least 0"),
        ("retry_delay", "0", "retry_delay = '0': must be from 0.001 to 3600.0"),
        ("concurrency", "-1", "concurrency = '-1': must be at least 0"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(
    bench: Bench, option: str, value: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake in the configuration is found at the start."""

    async def scenario(broker: Broker) -> None:
        raise AssertionError("it does not come to this")

    config: dict[str, Any] = {option: value}
    with pytest.raises(SystemExit):
        serve(lambda app: bench.broker(app, **config), scenario)
    assert said in caplog.text
