"""The three frames of syslog: RFC 5424 (format 5), RFC 3164 (format 3) and macOS (format m).

The rule: one record is one frame without any control character, its traceback included, so that no framing can be
broken by what was logged. Header fields are made legal by the RFC's character sets and limits.
"""

from __future__ import annotations

import re
import sys
import time

from asab_log._escape import escape, safe_str
from asab_log.formatters import StructuredDataFormatter

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from typing import ClassVar, Literal

_NOT_PRINTUSASCII = re.compile(r"[^!-~]")
_NOT_IN_TAG = re.compile(r"[^A-Za-z0-9_.-]")


class _SyslogFormatter(StructuredDataFormatter):
    """A frame around the message; `fmt` replaces the frame as a whole.

    The default frames hold `{hostname}`, `{app_name}` and `{tag}`, which are constant and written in at construction:
    a record's `extra` cannot forge them.
    """

    def __init__(
        self,
        fmt: str | None = None,
        datefmt: str | None = None,
        style: Literal["%", "{", "$"] = "%",
        sd_id: str = "sd",
        app_name: str | None = None,
    ) -> None:
        """Make a formatter of facility 16 (local0); set the attribute `facility` for another one.

        Args:
            fmt: The whole frame, `<%(priority)s>` included, in place of the standard's.
            datefmt: The format of times in place of the standard's.
            style: How `fmt` is written, as for `logging.Formatter`.
            sd_id: The SD-ID of structured data.
            app_name: The APP-NAME, or the tag; by default the name of the program.

        Raises:
            ValueError: If the format does not fit its style.
        """
        app_name = app_name or _app_name()
        frame = fmt or self._default_format.format(
            hostname=_constant(printusascii(_hostname(), 255)),
            app_name=_constant(printusascii(app_name, 48)),
            tag=_constant(_NOT_IN_TAG.sub("_", app_name)[:32]),
        )
        super().__init__(16, frame, datefmt, style if fmt else "%", sd_id)

    def format(self, record: logging.LogRecord) -> str:
        """Format the specified record as one frame, without what ends it on the line."""
        return escape(super().format(record))

    def _complete(self, record: logging.LogRecord) -> None:
        super()._complete(record)
        process: object = record.process  # None where logging shall not ask for it, anything in a record from elsewhere
        record.__dict__["procid"] = process if type(process) is int else printusascii(safe_str(process or ""), 128)

    def _below(self, details: str) -> str:
        return "\n" + details


class SyslogRFC5424Formatter(_SyslogFormatter):
    """The new syslog format (documentation: format 5; RFC 5424).

    Times are UTC with microseconds and `Z`. MSGID is the logger's name, or its last 32 characters. A record without
    structured data has `-` in its place, before `empty_sd`.

    Attributes:
        bom: Whether the message begins with the byte order mark, which the RFC demands of a sender that says its text
            is UTF-8 (section 6.4). It is UTF-8 in any case, and many receivers show the mark as a character.
    """

    empty_sd = " "
    bom: bool = False
    converter: Callable[[float | None], time.struct_time] = staticmethod(time.gmtime)
    _default_format: ClassVar[str] = (
        "<%(priority)s>1 %(asctime)s {hostname} {app_name} %(procid)s %(msgid)s %(struct_data)s%(message)s"
    )
    _default_datefmt: ClassVar[str] = "%Y-%m-%dT%H:%M:%S.%fZ"

    def _complete(self, record: logging.LogRecord) -> None:
        super()._complete(record)
        fields = record.__dict__
        # Its end tells more than its beginning, which all loggers of a program share.
        fields["msgid"] = printusascii(str(record.name)[-32:], 32)
        if self.bom:
            fields["message"] = "\ufeff" + fields["message"]
        if fields["struct_data"] == self.empty_sd:
            fields["struct_data"] = "-" + self.empty_sd


class SyslogRFC3164Formatter(_SyslogFormatter):
    """The old BSD syslog format as it travels through a network (documentation: format 3; RFC 3164): with the host."""

    _default_format: ClassVar[str] = (
        "<%(priority)s>%(asctime)s {hostname} {tag}[%(procid)s]: %(name)s %(struct_data)s: %(message)s"
    )
    _default_datefmt: ClassVar[str] = "%b %e %H:%M:%S"


class LocalRFC3164Formatter(SyslogRFC3164Formatter):
    """The BSD format as a local socket reads it.

    No host stands in it: `syslog(3)` writes none, and journald and rsyslog take a word before the tag for the tag.
    """

    _default_format: ClassVar[str] = (
        "<%(priority)s>%(asctime)s {tag}[%(procid)s]: %(name)s %(struct_data)s: %(message)s"
    )


class MacOSXSyslogFormatter(_SyslogFormatter):
    """The syslog format of macOS (documentation: format m): the BSD format without the host, over every transport."""

    _default_format: ClassVar[str] = LocalRFC3164Formatter._default_format
    _default_datefmt: ClassVar[str] = LocalRFC3164Formatter._default_datefmt


def printusascii(text: str, limit: int) -> str:
    """Return the text as a header field of RFC 5424: printable ASCII without spaces, never empty, cut to the limit."""
    return _NOT_PRINTUSASCII.sub("_", text)[:limit] or "-"


def _constant(text: str) -> str:
    return text.replace("%", "%%")


def _hostname() -> str:
    import socket  # only those who log to syslog pay for it

    return socket.gethostname()


def _app_name() -> str:
    """Return the program's name: that of its file or, for `python -m package`, of the package."""
    from pathlib import PurePath  # as here above

    program = PurePath(sys.argv[0] if sys.argv else "")
    name = program.parent.name if program.stem == "__main__" else program.stem
    return name if name not in ("", "-c", "-m") else "python"
