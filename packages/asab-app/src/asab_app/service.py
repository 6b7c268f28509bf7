"""`Service`: an object that others find by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asab_app.application import Application


class Service:
    """The base of services (documentation, chapter Service). A service registers itself when it is made.

    Attributes:
        Name: The unique name by which `Application.get_service` finds it.
        App: The application.
    """

    def __init__(self, app: Application, service_name: str | None = None) -> None:
        """Register the service.

        Args:
            app: The application.
            service_name: Its name; the name of the class if there is none.

        Raises:
            ValueError: If the name is taken.
        """
        self.Name: str = service_name or type(self).__name__
        self.App = app
        app._register_service(self)

    async def initialize(self, app: Application) -> None:
        """Start; called in init-time, in the order of registration. For overriding.

        Raises:
            Exception: Whatever it raises ends the start of the application.
        """

    async def health(self) -> str | None:
        """Tell what keeps the service from its work; asked with every tick in run-time. For overriding.

        An exception is such a reason too. A service that does not answer within `[general] health_timeout` counts as
        not alive, so whatever it asks elsewhere needs a shorter deadline. It is cancelled when the application stops.

        Returns:
            Why the service is not ready, as one line without secrets; None if it is.
        """
        return None

    async def finalize(self, app: Application) -> None:
        """Stop; called in exit-time, in reverse order, if `initialize` has succeeded. For overriding.

        It is cancelled when it takes longer than `[general] finalize_timeout`.
        """
