"""The attacks find what is wrong with a storage: a suite that nothing fails proves nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from asab_app import Application
from asab_web.session import Session, SessionStorage
from asab_web.session.testing import Clock, SessionStorageAttacks


@dataclass
class Record:
    created: float
    max_age: float | None = None
    used: float = 0
    texts: dict[str, str] = field(default_factory=dict)


class Plain(SessionStorage):
    """A storage as somebody writes it who has read the contract."""

    room = 1500

    def __init__(self, app: Application, *, max_age: float, idle: float, clock: Clock) -> None:
        super().__init__(app, max_age=max_age, idle=idle, clock=clock)
        self.records: OrderedDict[str, Record] = OrderedDict()

    async def load(self, cookie: str) -> Session | None:
        record = self.records.get(cookie)
        if record is None or self.time() >= record.used + self.idle:
            return None
        record.used = self.time()
        session = self.restore(cookie, record.max_age, record.created, record.texts)
        self.records.move_to_end(cookie)
        return None if session.is_expired() else session

    async def save(self, session: Session) -> str | None:
        changes = session.changes()
        self.check_size(session)
        if session.stored_id is None:
            record = Record(session.Created)
        elif session.stored_id in self.records:
            record = self.records.pop(session.stored_id)
        else:
            return None
        record.used, record.max_age = self.time(), session.MaxAge
        self.change(record, session, changes)
        self.records[session.Id] = record
        self.make_room()
        return session.Id

    def change(self, record: Record, session: Session, changes: dict[str, str | None]) -> None:
        record.texts |= {key: text for key, text in changes.items() if text is not None}
        record.texts = {key: text for key, text in record.texts.items() if changes.get(key, "") is not None}

    def make_room(self) -> None:
        """The second oldest goes: the first one is at work, in the attack."""
        while len(self.records) > self.room:
            del self.records[list(self.records)[1]]

    async def delete(self, session_id: str) -> None:
        self.records.pop(session_id, None)


class Adopting(Plain):
    """Takes over the id of a client."""

    async def load(self, cookie: str) -> Session | None:
        found = await super().load(cookie)
        return self.session_class(self, cookie, True) if found is None else found


class Forgetful(Plain):
    """Does not forget."""

    async def delete(self, session_id: str) -> None:
        pass


class Resurrecting(Plain):
    """Saves what was deleted meanwhile."""

    async def save(self, session: Session) -> str | None:
        if value := await super().save(session):
            return value
        session.stored_id = None
        return await super().save(session)


class Copying(Plain):
    """Keeps a rotated session by its old id, too."""

    async def save(self, session: Session) -> str | None:
        old = self.records.get(session.stored_id or "")
        value = await super().save(session)
        if old and session.stored_id:
            self.records[session.stored_id] = old
        return value


class Careless(Plain):
    """Reads an id as generously as base64 does."""

    async def load(self, cookie: str) -> Session | None:
        return await super().load(cookie.removesuffix("="))


class Raising(Plain):
    """Fails for what a client sends."""

    async def load(self, cookie: str) -> Session | None:
        cookie.encode("ascii")
        return await super().load(cookie)


class Overwriting(Plain):
    """Keeps what one request has seen."""

    def change(self, record: Record, session: Session, changes: dict[str, str | None]) -> None:
        record.texts = session.texts()


class Lazy(Plain):
    """Does not look at how long a session was idle."""

    async def load(self, cookie: str) -> Session | None:
        if record := self.records.get(cookie):
            record.used = self.time()
        return await super().load(cookie)


class Rejuvenating(Plain):
    """Counts the age from the last change."""

    async def save(self, session: Session) -> str | None:
        value = await super().save(session)
        self.records[session.Id].created = self.time()
        return value


class Eager(Plain):
    """Keeps what holds nothing."""

    def new(self) -> Session:
        session = super().new()
        self.records[session.Id] = Record(session.Created)
        return session


class Boundless(Plain):
    """Has room for everything."""

    room = 10**9


class Limitless(Plain):
    """Takes sessions of any size."""

    def check_size(self, session: Session, size: int | None = None) -> None:
        pass


class Unfair(Plain):
    """Forgets the oldest when it is full."""

    def make_room(self) -> None:
        while len(self.records) > self.room:
            self.records.popitem(last=False)


class Attacks(SessionStorageAttacks):
    """The suite for one of these."""

    bound = 1500

    def __init__(self, storage: type[Plain]) -> None:
        self._storage = storage

    def make_storage(self, app: Application, clock: Clock) -> SessionStorage:
        return self._storage(app, max_age=self.max_age, idle=self.idle, clock=clock)

    async def kept(self, storage: SessionStorage) -> int | None:
        assert isinstance(storage, Plain)
        return len(storage.records)


ATTACKS = [name for name in dir(SessionStorageAttacks) if name.startswith("test_")]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_storage_by_the_contract_passes(attack: str) -> None:
    """Nothing is asked of a storage that the contract does not say."""
    getattr(Attacks(Plain), attack)()


@pytest.mark.parametrize(
    ("storage", "attack"),
    [
        (Adopting, "an_id_that_a_client_has_chosen_is_not_taken_over"),
        (Copying, "who_knew_the_cookie_before_the_login_is_not_logged_in"),
        (Forgetful, "a_stolen_cookie_opens_nothing_after_the_logout"),
        (Resurrecting, "a_request_under_way_does_not_undo_the_logout"),
        (Careless, "a_cookie_that_was_changed_opens_nothing"),
        (Raising, "a_cookie_that_is_none_of_its_own_is_nothing"),
        (Overwriting, "concurrent_requests_lose_no_update"),
        (Lazy, "an_idle_session_ends_and_a_used_one_does_not"),
        (Rejuvenating, "a_session_ends_at_its_absolute_age"),
        (Eager, "visitors_who_leave_nothing_cost_nothing"),
        (Boundless, "a_flood_of_new_sessions_is_bounded_and_logs_nobody_out"),
        (Unfair, "a_flood_of_new_sessions_is_bounded_and_logs_nobody_out"),
        (Limitless, "a_session_that_is_too_large_is_refused_and_stays_as_it_was"),
    ],
)
def test_a_storage_with_a_hole_does_not_pass(storage: type[Plain], attack: str) -> None:
    """Whoever writes a storage learns from the suite what is wrong with it."""

    run: Callable[[], None] = getattr(Attacks(storage), f"test_{attack}")
    with pytest.raises((AssertionError, UnicodeError)):
        run()


USERS_TEST = """
import sys
import unittest
from asab_web.session import InMemorySessionStorage as MyStorage
from asab_web.session.testing import SessionStorageAttacks
assert ("pytest" in sys.modules) is (__name__ != "__main__")

class TestMyStorage(SessionStorageAttacks, {base}):
    def make_storage(self, app, clock):
        return MyStorage(app, max_age=self.max_age, idle=self.idle, clock=clock)

if __name__ == "__main__":
    unittest.main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("base", "command", "passed"),
    [
        ("object", ["-m", "pytest", "-q", "-p", "no:asyncio", "test_mine.py"], r"(\d+) passed"),
        ("unittest.TestCase", ["test_mine.py"], r"Ran (\d+) tests .*\n\nOK"),
    ],
    ids=["pytest", "unittest"],
)
def test_a_user_runs_the_attacks_without_installing_anything(
    base: str, command: list[str], passed: str, tmp_path: Path
) -> None:
    """A storage of one's own is tested by whatever the project uses; pytest is not imported where it is not used."""
    (tmp_path / "test_mine.py").write_text(USERS_TEST.format(base=base))
    result = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False)
    match = re.search(passed, result.stdout + result.stderr)
    assert match, result.stdout + result.stderr
    assert int(match[1]) == len(ATTACKS)
