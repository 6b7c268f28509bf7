"""Publishing: what every broker does with what it is given."""

from __future__ import annotations

import asyncio
import datetime
import decimal
from typing import TYPE_CHECKING, Any

import pytest

from asab_mom import PublishError
from tests.support.mom import Inbox, within

if TYPE_CHECKING:
    from asab_mom import Broker
    from tests.support.broker_bench import Bench


def test_a_body_arrives_as_bytes_whether_it_was_text_or_bytes(bench: Bench) -> None:
    """The main job: what one publishes, another handles."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        await broker.publish("Příliš", bench.target("one"))
        assert (await inbox.next())[1] == "Příliš".encode()
        for body in (b"\x00\xff", bytearray(b"two"), memoryview(b"three"), b"", ""):
            await broker.publish(body, target=bench.target("one"))
        assert sorted(await inbox.bodies(5)) == [b"", b"", b"\x00\xff", b"three", b"two"]

    bench.run(scenario, one=inbox)


def test_properties_and_headers_arrive_as_they_were_sent(bench: Bench) -> None:
    """Applications route and trace by them."""
    inbox = Inbox()
    headers = {
        "text": "Příliš",
        "bytes": b"\x00\xff",
        "yes": True,
        "numbers": [0, -1, 2**31, -(2**63), 2**63 - 1, 0.1, decimal.Decimal("1.50")],
        "nothing": None,
        "nested": {"when": datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.UTC)},
    }

    async def scenario(broker: Broker) -> None:
        await broker.publish(
            "{}",
            bench.target("one"),
            "correlation",
            reply_to="somewhere",
            content_type="application/json",
            content_encoding="utf-8",
            headers=headers,
            message_id="identity",
        )
        properties, _ = await inbox.next()
        assert properties.correlation_id == "correlation"
        assert properties.reply_to == "somewhere"
        assert properties.content_type == "application/json"
        assert properties.content_encoding == "utf-8"
        assert properties.headers == headers
        assert properties.message_id == "identity"
        assert properties.delivery_mode == 2
        assert properties.app_id == "asab.mom"

    bench.run(scenario, one=inbox)


def test_every_message_has_an_identity_of_its_own(bench: Bench) -> None:
    """What is delivered twice can be told from what was sent twice."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        for _ in range(2):
            await broker.publish("same", bench.target("one"))
        first, second = (await inbox.next())[0], (await inbox.next())[0]
        assert first.message_id
        assert first.message_id != second.message_id

    bench.run(scenario, one=inbox)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"body": 42}, TypeError, "a body must be a str or bytes, not 42"),
        ({"correlation_id": 42}, TypeError, "correlation_id must be a str, not 42"),
        ({"target": "x" * 256}, ValueError, "target of 256 bytes is too long"),
        ({"exchange": "x" * 256}, ValueError, "exchange of 256 bytes is too long"),
        ({"headers": {"set": {1}}}, TypeError, r"headers\['set'\] = \{1\} cannot travel"),
        ({"headers": {"k" * 256: 1}}, ValueError, "a key of headers of 256 bytes is too long"),
        ({"headers": {"big": [2**63]}}, ValueError, r"headers\['big'\]\[0\] = 9223372036854775808 does not fit"),
        ({"headers": {"t": datetime.datetime(2024, 1, 1)}}, ValueError, "needs a time zone"),
    ],
)
def test_what_cannot_travel_is_refused_and_the_next_message_goes(
    bench: Bench, arguments: dict[str, Any], error: type[Exception], text: str
) -> None:
    """A mistake in one place of a program does not break the line for the others."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        with pytest.raises(error, match=text):
            await broker.publish(**{"body": "", "target": bench.target("one"), **arguments})
        await broker.publish("next", bench.target("one"))
        assert (await inbox.next())[1] == b"next"

    bench.run(scenario, one=inbox)


def test_two_thousand_messages_in_flight_are_all_accepted_and_all_arrive(bench: Bench) -> None:
    """A server confirms many messages at once; nobody is left waiting."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        bodies = [str(i).encode() for i in range(2000)]
        await within(asyncio.gather(*(broker.publish(body, bench.target("one")) for body in bodies)))
        assert set(await inbox.bodies(2000)) == set(bodies)

    bench.run(scenario, one=inbox)


def test_a_large_body_arrives_whole(bench: Bench) -> None:
    """Bodies are longer than a frame."""
    inbox = Inbox()
    body = bytes(range(256)) * 4096 * 3

    async def scenario(broker: Broker) -> None:
        await broker.publish(body, bench.target("one"))
        assert (await inbox.next())[1] == body

    bench.run(scenario, one=inbox)


def test_more_is_published_than_a_connection_holds(bench: Bench) -> None:
    """A burst of large messages waits for the line and does not pile up in it."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        bodies = {bytes([i]) * 500_000 for i in range(64)}
        await within(asyncio.gather(*(broker.publish(body, bench.target("one")) for body in bodies)))
        await inbox.until(bodies)

    bench.run(scenario, one=inbox)


def test_an_exchange_that_is_not_there_fails_its_messages_and_no_others(bench: Bench) -> None:
    """A wrong name in one place is an error there; what others have in flight goes on."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        good = [broker.publish(str(i), bench.target("one")) for i in range(10)]
        bad = [broker.publish("lost", bench.target("one"), exchange=bench.name) for _ in range(3)]
        results = await within(asyncio.gather(*good[:5], *bad, *good[5:], return_exceptions=True))
        assert [type(result) for result in results] == [type(None)] * 5 + [PublishError] * 3 + [type(None)] * 5
        assert "no exchange" in str(results[5])
        assert bench.name in str(results[5])
        await inbox.until({str(i).encode() for i in range(10)})

    bench.run(scenario, one=inbox)


def test_a_message_that_no_queue_is_bound_for_is_accepted_and_gone(bench: Bench) -> None:
    """As with every message queue server: publishing does not depend on who listens."""

    async def scenario(broker: Broker) -> None:
        await within(broker.publish("nobody", f"nobody-{bench.name}"))
        await within(broker.publish("nobody", f"nobody-{bench.name}", exchange=""))

    bench.run(scenario)
