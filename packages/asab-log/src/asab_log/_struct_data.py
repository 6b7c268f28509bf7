"""The keyword `struct_data=` of every logging method, and its type.

`logging.Logger._log` is the one place that all of them go through: wrapped there, at the class, the keyword works on
every logger, the root, adapters and loggers made before this import included. Here a record also gets what `context`
has bound.
"""

from __future__ import annotations

import logging
import sys

from asab_log import _serializable
from asab_log._context import bound, merged
from asab_log._record import is_usual, new_record
from asab_log._serializable import ATTRIBUTE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import TypeAlias, TypedDict, Unpack

    ExcInfo: TypeAlias = (
        bool
        | BaseException
        | tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None]
        | None
    )

    class LogOptions(TypedDict, total=False):
        """The keywords of `logging.Logger.info` and its siblings, and `struct_data`."""

        exc_info: ExcInfo
        stack_info: bool
        stacklevel: int
        extra: Mapping[str, object] | None
        struct_data: Mapping[str, object] | None

    class StructuredLogger(logging.Logger):
        """`logging.Logger` as a type checker has to see it: each method takes `struct_data=`."""

        def debug(self, msg: object, *args: object, **kwargs: Unpack[LogOptions]) -> None:
            """Log with level DEBUG."""

        def info(self, msg: object, *args: object, **kwargs: Unpack[LogOptions]) -> None:
            """Log with level INFO."""

        def warning(self, msg: object, *args: object, **kwargs: Unpack[LogOptions]) -> None:
            """Log with level WARNING."""

        def error(self, msg: object, *args: object, **kwargs: Unpack[LogOptions]) -> None:
            """Log with level ERROR."""

        def exception(self, msg: object, *args: object, **kwargs: Unpack[LogOptions]) -> None:
            """Log with level ERROR and the traceback of the exception being handled."""

        def critical(self, msg: object, *args: object, **kwargs: Unpack[LogOptions]) -> None:
            """Log with level CRITICAL."""

        def log(self, level: int, msg: object, *args: object, **kwargs: Unpack[LogOptions]) -> None:
            """Log with any level, `LOG_NOTICE` for one."""

else:
    StructuredLogger = logging.Logger


def get_logger(name: str | None = None) -> StructuredLogger:
    """Return `logging.getLogger(name)`, the same object, typed with the keyword `struct_data=`.

    Args:
        name: The logger's name, usually `__name__`; `None` is the root.
    """
    return logging.getLogger(name)  # type: ignore[return-value]


_stdlib_log = logging.Logger._log
_stdlib_find_caller = logging.Logger.findCaller
_STDLIB_FILE = logging.addLevelName.__code__.co_filename


def _log(
    self: logging.Logger,
    level: int,
    msg: object,
    args: tuple[object, ...] | Mapping[str, object],
    exc_info: ExcInfo = None,
    extra: Mapping[str, object] | None = None,
    stack_info: bool = False,
    stacklevel: int = 1,
    struct_data: Mapping[str, object] | None = None,
) -> None:
    outer = bound()
    if outer is not None:
        struct_data = merged(outer[0], struct_data)
    # `logging._srcfile = None` is the documented way not to look for callers at all.
    as_usual = type(self).findCaller is _stdlib_find_caller and logging._srcfile is not None
    if exc_info or stack_info or stacklevel != 1 or not as_usual:
        if struct_data is not None:
            extra = {**(extra or {}), ATTRIBUTE: struct_data}
        # One level more, for this function: the record's file and line stay those of the caller.
        _stdlib_log(self, level, msg, args, exc_info, extra, stack_info, stacklevel + 1)
    else:
        # The same as the standard library does for a plain call, in half of its time.
        frame = sys._getframe(1)
        while frame.f_code.co_filename == _STDLIB_FILE and frame.f_back is not None:
            frame = frame.f_back
        code = frame.f_code
        if extra is None and is_usual(type(self)):
            record = new_record(self.name, level, msg, args, code, frame.f_lineno)
        else:
            record = self.makeRecord(
                self.name, level, code.co_filename, frame.f_lineno, msg, args, None, code.co_name, extra, None
            )
        if struct_data is not None:
            record.__dict__[ATTRIBUTE] = struct_data
        self.handle(record)
    if _serializable.unsaid:
        _serializable.say()


logging.Logger._log = _log  # type: ignore[method-assign]
