"""Logging; see `asab_log`."""

from asab_log import (
    LOG_NOTICE,
    AsyncIOHandler,
    Logging,
    MacOSXSyslogFormatter,
    StructuredDataFormatter,
    SyslogRFC3164Formatter,
    SyslogRFC5424Formatter,
    get_logger,
)

__all__ = [
    "LOG_NOTICE",
    "AsyncIOHandler",
    "Logging",
    "MacOSXSyslogFormatter",
    "StructuredDataFormatter",
    "SyslogRFC3164Formatter",
    "SyslogRFC5424Formatter",
    "get_logger",
]
