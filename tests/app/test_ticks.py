"""Ticks on a virtual clock: a day of them in a moment."""

from __future__ import annotations

import asyncio
from collections import Counter

from asab_app._ticks import Ticks
from asab_pubsub import PubSub
from tests.support.clock import VirtualLoop

MESSAGES = ["Application.tick!", *(f"Application.tick/{n}!" for n in (10, 60, 300, 600, 1800, 3600, 43200, 86400))]


def count(loop: VirtualLoop) -> tuple[Ticks, Counter[str]]:
    bus = PubSub()
    counts: Counter[str] = Counter()
    for message_type in MESSAGES:
        bus.subscribe(message_type, lambda message_type: counts.update([message_type]))
    return Ticks(loop, bus, 1.0), counts


def test_a_day_has_86400_ticks_and_their_parts() -> None:
    """The n-th tick is due n periods after the start, and nothing drifts."""
    loop = VirtualLoop()
    ticks, counts = count(loop)
    ticks.start()
    loop.run_until_complete(asyncio.sleep(86400.5))
    ticks.stop()
    loop.close()
    assert [counts[m] for m in MESSAGES] == [86400, 8640, 1440, 288, 144, 48, 24, 2, 1]


def test_ticks_missed_in_a_pause_are_one_and_bring_what_fell_into_it() -> None:
    """A laptop that wakes up should not tick a thousand times at once, nor forget the hourly work."""
    loop = VirtualLoop()
    ticks, counts = count(loop)
    ticks.start()
    loop.run_until_complete(asyncio.sleep(5.5))
    loop.advance(61)
    loop.run_until_complete(asyncio.sleep(0.1))
    ticks.stop()
    loop.close()
    assert counts == {"Application.tick!": 6, "Application.tick/10!": 1, "Application.tick/60!": 1}
