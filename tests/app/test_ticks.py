"""Ticks on a virtual clock: a day of them in a moment."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from asab_app import Application
from asab_app._ticks import Ticks
from asab_pubsub import PubSub
from asab_utils import Timer
from asab_utils.testing import VirtualLoop

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


class OneDay(Application):
    """An application on a virtual clock."""

    def create_event_loop(self) -> asyncio.AbstractEventLoop:
        return VirtualLoop()

    async def initialize(self) -> None:
        self.counts: Counter[str] = Counter()
        self.runs = 0
        for message_type in MESSAGES:
            self.PubSub.subscribe(message_type, self.on_tick)
        self.timer = Timer(self, self.on_timer, autorestart=True)

    async def main(self) -> None:
        self.timer.start(60)
        await asyncio.sleep(86400.5)
        self.stop()

    def on_tick(self, message_type: str) -> None:
        self.counts[message_type] += 1

    async def on_timer(self) -> None:
        await asyncio.sleep(59)
        self.runs += 1


def test_a_whole_application_lives_through_a_day(make: Callable[..., Any]) -> None:
    """With its ticks and timers, in seconds."""
    app = make(OneDay)
    assert app.run() == 0
    assert app.counts["Application.tick!"] == 86400
    assert app.counts["Application.tick/86400!"] == 1
    assert app.runs == 1439
    assert app.time() - app.LaunchTime == pytest.approx(86400.5)
