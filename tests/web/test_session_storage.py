"""The contract of session storages, held against each one; the attacks are in `test_session_attacks`."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asab_app import Application
from asab_web.session import InMemorySessionStorage, Session, SessionStorage, SessionTooLargeError
from asab_web.session.testing import Clock
from tests.support.session_storages import Bench, bench
from tests.web.test_session_mapping import JSON

__all__ = ["bench"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def storage(bench: Bench, clock: Clock) -> AsyncIterator[SessionStorage]:
    storage = bench.make(Application.__new__(Application), clock, max_age=10_000, idle=1000)
    yield storage
    await storage.close()


async def keep(storage: SessionStorage, **content: Any) -> str:
    """A kept session, as its cookie."""
    session = storage.new()
    session.update(content or {"color": "blue"})
    return await saved(session)


async def saved(session: Session) -> str:
    cookie = await session.Storage.save(session)
    assert cookie is not None
    return cookie


async def loaded(storage: SessionStorage, cookie: str) -> Session:
    session = await storage.load(cookie)
    assert session is not None
    return session


async def test_a_new_session_is_kept_from_the_first_save_on(storage: SessionStorage, clock: Clock) -> None:
    """Visitors who leave nothing cost no memory."""
    session = storage.new()
    assert session.is_new()
    assert await storage.load(session.Id) is None
    session["color"] = "blue"
    session.MaxAge = 50
    cookie = await saved(session)
    clock.now += 5
    found = await loaded(storage, cookie)
    assert not found.is_new()
    assert (dict(found), found.Created, found.MaxAge) == ({"color": "blue"}, clock.now - 5, 50)


async def test_two_requests_have_sessions_of_their_own(storage: SessionStorage) -> None:
    """One that fails does not leave half a change with the other."""
    cookie = await keep(storage)
    one, other = await loaded(storage, cookie), await loaded(storage, cookie)
    one["color"] = "red"
    assert other["color"] == "blue"
    one["shape"] = "round"
    await saved(one)
    other["size"] = "big"
    last = await loaded(storage, await saved(other))
    merged = {"color": "red", "shape": "round", "size": "big"}
    assert dict(last) == (merged if storage.merges else {"color": "blue", "size": "big"})


async def test_a_removed_value_does_not_come_back_with_another_change(storage: SessionStorage) -> None:
    """What one request has removed, a slower one that has changed something else does not restore."""
    cookie = await keep(storage, color="blue", size="big")
    one, other = await loaded(storage, cookie), await loaded(storage, cookie)
    del one["color"]
    other["size"] = "small"
    await saved(other)
    assert dict(await loaded(storage, await saved(one))) == {"size": "small" if storage.merges else "big"}


async def test_a_rotated_session_has_what_was_stored_meanwhile(storage: SessionStorage, clock: Clock) -> None:
    """A login does not lose what another tab has put into the cart; and it makes nobody younger."""
    cookie = await keep(storage)
    one, other = await loaded(storage, cookie), await loaded(storage, cookie)
    clock.now += 5
    other["cart"] = ["book"]
    await saved(other)
    one.rotate()
    one["user"] = "ann"
    assert one.is_new()
    assert one.is_changed()
    rotated = await saved(one)
    found = await loaded(storage, rotated)
    assert rotated != cookie
    assert found.Created == clock.now - 5
    assert dict(found) == {"color": "blue", "user": "ann"} | ({"cart": ["book"]} if storage.merges else {})
    if storage.revokes:
        assert await storage.load(cookie) is None


async def test_an_ended_session_does_not_come_back(storage: SessionStorage) -> None:
    """A request that was under way at the logout does not undo it."""
    cookie = await keep(storage)
    sessions = [await loaded(storage, cookie) for _ in range(3)]
    sessions[0]["color"] = "red"
    sessions[1].rotate()
    sessions[2].MaxAge = 5000
    await storage.delete(sessions[0].Id)
    if storage.revokes:
        assert [await storage.save(session) for session in sessions] == [None] * 3
        assert await storage.load(cookie) is None
    await storage.delete(sessions[0].Id)  # a second time is none


async def test_a_request_that_does_not_change_the_age_leaves_it(storage: SessionStorage) -> None:
    """ "Remember me" is not undone by an image that was loaded at the same time."""
    cookie = await keep(storage)
    one, other = await loaded(storage, cookie), await loaded(storage, cookie)
    one.MaxAge = 20_000
    cookie = await saved(one)
    other["color"] = "red"
    if storage.merges:
        cookie = await saved(other)
    assert (await loaded(storage, cookie)).MaxAge == 20_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.dictionaries(st.text() | st.sampled_from(["created", "max_age", "=", "\ud800"]), JSON))
async def test_every_storage_brings_back_what_was_written(storage: SessionStorage, content: dict[str, Any]) -> None:
    """An application can move from one storage to another."""
    session = storage.new()
    session.update(content)
    try:
        cookie = await saved(session)
    except SessionTooLargeError:
        return
    found = await loaded(storage, cookie)
    assert dict(found) == content
    assert not found.is_changed()


class Typed(Session):
    """A class of one's own."""


