"""`InMemorySessionStorage`: sessions of one process, gone when it ends."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asab_web.session.session import Session
from asab_web.session.storage import HOUR, SessionStorage

if TYPE_CHECKING:
    import asab_app


@dataclass(slots=True)
class _Record:
    created: float
    max_age: float | None
    used: float
    texts: dict[str, str] = field(default_factory=dict)


class InMemorySessionStorage(SessionStorage):
    """Keeps sessions in memory."""

    def __init__(
        self,
        app: asab_app.Application,
        session_class: type[Session] = Session,
        *,
        max_age: float = 12 * HOUR,
        idle: float = HOUR,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin without sessions; the arguments are those of `SessionStorage`."""
        super().__init__(app, session_class, max_age=max_age, idle=idle, clock=clock)
        # The least recently used comes first: the idle ones are in front, and sweeping looks at no other.
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def __len__(self) -> int:
        """Return how many sessions are kept, the ended ones that nobody has asked for since included."""
        return len(self._records)

    async def load(self, cookie: str) -> Session | None:
        """Return the session of a cookie, or None."""
        self._sweep()
        record = self._records.get(cookie)
        if record is None:
            return None
        session = self.restore(cookie, record.max_age, record.created, record.texts)
        if session.is_expired():
            del self._records[cookie]
            return None
        self._touch(cookie, record)
        return session

    async def save(self, session: Session) -> str:
        """Keep what has changed; return the id, which is the cookie's value."""
        changes = session.changes()
        self._sweep()
        record = self._records.get(session.Id)
        if record is None and session.is_new():
            record = self._records[session.Id] = _Record(session.Created, None, 0)
        if record is not None:
            record.max_age = session.MaxAge
            for key, text in changes.items():
                if text is None:
                    record.texts.pop(key, None)
                else:
                    record.texts[key] = text
            self._touch(session.Id, record)
        return session.Id

    async def delete(self, session_id: str) -> None:
        """Forget a session."""
        self._records.pop(session_id, None)

    def _touch(self, session_id: str, record: _Record) -> None:
        record.used = self.time()
        self._records.move_to_end(session_id)

    def _sweep(self) -> None:
        """Forget the idle ones: each is looked at once, so this costs a request next to nothing."""
        while self._records:
            session_id, record = next(iter(self._records.items()))
            if self.time() < record.used + self.idle:
                return
            del self._records[session_id]
