"""`SessionStorage`: the contract of what keeps sessions, whether in memory or elsewhere.

A storage makes every id itself. An id that a client brings is looked up, and never taken over.
`asab_web.session.testing` has the attacks that a storage has to withstand.
"""

from __future__ import annotations

import abc
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from asab_web.session.errors import SessionTooLargeError
from asab_web.session.session import Session

if TYPE_CHECKING:
    import asab_app

HOUR: Final = 3600.0
MAX_SIZE: Final = 64 * 1024


class SessionStorage(abc.ABC):
    """Keeps sessions.

    Attributes:
        App: The application.
        session_class: The class of its sessions.
        max_age: Seconds after which a session ends that has no `MaxAge` of its own, however much it is used.
        idle: Seconds without a request after which a session ends.
        max_size: The bytes that the keys and the JSON of the values of one session may take together.
        revokes: Whether a session that was ended is ended for who has a copy of its cookie, too.
        merges: Whether concurrent requests of one session that change different keys keep each other's changes.
        uncounted: What is said to who looks where `count` does not know the number.
    """

    revokes: ClassVar[bool] = True
    merges: ClassVar[bool] = True
    uncounted: ClassVar[str] = "This storage does not count its sessions."

    def __init__(
        self,
        app: asab_app.Application,
        session_class: type[Session] = Session,
        *,
        max_age: float = 12 * HOUR,
        idle: float = HOUR,
        max_size: int = MAX_SIZE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Set the limits; see the attributes.

        Args:
            app: The application.
            session_class: The class of its sessions.
            max_age: The absolute limit, in seconds.
            idle: The idle limit, in seconds.
            max_size: The limit of a session's size, in bytes.
            clock: Gives the seconds since 1970 (UTC).
        """
        self.App: asab_app.Application = app
        self.session_class: type[Session] = session_class
        self.max_age: float = max_age
        self.idle: float = idle
        self.max_size: int = max_size
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

        Raises:
            SessionStorageError: If the storage cannot be reached.
        """

    @abc.abstractmethod
    async def save(self, session: Session) -> str | None:
        """Keep `session.changes()` and `MaxAge`, as one step.

        `session.stored_id` is the id that it is kept by, None for one that begins. If `session.Id` is another one, it
        is kept by that from now on, with all that was stored meanwhile. What has been deleted meanwhile (another
        request logged out) stays deleted.

        Returns:
            The value for the cookie; None for a session that has been deleted meanwhile.

        Raises:
            TypeError: If a value cannot be stored; nothing is, then.
            SessionTooLargeError: If it holds too much; nothing is stored, then.
            SessionStorageError: If the storage cannot be reached.
        """

    @abc.abstractmethod
    async def delete(self, session_id: str) -> None:
        """Forget a session; an unknown one is none.

        Raises:
            SessionStorageError: If the storage cannot be reached.
        """

    async def count(self) -> int | None:
        """Return how many sessions are kept, or None if that is not known; asked for while somebody looks.

        For overriding; a storage that knows without waiting has `__len__` in its place.
        """
        return None

    async def health(self) -> str | None:
        """Return why sessions cannot be had now, as one line without secrets, or None. For overriding."""
        return None

    async def close(self) -> None:  # noqa: B027  not every storage has something to close
        """Close what is open; called at the end of the application. For overriding."""

    def check_size(self, session: Session, size: int | None = None) -> None:
        """Refuse a session that holds too much, as this request sees it; for `save`.

        Args:
            session: The session.
            size: What it takes, in bytes; without it, the keys and the JSON of the values.

        Raises:
            SessionTooLargeError: If that is more than `max_size`.
        """
        if size is not None and size <= self.max_size:
            return
        sizes = {key: len(key.encode("utf-8", "surrogatepass")) + len(text) for key, text in session.texts().items()}
        size = sum(sizes.values()) if size is None else size
        if size > self.max_size:
            largest = max(sizes, key=sizes.__getitem__)
            raise SessionTooLargeError(
                f"The session takes {size} bytes, most of them for {largest!r}, and may take {self.max_size}: keep "
                "what is large elsewhere, and its key in the session"
            )

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
