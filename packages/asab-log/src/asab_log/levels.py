"""The levels of Python's `logging`, one more between INFO and WARNING, and what syslog calls them.

Nothing is patched on: the new level is logged by `L.log(LOG_NOTICE, …)` and prints as `NOTICE`.
"""

from __future__ import annotations

import logging
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

LOG_NOTICE: Final = 25
"""Like INFO, but visible without the verbose mode (documentation, chapter Logging Levels)."""

logging.addLevelName(LOG_NOTICE, "NOTICE")

LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "notice": LOG_NOTICE, "warning": logging.WARNING}
"""Those that an option may give to records which are no faults, by the names that it has for them."""

_SEVERITIES = (
    (logging.CRITICAL, 2),
    (logging.ERROR, 3),
    (logging.WARNING, 4),
    (LOG_NOTICE, 5),
    (logging.INFO, 6),
)


@lru_cache(maxsize=64)
def syslog_severity(level: int) -> int:
    """Return the syslog severity (RFC 5424, section 6.2.1) of a level: 2, critical, to 7, debug.

    Args:
        level: Any number; one between two levels of the documentation's table counts as the lower.
    """
    for threshold, severity in _SEVERITIES:
        if level >= threshold:
            return severity
    return 7
