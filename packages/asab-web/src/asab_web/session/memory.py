"""`InMemorySessionStorage`: sessions of one process, gone when it ends.

Its memory is bounded. When it is full, sessions give way in this order: those that nobody has come back with since
they began, the oldest first; then the least recently used. So a flood of visitors who drop their cookies, as attackers
and crawlers do, pushes out each other and not those who work.
"""

from __future__ import annotations

import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from asab_log import get_logger
from asab_web.session.session import Session
from asab_web.session.storage import HOUR, MAX_SIZE, SessionStorage

if TYPE_CHECKING:
    import asab_app

L = get_logger(__name__)

MEMORY: Final = 64 * 1024 * 1024

# Beside its values a session takes some 600 bytes: its id, its record, its place in the order.
_OVERHEAD: Final = 700

# How many idle sessions a request clears away: more than it can add, and too few to be felt.
_SWEEP: Final = 20

# Seconds between two lines about the same flood.
_WARNING_PERIOD: Final = 60.0


@dataclass(slots=True)
class _Record:
    created: float
    max_age: float | None = None
    used: float = 0.0
    size: int = 0
    texts: dict[str, str] = field(default_factory=dict)

    def measure(self) -> int:
        values = sum(sys.getsizeof(key) + sys.getsizeof(text) for key, text in self.texts.items())
        return _OVERHEAD + sys.getsizeof(self.texts) + values


class InMemorySessionStorage(SessionStorage):
    """Keeps sessions in memory."""

    def __init__(
        self,
        app: asab_app.Application,
        session_class: type[Session] = Session,
        *,
        max_age: float = 12 * HOUR,
        idle: float = HOUR,
        max_size: int = MAX_SIZE,
        memory: int = MEMORY,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin without sessions.

        Args:
            app: As in `SessionStorage`, and so the others.
            session_class: See there.
            max_age: See there.
            idle: See there.
            max_size: See there.
            memory: The bytes that all sessions may take together.
            clock: See there.
        """
        super().__init__(app, session_class, max_age=max_age, idle=idle, max_size=max_size, clock=clock)
        self._memory = memory
        self._taken = 0
        self._warned = 0.0
        # In each the least recently used comes first: the idle ones are in front, and sweeping looks at no other.
        self._once: OrderedDict[str, _Record] = OrderedDict()  # nobody has come back with them yet
        self._again: OrderedDict[str, _Record] = OrderedDict()

    def __len__(self) -> int:
        """Return how many sessions are kept, ended ones that are not cleared away yet included."""
        return len(self._once) + len(self._again)

    async def load(self, cookie: str) -> Session | None:
        """Return the session of a cookie, or None."""
        self._sweep()
        record = self._remove(cookie)
        if record is None or self.time() >= record.used + self.idle:
            return None
        session = self.restore(cookie, record.max_age, record.created, record.texts)
        if session.is_expired():
            return None
        self._keep(self._again, cookie, record)
        return session

    async def save(self, session: Session) -> str | None:
        """Keep what has changed; return the id, which is the cookie's value."""
        changes = session.changes()
        self.check_size(session)
        self._sweep()
        tier = self._again
        if session.stored_id is None:
            tier, record = self._once, _Record(session.Created)
        elif (found := self._remove(session.stored_id)) is not None:
            record = found
        else:
            return None
        if session.is_max_age_changed():
            record.max_age = session.MaxAge
        record.texts.update({key: text for key, text in changes.items() if text is not None})
        for key in [key for key, text in changes.items() if text is None]:
            record.texts.pop(key, None)
        record.size = record.measure()
        self._keep(tier, session.Id, record)
        self._make_room(session.Id)
        return session.Id

    async def delete(self, session_id: str) -> None:
        """Forget a session."""
        self._remove(session_id)

    def _keep(self, tier: OrderedDict[str, _Record], session_id: str, record: _Record) -> None:
        record.used = self.time()
        self._taken += record.size
        tier[session_id] = record

    def _remove(self, session_id: str) -> _Record | None:
        record = self._once.pop(session_id, None) or self._again.pop(session_id, None)
        if record is not None:
            self._taken -= record.size
        return record

    def _sweep(self) -> None:
        """Forget idle ones, a few at a time."""
        for tier in (self._once, self._again):
            for _ in range(_SWEEP):
                session_id, record = next(iter(tier.items()), ("", None))
                if record is None or self.time() < record.used + self.idle:
                    break
                self._remove(session_id)

    def _make_room(self, for_whom: str) -> None:
        """Forget others until there is memory enough."""
        if self._taken <= self._memory:
            return
        before = len(self)
        while self._taken > self._memory and len(self) > 1:
            oldest = next(iter(self._once), for_whom)
            self._remove(oldest if oldest != for_whom else next(iter(self._again)))
        if self.time() >= self._warned + _WARNING_PERIOD:
            self._warned = self.time()
            L.warning(
                "The memory for sessions is full: the first to go are those that nobody has come back with",
                struct_data={"forgotten": before - len(self), "kept": len(self), "memory": self._memory},
            )
