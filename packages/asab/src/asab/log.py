"""Logging; see `asab_log`."""

from asab_log import (
    LOG_NOTICE,
    AsyncIOHandler,
    JsonFormatter,
    Logging,
    MacOSXSyslogFormatter,
    StructuredDataFormatter,
    SyslogRFC3164Formatter,
    SyslogRFC5424Formatter,
    context,
    get_logger,
)

__all__ = [
    "LOG_NOTICE",
    "AsyncIOHandler",
    "JsonFormatter",
    "Logging",
    "MacOSXSyslogFormatter",
    "StructuredDataFormatter",
    "SyslogRFC3164Formatter",
    "SyslogRFC5424Formatter",
    "context",
    "get_logger",
]
