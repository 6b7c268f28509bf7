"""The recording bus of whoever tests a publisher."""

from __future__ import annotations

from asab_pubsub.testing import RecordingPubSub


def test_it_delivers_and_remembers() -> None:
    """A test asks afterwards what was published, in order, whether anybody listened or not."""
    bus, got = RecordingPubSub(), list[str]()
    bus.subscribe("a!", got.append)
    bus.publish("a!")
    bus.publish("b!", 1, key=2)
    assert got == ["a!"]
    assert bus.messages == [("a!", (), {}), ("b!", (1,), {"key": 2})]
    assert bus.recorded("b!") == [("b!", (1,), {"key": 2})]


async def test_asynchronous_publishes_are_remembered_as_messages() -> None:
    """How a message travels is not part of it."""
    bus, got = RecordingPubSub(), list[str]()
    bus.subscribe("a!", got.append)
    bus.publish("a!", asynchronously=True)
    await bus.drain()
    assert got == ["a!"]
    assert bus.messages == [("a!", (), {})]
