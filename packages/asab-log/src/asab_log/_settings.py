"""The sections `[logging:…]` of the configuration, as handlers (documentation, chapter Logging).

Every mistake is a `ConfigError` with section, key and value. Formats may stand in quotes with a comma behind, as they
do in the documentation's examples.
"""

from __future__ import annotations

import logging
import re
import sys

from asab_config import Config
from asab_log._colour import ColourFormatter, wants_colour
from asab_log._logger_levels import parse_levels
from asab_log._root import console_handler, json_formatter, stderr
from asab_log.formatters import CONSOLE_FORMAT, DATE_FORMAT, FILE_FORMAT, StructuredDataFormatter
from asab_log.levels import LOG_NOTICE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio

    from asab_config import ConfigError, ConfigParser
    from asab_log._log_file import LogFile
    from asab_log.handler import AsyncIOHandler

_CONSOLE = "logging:console"
_FILE = "logging:file"
_SYSLOG = "logging:syslog"
_MACOS = sys.platform == "darwin"

Config.add_layer_defaults(
    {
        "logging": {"verbose": "no", "levels": ""},
        _CONSOLE: {"format": CONSOLE_FORMAT, "datefmt": DATE_FORMAT},
        _FILE: {
            "path": "",
            "format": FILE_FORMAT,
            "datefmt": DATE_FORMAT,
            "backup_count": 0,
            "rotate_every": "0",
            "rotate_size": "0",
        },
        _SYSLOG: {
            "enabled": "no",
            "format": "m" if _MACOS else "3",
            "address": "/var/run/syslog" if _MACOS else "/dev/log",
            "facility": "local0",
            "framing": "",
            "max_length": 8000,
            "bom": "no",
            "ca": "",
            "cert": "",
            "key": "",
            "app_name": "",
        },
    }
)

_QUOTED = re.compile(r"""(["'])(.*)\1,?""", re.DOTALL)


def root_level() -> int:
    """Return the level of the root logger: DEBUG in the verbose mode, else NOTICE."""
    return logging.DEBUG if Config.getboolean("logging", "verbose") else LOG_NOTICE


def logger_levels(config: ConfigParser = Config) -> dict[str, int]:
    """Return the levels of single loggers."""
    try:
        return parse_levels(config.getmultiline("logging", "levels"))
    except ValueError as e:
        raise config.mistake("logging", "levels", config.get("logging", "levels"), str(e)) from None


Config.add_check(logger_levels)  # so that a reload with a mistake in it changes nothing


def console() -> logging.Handler | None:
    """Return the handler of the console.

    It is there when stderr is a terminal; and without one as well, unless the log has another place to go.
    """
    stream = stderr()
    colour = stream is not None and wants_colour(stream)
    # A mistake in it is one with and without a terminal.
    formatter = _formatter(_CONSOLE, ColourFormatter if colour else StructuredDataFormatter)
    elsewhere = bool(_file_path()) or Config.getboolean(_SYSLOG, "enabled")
    if stream is None or (elsewhere and not stream.isatty()):
        return None
    return console_handler(stream, formatter)


def log_file() -> LogFile | None:
    """Return the handler of the log file, opened, or `None` if no path is configured."""
    path = _file_path()
    if not path:
        return None
    backup_count, rotate_every, rotate_size = _rotation()
    formatter = _formatter(_FILE)

    from asab_log._log_file import LogFile  # brings logging.handlers and with it sockets and pickle

    try:
        handler = LogFile(path, backup_count, rotate_every=rotate_every, rotate_size=rotate_size)
    except FileNotFoundError:
        raise mistake(_FILE, "path", "the log file cannot be opened, its folder is not there; make it first") from None
    except (OSError, ValueError) as e:
        reason = getattr(e, "strerror", None) or e
        raise mistake(_FILE, "path", f"the log file cannot be opened: {reason}") from None
    handler.setFormatter(formatter)
    return handler


def _rotation() -> tuple[int, float, int]:
    """Return how many older files are kept, and after how many seconds and bytes a new file begins."""
    backup_count = Config.getint(_FILE, "backup_count")
    if backup_count < 0:
        raise mistake(_FILE, "backup_count", "expected 0 or a number of files to keep")
    every = Config.getseconds(_FILE, "rotate_every")
    if 0 < every < 60:
        raise mistake(_FILE, "rotate_every", "expected 0 for never, or a time of at least 1m, such as 1d")
    size = Config.getbytes(_FILE, "rotate_size")
    if 0 < size < 1024:
        raise mistake(_FILE, "rotate_size", "expected 0 for no limit, or a size of at least 1K, such as 100M")
    if backup_count == 0 and (every or size):
        what = "no older file is kept, so a rotation would delete the log; set backup_count to 1 or more"
        raise mistake(_FILE, "rotate_every" if every else "rotate_size", what)
    return backup_count, every, size


def syslog(loop: asyncio.AbstractEventLoop) -> AsyncIOHandler | None:
    """Return the handler of syslog, or `None` if it is not enabled."""
    if not Config.getboolean(_SYSLOG, "enabled"):
        return None

    from asab_log._syslog_settings import syslog_handler  # brings sockets and asyncio

    return syslog_handler(loop)


def _formatter(section: str, kind: type[StructuredDataFormatter] = StructuredDataFormatter) -> StructuredDataFormatter:
    """Return the formatter of a section, tried out: a wrong field would otherwise spoil every single record."""
    fmt = _unquoted(section, "format")
    if fmt.lower() == "json":
        return json_formatter()
    sample = logging.LogRecord(__name__, LOG_NOTICE, __file__, 0, "", None, None)
    try:
        formatter = kind(fmt=fmt)
        formatter.format(sample)  # sets the fields that are computed
        formatter.formatMessage(sample)
    except (ValueError, TypeError) as e:
        raise mistake(section, "format", f"{e}; expected json, or fields as in %(asctime)s") from None
    formatter.datefmt = _unquoted(section, "datefmt")
    try:
        formatter.formatTime(sample)
    except ValueError as e:
        raise mistake(section, "datefmt", f"{e}; expected the codes of strftime") from None
    return formatter


def _file_path() -> str:
    return Config.get(_FILE, "path").strip()


def _unquoted(section: str, option: str) -> str:
    value = Config.get(section, option).strip()
    quoted = _QUOTED.fullmatch(value)
    return quoted[2] if quoted else value


def mistake(section: str, option: str, what: str) -> ConfigError:
    """Return the error about an option's value, with the place that it comes from."""
    return Config.mistake(section, option, Config.get(section, option), what)
