"""Logging never raises into the caller, and what could not be shown is a record all the same."""

from __future__ import annotations

import logging
import logging.handlers
import sys
from typing import TYPE_CHECKING, Any

import pytest

from asab_log import StructuredDataFormatter, context
from tests.log.test_injection import FORMATS, L, assert_one_record, each_format, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Hostile:
    """Raises whenever it is looked at."""

    def _raise(self, *args: object) -> Any:
        raise RuntimeError("no")

    __str__ = __repr__ = __format__ = __eq__ = __hash__ = __bool__ = __len__ = __iter__ = _raise


class Nameless:
    """Raises even when it is asked for its class."""

    @property  # type: ignore[misc]  # in `object` it can be set
    def __class__(self) -> Any:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        raise RuntimeError("no")


class HostileKey(Hostile):
    def __hash__(self) -> int:  # type: ignore[override]  # a key has to have one
        return 1


class HostileError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


class Unreadable(dict[str, object]):
    def items(self) -> Any:
        raise RuntimeError("no")


@pytest.fixture(autouse=True)
def quiet(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Hold the handlers to complaining of nothing."""
    yield
    assert "--- Logging error ---" not in capsys.readouterr().err


DEEP: list[object] = []
for _ in range(100_000):
    DEEP = [DEEP]

# Made when they are needed: whoever looks through all objects of the process must not meet one of these.
CALLS: dict[str, Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "message": lambda: ((Hostile(),), {}),
    "argument": lambda: (("%s", Hostile()), {}),
    "argument with !r": lambda: (("%r %s", Hostile(), 1), {}),
    "mapping of arguments": lambda: (("%(a)s", {"a": Hostile()}), {}),
    "too many arguments": lambda: (("x", 1, 2), {}),
    "too few arguments": lambda: (("%s %s", 1), {}),
    "arguments of another type": lambda: (("%d", "x"), {}),
    "a bad format": lambda: (("100%", 1), {}),
    "value": lambda: (("x",), {"struct_data": {"a": Hostile(), "b": 1}}),
    "value without a class": lambda: (("x",), {"struct_data": {"a": Nameless(), "b": 1}}),
    "nested value": lambda: (("x",), {"struct_data": {"a": [{"b": Hostile()}]}}),
    "deep value": lambda: (("x",), {"struct_data": {"a": DEEP}}),
    "key": lambda: (("x",), {"struct_data": {HostileKey(): 1}}),
    "nested key": lambda: (("x",), {"struct_data": {"a": {HostileKey(): 1}}}),
    "no mapping": lambda: (("x",), {"struct_data": Hostile()}),
    "nothing with a class": lambda: (("x",), {"struct_data": Nameless()}),
    "mapping that cannot be read": lambda: (("x",), {"struct_data": Unreadable(a=1)}),
    "exception": lambda: (("x",), {"exc_info": HostileError()}),
    "exception of hostile arguments": lambda: (("x",), {"exc_info": ValueError(Hostile())}),
    "no exception": lambda: (("x",), {"exc_info": (1, 2, 3)}),
    "no exception being handled": lambda: (("x",), {"exc_info": True}),
}


@each_format
@pytest.mark.parametrize("call", CALLS)
def test_a_hostile_record_is_one_record(name: str, call: str) -> None:
    """The error that is being logged is worth more than the mistake in the log call."""
    args, kwargs = CALLS[call]()
    assert_one_record(name, written(name, lambda: L.error(*args, **kwargs)))


@each_format
def test_a_hostile_context_is_no_danger(name: str) -> None:
    """What is bound once is in all records of a request."""

    def log() -> None:
        with context(a=Hostile(), b=Nameless()):
            L.error("x", struct_data={"c": Hostile()})
            L.error("x", struct_data=Unreadable(a=1))

    lines = written(name, log).splitlines(keepends=True)
    assert len(lines) == 2
    for line in lines:
        assert_one_record(name, line)


@each_format
def test_what_ends_a_program_is_let_through(name: str) -> None:
    """Ctrl-C while a record is being written is still Ctrl-C."""

    class Interrupted:
        def __str__(self) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        written(name, lambda: L.error("%s", Interrupted()))


@pytest.mark.parametrize("style", ["%", "{", "$"])
def test_a_field_that_a_record_does_not_have_costs_the_format_and_not_the_record(style: str) -> None:
    """A format with `%(user)s` meets the records of libraries that know no user."""
    fmt = {"%": "%(user)s %(message)s", "{": "{user:>5} {message}", "$": "$user $message"}[style]
    formatter = StructuredDataFormatter(fmt=fmt, style=style)  # type: ignore[arg-type]
    fields = {"name": "n", "levelno": 40, "levelname": "ERROR", "msg": "x\ny", "_struct_data": {"a": 1}}
    for more in ({}, {"user": Hostile()}):
        line = formatter.format(logging.makeLogRecord({**fields, **more}))
        assert line.startswith(r'ERROR n [sd a="1"] : x\ny (its format cannot be filled: ')


FIELDS = ["name", "levelno", "levelname", "msg", "args", "created", "process", "exc_info", "exc_text", "stack_info"]
VALUES: list[Callable[[], object]] = [
    Hostile, object, dict, lambda: None, lambda: [1], lambda: b"\n", lambda: (1, 2), lambda: "%s\n", lambda: True,
    lambda: float("nan"), lambda: float("inf"), lambda: -1e300, lambda: 1 << 5000,
]  # fmt: skip


@each_format
@pytest.mark.parametrize("field", FIELDS)
def test_a_record_whose_field_is_not_what_it_should_be_is_shown(name: str, field: str) -> None:
    """`makeLogRecord` makes records of what another process has sent, or of nothing at all."""
    formatter = FORMATS[name]()
    for value in VALUES:
        made = {"name": "n", "levelno": 40, "levelname": "ERROR", "msg": "x", "_struct_data": {"a": 1}, field: value()}
        first, *below = formatter.format(logging.makeLogRecord(made)).split("\n")
        assert 'a="1"' in first or '"a":1' in first
        assert all(line.startswith("    ") for line in below)
    assert formatter.format(logging.makeLogRecord({}))


@each_format
def test_a_traceback_goes_through_a_queue(name: str) -> None:
    """`QueueHandler` makes message and traceback one text, which stays one record."""
    target = logging.handlers.MemoryHandler(10)

    class Direct(logging.handlers.QueueHandler):
        def enqueue(self, record: logging.LogRecord) -> None:
            target.buffer.append(record)

    away = Direct(None)  # type: ignore[arg-type]  # it needs none
    L.addHandler(away)
    try:
        raise ValueError("no\nway")
    except ValueError:
        L.exception("x", struct_data={"a": 1})
    finally:
        L.removeHandler(away)
    text = FORMATS[name]().format(target.buffer[0])
    assert "ValueError: no" in assert_one_record(name, text + "\n")
    assert sys.exc_info() == (None, None, None)
