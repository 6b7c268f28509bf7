"""The options of `publish`, its errors and its JSON: with every broker."""

from __future__ import annotations

import asyncio
import copy
import datetime
import math
from typing import TYPE_CHECKING, Any

import pytest

from asab_mom import PublishError, UnroutableError, decode_json
from tests.support.mom import Inbox, serve, within

if TYPE_CHECKING:
    from asab_app import Application
    from asab_mom import Broker, Properties
    from tests.support.broker_bench import Bench


def test_the_options_of_a_message_arrive_with_it(bench: Bench) -> None:
    """Queues and handlers go by them."""
    inbox = Inbox()
    when = datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.UTC)

    async def scenario(broker: Broker) -> None:
        await broker.publish(
            "",
            bench.target("one"),
            persistent=False,
            expiration=59.9991,
            priority=255,
            message_type="greeting",
            timestamp=when,
            mandatory=True,
            timeout=math.inf,
        )
        properties, _ = await inbox.next()
        assert properties.delivery_mode == 1
        assert properties.expiration == "60000"  # whole milliseconds, and never earlier than asked for
        assert properties.priority == 255
        assert properties.message_type == "greeting"
        assert properties.timestamp == when

    bench.run(scenario, one=inbox)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"priority": 256}, ValueError, "priority = 256: must be from 0 to 255"),
        ({"priority": -1}, ValueError, "priority = -1"),
        ({"priority": True}, TypeError, "priority must be an int, not True"),
        ({"expiration": -0.1}, ValueError, "expiration = -0.1: must be from 0 to 4294967 seconds"),
        ({"expiration": math.nan}, ValueError, "expiration = nan"),
        ({"expiration": "60000"}, TypeError, "expiration must be a number of seconds, not '60000'"),
        ({"timestamp": 1_700_000_000}, TypeError, "timestamp must be a datetime, not 1700000000"),
        ({"timestamp": datetime.datetime(2024, 1, 1)}, ValueError, "needs a time zone"),
        ({"message_type": 1}, TypeError, "message_type must be a str"),
        ({"timeout": 0}, ValueError, "timeout = 0: must be more than 0 seconds"),
        ({"timeout": math.nan}, ValueError, "timeout = nan"),
    ],
)
def test_an_option_out_of_its_range_is_named_and_the_next_message_goes(
    bench: Bench, options: dict[str, Any], error: type[Exception], text: str
) -> None:
    """A mistake is found where it was made."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        with pytest.raises(error, match=text):
            await broker.publish("", bench.target("one"), **options)
        await broker.publish("next", bench.target("one"))
        assert (await inbox.next())[1] == b"next"

    bench.run(scenario, one=inbox)


@pytest.mark.parametrize("exchange", ["", "amq.topic"])
def test_a_mandatory_message_that_no_queue_gets_is_an_error_and_no_others(bench: Bench, exchange: str) -> None:
    """Who must be heard learns that nobody listens, and which message it was."""
    inbox, nobody = Inbox(), f"nobody-{bench.name}"

    async def scenario(broker: Broker) -> None:
        def publish(target: str, **options: Any) -> Any:
            return broker.publish(target, target, message_id="same", **options)

        one = bench.target("one")
        results = await within(
            asyncio.gather(
                publish(one, mandatory=True),
                publish(nobody, exchange=exchange, mandatory=True),
                publish(nobody, exchange=exchange),
                publish(one, mandatory=True),
                publish(nobody, exchange=exchange, mandatory=True),
                publish(one),
                return_exceptions=True,
            )
        )
        errors = [result for result in results if isinstance(result, UnroutableError)]
        assert [results.index(error) for error in errors] == [1, 4]
        assert [result for result in results if result not in errors] == [None] * 4
        assert isinstance(errors[0], PublishError)
        assert {(error.exchange, error.target) for error in errors} == {(exchange, nobody)}
        assert f"exchange {exchange!r} for target {nobody!r}" in str(copy.copy(errors[0]))
        assert await inbox.bodies(3) == [one.encode()] * 3

    bench.run(scenario, one=inbox)


def test_a_message_that_has_waited_too_long_is_dropped(bench: Bench) -> None:
    """Yesterday's price helps nobody."""
    started, release, inbox, queue = asyncio.Event(), asyncio.Event(), Inbox(), bench.queue("expired")

    async def handler(properties: Properties, body: bytes) -> None:
        started.set()
        await release.wait()
        await inbox(properties, body)

    def setup(app: Application) -> Broker:
        broker = bench.broker(app, exchange="", prefetch_count=1)
        broker.subscribe(queue)
        broker.add(queue, handler)
        return broker

    async def scenario(broker: Broker) -> None:
        await broker.publish("first", queue, expiration=60)
        await within(started.wait())
        await broker.publish("too late", queue, expiration=0)
        await broker.publish("last", queue, expiration=60)
        release.set()
        assert await inbox.bodies(2) == [b"first", b"last"]

    assert serve(setup, scenario) == 0


