"""Logging for servers: the standard library's, with structured data, console, file and syslog that never blocks.

The layer's map, from the bottom:

- `levels` - `LOG_NOTICE`, and what syslog calls the levels.
- `_escape`, `_sd_element`, `_timestamp` - text, structured data and times that are safe in a line.
- `_serializable` - what is said when structured data are not serializable to JSON.
- `_context` - `context`, structured data for a block; `_record` - the record of a plain call.
- `_struct_data` - the keyword `struct_data=` of every logging method, and `get_logger`, typed with it.
- `_sound_record` - what a record says, whatever is in it.
- `formatters` - `StructuredDataFormatter`, for console and file; `_colour` - the same on a terminal.
- `_json_formatter` - `JsonFormatter`; `_syslog_formatters` - the three frames of syslog.
- `handler` - `AsyncIOHandler`, with its `_queue` and its `_sender`; `_cut` - what becomes of a record that is too long.
- `_receiver` - where that sends to; `_connect` makes a `_line` to it, under TLS (`_tls`) or not.
- `_append`, `_rotation` - whole lines in a file, when it is rotated; `_troubles` - what is said of an output on stderr.
- `_log_file` - the file and its rotation.
- `_logger_levels` - the levels of single loggers.
- `_settings` - the configuration's sections, as handlers; `_syslog_settings` - that of syslog, with its `_address`.
- `_root` - handlers on the root logger.
- `application` - `Logging`, the log of an application; `script` - `setup`, the log of a script.

Importing it makes `struct_data=` work and names the level NOTICE; it opens nothing and does not import asyncio. JSON is
loaded when somebody asks for `JsonFormatter`, or logs a value that needs it.
"""

from asab_log._context import context
from asab_log._root import RootHandlers
from asab_log._struct_data import StructuredLogger, get_logger
from asab_log._syslog_formatters import MacOSXSyslogFormatter, SyslogRFC3164Formatter, SyslogRFC5424Formatter
from asab_log.application import Logging
from asab_log.formatters import StructuredDataFormatter
from asab_log.handler import AsyncIOHandler
from asab_log.levels import LOG_NOTICE
from asab_log.script import setup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asab_log._json_formatter import JsonFormatter

__all__ = [
    "LOG_NOTICE",
    "AsyncIOHandler",
    "JsonFormatter",
    "Logging",
    "MacOSXSyslogFormatter",
    "RootHandlers",
    "StructuredDataFormatter",
    "StructuredLogger",
    "SyslogRFC3164Formatter",
    "SyslogRFC5424Formatter",
    "context",
    "get_logger",
    "setup",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Bring in, when somebody asks, what loads JSON."""
        if name == "JsonFormatter":
            from asab_log._json_formatter import JsonFormatter

            return JsonFormatter
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
