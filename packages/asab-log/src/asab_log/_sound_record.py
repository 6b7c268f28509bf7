"""What a record says, whatever is in it: one made from elsewhere's data may hold anything, and must not vanish."""

from __future__ import annotations

import logging

from asab_log._escape import safe_str

_TEXTS = ("name", "levelname", "exc_text", "stack_info")
_END_OF_TIME = 253_402_214_400
"""The last day of the year 9999, in seconds since the epoch; times after it have no form that all receivers read."""


def message_text(record: logging.LogRecord) -> str:
    """Return the message with its arguments; if they do not fit, both as they are, for the record must not vanish."""
    try:
        return record.getMessage()
    except Exception as e:  # the mistake is the caller's, and this is no place to raise it
        return f"{safe_str(record.msg)} (its arguments {safe_str(record.args)} do not fit: {safe_str(e)})"


class SoundRecord(logging.LogRecord):
    """A copy of a record in which all that formatters rely on has the type that it should have.

    What is no text becomes text; a level that is none becomes 0, and a time that is none the epoch.
    """

    def __init__(self, record: logging.LogRecord) -> None:
        """Copy a record."""
        super().__init__("", 0, "", 0, "", None, None)
        fields = self.__dict__
        fields.update(record.__dict__)
        for name in _TEXTS:
            if fields[name] is not None:
                fields[name] = safe_str(fields[name])
        fields.update(msg=message_text(self), args=None)
        if not isinstance(self.levelno, (int, float)):
            self.levelno = 0
        if not (isinstance(self.created, (int, float)) and 0 <= self.created < _END_OF_TIME):
            self.created = 0.0
        if not isinstance(self.process, int):
            self.process = None
        if not isinstance(self.exc_info, tuple):
            self.exc_text = self.exc_text if self.exc_info is None else safe_str(self.exc_info)
            self.exc_info = None
