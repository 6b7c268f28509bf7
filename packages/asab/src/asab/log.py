"""Logging; see `asab_log`."""

from asab_log import (
    LOG_NOTICE,
    AsyncIOHandler,
    Logging,
    MacOSXSyslogFormatter,
    StructuredDataFormatter,
    SyslogRFC3164Formatter,
    SyslogRFC5424Formatter,
    context,
    get_logger,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asab_log import JsonFormatter

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

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Bring in, when somebody asks, what loads JSON."""
        if name == "JsonFormatter":
            from asab_log import JsonFormatter

            return JsonFormatter
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
