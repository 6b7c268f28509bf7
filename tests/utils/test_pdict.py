"""`PersistentDict`: a dictionary that outlives the process."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asab_utils import PersistentDict, PersistentDictError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.file"


def test_the_content_is_there_when_the_file_is_opened_again(path: Path) -> None:
    """What it is for."""
    with PersistentDict(path) as state:
        assert state.setdefault("foo", 0) == 0
        state["bar"] = {"nested": [1, 2]}
        state["foo"] += 1
    with PersistentDict(path) as state:
        assert dict(state) == {"foo": 1, "bar": {"nested": [1, 2]}}


def test_it_is_a_mapping_like_any_other(path: Path) -> None:
    """Everything a dict does, in the order of insertion."""
    with PersistentDict(path) as state:
        state.update({"a": 1}, b=2)
        state.update([("c", 3)])
        assert list(state.items()) == [("a", 1), ("b", 2), ("c", 3)]
        state["a"] = 10
        assert list(state) == ["a", "b", "c"]
        assert len(state) == 3
        assert "b" in state
        assert "x" not in state
        del state["b"]
        with pytest.raises(KeyError):
            del state["b"]
        assert state.get("b") is None
        assert state.pop("b", 7) == 7
        with pytest.raises(KeyError):
            state.pop("b")
        assert state.popitem() == ("c", 3)
        assert state == {"a": 10}
        assert "some.file" in repr(state)
        state.clear()
        assert not state
        with pytest.raises(KeyError):
            state.popitem()


def test_load_reads_several_keys_at_once(path: Path) -> None:
    """The documented use, and a missing key is a KeyError."""
    with PersistentDict(path) as pdict:
        pdict.update(k1=1, k2=2, k3=3)
        v1, v2, v3 = pdict.load("k1", "k2", "k3")
        assert (v1, v2, v3) == (1, 2, 3)
        assert pdict.load(["k3", "k1"]) == [3, 1]
        with pytest.raises(KeyError, match="k4"):
            pdict.load("k1", "k4")
        assert pdict.load() == []
        numbers = list(range(40_000))
        pdict.update(zip(numbers, numbers, strict=True))
        assert pdict.load(numbers) == numbers


_ZONES = st.none() | st.sampled_from([UTC, timezone(timedelta(hours=-3), "BRT"), ZoneInfo("Europe/Prague")])
_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(timezones=_ZONES)
)
_KEYS: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        _SCALARS.filter(lambda x: x == x) | st.lists(_KEYS, max_size=3).map(tuple) | st.frozensets(_KEYS, max_size=3)
    )
)
_VALUES: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        _SCALARS
        | st.lists(_VALUES, max_size=3)
        | st.lists(_VALUES, max_size=3).map(tuple)
        | st.sets(_KEYS, max_size=3)
        | st.dictionaries(_KEYS, _VALUES, max_size=3)
    )
)


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal in type and all, and not a number equal to itself."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    if isinstance(a, (set, frozenset)):
        return bool(a == b)
    return repr(a) == repr(b)


@given(content=st.dictionaries(_KEYS, _VALUES, max_size=5))
def test_what_is_read_is_what_was_written_type_and_all(
    tmp_path_factory: pytest.TempPathFactory, content: dict[Any, Any]
) -> None:
    """No tuple comes back as a list, no integer key as text, and equal keys are one key."""
    with PersistentDict(tmp_path_factory.mktemp("pdict") / "file") as state:
        state.update(content)
        assert same(list(state), list(content))
        for key, value in content.items():
            assert same(state[key], value)


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize("value", [object(), Text("x"), [{1: Text("x")}], 1j, datetime.now().date()])
def test_what_cannot_come_back_unchanged_is_refused_at_the_write(path: Path, value: object) -> None:
    """Better a TypeError today than another type tomorrow."""
    with PersistentDict(path) as state:
        with pytest.raises(TypeError, match="cannot be stored"):
            state["key"] = value
        with pytest.raises(TypeError, match="cannot be stored"):
            state.update({"fine": 1, "key": value})
        assert not state


def test_a_value_that_contains_itself_is_refused(path: Path) -> None:
    """A clear error in place of a stack overflow."""
    value: list[Any] = []
    value.append(value)
    with PersistentDict(path) as state, pytest.raises(TypeError, match="contains itself"):
        state["key"] = value


@pytest.mark.parametrize("key", [[], {}, set(), float("nan"), (1, [])])
def test_keys_are_those_of_a_dict(path: Path, key: object) -> None:
    """An unhashable key is a TypeError, and one that would never be found again too."""
    with PersistentDict(path) as state, pytest.raises(TypeError):
        state[key] = 1


@pytest.mark.parametrize("content", [b"some text of somebody else", b"SQLite format 3\0 and then nonsense" * 100])
def test_a_foreign_or_damaged_file_is_named_and_left_alone(path: Path, content: bytes) -> None:
    """A wrong path in a configuration must not cost anybody a file."""
    path.write_bytes(content)
    with pytest.raises(PersistentDictError, match=r"some\.file"):
        PersistentDict(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    """Not every SQLite file is ours."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE precious (x)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(PersistentDictError, match="another program"):
        PersistentDict(path)
    assert path.read_bytes() == before


