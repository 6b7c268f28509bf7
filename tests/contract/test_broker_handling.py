"""Handling: what becomes of a message, whatever has carried it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.mom import Inbox, serve, within

if TYPE_CHECKING:
    from asab_app import Application
    from asab_mom import Broker, Properties
    from tests.support.broker_bench import Bench


def test_a_message_without_a_handler_is_discarded_with_a_warning(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The documentation has it so; and it does not block its queue."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        for _ in range(20):  # more than are delivered ahead
            await broker.publish("nobody", bench.target("unknown"))
        await broker.publish("somebody", bench.target("one"))
        assert (await inbox.next())[1] == b"somebody"

    bench.run(scenario, one=inbox)
    assert f"No handler for target '{bench.target('unknown')}'" in caplog.text


def test_a_handler_that_raises_is_logged_and_the_next_message_is_handled(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """One bad message costs itself."""
    inbox = Inbox()

    async def fail(properties: Properties, body: bytes) -> None:
        raise LookupError("no such thing")

    async def scenario(broker: Broker) -> None:
        for _ in range(20):
            await broker.publish("bad", bench.target("bad"))
        await broker.publish("good", bench.target("one"))
        assert (await inbox.next())[1] == b"good"

    bench.run(scenario, one=inbox, bad=fail)
    assert f"The handler of target '{bench.target('bad')}' failed" in caplog.text
    assert "LookupError: no such thing" in caplog.text


def test_a_handler_that_is_no_coroutine_function_is_named(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A forgotten `async` is found at once."""
    called = asyncio.Event()

    def handler(properties: Properties, body: bytes) -> Any:
        called.set()

    async def scenario(broker: Broker) -> None:
        await broker.publish("", bench.target("one"))
        await within(called.wait())

    bench.run(scenario, one=handler)
    assert "is not a coroutine function" in caplog.text


