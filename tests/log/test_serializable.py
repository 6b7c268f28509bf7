"""Structured data that are not serializable to JSON: shown as text, and said once."""

from __future__ import annotations

import json
import logging
import logging.handlers
import queue
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import asab_log
from asab_log import JsonFormatter, StructuredDataFormatter, SyslogRFC5424Formatter, context
from tests.log.conftest import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

L = asab_log.get_logger("myapp")
SAID = "not serializable to JSON"


@pytest.fixture
def outputs() -> Iterator[list[list[str]]]:
    """Give the lines of three handlers on the root logger, each in another format."""
    handlers = [Lines(kind()) for kind in (StructuredDataFormatter, JsonFormatter, SyslogRFC5424Formatter)]
    for handler in handlers:
        logging.getLogger().addHandler(handler)
    yield [handler.lines for handler in handlers]
    for handler in handlers:
        logging.getLogger().removeHandler(handler)


def said(outputs: list[list[str]]) -> list[bool]:
    """Which lines are the warning; the same in every format."""
    answers = [[SAID in line for line in lines] for lines in outputs]
    assert answers[0] == answers[1] == answers[2]
    return answers[0]


def test_it_is_said_once_for_each_log_call(outputs: list[list[str]]) -> None:
    """A developer has to hear of it; a log that repeats it a million times is of no use."""
    for _ in range(3):
        L.error("one", struct_data={"path": Path("/a")})
    L.error("two", struct_data={"deep": [{"path": Path("/b")}]})
    assert said(outputs) == [False, True, False, False, False, True]
    for lines in outputs:
        assert "/a" in lines[0]
        assert "/b" in lines[4]


def test_the_warning_names_the_place(outputs: list[list[str]]) -> None:
    """It has to be mended there."""
    L.error("x", struct_data={"path": Path("/a")})
    line = sys._getframe().f_lineno - 1
    warning = json.loads(outputs[1][1])
    assert (warning["level"], warning["logger"]) == ("WARNING", "myapp")
    assert (warning["file"], warning["line"]) == (__file__, line)
    assert type(Path()).__name__ in warning["reason"]


LOOP: list[object] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    "data", [{"a": b"\xff"}, {"a": LOOP}, {"a": {1, 2}}, {(1, 2): 3}, {"a": {(1, 2): 3}}, {"a": object()}], ids=repr
)
def test_all_that_json_refuses_is_said(data: dict[str, object], outputs: list[list[str]]) -> None:
    """The documentation asks for what is serializable to JSON."""
    exec(compile("L.warning('x', struct_data=data)", f"{data!r}{id(outputs)}", "exec"), {"L": L, "data": data})
    assert said(outputs) == [False, True]


@pytest.mark.parametrize("data", [{"a": {"b": [1, 1.5, None, True, "x"]}}, {1: 2, None: 3}, {}, {"a": float("nan")}])
def test_what_json_takes_is_not_said(data: dict[str, object], outputs: list[list[str]]) -> None:
    """A warning that is wrong is read once and never again."""
    L.warning("x", struct_data=data)
    assert said(outputs) == [False]


def test_rendering_without_a_record_blames_no_record(outputs: list[list[str]]) -> None:
    """`render_struct_data` is a documented method of its own."""
    StructuredDataFormatter().render_struct_data({"a": Path()})
    L.warning("x", struct_data={"a": 1})
    assert said(outputs) == [False]


def test_data_of_a_context_are_said_too_and_not_for_ever(outputs: list[list[str]]) -> None:
    """The warning itself is made in the same context."""
    with context(path=Path("/a")):
        L.warning("x")
    assert said(outputs) == [False, True]


def test_a_record_that_another_thread_formats_is_said_with_the_next(outputs: list[list[str]]) -> None:
    """There the handlers are at work, and must not log."""
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    away = logging.handlers.QueueHandler(records)
    logger = logging.getLogger("queued")
    logger.propagate = False
    logger.addHandler(away)
    asab_log.get_logger("queued").warning("x", struct_data={"a": Path()})
    logger.removeHandler(away)
    logger.propagate = True
    logging.getLogger().handle(records.get_nowait())
    assert said(outputs) == [False]
    L.warning("next")
    assert said(outputs) == [False, False, True]
