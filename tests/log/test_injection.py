"""Log injection: one record in is exactly one record out, in every format, whatever somebody sends to a server."""

from __future__ import annotations

import io
import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import asab_log
from asab_log import (
    JsonFormatter,
    MacOSXSyslogFormatter,
    StructuredDataFormatter,
    SyslogRFC3164Formatter,
    SyslogRFC5424Formatter,
    context,
)
from asab_log._colour import ColourFormatter
from asab_log.formatters import FILE_FORMAT
from tests.log.test_formatters import UNSAFE
from tests.log.test_json import strict, visible

if TYPE_CHECKING:
    from collections.abc import Callable

# Below no other logger, so that a record goes to the handler of the test alone.
L: asab_log.StructuredLogger = logging.Logger("injection")  # type: ignore[assignment]  # noqa: LOG001

BELOW = {
    "console": StructuredDataFormatter,
    "colour": ColourFormatter,
    "file": lambda: StructuredDataFormatter(fmt=FILE_FORMAT),
}
FRAMES = {
    "json": JsonFormatter,
    "5": SyslogRFC5424Formatter,
    "3": SyslogRFC3164Formatter,
    "m": MacOSXSyslogFormatter,
}
FORMATS: dict[str, Callable[[], logging.Formatter]] = {**BELOW, **FRAMES}

# Where a record begins, in each format.
TIME = r"\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\.\d{6} ERROR "
BSD = r"<131>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d "
BEGIN = {
    "console": TIME,
    "colour": r"\x1b\[31m" + TIME,
    "file": TIME,
    "json": r'\{"time":"',
    "5": r"<131>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z ",
    "3": BSD,
    "m": BSD,
}

# What breaks lines, quotes, brackets, frames and terminals, and what looks like the beginning of a record.
PIECES = [
    "\r", "\n", "\r\n", "\0", '"', "\\", "[", "]", "{", "}", "=", "%", "%s", " ", "\t", "\x1b[31m", "\x1b]0;x\x07",
    "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\ud800", "\udfff", "\u202e", "\u2066", "ž", "漢", "🐝", "\\n",
    "\n<131>1 2018-03-25T23:33:58.044595Z host app 1 - - forged",
    "\n25-Mar-2018 23:33:58.044595 ERROR forged : x", '\n{"time":"2018"}', '"] forged [x y="', '","level":"INFO',
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(st.characters(exclude_categories=())), max_size=6).map("".join)
DATA = st.dictionaries(HOSTILE, HOSTILE | st.integers() | st.lists(HOSTILE, max_size=2), max_size=3)

each_format = pytest.mark.parametrize("name", FORMATS)


def written(name: str, log: Callable[[], None]) -> str:
    """What a log call writes through a handler of the standard library."""
    stream = io.StringIO(newline="")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(FORMATS[name]())
    L.addHandler(handler)
    try:
        log()
    finally:
        L.removeHandler(handler)
    return stream.getvalue()


def assert_one_record(name: str, text: str) -> str:
    """Fail unless the text is one record of the format and nothing else; return its first line."""
    assert text.endswith("\n")
    first, *below = text[:-1].split("\n")
    assert re.match(BEGIN[name], first)
    if name == "colour":
        assert first.startswith("\x1b[31m")
        assert first.endswith("\x1b[0m")
        first = first.removeprefix("\x1b[31m").removesuffix("\x1b[0m")
    assert not UNSAFE.search(first)
    assert name in BELOW or not below
    assert all(line.startswith("    ") and not UNSAFE.search(line) for line in below)
    assert not any(re.match(begin, line) for line in below for begin in BEGIN.values())
    return first


@each_format
@given(msg=HOSTILE, arg=HOSTILE, data=DATA, bound=DATA)
def test_one_record_in_is_one_record_out(name: str, msg: str, arg: str, data: dict[str, Any], bound: Any) -> None:
    """A forged line sends the one who reads it the wrong way."""

    def log() -> None:
        with context(**bound):
            L.error(msg.replace("%", "%%") + "%s", arg, struct_data=data)

    first = assert_one_record(name, written(name, log))
    if name == "json":
        parsed = strict(first)
        assert parsed["message"] == visible(msg + arg)
        for key, value in {**bound, **data}.items():
            if str(visible(key)) not in {"time", "level", "logger", "message", "exception", "stack"}:
                assert visible(value) in [each for name, each in parsed.items() if name.endswith(str(visible(key)))]


@each_format
@given(msg=HOSTILE, error=HOSTILE, note=HOSTILE)
def test_one_record_with_a_traceback_is_one_record(name: str, msg: str, error: str, note: str) -> None:
    """The text of an exception comes from outside as often as that of a message."""

    def log() -> None:
        try:
            raise ValueError(error)
        except ValueError as e:
            e.add_note(note)
            L.exception("%s", msg, stack_info=True)

    text = written(name, log)
    first = assert_one_record(name, text)
    assert "Traceback (most recent call last):" in text
    if name == "json":
        parsed = strict(first)
        assert parsed["message"] == visible(msg)
        assert parsed["exception"].endswith(f"ValueError: {visible(error)}\n{visible(note)}" if error else note[:0])


@each_format
@pytest.mark.slow
@pytest.mark.parametrize("text", ["x", "".join(PIECES)], ids=["harmless", "hostile"])
def test_a_mebibyte_is_one_record_and_whole(name: str, text: str) -> None:
    """Somebody will send it; nothing of it may be lost, and nothing may become a line."""
    value = (text * 2**20)[: 2**20]
    first = assert_one_record(name, written(name, lambda: L.error("%s", value, struct_data={"key": value})))
    assert len(first) >= 2 * 2**20
    if name == "json":
        assert strict(first)["message"] == strict(first)["key"] == visible(value)


@each_format
@given(logger=HOSTILE, thread=HOSTILE)
def test_the_name_of_a_logger_is_no_way_in(name: str, logger: str, thread: str) -> None:
    """Some programs make loggers by what a client is called."""
    record = logging.makeLogRecord(
        {"name": logger, "threadName": thread, "levelno": 40, "levelname": "ERROR", "msg": "x"}
    )
    first = assert_one_record(name, FORMATS[name]().format(record) + "\n")
    if name == "json":
        assert json.loads(first)["logger"] == visible(logger)
