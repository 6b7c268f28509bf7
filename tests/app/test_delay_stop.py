"""`Application.delay_stop`: run-time goes on for a while after the stop was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from asab_app import Application

Make = Callable[..., Any]


class Delayed(Application):
    """Notes what happens."""

    Delay = 0.0

    async def initialize(self) -> None:
        self.said: list[object] = []
        self.delay_stop(self.Delay)
        self.delay_stop(0)  # another service needs none
        self.PubSub.subscribe("Application.stop!", self.on_stop)
        self.PubSub.subscribe("Application.exit!", self.on_exit)

    def on_stop(self, _message: str, count: int) -> None:
        self.said.append(count)

    def on_exit(self, _message: str) -> None:
        self.said.append("exit")


def test_meanwhile_the_application_is_not_ready_and_works_on_until_a_second_stop(make: Make) -> None:
    """A load balancer has the time to notice; who is impatient presses Ctrl-C again."""

    class Impatient(Delayed):
        Delay = 1000.0

        async def main(self) -> None:
            self.stop()
            for _ in range(10):  # turns of the loop, in which it would be cancelled
                await asyncio.sleep(0)
            self.said.append(self.Health.ready)
            self.stop()
            await asyncio.Event().wait()

    app = make(Impatient)
    assert app.run() == 0
    assert app.said == [1, False, 2, "exit"]


def test_the_delay_ends_by_itself(make: Make) -> None:
    """Nobody has to come back."""

    class Patient(Delayed):
        Delay = 0.1

        async def main(self) -> None:
            self.stop()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.said.append("cancelled")
                raise

    app = make(Patient)
    assert app.run() == 0
    assert app.said == [1, "cancelled", "exit"]


def test_a_stop_before_run_time_is_not_delayed(make: Make) -> None:
    """What does not serve yet has nobody to send elsewhere."""

    class Stopped(Delayed):
        Delay = 1000.0

        async def initialize(self) -> None:
            await super().initialize()
            self.stop()

    app = make(Stopped)
    assert app.run() == 0
    assert app.said == [1, "exit"]
