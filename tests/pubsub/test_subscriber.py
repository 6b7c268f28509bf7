"""`Subscriber`: messages for a coroutine that waits."""

from __future__ import annotations

import asyncio
import gc

import pytest

from asab_pubsub import PubSub, Subscriber


async def test_messages_come_first_in_first_out_with_type_and_arguments() -> None:
    """The documented three-tuple."""
    bus = PubSub()
    subscriber = Subscriber(bus, "a!", "b!")
    bus.publish("a!", 1, key="value")
    bus.publish("b!")
    bus.publish("other!")
    assert await subscriber.message() == ("a!", (1,), {"key": "value"})
    assert await subscriber.message() == ("b!", (), {})


async def test_without_a_bus_it_subscribes_later_and_to_several() -> None:
    """One queue may collect from many buses."""
    one, two, subscriber = PubSub(), PubSub(), Subscriber()
    subscriber.subscribe(one, "a!")
    subscriber.subscribe(two, "b!")
    two.publish("b!")
    one.publish("a!")
    assert [(await subscriber.message())[0] for _ in range(2)] == ["b!", "a!"]


async def test_it_iterates_over_messages_as_they_come() -> None:
    """`async for` is how one reads a stream."""
    bus = PubSub()
    subscriber, got = Subscriber(bus, "a!"), list[int]()
    asyncio.get_running_loop().call_soon(bus.publish, "a!", 1)
    asyncio.get_running_loop().call_soon(bus.publish, "a!", 2)
    async for _, (number,), _ in subscriber:
        got.append(number)
        if number == 2:
            break
    assert got == [1, 2]


async def test_a_cancelled_wait_loses_no_message() -> None:
    """Waiting with a time limit is common."""
    bus = PubSub()
    subscriber = Subscriber(bus, "a!")
    wait = asyncio.ensure_future(subscriber.message())
    await asyncio.sleep(0)
    wait.cancel()
    await asyncio.wait([wait])
    bus.publish("a!", "kept")
    assert (await subscriber.message())[1] == ("kept",)


def test_one_that_nobody_holds_is_unsubscribed() -> None:
    """A queue that nobody reads must not grow for ever."""
    bus = PubSub()
    subscriber = Subscriber(bus, "a!")
    del subscriber
    gc.collect()
    bus.publish("a!", object())
    assert not [o for o in gc.get_objects() if isinstance(o, Subscriber)]


async def test_a_limit_pushes_the_oldest_out_and_counts() -> None:
    """A slow reader of a fast bus decides how much it can take."""
    bus = PubSub()
    subscriber = Subscriber(bus, "a!", limit=2)
    for number in range(5):
        bus.publish("a!", number)
    assert (len(subscriber), subscriber.dropped) == (2, 3)
    assert [(await subscriber.message())[1] for _ in range(2)] == [(3,), (4,)]


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_limit_that_takes_no_message_is_refused(limit: int) -> None:
    """Whoever waits would wait for ever."""
    with pytest.raises(ValueError, match="the least is 1"):
        Subscriber(PubSub(), "x!", limit=limit)


async def test_closing_ends_the_iteration_after_what_has_come() -> None:
    """A context manager unsubscribes; what was received is still read."""
    bus = PubSub()
    with Subscriber(bus, "a!", "b!") as subscriber:
        bus.publish("a!", 1)
    bus.publish("a!", 2)
    assert [args async for _, args, _ in subscriber] == [(1,)]
    with pytest.raises(EOFError):
        await subscriber.message()
    with pytest.raises(RuntimeError, match="closed"):
        subscriber.subscribe(bus, "a!")


async def test_closing_wakes_whoever_waits() -> None:
    """Otherwise a reader would wait for ever at the end."""
    subscriber = Subscriber(PubSub(), "a!")
    asyncio.get_running_loop().call_soon(subscriber.close)
    with pytest.raises(EOFError):
        await subscriber.message()


async def test_unsubscribe_ends_one_type() -> None:
    """And what is not subscribed to is an error."""
    bus = PubSub()
    subscriber = Subscriber(bus, "a!", "b!")
    assert subscriber
    subscriber.unsubscribe(bus, "a!")
    bus.publish("a!")
    bus.publish("b!")
    assert (await subscriber.message())[0] == "b!"
    with pytest.raises(ValueError, match="not in list"):
        subscriber.unsubscribe(bus, "a!")


async def test_several_readers_share_the_messages() -> None:
    """Each message goes to one of them."""
    bus = PubSub()
    subscriber = Subscriber(bus, "a!")
    readers = [asyncio.ensure_future(subscriber.message()) for _ in range(3)]
    await asyncio.sleep(0)
    for number in range(3):
        bus.publish("a!", number)
    assert sorted(args for _, args, _ in await asyncio.gather(*readers)) == [(0,), (1,), (2,)]
