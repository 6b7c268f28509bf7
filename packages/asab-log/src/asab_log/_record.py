"""`new_record`: the record that `logging.LogRecord(…)` makes, in little more than half of its time.

The rule: it is the same, field by field, as what the standard library makes of the call. What depends on the caller's
file alone is found out once for each file, and nothing is raised and caught to learn that no task is running. Where
records are made in another way than usual, here or in a Python to come, `is_usual` says so, and the standard library
makes them.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
import threading
import time
from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import TypeAlias

    Arguments: TypeAlias = tuple[object, ...] | Mapping[str, object]

_new = logging.LogRecord.__new__
_stdlib_make_record = logging.Logger.makeRecord
_sample = logging.LogRecord("", 0, "", 0, "", None, None)
_START = _sample.created - _sample.relativeCreated / 1000
"""When `logging` was imported, which `relativeCreated` counts from, in seconds since the epoch."""


def is_usual(logger_class: type[logging.Logger]) -> bool:
    """Tell whether the records of such a logger are those that `new_record` makes."""
    return (
        logger_class.makeRecord is _stdlib_make_record
        and logging.getLogRecordFactory() is logging.LogRecord
        and _IS_KNOWN
        and logging.logThreads
        and logging.logProcesses
        and logging.logMultiprocessing
        and (not _HAS_TASK_NAME or logging.logAsyncioTasks)  # type: ignore[attr-defined,unused-ignore]
    )


def new_record(name: str, level: int, msg: object, args: Arguments, code: CodeType, lineno: int) -> logging.LogRecord:
    """Return a record without exception and stack.

    Args:
        name: The logger's name.
        level: The level.
        msg: The message, or its format.
        args: Its arguments.
        code: What the call stands in.
        lineno: And in which line.
    """
    if len(args) == 1 and isinstance(args, tuple) and isinstance(args[0], Mapping) and args[0]:
        args = args[0]  # for a message with `%(name)s`
    pathname = code.co_filename
    created = time.time()
    record = _new(logging.LogRecord)
    # Attribute by attribute, which is faster than all at once.
    record.name = name
    record.msg = msg
    record.args = args
    record.levelname = logging.getLevelName(level)
    record.levelno = level
    record.pathname = pathname
    record.filename, record.module = _names(pathname)
    record.exc_info = record.exc_text = record.stack_info = None
    record.lineno = lineno
    record.funcName = code.co_name
    record.created = created
    record.msecs = created % 1 * 1000 // 1
    record.relativeCreated = (created - _START) * 1000
    record.thread = threading.get_ident()
    record.threadName = threading.current_thread().name
    record.processName = _process_name() if "multiprocessing" in sys.modules else "MainProcess"
    record.process = os.getpid()
    if _HAS_TASK_NAME:
        record.taskName = _task_name()
    return record


@functools.lru_cache(maxsize=1000)
def _names(pathname: str) -> tuple[str, str]:
    filename = os.path.basename(pathname)
    return filename, os.path.splitext(filename)[0]


def _process_name() -> str:
    try:
        return str(sys.modules["multiprocessing"].current_process().name)
    except Exception:  # it is being imported
        return "MainProcess"


def _task_name() -> str | None:
    asyncio = sys.modules.get("asyncio")
    try:
        if asyncio is None or asyncio._get_running_loop() is None:
            return None
        task = asyncio.current_task()
        return None if task is None else task.get_name()
    except Exception:  # it is being imported
        return None


_HAS_TASK_NAME = "taskName" in _sample.__dict__
_IS_KNOWN = list(new_record("", 0, "", (), is_usual.__code__, 0).__dict__) == list(_sample.__dict__)
