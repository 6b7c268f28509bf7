"""`context`: structured data for every record that is made inside of a block."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import logging.handlers
import queue
import threading
from typing import TYPE_CHECKING

import pytest

import asab_log
from asab_log import context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

L = asab_log.get_logger("myapp")


def data(logged: list[str]) -> list[str]:
    """What each line has between its name and its message, and the message; those of the event loop are left out."""
    return ["".join(line.split("|")[1:3]) for line in logged if not line.startswith("asyncio|")]


def test_every_record_inside_carries_it_and_none_outside(logged: list[str]) -> None:
    """A request is followed through the log by it."""
    L.info("before")
    with context(request_id="a1"):
        L.info("inside")
    L.info("after")
    assert data(logged) == ["before", '[sd request_id="a1"] inside', "after"]


def test_the_inner_wins_over_the_outer_and_the_call_over_both(logged: list[str]) -> None:
    """The nearer a value stands to the record, the more it knows of it."""
    with context(a=1, b=1, c=1):
        with context(b=2, c=2):
            L.info("x", struct_data={"c": 3})
        L.info("y")
    assert data(logged) == ['[sd a="1" b="2" c="3"] x', '[sd a="1" b="1" c="1"] y']


def test_whatever_makes_the_record(logged: list[str]) -> None:
    """Most of what happens in a request is logged by libraries that know nothing of it."""

    class Own(logging.Logger):
        pass

    third_party = Own("library")
    third_party.parent = logging.getLogger()
    with context(a=1):
        L.info("ours")
        logging.getLogger("stdlib").info("theirs")
        logging.getLogger().info("root")
        logging.LoggerAdapter(L, {"user": "me"}).info("adapter")
        third_party.info("a class of its own")
    assert [line.split("|")[1] for line in logged] == ['[sd a="1"] '] * 5


async def test_it_holds_across_awaits_and_in_the_tasks_started_inside(logged: list[str]) -> None:
    """A handler of a request awaits and starts tasks; two requests at once must not mix."""
    both_inside = asyncio.Barrier(2)

    async def request(number: int) -> None:
        with context(request=number):
            await both_inside.wait()
            L.info("awaited")
            await asyncio.create_task(part())
            await asyncio.to_thread(L.info, "thread")

    async def part() -> None:
        with context(part=True):
            await asyncio.sleep(0)
            L.info("task")

    async with asyncio.timeout(30):
        await asyncio.gather(request(1), request(2))
    L.info("outside")
    assert sorted(data(logged)) == sorted(
        [f'[sd request="{n}"] {kind}' for n in (1, 2) for kind in ("awaited", "thread")]
        + [f'[sd request="{n}" part="true"] task' for n in (1, 2)]
        + ["outside"]
    )


async def test_a_task_keeps_it_after_the_block_has_ended(logged: list[str]) -> None:
    """What a request has left behind still belongs to it."""
    ended = asyncio.Event()

    async def later() -> None:
        await ended.wait()
        L.info("later")

    with context(a=1):
        task = asyncio.create_task(later())
    ended.set()
    await task
    assert data(logged) == ['[sd a="1"] later']


async def test_one_object_serves_several_tasks_at_once_and_itself(logged: list[str]) -> None:
    """A decorated function runs in many requests at once, and may call itself."""
    ctx = context(a=1)
    both_inside = asyncio.Barrier(2)

    async def use() -> None:
        with ctx, ctx:
            await both_inside.wait()
        L.info("after")

    async with asyncio.timeout(30):
        await asyncio.gather(use(), use())
    assert data(logged) == ["after", "after"]


def test_it_ends_with_an_exception(logged: list[str]) -> None:
    """The next request is served by the same thread."""
    with pytest.raises(ValueError, match="no"), context(a=1):
        raise ValueError("no")
    L.info("after")
    assert data(logged) == ["after"]


def test_a_record_formatted_in_another_thread_keeps_the_context_of_its_call(logged: list[str]) -> None:
    """`QueueHandler` is the usual way to get slow handlers out of the way."""
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    away = logging.handlers.QueueHandler(records)
    logger = logging.getLogger("queued")
    logger.propagate = False
    logger.addHandler(away)
    try:
        with context(a=1):
            logger.info("x")
    finally:
        logger.removeHandler(away)
        logger.propagate = True
    with context(a=2):
        listener = threading.Thread(target=lambda: logging.getLogger().handle(records.get(timeout=30)))
        listener.start()
        listener.join(30)
    assert data(logged) == ['[sd a="1"] x']


async def test_as_a_decorator_it_holds_while_the_function_runs(logged: list[str]) -> None:
    """For a coroutine function that is until it has ended, not until it is called."""

    @context(a=1)
    def function(text: str) -> str:
        """Say something."""
        L.info(text)
        return text

    @context(a=1)
    async def coroutine(text: str) -> str:
        await asyncio.sleep(0)
        L.info(text)
        return text

    assert function("x") == "x"
    assert await coroutine("y") == "y"
    L.info("z")
    assert data(logged) == ['[sd a="1"] x', '[sd a="1"] y', "z"]
    assert (function.__name__, function.__doc__) == ("function", "Say something.")


def test_a_generator_function_is_refused() -> None:
    """Between its steps the caller's records would carry the data."""

    def generator() -> Iterator[int]:
        yield 1

    async def async_generator() -> AsyncIterator[int]:
        yield 1

    for function in (generator, async_generator):
        with pytest.raises(TypeError, match="generator function"):
            context(a=1)(function)


def test_an_end_in_another_context_undoes_nothing_there(logged: list[str]) -> None:
    """The event loop closes a forgotten generator wherever it likes."""
    ctx = context(a=1)
    contextvars.copy_context().run(ctx.__enter__)
    with context(b=2):
        ctx.__exit__(None, None, None)
        L.info("x")
    ctx.__exit__(None, None, None)
    assert data(logged) == ['[sd b="2"] x']


@pytest.mark.parametrize(("given", "shown"), [("text", "text"), (7, "7"), (["a"], r"[\"a\"\]")])
def test_struct_data_that_are_none_stand_beside_it(logged: list[str], given: object, shown: str) -> None:
    """A mistake in a call costs neither what it gives nor the context."""
    with context(a=1):
        L.info("x", struct_data=given)  # type: ignore[arg-type]
    assert data(logged) == [f'[sd a="1" struct_data="{shown}"] x']


def test_any_name_will_do(logged: list[str]) -> None:
    """Names come from elsewhere, too."""
    with context(self=1, struct_data=2, **{"http.method": "GET"}):
        L.info("x")
    assert data(logged) == ['[sd self="1" struct_data="2" http.method="GET"] x']
