"""`StructuredDataFormatter`: one record in, one line out, with structured data in it.

The rule: nothing in a record can break or forge a line. What the fields of a format hold is escaped (see `_escape`);
only a tab that stands in the format itself stays one, for columns. A traceback is indented below its line.
"""

from __future__ import annotations

import logging

from asab_log._escape import escape, safe_str
from asab_log._sd_element import sd_element, sd_name
from asab_log._serializable import ATTRIBUTE, note, suspects
from asab_log._sound_record import SoundRecord, message_text
from asab_log._timestamp import text_around_microseconds
from asab_log.levels import syslog_severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar, Final, Literal

CONSOLE_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(struct_data)s: %(message)s"
"""The format of the documentation's line, `25-Mar-2018 23:33:58.044595 INFO myapp.mymodule : Hello world!`."""

FILE_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(struct_data)s%(message)s"
"""The format of the documentation's `[logging:file]`."""

DATE_FORMAT: Final = "%d-%b-%Y %H:%M:%S.%f"
"""The times of both, local and with microseconds."""

_INDENT = "\n    "


class StructuredDataFormatter(logging.Formatter):
    """Formats a record as a line of text (documentation, chapter Reference of Logging).

    Beside the fields of `logging.Formatter` a format may hold `%(struct_data)s` and `%(priority)s`, the PRI number of
    syslog. Nothing in a record makes it raise: arguments that do not fit their message are shown beside it.

    Attributes:
        facility: The syslog facility of `%(priority)s`, 0 to 23.
        sd_id: The SD-ID under which structured data are shown.
        empty_sd: What `%(struct_data)s` is when a record has no structured data.
    """

    empty_sd: str = ""
    _default_format: ClassVar[str] = CONSOLE_FORMAT
    _default_datefmt: ClassVar[str] = DATE_FORMAT

    def __init__(
        self,
        facility: int = 16,
        fmt: str | None = None,
        datefmt: str | None = None,
        style: Literal["%", "{", "$"] = "%",
        sd_id: str = "sd",
    ) -> None:
        """Make a formatter.

        Args:
            facility: The syslog facility, by default 16 (local0).
            fmt: The format, by default the documented line of the console.
            datefmt: The format of times: that of `time.strftime`, in English, and `%f` for microseconds.
            style: How `fmt` is written, as for `logging.Formatter`.
            sd_id: The SD-ID; characters that RFC 5424 does not allow become `_`.

        Raises:
            ValueError: If the format does not fit its style, or there is no such facility.
        """
        if not 0 <= facility <= 23:
            raise ValueError(f"facility {facility!r} is not one of syslog's, 0 to 23")
        super().__init__(fmt or self._default_format, datefmt or self._default_datefmt, style if fmt else "%")
        self.facility = facility
        self.sd_id: str = sd_name(sd_id)
        kind = type(self._style)
        self._columns = [kind(column) if column else None for column in (self._fmt or "").split("\t")]
        # The two documented formats are filled without looking for their fields: a third of the time.
        self._separator = {CONSOLE_FORMAT: ": ", FILE_FORMAT: ""}.get(self._fmt or "")
        self._uses_time = self.usesTime()
        self._has_priority = "priority" in (self._fmt or "")
        self._second: tuple[str, int, list[str]] = ("", 0, [])

    def format(self, record: logging.LogRecord) -> str:
        """Format the specified record as text.

        Returns:
            One line without its end; if the record has a traceback or a stack, they follow on lines of their own, each
            indented, so that only a record begins at the margin.
        """
        try:
            self._complete(record)
            line = self.formatMessage(record)
            if record.exc_info or record.exc_text or record.stack_info:
                line += self._below(self._details(record))
        except Exception as e:  # a field that is not there, is not what it should be, or does not want to be shown
            if isinstance(record, SoundRecord):
                return self._unfilled(record, e)
            return self.format(SoundRecord(record))
        return line

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Fill the format's fields from a record that has its message, time and structured data."""
        if self._separator is not None:
            f = record.__dict__
            return escape(
                f"{f['asctime']} {f['levelname']} {f['name']} {f['struct_data']}{self._separator}{f['message']}"
            )
        return "\t".join([escape(column.format(record)) if column else "" for column in self._columns])

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return the creation time of the specified LogRecord as formatted text.

        Args:
            record: The record; its time is rounded to microseconds.
            datefmt: As in the constructor, which gives the default.
        """
        datefmt = datefmt or self.datefmt or self._default_datefmt
        moment = round(record.created * 1_000_000)
        second = moment // 1_000_000
        # Read and replaced as one, so that threads need no lock.
        known_datefmt, known_second, pieces = self._second
        if second != known_second or datefmt != known_datefmt:
            pieces = text_around_microseconds(datefmt, self.converter(second))
            self._second = datefmt, second, pieces
        return f"{moment % 1_000_000:06d}".join(pieces)

    def render_struct_data(self, struct_data: object) -> str:
        """Return the string with structured data.

        Args:
            struct_data: The dictionary of the log call; anything else is shown as well as it can be.

        Returns:
            `[sd key1="value1" key2="2"] ` with the space, or `empty_sd` if there are none.
        """
        try:
            element = "" if struct_data is None else sd_element(self.sd_id, struct_data)
        except Exception:  # an object that does not even say what it is
            element = sd_element(self.sd_id, {"struct_data": safe_str(struct_data)})
        return element + " " if element else self.empty_sd

    def _complete(self, record: logging.LogRecord) -> None:
        """Set the computed fields on the record, as `logging.Formatter` does with `message` and `asctime`."""
        fields = record.__dict__
        fields["message"] = message_text(record)
        fields["struct_data"] = self.render_struct_data(fields.get(ATTRIBUTE))
        if suspects:
            note(record)
        if self._has_priority:
            fields["priority"] = self.facility * 8 + syslog_severity(record.levelno)
        if self._uses_time:
            fields["asctime"] = self.formatTime(record, self.datefmt)

    def _details(self, record: logging.LogRecord) -> str:
        """Return the traceback and the stack."""
        details = [self._traceback(record)] if record.exc_info or record.exc_text else []
        if record.stack_info:
            details.append(self.formatStack(record.stack_info))
        return "\n".join(details)

    def _traceback(self, record: logging.LogRecord) -> str:
        """Return the traceback; it is kept on the record for the next formatter, as in the standard library."""
        if record.exc_info and not record.exc_text:
            try:
                record.exc_text = self.formatException(record.exc_info)
            except Exception as e:  # what was given as `exc_info` is none
                record.exc_text = f"{safe_str(record.exc_info)} (its traceback cannot be shown: {safe_str(e)})"
        return record.exc_text or ""

    def _unfilled(self, record: logging.LogRecord, error: Exception) -> str:
        struct_data = self.render_struct_data(record.__dict__.get(ATTRIBUTE))
        text = f"{record.levelname} {record.name} {struct_data}: {record.message}"
        line = escape(f"{text} (its format cannot be filled: {safe_str(error)})")
        details = self._details(record)
        return line + self._below(details) if details else line

    def _below(self, details: str) -> str:
        return "".join(_INDENT + escape(line) for line in details.split("\n"))