def test_a_file_of_a_newer_format_is_refused(path: Path) -> None:
    """Going back a release must not misread what a newer one wrote."""
    PersistentDict(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(PersistentDictError, match="format 99"):
        PersistentDict(path)


def test_a_place_where_no_file_can_be_is_an_error_with_the_path(tmp_path: Path) -> None:
    """A folder, or a path below a file."""
    (tmp_path / "file").write_text("")
    for bad in (tmp_path, tmp_path / "file" / "below"):
        with pytest.raises(PersistentDictError, match=str(bad)):
            PersistentDict(bad)


def test_a_relative_path_is_that_of_the_start(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon forks and goes to another folder; its state must not begin anew there."""
    monkeypatch.chdir(path.parent)
    (path.parent / "elsewhere").mkdir()
    with PersistentDict("state") as state:
        state["x"] = 1
        os.chdir("elsewhere")
        child = os.fork()  # the file is opened again on both sides
        if child == 0:
            code = 1
            try:
                code = 0 if "x" in state else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert state["x"] == 1


def test_names_that_sqlite_takes_for_no_file_are_files(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was stored must be there the next time."""
    monkeypatch.chdir(path.parent)
    with PersistentDict(":memory:") as state:
        state["x"] = 1
    with PersistentDict(":memory:") as state:
        assert state["x"] == 1
    with pytest.raises(PersistentDictError, match="'' is not the path of a file"):
        PersistentDict("")


def test_an_iteration_sees_one_moment(path: Path) -> None:
    """Whoever writes meanwhile, the loop itself included, neither breaks it nor shows up in it."""
    with PersistentDict(path) as state, PersistentDict(path) as other:
        state.update({"a": 1, "b": 2, "c": 3})
        seen = []
        for key, value in state.items():
            seen.append((key, value))
            other.clear()
            other["new"] = 0
        assert seen == [("a", 1), ("b", 2), ("c", 3)]
        values = iter(other.values())
        assert next(values) == 0
        state.clear()
        assert list(values) == []
        assert list(state) == []


class Points:
    """A codec of complex numbers."""

    @staticmethod
    def encode(value: complex) -> tuple[float, float]:
        return value.real, value.imag

    @staticmethod
    def decode(stored: tuple[float, float]) -> complex:
        return complex(*stored)


def test_a_codec_stores_values_of_other_types(path: Path) -> None:
    """By every way that leads in and out; what was written without it stays readable."""
    with PersistentDict(path) as state:
        state["plain"] = 1
    with PersistentDict(path, codec=Points) as state:
        state["a"] = 1 + 2j
        state.update(b=2j, c=3j)
        assert state.setdefault("d", 4j) == 4j
        assert state.load("a", "b", "plain") == [1 + 2j, 2j, 1]
        assert state.popitem() == ("d", 4j)
        assert state.pop("c") == 3j
        assert dict(state) == {"plain": 1, "a": 1 + 2j, "b": 2j}
        assert 2j in state.values()


def test_what_a_codec_cannot_take_is_not_stored(path: Path) -> None:
    """Its error is the operation's, and the old value stays."""
    with PersistentDict(path, codec=Points) as state:
        state["a"] = 1j
        with pytest.raises(AttributeError):
            state.update(a=2j, b="text")
        assert dict(state) == {"a": 1j}


def test_values_of_a_codec_are_not_handed_out_raw(path: Path) -> None:
    """Whoever forgets it is told, and loses nothing."""
    with PersistentDict(path, codec=Points) as state:
        state["a"] = 1j
    with PersistentDict(path) as state:
        for use in (lambda: state["a"], lambda: state.popitem(), lambda: list(state.items())):
            with pytest.raises(PersistentDictError, match=r"some\.file has values that were written by a codec"):
                use()
        assert list(state) == ["a"]


def test_parent_folders_are_made_and_a_bare_name_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`PersistentDict("some.file")` is the documented use."""
    monkeypatch.chdir(tmp_path)
    with PersistentDict("some.file") as state:
        state["a"] = 1
    with PersistentDict("deep/er/some.file", sync=True) as state:
        state["a"] = 1
    assert (tmp_path / "some.file").exists()
    assert (tmp_path / "deep" / "er" / "some.file").exists()


def test_a_closed_dictionary_says_so(path: Path) -> None:
    """Use after close is a mistake of the program."""
    state = PersistentDict(path)
    state.close()
    state.close()
    with pytest.raises(ValueError, match="closed"):
        state["a"] = 1


def test_threads_share_it(path: Path) -> None:
    """Eight threads lose nothing."""

    def write(number: int) -> None:
        for i in range(25):
            state[number, i] = i

    with PersistentDict(path) as state:
        threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(state) == 200


_WRITER = """
import sys
from asab_utils import PersistentDict
state = PersistentDict(sys.argv[1])
for i in range(50):
    state[sys.argv[2], i] = i
"""


def test_processes_share_it(path: Path) -> None:
    """Four processes that open and write one new file at once lose nothing."""
    processes = [subprocess.Popen([sys.executable, "-c", _WRITER, path, str(n)]) for n in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    with PersistentDict(path) as state:
        assert len(state) == 200


def _fail_after(state: PersistentDict, change: Callable[[], object]) -> None:
    with state.transaction():
        change()
        raise LookupError


def test_a_transaction_happens_as_a_whole_or_not_at_all(path: Path) -> None:
    """What belongs together is never half there, whatever raises in between."""
    with PersistentDict(path) as state, PersistentDict(path) as other:
        state.update(free=2, taken=0)
        with state.transaction():
            state["free"] -= 1
            state["taken"] += state.pop("free")
            assert dict(other) == {"free": 2, "taken": 0}
        assert dict(other) == {"taken": 1}
        with pytest.raises(LookupError):
            _fail_after(state, state.clear)
        assert dict(other) == {"taken": 1}


def test_a_transaction_within_another_is_undone_alone_and_done_with_the_whole(path: Path) -> None:
    """A part may fail and be done without; a function that uses one works within another's."""
    with PersistentDict(path) as state:
        with state.transaction():
            state["a"] = 1
            with pytest.raises(LookupError):
                _fail_after(state, lambda: state.update(b=2))
            with pytest.raises(KeyError):
                state.pop("b")
            with state.transaction():
                state["c"] = 3
        assert dict(state) == {"a": 1, "c": 3}
        with pytest.raises(LookupError):
            _fail_after(state, lambda: state.update(d=4))
        assert "d" not in state


def test_a_table_of_ones_own_shares_the_transactions_of_the_dictionary(path: Path) -> None:
    """Who needs SQL for a part has one file and one truth."""
    with PersistentDict(path) as state:
        with state.transaction() as connection:
            connection.execute("CREATE TABLE visits (page TEXT)")
        with pytest.raises(LookupError):
            _fail_after(state, lambda: connection.execute("INSERT INTO visits VALUES ('home')"))
        with state.transaction() as connection:
            assert connection.execute("SELECT count(*) FROM visits").fetchone() == (0,)
    with PersistentDict(path) as state:
        assert dict(state) == {}


def test_a_store_opened_before_a_fork_works_on_both_sides(path: Path) -> None:
    """A daemon opens its state, then forks."""
    with PersistentDict(path) as state:
        state["before"] = 1
        child = os.fork()
        if child == 0:
            code = 1
            try:
                state["child"] = state["before"] + 1
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        state["parent"] = 3
        assert dict(state) == {"before": 1, "child": 2, "parent": 3}


_KILLED = """
import sys
from asab_utils import PersistentDict
state = PersistentDict(sys.argv[1])
n = state.setdefault("n", 0)
while True:
    n += 1
    state.update({"n": n, "twin": n})
    print(n, flush=True)
"""


@pytest.mark.parametrize("lines", [1, 2, 10, 100])
def test_a_write_that_returned_survives_kill_9(path: Path, lines: int) -> None:
    """Old value or new value, never half of an update, and nothing acknowledged is lost."""
    with subprocess.Popen([sys.executable, "-c", _KILLED, path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(lines)][-1]
        process.kill()
    with PersistentDict(path) as state:
        assert state["n"] >= acknowledged
        assert state["n"] == state["twin"]