async def test_sessions_are_of_the_given_class(storage: SessionStorage) -> None:
    """New ones and those that come back."""
    storage.session_class = Typed
    assert isinstance(storage.new(), Typed)
    assert isinstance(await storage.load(await keep(storage)), Typed)


async def test_the_error_names_what_is_large(storage: SessionStorage) -> None:
    """Whoever reads the log knows which value does not belong into a session."""
    with pytest.raises(SessionTooLargeError, match="most of them for 'pictures'"):
        await keep(storage, user="ann", pictures="x" * storage.max_size)


def in_memory(clock: Clock, memory: int = 1_000_000) -> InMemorySessionStorage:
    return InMemorySessionStorage(
        Application.__new__(Application), max_age=100, idle=10, clock=clock, memory=memory, max_size=memory
    )


async def test_sessions_in_memory_do_not_pile_up(clock: Clock) -> None:
    """A flood of visitors is forgotten once it is over, a few with each request: none has to wait for it."""
    storage = in_memory(clock)
    for _ in range(100):
        await keep(storage)
    clock.now += 11
    left = []
    while len(storage) > 1:
        left.append(len(storage))
        await keep(storage)
        clock.now += 11
    assert left[0] == 100
    assert len(left) > 2


async def test_when_memory_is_full_those_go_first_that_nobody_has_come_back_with(clock: Clock) -> None:
    """Then the least recently used."""
    storage = in_memory(clock, memory=5000)
    old, recent = await keep(storage), await keep(storage)
    for cookie in (old, recent):
        await loaded(storage, cookie)
    flood = [await keep(storage) for _ in range(50)]
    assert [await storage.load(cookie) is not None for cookie in (old, recent)] == [True, True]
    alive = [cookie for cookie in flood if await storage.load(cookie) is not None]
    assert alive == flood[-len(alive) :]
    assert 1 <= len(alive) <= 5
    last = await keep(storage, size="x" * 2000)  # all have come back with by now, but for this one
    assert await storage.load(last) is not None
    assert await storage.load(old) is None


@pytest.mark.parametrize(
    ("flood", "content"), [(3000, {"a": 1}), (400, {f"k{i}": i for i in range(50)}), (400, {"text": "ü" * 3000})]
)
async def test_the_memory_is_what_was_allowed(clock: Clock, flood: int, content: dict[str, Any]) -> None:
    """A flood does not end the process: the limit is of bytes, whatever the sessions hold."""
    storage = in_memory(clock)
    tracemalloc.start()
    try:
        for _ in range(flood):
            await keep(storage, **content)
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert taken <= 1_000_000
    assert 30 < len(storage) < flood
