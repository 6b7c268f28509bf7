"""`Session` as a mapping."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asab_app import Application
from asab_web.session import InMemorySessionStorage, Session

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=8,
)


class Storage(InMemorySessionStorage):
    """A storage that asks nothing of its application."""

    def __init__(self) -> None:
        super().__init__(Application.__new__(Application))


async def stored(session: Session) -> Session:
    """The session as the next request sees it."""
    cookie = await session.Storage.save(session)
    assert cookie is not None
    found = await session.Storage.load(cookie)
    assert found is not None
    return found


@settings(deadline=None)
@given(st.dictionaries(st.text(), JSON))
async def test_the_next_request_reads_what_was_written(content: dict[str, Any]) -> None:
    """Numbers stay numbers, and an emoji survives."""
    session = Storage().new()
    session.update(content)
    found = await stored(session)
    assert dict(found) == content
    assert list(found) == list(content)


@settings(deadline=None)
@given(st.dictionaries(st.text(), JSON), st.dictionaries(st.text(), JSON), st.lists(st.text()))
async def test_it_behaves_as_a_dict_over_two_requests(
    first: dict[str, Any], second: dict[str, Any], removed: list[str]
) -> None:
    """What the first request wrote and the second one changed or removed is what the third one sees."""
    session = Storage().new()
    session.update(first)
    session = await stored(session)
    expected = first | second
    session.update(second)
    for key in removed:
        assert session.pop(key, None) == expected.pop(key, None)
    assert len(session) == len(expected)
    assert dict(await stored(session)) == expected


@pytest.mark.parametrize("value", [object(), (1, 2), {1: 2}, {1, 2}, b"bytes", math.nan, [math.nan], [(1,)]])
def test_a_value_that_json_does_not_bring_back_unchanged_is_refused(value: object) -> None:
    """What works with sessions in memory works in any other storage; no tuple turns into a list overnight."""
    session = Storage().new()
    with pytest.raises(TypeError, match=r"session\['key'\]: JSON "):
        session["key"] = value
    assert "key" not in session


def test_a_key_that_is_no_string_is_refused() -> None:
    """The number 1 would come back as the text "1"."""
    with pytest.raises(TypeError, match=r"session\[1\]: a key has to be a string"):
        Storage().new()[1] = "one"  # type: ignore[index]


def test_what_is_put_into_a_value_later_is_refused_when_it_is_stored() -> None:
    """The error names the key, for the place of the mistake is far away."""
    session = Storage().new()
    session["cart"] = []
    session["cart"].append(object())
    with pytest.raises(TypeError, match=r"session\['cart'\]: JSON cannot hold it"):
        session.changes()


async def test_only_what_was_changed_is_stored() -> None:
    """Concurrent requests of one session do not overwrite each other's keys."""
    session = Storage().new()
    session.update(same=1, read=[1], deep=[1], other=1, gone=1)
    session = await stored(session)
    assert not session.is_changed()
    assert session["read"] == [1]
    session["same"] = 1
    session["deep"].append(2)
    session["other"] = 2
    del session["gone"]
    assert session.changes() == {"deep": "[1,2]", "other": "2", "gone": None}


def test_every_id_is_new_and_hard_to_guess() -> None:
    """There are 256 random bits in each."""
    storage = Storage()
    ids = {storage.new().Id for _ in range(1000)}
    assert len(ids) == 1000
    assert min(map(len, ids)) >= 43


def test_the_representation_holds_nothing_secret() -> None:
    """A session that is printed in an error message gives nothing away."""
    session = Storage().new()
    session["password"] = "1234"
    assert repr(session) == "<Session of 1 values>"
