"""What is published waits until the subscriptions of its broker are declared, and keeps its order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from asab_mom._consumer import Consumer
from asab_mom._subscription import Subscription

if TYPE_CHECKING:
    from asab_mom._line import Line


class Unconnected:
    """A line that never gets a connection."""

    def keep_channel(self, *_args: Any) -> None:
        pass


def unused(*_args: Any) -> None:
    raise AssertionError("there is no message to be received")


async def test_who_waited_for_a_subscription_goes_before_who_comes_as_the_wait_ends() -> None:
    """Messages are sent in the order in which they were published, also at the start."""
    consumer = Consumer(cast("Line", Unconnected()), 1, unused, unused, unused)
    consumer.open(asyncio.get_running_loop(), Subscription("somewhere"))
    order: list[int] = []

    async def publish(number: int) -> None:
        if not consumer.tried:
            await consumer.wait_tried()
        order.append(number)

    tasks = [asyncio.ensure_future(publish(number)) for number in range(3)]
    await asyncio.sleep(0)  # they wait
    tasks += [asyncio.ensure_future(publish(number)) for number in range(3, 6)]  # these have not begun yet
    await consumer.stop()  # which ends the wait
    tasks += [asyncio.ensure_future(publish(number)) for number in range(6, 9)]
    await asyncio.gather(*tasks)
    assert order == list(range(9))
