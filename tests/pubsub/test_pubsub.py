"""The bus: who gets a message, when, and what a failing subscriber does to the others."""

from __future__ import annotations

import asyncio
import functools
import gc
import threading
from typing import Any

import pytest

from asab_pubsub import PubSub, subscribe
from tests.support.cleaning_up import cleaning_up


class App:
    """What the bus takes from an application."""

    def __init__(self) -> None:
        self.Loop = asyncio.get_running_loop()


def test_subscribers_are_called_in_order_with_type_and_arguments() -> None:
    """The documented synchronous delivery: all are called before publish returns."""
    bus, got = PubSub(), list[Any]()
    bus.subscribe("x!", lambda *a, **k: got.append((1, a, k)))
    bus.subscribe("x!", lambda *a, **k: got.append((2, a, k)))
    bus.publish("x!", 7, key="value")
    bus.publish("unheard!")
    assert got == [(1, ("x!", 7), {"key": "value"}), (2, ("x!", 7), {"key": "value"})]


def test_a_raising_subscriber_is_named_and_the_next_is_called(caplog: pytest.LogCaptureFixture) -> None:
    """One bad module must not deafen the others."""
    bus, got = PubSub(), list[str]()

    def broken(message_type: str) -> None:
        raise ValueError("broken on purpose")

    bus.subscribe("x!", broken)
    bus.subscribe("x!", got.append)
    bus.publish("x!")
    assert got == ["x!"]
    assert "broken" in caplog.messages[0]
    assert "'x!'" in caplog.messages[0]


def test_a_bound_method_does_not_keep_its_object_alive() -> None:
    """Forgotten objects must not be called, nor kept, by the bus."""

    class Listener:
        def on_x(self, message_type: str) -> None:
            got.append(message_type)

    bus, got = PubSub(), list[str]()
    listener = Listener()
    bus.subscribe("x!", listener.on_x)
    bus.publish("x!")
    del listener
    gc.collect()
    bus.publish("x!")
    assert got == ["x!"]


def test_functions_lambdas_and_partials_are_held() -> None:
    """A lambda that nobody else holds must not vanish."""
    bus, got = PubSub(), list[str]()
    bus.subscribe("x!", lambda message_type: got.append("lambda"))
    bus.subscribe("x!", functools.partial(lambda name, message_type: got.append(name), "partial"))
    gc.collect()
    bus.publish("x!")
    assert got == ["lambda", "partial"]


def test_unsubscribe_ends_a_subscription(caplog: pytest.LogCaptureFixture) -> None:
    """Functions and bound methods alike; an unknown one is told, not raised."""
    bus, got = PubSub(), list[str]()

    class Listener:
        def on_x(self, message_type: str) -> None:
            got.append("method")

    listener = Listener()
    bus.subscribe("x!", listener.on_x)
    bus.subscribe("x!", got.append)
    bus.unsubscribe("x!", listener.on_x)
    bus.publish("x!")
    bus.unsubscribe("x!", got.append)
    bus.publish("x!")
    assert got == ["x!"]
    bus.unsubscribe("x!", got.append)
    assert "is not subscribed to 'x!'" in caplog.text


def test_changes_during_a_delivery_touch_the_next_publish() -> None:
    """Subscribers that leave while they are called must not make their neighbours miss the message."""
    bus, got = PubSub(), list[str]()

    def once(message_type: str) -> None:
        got.append("once")
        bus.unsubscribe("x!", once)
        bus.subscribe("x!", late)

    def late(message_type: str) -> None:
        got.append("late")

    bus.subscribe("x!", once)
    bus.subscribe("x!", lambda message_type: got.append("neighbour"))
    bus.publish("x!")
    bus.publish("x!")
    assert got == ["once", "neighbour", "neighbour", "late"]


