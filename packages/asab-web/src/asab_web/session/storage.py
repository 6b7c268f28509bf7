"""`SessionStorage`: the contract of what keeps sessions, whether in memory or elsewhere.

A storage makes every id itself. An id that a client brings is looked up, and never taken over.
"""

from __future__ import annotations

import abc
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from asab_web.session.session import Session

if TYPE_CHECKING:
    import asab_app

HOUR = 3600.0


class SessionStorage(abc.ABC):
    """Keeps sessions.

    Attributes:
        App: The application.
        session_class: The class of its sessions.
        max_age: Seconds after which a session ends that has no `MaxAge` of its own, however much it is used.
        idle: Seconds without a request after which a session ends.
    """

    def __init__(
        self,
        app: asab_app.Application,
        session_class: type[Session] = Session,
        *,
        max_age: float = 12 * HOUR,
        idle: float = HOUR,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Set the limits; see the attributes.

        Args:
            app: The application.
            session_class: The class of its sessions.
            max_age: The absolute limit, in seconds.
            idle: The idle limit, in seconds.
            clock: Gives the seconds since 1970 (UTC).
        """
        self.App: asab_app.Application = app
        self.session_class: type[Session] = session_class
        self.max_age: float = max_age
        self.idle: float = idle
        self._clock = clock

    def time(self) -> float:
        """Return the seconds since 1970 (UTC)."""
        return self._clock()

    def new_id(self) -> str:
        """Return an id of 256 random bits, fit for a cookie."""
        return secrets.token_urlsafe(32)

    def new(self) -> Session:
        """Return a session that nobody knows yet; it is kept from its first `save` on."""
        return self.session_class(self, self.new_id(), True)

    @abc.abstractmethod
    async def load(self, cookie: str) -> Session | None:
        """Return the session of a cookie, which begins its idle time anew.

        Args:
            cookie: The cookie's value; whatever a client sent.

        Returns:
            The session as it was saved, for this request alone; None if the cookie is not of this storage's making or
            the session has ended.
        """

    @abc.abstractmethod
    async def save(self, session: Session) -> str:
        """Keep `session.changes()` and `MaxAge`, as one step.

        A session that is not new and has been deleted meanwhile (another request logged out) stays deleted.

        Returns:
            The value for the cookie.

        Raises:
            TypeError: If a value cannot be stored; nothing is, then.
        """

    @abc.abstractmethod
    async def delete(self, session_id: str) -> None:
        """Forget a session; an unknown one is none."""

    def restore(self, session_id: str, max_age: float | None, created: float, texts: Mapping[str, str]) -> Session:
        """Make a session from what was kept; for `load`.

        Args:
            session_id: Its id.
            max_age: Its `MaxAge`.
            created: Its `Created`.
            texts: The JSON of each value.
        """
        session = self.session_class(self, session_id, False, max_age)
        session.restore(created, texts)
        return session
