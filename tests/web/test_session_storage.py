"""The contract of session storages, held against each one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asab_app import Application
from asab_web.session import InMemorySessionStorage, Session, SessionStorage


class Clock:
    """A clock that stands still until it is told to go on."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


MakeStorage = Callable[[Clock], SessionStorage]


def in_memory(clock: Clock) -> SessionStorage:
    return InMemorySessionStorage(Application.__new__(Application), max_age=100, idle=10, clock=clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=[in_memory])
def storage(request: pytest.FixtureRequest, clock: Clock) -> SessionStorage:
    make: MakeStorage = request.param
    return make(clock)


async def keep(storage: SessionStorage, max_age: float | None = None) -> str:
    """A kept session, as its cookie."""
    session = storage.new()
    session["color"] = "blue"
    session.MaxAge = max_age
    return await storage.save(session)


async def test_a_new_session_is_kept_from_the_first_save_on(storage: SessionStorage, clock: Clock) -> None:
    """Visitors who leave nothing cost no memory."""
    session = storage.new()
    assert session.is_new()
    assert await storage.load(session.Id) is None
    cookie = await keep(storage, 50)
    clock.now += 5
    found = await storage.load(cookie)
    assert found is not None
    assert not found.is_new()
    assert (dict(found), found.Created, found.MaxAge) == ({"color": "blue"}, clock.now - 5, 50)


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "\0", "ü" * 10_000, "../../etc/passwd"])
async def test_a_cookie_that_it_did_not_make_is_nothing(storage: SessionStorage, cookie: str) -> None:
    """A client cannot make a session, nor break anything by trying."""
    assert await storage.load(cookie) is None


async def test_two_requests_have_sessions_of_their_own(storage: SessionStorage) -> None:
    """One that fails does not leave half a change with the other."""
    cookie = await keep(storage)
    one, other = await storage.load(cookie), await storage.load(cookie)
    assert one is not None
    assert other is not None
    one["color"] = "red"
    assert other["color"] == "blue"
    one["shape"] = "round"
    await storage.save(one)
    other["size"] = "big"
    await storage.save(other)
    last = await storage.load(cookie)
    assert last is not None
    assert dict(last) == {"color": "red", "shape": "round", "size": "big"}


async def test_a_deleted_session_stays_deleted(storage: SessionStorage) -> None:
    """A request that was under way at the logout does not undo it."""
    cookie = await keep(storage)
    session = await storage.load(cookie)
    assert session is not None
    await storage.delete(session.Id)
    session["color"] = "red"
    await storage.save(session)
    assert await storage.load(cookie) is None
    await storage.delete(session.Id)  # a second time is none


async def test_an_idle_session_ends_and_a_used_one_does_not(storage: SessionStorage, clock: Clock) -> None:
    """Who walks away from a computer is logged out, who works is not."""
    used, idle = await keep(storage), await keep(storage)
    for _ in range(3):
        clock.now += 6
        assert await storage.load(used) is not None
    assert await storage.load(idle) is None


async def test_a_session_ends_at_its_absolute_age_however_much_it_is_used(
    storage: SessionStorage, clock: Clock
) -> None:
    """A stolen session does not live for ever."""
    cookies = await keep(storage), await keep(storage, 23), await keep(storage, 1000)
    alive: list[tuple[bool, ...]] = []
    for _ in range(17):
        clock.now += 6
        alive.append(tuple([await storage.load(cookie) is not None for cookie in cookies]))
    assert alive == [(True, True, True)] * 3 + [(True, False, True)] * 13 + [(False, False, True)]


async def test_rotation_does_not_make_a_session_younger(storage: SessionStorage, clock: Clock) -> None:
    """The absolute age counts from the beginning, not from the last login."""
    session = await storage.load(await keep(storage))
    assert session is not None
    clock.now += 5
    session.rotate()
    assert session.retired() != [session.Id]
    found = await storage.load(await storage.save(session))
    assert found is not None
    assert (dict(found), found.Created) == ({"color": "blue"}, clock.now - 5)


async def test_sessions_in_memory_do_not_pile_up(clock: Clock) -> None:
    """A flood of visitors is forgotten once it is over."""
    storage = in_memory(clock)
    for _ in range(100):
        await keep(storage)
    clock.now += 11
    await keep(storage)
    assert isinstance(storage, InMemorySessionStorage)
    assert len(storage) == 1


class Typed(Session):
    """A class of one's own."""


async def test_sessions_are_of_the_given_class(storage: SessionStorage) -> None:
    """New ones and those that come back."""
    storage.session_class = Typed
    assert isinstance(storage.new(), Typed)
    assert isinstance(await storage.load(await keep(storage)), Typed)
