"""What is said when structured data are not serializable to JSON, as the documentation asks: once for each log call.

The renderers show such data as text and suspect them here, which must cost nothing otherwise and may not log: a handler
that is writing holds its lock. The warning comes after the record, from the code that has made one.
"""

from __future__ import annotations

import logging
from _thread import get_ident
from contextvars import Context

from asab_log._escape import safe_str

ATTRIBUTE = "_struct_data"
"""Where a record carries what was given as `struct_data=`."""

_LIMIT = 1000
"""How many places are known at most, should a program make code as it runs."""

suspects: set[int] = set()
"""The threads that have rendered something doubtful since their last record."""

unsaid: list[tuple[str, str, int, str]] = []
"""What is to be said: the names of a logger and of a file, a line, and why its data are not serializable."""

_known: set[tuple[str, int]] = set()


def suspect() -> None:
    """Remember that this thread has rendered data that are probably not serializable."""
    suspects.add(get_ident())


def note(record: logging.LogRecord) -> None:
    """Find out whether it was this record, and whether its log call is a new one; to be called when it is rendered."""
    thread = get_ident()
    if thread not in suspects:
        return
    suspects.discard(thread)
    place = record.pathname, record.lineno
    if place in _known or len(_known) >= _LIMIT:
        return
    import json  # as the renderers do

    try:
        json.dumps(record.__dict__.get(ATTRIBUTE))
    except Exception as e:  # also what hostile objects raise
        _known.add(place)
        unsaid.append((safe_str(record.name), *place, safe_str(e)))


def say() -> None:
    """Log a warning for each of them, from its own logger; no handler may be at work in this thread."""
    while True:
        try:
            name, file, line, reason = unsaid.pop()
        except IndexError:  # that was the last, or another thread was faster
            return
        # What `context` has bound is no part of the warning, or might be the next thing to warn of.
        Context().run(_warn, name, {"file": file, "line": line, "reason": reason})


def _warn(name: str, struct_data: dict[str, object]) -> None:
    logging.getLogger(name).warning(
        "The struct_data of this log call are not serializable to JSON; shown as text, and said once",
        extra={ATTRIBUTE: struct_data},
    )
