"""`ServiceWebSession`: sessions for one aiohttp application."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asab_app
from asab_web.session.memory import InMemorySessionStorage
from asab_web.session.middleware import session_middleware

if TYPE_CHECKING:
    from aiohttp import web

    from asab_web.session.session import Session
    from asab_web.session.storage import SessionStorage


class ServiceWebSession(asab_app.Service):
    """Gives each request of an aiohttp application its `request["Session"]` (documentation, chapter Sessions).

    Attributes:
        Storage: Where the sessions are kept.
    """

    def __init__(
        self,
        app: asab_app.Application,
        name: str,
        webapp: web.Application,
        session_storage: SessionStorage | None = None,
        session_class: type[Session] | None = None,
    ) -> None:
        """Register the service and add its middleware to `webapp`, which must not be served yet.

        Args:
            app: The application.
            name: The name of the service.
            webapp: An aiohttp application, such as `WebService.WebApp`.
            session_storage: Where sessions are kept; in memory without one.
            session_class: The class of the sessions, in place of the storage's.
        """
        super().__init__(app, name)
        self.Storage: SessionStorage = session_storage or InMemorySessionStorage(app)
        if session_class is not None:
            self.Storage.session_class = session_class
        webapp.middlewares.append(session_middleware(self.Storage))
