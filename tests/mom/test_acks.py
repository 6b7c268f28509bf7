"""What a server is told of deliveries that are done with, and when frames are written."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asab_mom._acks import Acknowledgements
from asab_mom._writer import ENOUGH, Writer


class StrictServer:
    """The deliveries that are not settled, as RabbitMQ keeps them: one that it does not know ends the channel."""

    def __init__(self, count: int) -> None:
        self.unsettled = set(range(1, count + 1))
        self.frames = 0

    def acknowledge(self, tag: int, multiple: bool) -> set[int]:
        assert tag in self.unsettled
        settled = {other for other in self.unsettled if other <= tag} if multiple else {tag}
        self.unsettled -= settled
        self.frames += 1
        return settled


TAGS = range(1, 31)


@given(st.permutations(TAGS), st.lists(st.integers(1, 5), min_size=30, max_size=30), st.sets(st.sampled_from(TAGS)))
def test_what_was_accepted_and_nothing_else_is_acknowledged(order: list[int], turns: list[int], bad: set[int]) -> None:
    """A message that is acknowledged before its handler has returned is lost when the process dies."""
    server, acknowledgements = StrictServer(30), Acknowledgements()
    while order:
        turn = [order.pop() for _ in range(min(turns.pop(), len(order)))]
        good = [tag for tag in turn if tag not in bad]
        for tag in set(turn) - set(good):
            acknowledgements.settle(tag)
            server.unsettled.discard(tag)
        assert [acknowledgements.accept(tag) for tag in good] == [i == 0 for i in range(len(good))]
        told = [server.acknowledge(tag, multiple) for tag, multiple in acknowledgements.take()]
        assert sorted(tag for tags in told for tag in tags) == sorted(good)
    assert not server.unsettled


def test_deliveries_that_are_done_in_order_need_one_frame_a_turn() -> None:
    """What a server is told costs it as much as a message."""
    server, acknowledgements = StrictServer(100), Acknowledgements()
    for tag in range(100, 0, -1):
        acknowledgements.accept(tag)
    for tag, multiple in acknowledgements.take():
        server.acknowledge(tag, multiple)
    assert not server.unsettled
    assert server.frames == 1


class Transport(asyncio.Transport):
    """Keeps what is written, call by call."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))


@pytest.fixture
def transport() -> Transport:
    return Transport()


async def test_frames_of_one_turn_are_written_together_in_their_order(transport: Transport) -> None:
    """A system call a message would be most of what a message costs."""
    writer = Writer(transport, asyncio.get_running_loop())
    for data in (b"a", b"b", b"c"):
        writer.write(data)
    assert not transport.written
    await asyncio.sleep(0)
    assert transport.written == [b"abc"]


async def test_what_is_urgent_takes_with_it_what_waits(transport: Transport) -> None:
    """One frame that overtakes another on its channel is an error of the protocol."""
    writer = Writer(transport, asyncio.get_running_loop())
    writer.write(b"a")
    writer.write(b"b", at_once=True)
    assert transport.written == [b"ab"]
    writer.write(b"c")
    await asyncio.sleep(0)
    assert transport.written == [b"ab", b"c"]


async def test_much_does_not_wait_for_more(transport: Transport) -> None:
    """A loop that publishes without a pause does not fill the memory while the server has nothing to do."""
    writer = Writer(transport, asyncio.get_running_loop())
    writer.write(b"x" * (ENOUGH - 1))
    assert not transport.written
    writer.write(b"yz")
    assert [len(data) for data in transport.written] == [ENOUGH + 1]
