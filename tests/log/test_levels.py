"""The levels, by name and as syslog severities."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from asab_log import LOG_NOTICE
from asab_log.levels import syslog_severity

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable


def test_notice_stands_between_info_and_warning_and_has_a_name() -> None:
    """A line that says `Level 25` helps nobody."""
    assert logging.INFO < LOG_NOTICE == 25 < logging.WARNING
    assert logging.getLevelName(LOG_NOTICE) == "NOTICE"


def test_loggers_get_no_new_methods() -> None:
    """`L.log(LOG_NOTICE, ...)` is the one way; a patched method is missing on the loggers of other libraries."""
    assert not hasattr(logging.Logger, "notice")


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (logging.CRITICAL, 2),
        (logging.ERROR, 3),
        (logging.WARNING, 4),
        (LOG_NOTICE, 5),
        (logging.INFO, 6),
        (logging.DEBUG, 7),
        (logging.NOTSET, 7),
        (60, 2),
        (35, 4),
        (15, 7),
    ],
)
def test_each_level_has_the_documented_severity(level: int, severity: int) -> None:
    """Receivers sort and alert by it."""
    assert syslog_severity(level) == severity


def test_the_import_brings_no_asyncio(run_script: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """A script that logs should not pay for an event loop and sockets that it does not use."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "import asab_log\n"
        "print({'asyncio', 'socket', 'logging.handlers'} & (set(sys.modules) - before))"
    )
    assert run_script(code).stdout == "set()\n"
