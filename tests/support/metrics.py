"""A real application with metrics, for the time of one test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from asab_app import Application
from asab_app.metrics import Metrics, Module
from asab_config import Config
from asab_utils import Singleton

# Far more than a healthy application needs; only a failing test waits so long.
DEADLINE = 30.0


class MeasuredApplication(Application):
    """The application under test."""

    @property
    def metrics(self) -> Metrics:
        service = self.get_service("asab.MetricsService")
        assert isinstance(service, Metrics)
        return service

    def tick(self) -> None:
        """Have ten ticks pass."""
        self.PubSub.publish("Application.tick/10!")


Scenario = Callable[[MeasuredApplication], Awaitable[None]]


def run(
    scenario: Scenario,
    sections: Mapping[str, Mapping[str, str]] | None = None,
    setup: Callable[[MeasuredApplication], object] | None = None,
) -> int:
    """Run an application through its whole life, the scenario as its `main()`, and return its exit code.

    What `setup` adds is there before the metrics, and outlives them.
    """
    failures: list[BaseException] = []

    class TestApplication(MeasuredApplication):
        async def initialize(self) -> None:
            if setup is not None:
                setup(self)
            self.add_module(Module)

        async def main(self) -> None:
            try:
                async with asyncio.timeout(DEADLINE):
                    await scenario(self)
            except BaseException as failure:
                failures.append(failure)
            self.stop()

    Config.read_dict(sections or {})
    try:
        exit_code = TestApplication(args=[]).run()
    finally:
        Singleton.delete(TestApplication)
        for section in sections or {}:
            Config.remove_section(section)
    if failures:
        raise failures[0]
    return exit_code
