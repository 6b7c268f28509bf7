"""`JsonFormatter`: one record in, one JSON object on one line out.

The rule: every line is valid JSON that any parser takes (RFC 8259; RFC 7493 for numbers and characters), whatever was
logged, and what JSON can hold comes out of the parser as it was logged. No key stands twice.
"""

from __future__ import annotations

import functools
import json
import math
import re
import time

from asab_log._escape import UNSAFE_BEYOND_ASCII, escape, safe_str
from asab_log._sd_element import items
from asab_log._serializable import ATTRIBUTE, note, suspect, suspects
from asab_log._sound_record import SoundRecord, message_text
from asab_log.formatters import StructuredDataFormatter

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from typing import ClassVar

RESERVED = frozenset({"time", "level", "logger", "message", "exception", "stack"})
"""The keys of every line; structured data of these names get `sd_` before theirs."""

_BITS_LIMIT = 2048
"""Longer integers are text: Python itself refuses to read or write some thousand digits."""

_DEPTH_LIMIT = 64
"""What is nested deeper is text: parsers have limits, from about a hundred on."""

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")).encode
_quote = json.encoder.encode_basestring
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSAFE = re.compile(f"[\x7f{UNSAFE_BEYOND_ASCII}]")


class JsonFormatter(StructuredDataFormatter):
    r"""Formats a record as a JSON object on one line.

    Its keys are `time` (RFC 3339, UTC with microseconds), `level`, `logger`, `message`, then the structured data, then
    `exception` and `stack` (text of several lines) if the record has them. These six names are this formatter's:
    structured data of such a name, or of one that is there already, get `sd_` before theirs.

    What JSON has no form for is shown as text: objects as `str()` has them, NaN and the infinities by name, integers
    of more than 2048 bits in hexadecimal, lone surrogates as `\ud800`.
    """

    converter: Callable[[float | None], time.struct_time] = staticmethod(time.gmtime)
    _default_datefmt: ClassVar[str] = "%Y-%m-%dT%H:%M:%S.%fZ"

    def __init__(self) -> None:
        """Make a formatter; there is nothing to choose."""
        super().__init__()

    def format(self, record: logging.LogRecord) -> str:
        """Format the specified record as one JSON object, without the end of the line. It never raises."""
        try:
            text = self._line(record)
        except Exception:  # a field that is not what it should be
            text = self._line(SoundRecord(record))
        return text if text.isprintable() else _UNSAFE.sub(lambda match: _sequence(match[0]), text)

    def _line(self, record: logging.LogRecord) -> str:
        record.message = message_text(record)
        head = f'"time":"{self.formatTime(record)}","level":{_text(record.levelname)},"logger":{_text(record.name)}'
        text = f'{{{head},"message":{_text(record.message)}'
        struct_data = record.__dict__.get(ATTRIBUTE)
        if struct_data is not None:
            text += _members(struct_data)
            if suspects:
                note(record)
        if record.exc_info or record.exc_text:
            text += f',"exception":{_text(self._traceback(record))}'
        if record.stack_info:
            text += f',"stack":{_text(record.stack_info)}'
        return text + "}"


@functools.cache
def _sequence(character: str) -> str:
    """Return what stands for a character in a JSON string: an escape, or for a lone surrogate the text of one."""
    sequence = rf"\u{ord(character):04x}"
    return "\\" + sequence if _SURROGATE.match(character) else sequence


def _members(struct_data: object) -> str:
    """Return structured data as the members of an object, each with a comma before it."""
    text = ""
    names = set(RESERVED)
    for key, value in items(struct_data):
        name = _key(key)
        while name in names:
            name = "sd_" + name
        names.add(name)
        text += f",{_quote(name)}:{_text(value)}"
    return text


def _text(value: object) -> str:
    """Return any value as JSON. What is simple goes without an encoder, which is made anew for each value."""
    if type(value) is str:
        return _quote(value)
    value = _plain(value)
    return repr(value) if type(value) is int or type(value) is float else _encode(value)


def _plain(value: object, outside: tuple[int, ...] = ()) -> object:
    """Return the value made of nothing but the types of JSON.

    Args:
        value: Anything.
        outside: The ids of the containers around it.
    """
    try:
        if isinstance(value, (str, int, float)):
            return _scalar(value)
        if value is None:
            return None
        if id(value) not in outside and len(outside) < _DEPTH_LIMIT:
            if isinstance(value, dict):
                return _object(value, (*outside, id(value)))
            if isinstance(value, (list, tuple)):
                return [_plain(each, (*outside, id(value))) for each in value]
    except Exception:  # a subclass that does not want to be read
        suspect()
        return safe_str(value)
    suspect()
    return safe_str(value)


def _scalar(value: str | float) -> object:
    """Return a value as exactly str, bool, int or float; the methods are the types' own, whatever a subclass says."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        whole = int.__pos__(value)
        return whole if whole.bit_length() <= _BITS_LIMIT else hex(whole)
    number = float.__pos__(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _object(value: dict[object, object], outside: tuple[int, ...]) -> dict[str, object]:
    plain: dict[str, object] = {}
    for key, each in value.items():
        name = _key(key)
        while name in plain:
            name = "sd_" + name
        plain[name] = _plain(each, outside)
    return plain


def _key(key: object) -> str:
    r"""Return a key as text: as JSON has it if it is a number or such, else as `str()` has it.

    Lone surrogates are written as `\ud800` here already, so that two keys do not become one later.
    """
    if type(key) is str and key.isprintable():
        return key
    try:
        if isinstance(key, str):
            text = str.__str__(key)
        elif key is None or isinstance(key, (int, float)):
            text = _encode(_plain(key)).strip('"')
        else:
            raise TypeError
    except Exception:  # a key that JSON does not know, or one that does not even say what it is
        suspect()
        text = safe_str(key)
    return text if text.isprintable() else _SURROGATE.sub(lambda match: escape(match[0]), text)
