"""The inbox: what a message changes is changed once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from asab_mom import Inbox, Properties
from asab_utils import PersistentDict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def state(tmp_path: Path) -> Iterator[PersistentDict]:
    with PersistentDict(tmp_path / "state") as state:
        yield state


def count(state: PersistentDict) -> None:
    state["count"] = state.get("count", 0) + 1


def message(identity: str | None) -> Properties:
    return Properties(message_id=identity)


async def test_the_effect_of_a_message_that_comes_twice_happens_once(state: PersistentDict) -> None:
    """The one thing that an inbox is for."""
    inbox = Inbox(state)
    assert await inbox.once(message("a"), count)
    assert not await inbox.once(message("a"), count)
    assert await inbox.once(message("b"), count)
    assert dict(state) == {"count": 2}


async def test_what_was_handled_is_known_to_the_next_process(state: PersistentDict, tmp_path: Path) -> None:
    """A redelivery comes after a crash more often than not."""
    await Inbox(state).once(message("a"), count)
    with PersistentDict(tmp_path / "state") as reopened:
        assert not await Inbox(reopened).once(message("a"), count)


async def test_an_effect_that_raises_has_not_happened_and_may_come_again(state: PersistentDict) -> None:
    """Half of an effect is none."""
    inbox = Inbox(state)

    def fail(state: PersistentDict) -> None:
        count(state)
        raise LookupError("no such account")

    with pytest.raises(LookupError, match="no such account"):
        await inbox.once(message("a"), fail)
    assert dict(state) == {}
    assert await inbox.once(message("a"), count)


async def test_a_message_that_comes_many_times_at_once_has_its_effect_once(state: PersistentDict) -> None:
    """Two consumers may have it at the same time, when a server thinks that one of them is gone."""
    with PersistentDict(repr(state).split("'")[1]) as other:
        inboxes = [Inbox(state), Inbox(other)]
        results = await asyncio.gather(*(inboxes[i % 2].once(message(str(i // 10)), count) for i in range(100)))
    assert sum(results) == 10
    assert dict(state) == {"count": 10}


async def test_two_handlers_of_a_message_have_an_inbox_each(state: PersistentDict) -> None:
    """What one has done is not done by the other."""
    assert await Inbox(state, "bill").once(message("a"), count)
    assert await Inbox(state, "ship").once(message("a"), count)
    assert not await Inbox(state, "bill").once(message("a"), count)


async def test_the_newest_ids_are_kept_and_no_more(state: PersistentDict) -> None:
    """An inbox does not grow with the years."""
    inbox = Inbox(state, number=10)
    await Inbox(state, "other").once("other", count)
    for i in range(100):
        assert await inbox.once(str(i), count)
    assert [i for i in range(100) if await inbox.once(str(i), lambda state: None)][:90] == list(range(90))
    with state.transaction() as connection:
        rows = connection.execute("SELECT name, count(*) FROM asab_inbox GROUP BY name ORDER BY name").fetchall()
    assert rows == [("", 10), ("other", 1)]


async def test_a_message_without_an_id_is_an_error_unless_one_says_who_it_is(state: PersistentDict) -> None:
    """What cannot be recognised is not taken for new."""
    inbox = Inbox(state)
    with pytest.raises(ValueError, match="the message has no message_id"):
        await inbox.once(message(None), count)
    assert await inbox.once("order 42", count)
    assert not await inbox.once("order 42", count)
    with pytest.raises(ValueError, match="number = 0: an inbox keeps at least 1 id"):
        Inbox(state, number=0)