def test_a_handler_can_publish_and_wait_until_it_is_accepted(bench: Bench) -> None:
    """Handlers form chains; no number of them locks the line."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async def forward(properties: Properties, body: bytes) -> None:
            await broker.publish(body, bench.target("one"))

        broker.add(bench.target("forward"), forward)
        for i in range(50):
            await broker.publish(str(i), bench.target("forward"))
        assert {int(body) for body in await inbox.bodies(50)} == set(range(50))

    bench.run(scenario, one=inbox)


def test_a_slow_handler_does_not_hold_up_another(bench: Bench) -> None:
    """Several messages are handled at once."""
    inbox, release = Inbox(), asyncio.Event()

    async def slow(properties: Properties, body: bytes) -> None:
        await release.wait()

    async def scenario(broker: Broker) -> None:
        await broker.publish("", bench.target("slow"))
        await broker.publish("quick", bench.target("one"))
        assert (await inbox.next())[1] == b"quick"
        release.set()

    bench.run(scenario, one=inbox, slow=slow)


def test_no_more_messages_are_handled_at_once_than_prefetch_count_says(bench: Bench) -> None:
    """It bounds what a burst can do to an application."""
    inbox, release, running = Inbox(), asyncio.Event(), 0

    async def handler(properties: Properties, body: bytes) -> None:
        nonlocal running
        running += 1
        assert running <= 3
        if running == 3:
            release.set()
        await release.wait()
        await asyncio.sleep(0)
        running -= 1
        await inbox(properties, body)

    def setup(app: Application) -> Broker:
        broker = bench.broker(app, prefetch_count=3)
        broker.subscribe("amq.topic", exchange=True, routing_key=bench.target("#"))
        broker.add(bench.target("one"), handler)
        return broker

    async def scenario(broker: Broker) -> None:
        for i in range(9):
            await broker.publish(str(i), bench.target("one"))
        assert {int(body) for body in await inbox.bodies(9)} == set(range(9))

    assert serve(setup, scenario) == 0


@pytest.mark.parametrize("where", ["broker", "target"])
def test_no_more_handlers_run_at_once_than_concurrency_says(bench: Bench, where: str) -> None:
    """A database with two connections is not asked by ten; what is delivered ahead waits its turn."""
    inbox, release, running = Inbox(), asyncio.Event(), 0

    async def handler(properties: Properties, body: bytes) -> None:
        nonlocal running
        running += 1
        assert running <= 2
        if running == 2:
            release.set()
        await release.wait()
        await asyncio.sleep(0)
        running -= 1
        await inbox(properties, body)

    def setup(app: Application) -> Broker:
        broker = bench.broker(app, prefetch_count=10, concurrency=2 if where == "broker" else 0)
        broker.subscribe("amq.topic", exchange=True, routing_key=bench.target("#"))
        broker.add(bench.target("one"), handler, concurrency=0 if where == "broker" else 2)
        return broker

    async def scenario(broker: Broker) -> None:
        for i in range(9):
            await broker.publish(str(i), bench.target("one"))
        assert {int(body) for body in await inbox.bodies(9)} == set(range(9))

    assert serve(setup, scenario) == 0


def test_messages_of_a_target_are_handled_in_their_order_where_that_is_asked_for(bench: Bench) -> None:
    """An account that is opened, filled and closed; meanwhile other targets do not wait."""
    inbox, other, release = Inbox(), Inbox(), asyncio.Event()
    done: list[int] = []

    async def handler(properties: Properties, body: bytes) -> None:
        await release.wait()
        for _ in range(int(body) % 3):
            await asyncio.sleep(0)
        done.append(int(body))
        await inbox(properties, body)

    def setup(app: Application) -> Broker:
        broker = bench.broker(app, prefetch_count=100)
        broker.subscribe("amq.topic", exchange=True, routing_key=bench.target("#"))
        broker.add(bench.target("one"), handler, concurrency=1)
        broker.add(bench.target("other"), other)
        return broker

    async def scenario(broker: Broker) -> None:
        for i in range(50):
            await broker.publish(str(i), bench.target("one"))
        await broker.publish("meanwhile", bench.target("other"))
        await other.next()
        release.set()
        await inbox.bodies(50)
        assert done == list(range(50))
        with pytest.raises(ValueError, match="concurrency = -1"):
            broker.add(bench.target("wrong"), other, concurrency=-1)

    assert serve(setup, scenario) == 0


def test_messages_that_wait_for_their_turn_go_back_when_the_application_stops(bench: Bench) -> None:
    """A shutdown does not begin what it cannot finish."""
    started, stopping, handled = asyncio.Event(), asyncio.Event(), Inbox()
    queue = bench.queue("turns")

    async def handler(properties: Properties, body: bytes) -> None:
        started.set()
        await stopping.wait()
        await handled(properties, body)

    def setup(app: Application) -> Broker:
        return bench.broker(app, exchange="")

    async def scenario(broker: Broker) -> None:
        worker, rest = bench.broker(broker.App, prefetch_count=10, concurrency=1), Inbox()
        worker.subscribe(queue)
        worker.add(queue, handler)
        for i in range(3):
            await worker.publish(str(i), queue, exchange="")
        await within(started.wait())
        closing = asyncio.ensure_future(worker.finalize(broker.App))
        broker.add(queue, rest)
        broker.subscribe(queue)
        assert set(await rest.bodies(2)) == {b"1", b"2"}
        stopping.set()
        await within(closing)
        assert await handled.bodies(1) == [b"0"]
        assert handled.empty

    assert serve(setup, scenario) == 0


def test_a_message_that_is_still_handled_when_the_line_breaks_comes_again(bench: Bench) -> None:
    """A message is acknowledged when its own handler has returned, however many of those after it are done."""
    queue, inbox, release = bench.queue("work"), Inbox(), asyncio.Event()

    async def handler(properties: Properties, body: bytes) -> None:
        await inbox(properties, body)
        if body == b"0":
            await release.wait()

    async def scenario(broker: Broker) -> None:
        async with bench.fragile(broker.App, prefetch_count=2) as (worker, break_line):
            worker.subscribe(queue)
            worker.add(queue, handler)
            worker.start_consuming()
            for number in range(10):
                await worker.publish(str(number), queue, exchange="")
            assert await inbox.bodies(10) == [b"%d" % number for number in range(10)]  # each made room for the next
            await break_line()
            release.set()
            await worker.publish("end", queue, exchange="")
            again = []
            while (body := (await inbox.next())[1]) != b"end":
                again.append(body)
            assert b"0" in again
            assert {*again} <= {b"0", b"9"}  # the last acknowledgement may be lost with the line
            await within(worker.finalize(broker.App))

    bench.run(scenario)
