"""The exchanges and queues of `MemoryBroker`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asab_mom import Message
from asab_mom._embedded import Consumer, Server, matches
from asab_mom.message import Outcome

if TYPE_CHECKING:
    from asab_mom._embedded import Settle


@pytest.mark.parametrize(
    ("key", "target", "fits"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        ("a.*", "a.b", True),
        ("a.*", "a", False),
        ("a.*", "a.b.c", False),
        ("a.#", "a", True),
        ("a.#", "a.b.c", True),
        ("#", "", True),
        ("#.c", "a.b.c", True),
        ("#.c", "a.b", False),
        ("*.#.c", "a.c", True),
        ("*", "", False),
        ("", "a", False),
    ],
)
def test_a_topic_routes_by_words(key: str, target: str, fits: bool) -> None:
    """As AMQP 0-9-1 has it (section 3.1.3.3)."""
    assert matches(key, target) is fits


def test_a_message_goes_once_to_a_queue_that_two_bindings_lead_to() -> None:
    """As with RabbitMQ: bindings are a set of ways, not of copies."""
    server, got = Server(), list[bytes]()
    server.declare("q").add(Consumer(9, lambda message, settle: got.append(message.body)))
    server.bind("q", "amq.topic", "a.#")
    server.bind("q", "amq.topic", "#.b")
    server.publish(Message(b"1", "a.b", "amq.topic"))
    assert got == [b"1"]


def test_consumers_of_a_queue_take_turns() -> None:
    """Work is shared by those who are there."""
    server, got = Server(), list[tuple[str, bytes]]()
    for name in ("one", "two"):
        server.declare("q").add(Consumer(9, lambda message, settle, name=name: got.append((name, message.body))))  # type: ignore[misc]
    for body in (b"1", b"2", b"3", b"4"):
        server.publish(Message(body, "q"))
    assert [name for name, _ in got] in (["one", "two"] * 2, ["two", "one"] * 2)


def test_a_consumer_that_has_all_it_can_hold_is_passed_over() -> None:
    """Whoever is free gets on with the work."""
    server, got = Server(), list[tuple[str, bytes]]()
    for name, prefetch in (("full", 1), ("free", 9)):
        consumer = Consumer(prefetch, lambda message, settle, name=name: got.append((name, message.body)))  # type: ignore[misc]
        server.declare("q").add(consumer)
    for body in (b"1", b"2", b"3", b"4"):
        server.publish(Message(body, "q"))
    assert sorted(name for name, _ in got) == ["free"] * 3 + ["full"]


def test_a_returned_message_is_handed_out_again_before_those_that_came_later() -> None:
    """Order is kept as far as it can be."""
    server = Server()
    got: list[tuple[bytes, Settle]] = []
    queue = server.declare("q")
    for body in (b"1", b"2", b"3"):
        queue.put(Message(body, "q"))
    consumer = Consumer(2, lambda message, settle: got.append((message.body, settle)))
    queue.add(consumer)
    queue.remove(consumer)
    got[1][1](Outcome.RETURN)
    got[0][1](Outcome.RETURN)
    queue.add(Consumer(9, lambda message, settle: got.append((message.body, settle))))
    assert [body for body, _ in got[2:]] == [b"1", b"2", b"3"]