def test_json_goes_there_and_back(bench: Bench) -> None:
    """What most applications say to each other."""
    value = {"name": "Příliš", "numbers": [1, -2.5, True, None], "nested": {"": []}}
    received: asyncio.Queue[Any] = asyncio.Queue()

    async def handler(properties: Properties, body: bytes) -> None:
        received.put_nowait((properties.content_type, decode_json(properties, body)))

    async def scenario(broker: Broker) -> None:
        await broker.publish_json(value, bench.target("one"), "42", priority=1)
        assert await within(received.get()) == ("application/json", value)
        await broker.publish('"plain"', bench.target("one"))
        assert await within(received.get()) == (None, "plain")
        await broker.publish_json(None, bench.target("one"), content_type="application/problem+json; charset=utf-8")
        assert await within(received.get()) == ("application/problem+json; charset=utf-8", None)

    bench.run(scenario, one=handler)


@pytest.mark.parametrize(
    ("value", "error"), [({1, 2}, TypeError), (math.nan, ValueError), ({"deep": math.inf}, ValueError)]
)
def test_what_json_cannot_say_is_refused(bench: Bench, value: Any, error: type[Exception]) -> None:
    """No reader in another language meets what only Python calls JSON."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        with pytest.raises(error):
            await broker.publish_json(value, bench.target("one"))
        assert inbox.empty

    bench.run(scenario, one=inbox)


def test_a_publish_that_is_cancelled_leaves_the_broker_in_order(bench: Bench) -> None:
    """A request that is given up takes nothing with it."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        given_up = [asyncio.ensure_future(broker.publish("given up", bench.target("other"))) for _ in range(100)]
        await asyncio.sleep(0)
        for publishing in given_up:
            publishing.cancel()
        await asyncio.gather(*given_up, return_exceptions=True)
        await within(asyncio.gather(*(broker.publish(str(i), bench.target("one")) for i in range(2000))))
        assert {int(body) for body in await inbox.bodies(2000)} == set(range(2000))

    bench.run(scenario, one=inbox, other=Inbox())


@pytest.mark.slow
def test_a_message_of_64_mib_goes_both_ways(bench: Bench) -> None:
    """A large document is one message."""
    inbox, replies = Inbox(), Inbox()
    body = bytes(range(256)) * (64 * 1024 * 4)

    async def reply(properties: Properties, body: bytes) -> bytes:
        await inbox(properties, body)
        return body[::-1]

    async def scenario(broker: Broker) -> None:
        await within(broker.publish(body, bench.target("one")))
        assert (await inbox.next())[1] == body
        assert (await replies.next())[1] == body[::-1]

    bench.run(scenario, accept_replies=True, one=reply, reply=replies)


def test_an_outbox_keeps_the_contract(bench: Bench, tmp_path: Any) -> None:
    """With or without it, what is published is handled, in its order."""
    inbox, queue = Inbox(), bench.queue("outbox")

    def setup(app: Application) -> Broker:
        broker = bench.broker(app, exchange="", outbox=str(tmp_path / "outbox"), prefetch_count=1)
        broker.subscribe(queue)
        broker.add(queue, inbox)
        return broker

    async def scenario(broker: Broker) -> None:
        for i in range(500):
            await broker.publish(str(i), queue)
        assert [int(body) for body in await inbox.bodies(500)] == list(range(500))
        await within(asyncio.gather(*(broker.publish(str(i), queue) for i in range(2000))))
        assert [int(body) for body in await inbox.bodies(2000)] == list(range(2000))

    assert serve(setup, scenario) == 0
