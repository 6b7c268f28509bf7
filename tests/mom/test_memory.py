"""`MemoryBroker` as a user's tests have it: with the faults of a network, by chance or on demand."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asab_mom import CallError, Faults, MemoryBroker
from tests.support.mom import Inbox, serve, within

if TYPE_CHECKING:
    from collections.abc import Callable

    from asab_app import Application
    from asab_mom import Properties


def subscribed(inbox: Inbox, faults: Faults | None = None) -> Callable[[Application], MemoryBroker]:
    def setup(app: Application) -> MemoryBroker:
        broker = MemoryBroker(app, config={"url": f"memory://{uuid4().hex}/", "exchange": ""}, faults=faults)
        broker.subscribe("queue")
        broker.add("queue", inbox)
        return broker

    return setup


def history(faults: Faults, count: int) -> list[bytes]:
    """What is delivered, in its order, until each of so many messages has come."""
    got: list[bytes] = []
    inbox = Inbox()

    async def scenario(broker: MemoryBroker) -> None:
        missing = set()
        for i in range(count):
            missing.add(str(i).encode())
            await broker.publish(str(i), "queue")
        while missing:
            got.append((await inbox.next())[1])
            missing.discard(got[-1])

    assert serve(subscribed(inbox, faults), scenario) == 0
    return got


@settings(max_examples=20, deadline=None)
@given(st.integers(), *[st.sampled_from([0.0, 0.1, 0.4])] * 4)
def test_each_accepted_message_arrives_whatever_goes_wrong(
    seed: int, redeliver: float, reorder: float, break_line: float, cancel_consumer: float
) -> None:
    """The faults are those of a broker that keeps its promises: a user's program that loses a message has lost it."""
    faults = Faults(seed, redeliver=redeliver, reorder=reorder, break_line=break_line, cancel_consumer=cancel_consumer)
    assert set(history(faults, 30)) == {str(i).encode() for i in range(30)}


def test_a_seed_brings_the_same_faults_again_and_another_seed_others() -> None:
    """A test that has failed once fails again, so that its cause is found."""

    def run(seed: int) -> list[bytes]:
        return history(Faults(seed, redeliver=0.2, reorder=0.2, break_line=0.1, cancel_consumer=0.1), 50)

    assert run(1) == run(1) != run(2)


def test_without_faults_each_message_comes_once_and_in_order() -> None:
    """What is not asked for does not happen."""
    assert history(Faults(1), 50) == [str(i).encode() for i in range(50)]


def test_reorder_has_messages_overtake_each_other_and_doubles_none() -> None:
    """Each fault is its own."""
    got = history(Faults(1, reorder=0.5), 50)
    assert got != sorted(got, key=int)
    assert max(Counter(got).values()) == 1


@pytest.mark.parametrize("fault", ["redeliver", "break_line", "cancel_consumer"])
def test_a_message_that_comes_twice_has_the_same_id(fault: str) -> None:
    """By it a handler tells a repetition from a new message, as with RabbitMQ."""
    ids: dict[bytes, set[str | None]] = {}
    repeated = asyncio.Event()

    async def handler(properties: Properties, body: bytes) -> None:
        if body in ids:
            repeated.set()
        ids.setdefault(body, set()).add(properties.message_id)

    faults = Faults(1, **{fault: 0.3})

    def setup(app: Application) -> MemoryBroker:
        broker = MemoryBroker(app, config={"url": f"memory://{uuid4().hex}/", "exchange": ""}, faults=faults)
        broker.subscribe("queue")
        broker.add("queue", handler)
        return broker

    async def scenario(broker: MemoryBroker) -> None:
        async with asyncio.timeout(30):
            bodies = map(str, itertools.count())
            while not repeated.is_set():
                await broker.publish(next(bodies), "queue")

    assert serve(setup, scenario) == 0
    assert {len(seen) for seen in ids.values()} == {1}


def test_publish_waits_while_the_line_is_broken_and_calls_fail() -> None:
    """A program is tried against an outage without a server to pull the plug of."""
    inbox = Inbox()

    async def scenario(broker: MemoryBroker) -> None:
        call = asyncio.ensure_future(broker.call("queue", "", timeout=3600))
        await inbox.next()  # the handler returns nothing, hence no reply
        broker.break_line(3600)
        with pytest.raises(CallError, match="the line broke"):
            await within(call)
        publishing = asyncio.ensure_future(broker.publish("waits", "queue"))
        await asyncio.sleep(0)
        assert not publishing.done()
        broker.break_line()  # and this one mends at once
        await within(publishing)
        while (await inbox.next())[1] != b"waits":
            pass  # the question may come again: its line was lost under it

    assert serve(subscribed(inbox), scenario) == 0


def test_what_is_being_handled_is_delivered_again_when_the_consumer_is_cancelled() -> None:
    """The handler that has it goes on: whoever needs to be alone has to see to it."""
    started, release, done = Inbox(), asyncio.Event(), Inbox()

    async def handler(properties: Properties, body: bytes) -> None:
        await started(properties, body)
        await release.wait()
        await done(properties, body)

    def setup(app: Application) -> MemoryBroker:
        broker = MemoryBroker(app, config={"url": f"memory://{uuid4().hex}/", "exchange": ""})
        broker.subscribe("queue")
        broker.add("queue", handler)
        return broker

    async def scenario(broker: MemoryBroker) -> None:
        await broker.publish("once", "queue")
        await started.next()
        broker.cancel_consumer("queue")
        await started.next()
        release.set()
        assert await done.bodies(2) == [b"once"] * 2
        with pytest.raises(KeyError, match="'other' is not subscribed; there are: queue 'queue'"):
            broker.cancel_consumer("other")

    assert serve(setup, scenario) == 0


def test_an_application_stops_while_its_line_is_broken() -> None:
    """As with a server that is away."""

    async def scenario(broker: MemoryBroker) -> None:
        broker.break_line(3600)

    assert serve(subscribed(Inbox()), scenario) == 0


def test_a_broker_that_cannot_be_closed_does_not_keep_the_others_open() -> None:
    """What they have accepted is sent all the same, and the exit code tells that something went wrong."""
    closed: list[str] = []

    class Broken(MemoryBroker):
        async def finalize(self, app: Application) -> None:
            await super().finalize(app)
            raise OSError("the disk is gone")

    class Slow(MemoryBroker):
        async def finalize(self, app: Application) -> None:
            for _ in range(100):
                await asyncio.sleep(0)
            await super().finalize(app)
            closed.append("slow")

    def setup(app: Application) -> MemoryBroker:
        Broken(app)
        return Slow(app)

    async def scenario(broker: MemoryBroker) -> None:
        await broker.publish("", "nobody")

    assert serve(setup, scenario) == 70
    assert closed == ["slow"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"redeliver": 1}, "redeliver = 1: a chance is from 0 to less than 1"),
        ({"reorder": -0.1}, "reorder = -0.1"),
        ({"break_line": float("nan")}, "break_line = nan"),
        ({"outage": -1}, "outage = -1: must be at least 0 s"),
    ],
)
def test_a_chance_that_is_none_is_refused(arguments: dict[str, Any], text: str) -> None:
    """What would never end is not begun."""
    with pytest.raises(ValueError, match=text):
        Faults(**arguments)