def test_a_handler_of_a_wrong_shape_is_seen_by_a_checker_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The message type comes first; mypy would complain of an ignore without use."""

    class Forgetful:
        @subscribe("x!")  # type: ignore[type-var]
        def on_x(self) -> None: ...

    bus, forgetful = PubSub(), Forgetful()
    bus.subscribe_all(forgetful)
    bus.subscribe("x!", lambda: None)  # type: ignore[arg-type]
    bus.publish("x!")
    assert len(caplog.records) == 2


def test_a_subscriber_must_be_callable() -> None:
    """The mistake shows where it is made, not at the first publish."""
    with pytest.raises(TypeError, match="cannot subscribe 'me' to 'x!'"):
        PubSub().subscribe("x!", "me")  # type: ignore[arg-type]


async def test_a_coroutine_subscriber_runs_as_a_task_that_the_bus_holds() -> None:
    """A task that nobody holds may be collected in the middle."""
    bus, gate, got = PubSub(), asyncio.Event(), list[str]()

    async def slow(message_type: str) -> None:
        await gate.wait()
        got.append(message_type)

    bus.subscribe("x!", slow)
    bus.publish("x!")
    gc.collect()
    (task,) = bus.tasks
    gate.set()
    await task
    assert got == ["x!"]
    assert not bus.tasks


async def test_a_raising_coroutine_subscriber_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """`Task exception was never retrieved` helps nobody."""
    bus = PubSub()

    async def broken(message_type: str) -> None:
        raise ValueError("broken on purpose")

    bus.subscribe("x!", broken)
    bus.publish("x!")
    await asyncio.gather(*bus.tasks)
    assert "broken" in caplog.messages[0]


async def test_asynchronous_delivery_happens_when_control_returns_to_the_loop() -> None:
    """As documented: the method returns immediately."""
    bus, got = PubSub(App()), list[Any]()
    bus.subscribe("x!", lambda message_type, n: got.append(n))

    async def coroutine(message_type: str, n: int) -> None:
        got.append(n + 1)

    bus.subscribe("x!", coroutine)
    bus.publish("x!", 1, asynchronously=True)
    assert got == []
    await asyncio.gather(*bus.tasks)
    assert sorted(got) == [1, 2]


def test_a_coroutine_subscriber_without_a_loop_is_a_clear_error() -> None:
    """The remedy stands in the text, and no coroutine is left behind without being awaited."""
    bus = PubSub()

    async def coroutine(message_type: str) -> None: ...

    bus.subscribe("x!", coroutine)
    with pytest.raises(RuntimeError, match=r"needs an event loop: publish inside one or use PubSub\(app\)"):
        bus.publish("x!")


def test_a_bus_of_an_application_uses_its_loop_before_it_runs() -> None:
    """Messages of init-time are published while the loop stands still."""

    class Still:
        Loop = asyncio.new_event_loop()

    bus, got = PubSub(Still()), list[str]()

    async def coroutine(message_type: str) -> None:
        got.append(message_type)

    bus.subscribe("x!", coroutine)
    bus.publish("x!")
    Still.Loop.run_until_complete(asyncio.wait(bus.tasks))
    Still.Loop.close()
    assert got == ["x!"]


async def test_publish_from_another_thread_is_delivered_in_the_loop() -> None:
    """Threads have a twin of publish that is safe for them."""
    bus, done = PubSub(App()), asyncio.Event()
    threads = list[threading.Thread]()

    def receive(message_type: str, sender: threading.Thread) -> None:
        threads.extend([sender, threading.current_thread()])
        done.set()

    bus.subscribe("x!", receive)
    await asyncio.to_thread(lambda: bus.publish_threadsafe("x!", threading.current_thread()))
    await done.wait()
    assert threads[0] is not threads[1]
    assert threads[1] is threading.main_thread()
    with pytest.raises(RuntimeError, match=r"PubSub\(app\)"):
        PubSub().publish_threadsafe("x!")


def test_subscribe_all_finds_marked_methods_and_runs_no_property() -> None:
    """Properties of an object under construction would fail, or worse, succeed."""

    class Base:
        @subscribe("base!")
        def on_base(self, message_type: str) -> None:
            got.append(("base", message_type))

        @subscribe("hidden!")
        def hidden(self, message_type: str) -> None:
            got.append(("hidden", message_type))

    class Listener(Base):
        @property
        def dangerous(self) -> None:
            raise AssertionError("a property was run")

        @subscribe("one!")
        @subscribe("two!")
        def on_any(self, message_type: str) -> None:
            got.append(("any", message_type))

        @staticmethod
        @subscribe("static!")
        def on_static(message_type: str) -> None:
            got.append(("static", message_type))

        def hidden(self, message_type: str) -> None: ...

    bus, got = PubSub(), list[tuple[str, str]]()
    listener = Listener()
    bus.subscribe_all(listener)
    for message_type in ("base!", "one!", "two!", "static!", "hidden!"):
        bus.publish(message_type)
    assert got == [("base", "base!"), ("any", "one!"), ("any", "two!"), ("static", "static!")]


def test_an_object_that_cannot_be_referred_to_weakly_is_held() -> None:
    """__slots__ without __weakref__ must not lose its messages."""

    class Slotted:
        __slots__ = ("got",)

        def __init__(self) -> None:
            self.got = got

        def on_x(self, message_type: str) -> None:
            self.got.append(message_type)

    got = list[str]()
    bus = PubSub()
    bus.subscribe("x!", Slotted().on_x)
    gc.collect()
    bus.publish("x!")
    assert got == ["x!"]


def test_arguments_reach_functions_and_methods_alike() -> None:
    """With and without arguments, the same rules hold: order, errors, objects that are gone."""

    class Listener:
        def on_x(self, message_type: str, *args: int, **kwargs: int) -> None:
            got.append((args, kwargs))

    def broken(*args: object, **kwargs: object) -> None:
        raise ValueError("broken on purpose")

    bus, got = PubSub(), list[Any]()
    gone, listener = Listener(), Listener()
    for callback in (gone.on_x, broken, listener.on_x, lambda *a, **k: got.append("function")):
        bus.subscribe("x!", callback)
    del gone, callback
    gc.collect()
    bus.publish("x!")
    bus.publish("x!", 1, key=2)
    bus.publish("x!", 3)
    assert got == [((), {}), "function", ((1,), {"key": 2}), "function", ((3,), {}), "function"]


def test_an_object_that_dies_during_a_delivery_is_passed_over() -> None:
    """Whoever is deleted by its neighbour is not called any more."""

    class Listener:
        def on_x(self, message_type: str, *args: int) -> None:
            got.append("dead")

    bus, got = PubSub(), list[str]()
    listeners = [Listener()]
    bus.subscribe("x!", lambda *args: listeners.clear())
    bus.subscribe("x!", listeners[0].on_x)
    bus.publish("x!", 1)
    assert got == []


def test_what_nobody_listens_to_any_more_leaves_nothing_behind() -> None:
    """A server that names its messages after requests must not grow with every one."""

    class Listener:
        def on_x(self, message_type: str) -> None: ...

    bus = PubSub()
    gc.collect()
    before = len(gc.get_objects())
    for number in range(1000):
        bus.subscribe(f"request/{number}!", Listener().on_x)
    gc.collect()
    assert len(gc.get_objects()) - before < 100


async def test_expect_waits_for_the_next_message() -> None:
    """One line in place of a subscriber, and no subscription stays behind."""
    bus = PubSub()
    asyncio.get_running_loop().call_soon(bus.publish, "x!", 1)
    asyncio.get_running_loop().call_soon(bus.publish, "x!", 2)
    assert await bus.expect("x!", timeout=30) == ("x!", (1,), {})
    with pytest.raises(TimeoutError, match=r"no 'y!' within 0\.01 s"):
        await bus.expect("y!", timeout=0.01)
    bus.publish("y!")


async def test_a_cancelled_task_that_cleans_up_can_expect_a_message_in_time() -> None:
    """It goes on with what is left to do when none has come."""
    with pytest.raises(TimeoutError, match=r"no 'y!' within 0\.01 s"):
        await cleaning_up(lambda: PubSub().expect("y!", timeout=0.01))


async def test_drain_waits_for_all_deliveries_and_those_that_they_begin() -> None:
    """Before something is closed that subscribers use."""
    bus, got = PubSub(), list[str]()

    async def first(message_type: str) -> None:
        await asyncio.sleep(0)
        bus.publish("second!", asynchronously=True)

    async def second(message_type: str) -> None:
        await asyncio.sleep(0)
        got.append(message_type)
        assert bus.queued == 1
        await bus.drain()  # does not wait for itself

    bus.subscribe("first!", first)
    bus.subscribe("second!", second)
    bus.publish("first!")
    assert await bus.drain(timeout=30) == frozenset()
    assert got == ["second!"]


async def test_drain_has_a_deadline() -> None:
    """What is still under way is returned, and goes on."""
    bus, gate = PubSub(), asyncio.Event()

    async def slow(message_type: str) -> None:
        await gate.wait()

    bus.subscribe("x!", slow)
    bus.publish("x!")
    (task,) = await bus.drain(timeout=0.01)
    gate.set()
    await task
    assert await bus.drain() == frozenset()


async def test_a_burst_is_warned_about_once_and_can_be_read(caplog: pytest.LogCaptureFixture) -> None:
    """Memory that grows unseen is found out too late."""
    bus, got = PubSub(), list[int]()
    bus.subscribe("x!", lambda message_type, number: got.append(number))
    for number in range(12_000):
        bus.publish("x!", number, asynchronously=True)
    assert bus.queued == 12_000
    assert len(caplog.messages) == 1
    assert "10000 deliveries are under way" in caplog.text
    await bus.drain()
    assert got == list(range(12_000))
    assert bus.queued == 0
