"""What becomes of a message, when handlers are cancelled: the rest is in the contract of the brokers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from asab_mom import Message
from asab_mom._dispatcher import Dispatcher
from asab_mom._failures import Failures, Policy
from asab_mom._subscription import Subscription
from asab_mom.message import Outcome

if TYPE_CHECKING:
    from asab_mom import Properties


async def _nothing(*args: object) -> None:
    pass


def make_dispatcher() -> Dispatcher:
    failures = Failures(Policy(), lambda what: None, _nothing, _nothing, _nothing)
    return Dispatcher(asyncio.get_running_loop(), _nothing, failures, lambda what: None, lambda target, seconds: None)


async def test_a_message_whose_task_is_cancelled_before_it_begins_goes_back() -> None:
    """Not even the worst moment loses a message."""
    dispatcher = make_dispatcher()
    outcomes: list[Outcome] = []

    async def handler(properties: Properties, body: bytes) -> None:
        raise AssertionError("it never begins")

    dispatcher.add("t", handler, None)
    dispatcher.start(Message(b"", "t"), Subscription("q"), outcomes.append)
    (task,) = (task for task in asyncio.all_tasks() if task.get_name() == "handler of 't'")
    task.cancel()
    await asyncio.wait([task])
    await dispatcher.close(0)
    assert outcomes == [Outcome.RETURN]
    dispatcher.start(Message(b"", "t"), Subscription("q"), outcomes.append)
    assert outcomes == [Outcome.RETURN] * 2


async def test_a_message_whose_handler_awaits_something_cancelled_is_rejected(caplog: pytest.LogCaptureFixture) -> None:
    """Back in its queue it would come again at once, for ever."""
    dispatcher = make_dispatcher()
    settled: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    async def handler(properties: Properties, body: bytes) -> None:
        other = asyncio.get_running_loop().create_future()
        other.cancel()
        await other

    dispatcher.add("t", handler, None)
    dispatcher.start(Message(b"", "t"), Subscription("q"), settled.set_result)
    assert await settled is Outcome.REJECT
    assert "The handler of target 't' failed: the message is rejected" in caplog.text


async def test_a_handler_can_be_replaced_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """Two modules that fight for a target are found out."""
    dispatcher = make_dispatcher()
    settled: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    async def first(properties: Properties, body: bytes) -> None:
        raise AssertionError("it was replaced")

    async def second(properties: Properties, body: bytes) -> None:
        pass

    dispatcher.add("t", first, None)
    dispatcher.add("t", second, None)
    dispatcher.start(Message(b"", "t"), Subscription("q"), settled.set_result)
    assert await settled is Outcome.ACCEPT
    assert "The handler of target 't' is replaced" in caplog.text
