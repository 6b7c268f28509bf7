"""Places for a bounded number of messages."""

from __future__ import annotations

import asyncio

from asab_mom._room import Room


async def take(room: Room, order: list[int], number: int) -> None:
    if not room.enter():
        await room.wait()
    order.append(number)


async def test_who_waits_gets_a_place_in_turn_and_nobody_passes_by() -> None:
    """Messages are sent in the order in which they were published."""
    room, order = Room(1), list[int]()
    assert room.enter()
    tasks = [asyncio.ensure_future(take(room, order, number)) for number in range(3)]
    await asyncio.sleep(0)
    for number in range(3):
        room.leave()
        assert not room.enter()
        await tasks[number]
    assert order == [0, 1, 2]
    room.leave()
    assert room.enter()


async def test_who_gives_up_takes_no_place_with_him() -> None:
    """A broker whose callers time out would in the end take no message at all."""
    room, order = Room(1), list[int]()
    assert room.enter()
    waiting, given = (asyncio.ensure_future(take(room, order, number)) for number in range(2))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    room.leave()
    given.cancel()  # it has its place, and does not know it yet
    await asyncio.wait([given])
    assert not order
    assert room.enter()
    assert not room.enter()


async def test_nobody_passes_by_one_who_is_called_and_has_not_gone_on_yet() -> None:
    """Several places may get free at once, as when the server confirms many messages with one word."""
    room, order = Room(2), list[int]()
    assert room.enter()
    assert room.enter()
    tasks = [asyncio.ensure_future(take(room, order, 0))]
    await asyncio.sleep(0)  # it waits
    tasks += [asyncio.ensure_future(take(room, order, number)) for number in (1, 2)]  # these have not begun yet
    for _ in range(3):
        room.leave()
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2]
