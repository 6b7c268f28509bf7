"""`Traffic`: a bus that is watched does what it did, and one that is not does not know of it."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from asab_pubsub import PubSub
from asab_pubsub import traffic as traffic_module
from asab_pubsub.testing import RecordingPubSub
from asab_pubsub.traffic import OTHERS, Traffic, describe, subscribers


def double(message_type: str, *args: Any, **kwargs: Any) -> None:
    """A subscriber."""


class Listener:
    def __init__(self) -> None:
        self.got: list[Any] = []

    def on_message(self, message_type: str, *args: Any, **kwargs: Any) -> None:
        self.got.append((message_type, args, kwargs))


def test_messages_and_calls_are_counted_while_somebody_watches() -> None:
    """Types, rates and who is slow: what one wants to know of a bus; before and after, nothing is counted."""
    bus, listener = PubSub(), Listener()
    bus.subscribe("x!", double)
    bus.subscribe("x!", listener.on_message)
    bus.publish("x!")
    with Traffic(bus) as traffic:
        bus.publish("x!", 1, key="value")
        bus.publish("x!")
        bus.publish("unheard!")
    bus.publish("x!")
    assert traffic.messages == {"x!": 2, "unheard!": 1}
    assert bus.published == {"x!": 4}  # the bus's own count goes on meanwhile
    assert {key: calls.count for key, calls in traffic.calls.items()} == {
        ("x!", describe(double)): 2,
        ("x!", describe(listener.on_message)): 2,
    }
    assert all(0 < calls.longest <= calls.seconds for calls in traffic.calls.values())
    assert listener.got[1] == ("x!", (1,), {"key": "value"})
    assert len(listener.got) == 4


def test_a_bus_that_nobody_watches_is_as_it_was() -> None:
    """Watching costs nothing when it is over, however many watched, and in whatever order they left."""
    bus = PubSub()
    before = set(vars(bus))
    one, other = Traffic(bus), Traffic(bus)
    one.__enter__()
    bus.publish("x!")
    other.__enter__()
    bus.publish("x!")
    one.__exit__()
    bus.publish("x!")
    other.__exit__()
    assert set(vars(bus)) == before
    assert (one.messages, other.messages) == ({"x!": 2}, {"x!": 2})


def test_a_watched_subscriber_that_raises_is_named_and_the_next_is_called(caplog: pytest.LogCaptureFixture) -> None:
    """The rules of the bus hold, and its log says who it was."""
    bus, listener = PubSub(), Listener()

    def broken(message_type: str) -> None:
        raise ValueError("broken on purpose")

    bus.subscribe("x!", broken)
    bus.subscribe("x!", listener.on_message)
    with Traffic(bus) as traffic:
        bus.publish("x!")
    assert listener.got == [("x!", (), {})]
    assert f"Subscriber {describe(broken)} of 'x!' failed" in caplog.text
    assert traffic.calls["x!", describe(broken)].failed == 1


async def test_coroutines_are_counted_when_they_are_done(caplog: pytest.LogCaptureFixture) -> None:
    """Delivered at once or later, their time is that until their end."""
    bus, go = PubSub(), asyncio.Event()

    async def slow(message_type: str) -> None:
        await go.wait()

    async def broken(message_type: str) -> None:
        raise ValueError("broken on purpose")

    bus.subscribe("x!", slow)
    bus.subscribe("x!", broken)
    with Traffic(bus) as traffic:
        bus.publish("x!")
        bus.publish("x!", asynchronously=True)
        await asyncio.sleep(0)
        assert ("x!", describe(slow)) not in traffic.calls or traffic.calls["x!", describe(slow)].count == 0
        go.set()
        await bus.drain()
    assert traffic.calls["x!", describe(slow)].count == 2
    assert traffic.calls["x!", describe(broken)].failed == 2
    assert describe(broken) in caplog.text


def test_a_bus_of_a_class_of_its_own_does_what_it_does() -> None:
    """A bus that remembers, in a test, remembers also while it is watched."""
    bus = RecordingPubSub()
    with Traffic(bus) as traffic:
        bus.publish("x!", 1)
    assert traffic.messages == {"x!": 1}
    assert len(bus.recorded("x!")) == 1


def test_watching_keeps_no_object_alive() -> None:
    """A bound method does not, whoever watches."""
    bus, listener = PubSub(), Listener()
    bus.subscribe("x!", listener.on_message)
    with Traffic(bus) as traffic:
        bus.publish("x!")
        assert [describe(each) for each in subscribers(bus)["x!"]] == [describe(listener.on_message)]
        del listener
        gc.collect()
        bus.publish("x!")
        assert subscribers(bus) == {}
    assert traffic.messages == {"x!": 2}


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who makes up message types must not fill the memory of whoever watches."""
    monkeypatch.setattr(traffic_module, "LIMIT", 3)
    bus = PubSub()
    for number in range(10):
        bus.subscribe(f"{number}!", double)
    with Traffic(bus) as traffic:
        for number in range(10):
            bus.publish(f"{number}!")
    assert traffic.messages == {"0!": 1, "1!": 1, "2!": 1, OTHERS: 7}
    assert len(traffic.calls) == 4
    assert traffic.calls[OTHERS, OTHERS].count == 7
