"""`MOMService`: the brokers of an application, and when messages flow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING

from asab_app import Service
from asab_mom._panel import panel
from asab_mom.broker import SERVICE_NAME, Broker

if TYPE_CHECKING:
    from asab_app import Application


class MOMService(Service):
    """Knows all brokers, opens them at `Application.run!` and closes them at the end (documentation, MOM Service).

    Attributes:
        Brokers: The brokers, in the order of their construction.
    """

    def __init__(self, app: Application, service_name: str = SERVICE_NAME) -> None:
        """Register the service.

        Args:
            app: The application.
            service_name: Its name; brokers look for `asab.MOMService`.
        """
        super().__init__(app, service_name)
        self.Brokers: list[Broker] = []
        self._running = False
        app.Inspection.add(app.Inspection.free_name("mom"), "Message queues", lambda: panel(self.Brokers))
        app.PubSub.subscribe("Application.run!", self._on_run)
        app.PubSub.subscribe("Application.tick!", self._on_run)  # the first that is heard after a start in run-time
        app.PubSub.subscribe("Application.exit!", self._on_exit)

    def register(self, broker: Broker) -> None:
        """Take a broker over; its constructor calls this.

        Args:
            broker: One that is being made: when the application runs already, it is started in a moment.
        """
        self.Brokers.append(broker)
        if self._running:
            self.App.Loop.call_soon(broker.start_consuming)

    async def finalize(self, app: Application) -> None:
        """Send what is accepted and close all brokers, at the same time.

        Args:
            app: The application.
        """
        await _each(broker.finalize(app) for broker in self.Brokers)

    def _on_run(self, message_type: str) -> None:
        self.App.PubSub.unsubscribe("Application.tick!", self._on_run)
        if not self._running:
            self._running = True
            for broker in self.Brokers:
                broker.start_consuming()

    async def _on_exit(self, message_type: str) -> None:
        """Stop the flow before the first service is finalized: handlers may need any of them."""
        self._running = False
        await _each(broker.stop_consuming() for broker in self.Brokers)


async def _each(steps: Iterable[Awaitable[None]]) -> None:
    """Take the steps of all brokers, also when one fails; raise what has failed."""
    errors = [error for error in await asyncio.gather(*steps, return_exceptions=True) if error is not None]
    if errors:
        raise errors[0]
