"""`ServiceWebSession`: sessions for one aiohttp application."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import TYPE_CHECKING, Any, ClassVar, Final

import asab_app
from asab_app.metrics import Family, Sample, when_measured
from asab_app.refreshed import Refreshed
from asab_config import ConfigObject
from asab_web.session._settings import DEFAULTS, make_storage
from asab_web.session.cookie import SessionCookie
from asab_web.session.middleware import session_middleware
from asab_web.session.session import Session

if TYPE_CHECKING:
    from aiohttp import web

    from asab_web.session.storage import SessionStorage


COUNT_EVERY: Final = 10.0
"""Seconds between two counts of sessions that a server keeps, while somebody looks."""


class ServiceWebSession(asab_app.Service, ConfigObject):
    """Gives each request of an aiohttp application its `request["Session"]` (documentation, chapter Sessions).

    It is not ready while its storage cannot be reached.

    Attributes:
        Storage: Where the sessions are kept.
        cookie: What their cookie looks like.
    """

    ConfigDefaults: ClassVar[Mapping[str, Any]] = DEFAULTS

    def __init__(
        self,
        app: asab_app.Application,
        name: str,
        webapp: web.Application,
        session_storage: SessionStorage | None = None,
        session_class: type[Session] | None = None,
        *,
        config_section_name: str = "asab:web:session",
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Register the service and add its middleware to `webapp`, which must not be served yet.

        Args:
            app: The application.
            name: The name of the service.
            webapp: An aiohttp application, such as `WebService.WebApp`.
            session_storage: Where sessions are kept; without one, the storage that the section describes.
            session_class: The class of the sessions, in place of the storage's.
            config_section_name: The section with the options; a second service wants another one.
            config: Values that win over the section.

        Raises:
            ConfigError: If an option is wrong, contradicts another, or needs a library that is not installed.
        """
        ConfigObject.__init__(self, config_section_name, config)
        self.cookie: SessionCookie = SessionCookie.from_config(self.Config)
        self.Storage: SessionStorage = session_storage or make_storage(app, session_class or Session, self.Config)
        if session_class is not None:
            self.Storage.session_class = session_class
        super().__init__(app, name)
        app.Inspection.add(app.Inspection.free_name("sessions"), f"Sessions: {name}", self._inspect)
        webapp.middlewares.append(session_middleware(self.Storage, self.cookie))
        self._counted: Refreshed[int | None] = Refreshed(app.Loop, self.Storage.count, None, COUNT_EVERY)
        when_measured(app, lambda metrics: metrics.add_source(self._families))

    def _families(self) -> list[Family]:
        count = self._count()
        if count is None:
            return []
        samples = [Sample({"service": self.Name}, count)]
        return [Family("asab_web_sessions", "gauge", "Sessions, where the storage knows their number.", samples)]

    def _inspect(self) -> dict[str, Any]:
        count = self._count()
        shown = {"sessions": count, "storage": type(self.Storage).__name__, "cookie": self.cookie.name}
        return shown | ({"note": self.Storage.uncounted} if count is None else {})

    def _count(self) -> int | None:
        storage = self.Storage
        return len(storage) if isinstance(storage, Sized) else self._counted.look()

    async def health(self) -> str | None:
        """Tell why the storage cannot be reached, if so."""
        return await self.Storage.health()

    async def finalize(self, app: asab_app.Application) -> None:
        """Close the storage."""
        await self._counted.close()
        await self.Storage.close()
