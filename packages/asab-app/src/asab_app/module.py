"""`Module`: a part of an application that brings its services along."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asab_app.application import Application


class Module:
    """The base of modules (documentation, chapter Module). `Application.add_module` makes them.

    Attributes:
        App: The application.
    """

    def __init__(self, app: Application) -> None:
        """Make the module; a subclass creates its services here.

        Args:
            app: The application.
        """
        self.App = app

    async def initialize(self, app: Application) -> None:
        """Start; called in init-time after the services that the constructor made are started. For overriding.

        Raises:
            Exception: Whatever it raises ends the start of the application.
        """

    async def finalize(self, app: Application) -> None:
        """Stop; called in exit-time before the module's services are stopped. For overriding.

        It is cancelled when it takes longer than `[general] finalize_timeout`.
        """
