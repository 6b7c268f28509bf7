"""What a record says, whatever is in it: one made from elsewhere's data may hold anything, and must not vanish."""

from __future__ import annotations

import logging

from asab_log._escape import safe_str

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
        fields: dict[str, Any] = self.__dict__
        fields.update(record.__dict__)
        for name in _TEXTS:
            if fields[name] is not None:
                fields[name] = safe_str(fields[name])
        fields.update(msg=message_text(self), args=None)
        # Looked up, for a type checker believes that an attribute has its type.
        level, created, exc_info = fields["levelno"], fields["created"], fields["exc_info"]
        self.levelno = level if isinstance(level, int) else 0
        self.created = created if isinstance(created, (int, float)) and 0 <= created < _END_OF_TIME else 0.0
        self.process = fields["process"] if isinstance(fields["process"], int) else None
        if exc_info is not None and not isinstance(exc_info, tuple):
            self.exc_info, self.exc_text = None, safe_str(exc_info)
