"""The record of a plain call: the standard library's, field by field, though we make it ourselves."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import asab_log

if TYPE_CHECKING:
    from collections.abc import Callable

L = asab_log.StructuredLogger("alone", 1)
"""In no tree: a handler above it would add fields."""
TIMES = {"created", "msecs", "relativeCreated"}


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    handler = Kept()
    L.addHandler(handler)
    yield handler
    L.removeHandler(handler)


def both(kept: Kept, level: int, msg: object, *args: object) -> tuple[dict[str, object], dict[str, object]]:
    """Return the fields of a record of ours and of the standard library's, made here and now."""
    line = sys._getframe().f_lineno + 1
    L.log(level, msg, *args)
    theirs = logging.LogRecord(L.name, level, __file__, line, msg, args, None, "both", None)
    return kept.records.pop().__dict__, theirs.__dict__


anything = st.one_of(st.text(), st.integers(), st.none(), st.dictionaries(st.text(), st.integers(), max_size=2))


@given(level=st.integers(1, 60), msg=anything, args=st.lists(anything, max_size=3))
def test_every_field_is_as_the_standard_library_has_it(kept: Kept, level: int, msg: object, args: list[object]) -> None:
    """Formatters and filters of others read any of them, and their order shows in a dump."""
    ours, theirs = both(kept, level, msg, *args)
    assert list(ours) == list(theirs)
    assert {name: ours[name] for name in ours.keys() - TIMES} == {name: theirs[name] for name in theirs.keys() - TIMES}


def test_the_times_are_one_moment(kept: Kept) -> None:
    """Who sorts by one of them must not get another order than by the others."""
    before = logging.LogRecord("", 0, "", 0, "", None, None)
    ours, after = both(kept, logging.INFO, "Hello")
    for name in ("created", "relativeCreated"):
        assert before.__dict__[name] - 0.001 <= ours[name] <= after[name] + 0.001  # type: ignore[operator]
    created, msecs = kept_times(ours)
    assert msecs == int(created % 1 * 1000)


def kept_times(fields: dict[str, object]) -> tuple[float, float]:
    created, msecs = fields["created"], fields["msecs"]
    assert isinstance(created, float)
    assert isinstance(msecs, float)
    return created, msecs


def test_a_mapping_of_any_kind_fills_named_arguments(kept: Kept) -> None:
    """`%(name)s` in the message is the standard library's own way."""
    L.info("%(name)s", MappingProxyType({"name": "value"}))
    assert kept.records.pop().getMessage() == "value"


async def test_the_task_is_named(kept: Kept) -> None:
    """On Python 3.12 and later a record tells which task has logged it."""

    async def work() -> None:
        ours, theirs = both(kept, logging.INFO, "Hello")
        assert ours.get("taskName") == theirs.get("taskName")
        assert ours.get("taskName", "the worker") == "the worker"

    await asyncio.create_task(work(), name="the worker")
    of_a_callback = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(lambda: of_a_callback.set_result(both(kept, logging.INFO, "Hello")[0]))
    assert (await of_a_callback).get("taskName") is None


def test_the_thread_is_named(kept: Kept) -> None:
    """A log of many threads is read by their names."""
    with ThreadPoolExecutor(1, thread_name_prefix="worker") as pool:
        ours, theirs = pool.submit(both, kept, logging.INFO, "Hello").result()
    assert ours["threadName"] == theirs["threadName"] == "worker_0"
    assert ours["thread"] == theirs["thread"] != threading.get_ident()


def test_the_process_is_named(run_script: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """The workers of `multiprocessing` are told apart by it."""
    code = """if __name__ == '__main__':
        import logging, multiprocessing, asab_log
        multiprocessing.current_process().name = 'worker'
        logging.basicConfig(format='%(processName)s %(module)s %(filename)s')
        logging.getLogger('x').warning('Hello')
    """
    assert run_script(code).stderr == "worker <string> <string>\n"


@pytest.mark.parametrize(
    ("switch", "field"),
    [
        ("logThreads", "thread"),
        ("logThreads", "threadName"),
        ("logProcesses", "process"),
        ("logMultiprocessing", "processName"),
        ("logAsyncioTasks", "taskName"),  # of Python 3.12 and later
    ],
)
async def test_what_is_switched_off_is_not_asked_for(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, switch: str, field: str
) -> None:
    """These are the standard library's documented switches."""
    monkeypatch.setattr(logging, switch, False, raising=False)
    ours, theirs = both(kept, logging.INFO, "Hello")
    assert ours.get(field) is theirs.get(field) is None


def test_a_record_factory_makes_every_record(kept: Kept) -> None:
    """It is the documented way to add fields to all records."""

    class Factory(logging.LogRecord):
        pass

    logging.setLogRecordFactory(Factory)
    try:
        L.info("Hello", struct_data={"a": 1})
    finally:
        logging.setLogRecordFactory(logging.LogRecord)
    assert type(kept.records.pop()) is Factory


def test_a_logger_class_of_its_own_makes_its_records() -> None:
    """`makeRecord` is documented to be overridden."""

    class Own(logging.Logger):
        def makeRecord(self, *args: object, **kwargs: object) -> logging.LogRecord:
            record = super().makeRecord(*args, **kwargs)  # type: ignore[arg-type]
            record.own = True
            return record

    logger, handler = Own("own"), Kept()
    logger.addHandler(handler)
    logger.info("Hello")
    assert handler.records[0].__dict__["own"]


def test_extra_fields_are_on_the_record(kept: Kept) -> None:
    """And one that would hide a field of the record's own is refused, as ever."""
    L.info("Hello", extra={"mine": 1})
    assert kept.records.pop().__dict__["mine"] == 1
    with pytest.raises(KeyError, match="lineno"):
        L.info("Hello", extra={"lineno": 1})
