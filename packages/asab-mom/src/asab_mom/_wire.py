"""Field tables and properties as AMQP 0-9-1 puts them on the wire (section 4.2.5 and RabbitMQ's errata to it).

What is encoded here has passed `Properties.check`. What is decoded comes from whoever could publish to the broker.
"""

from __future__ import annotations

import datetime
import decimal
import functools
import operator
import struct
from collections.abc import Callable, Mapping
from typing import Any

from asab_mom.properties import Properties, make_properties

_PROPERTIES = (
    "content_type",
    "content_encoding",
    "headers",
    "delivery_mode",
    "priority",
    "correlation_id",
    "reply_to",
    "expiration",
    "message_id",
    "timestamp",
    "message_type",
    "user_id",
    "app_id",
)
"""In the order of the wire; the first is bit 15 of the flags (section 4.2.6.1)."""
_BITS = tuple(1 << (15 - i) for i in range(len(_PROPERTIES)))
_values = operator.attrgetter(*_PROPERTIES)
_OCTETS = tuple(bytes((i,)) for i in range(256))

_INTEGERS = ((b"b", "b", 2**7), (b"s", "h", 2**15), (b"I", "i", 2**31), (b"l", "q", 2**63))
_FIXED = {
    b"b": ">b",
    b"B": ">B",
    b"s": ">h",
    b"u": ">H",
    b"I": ">i",
    b"i": ">I",
    b"l": ">q",
    b"L": ">q",
    b"f": ">f",
    b"d": ">d",
    b"t": ">?",
}


def short_string(text: str) -> bytes:
    """Encode a short string of at most 255 bytes."""
    data = text.encode()
    return _OCTETS[len(data)] + data


def encode_properties(properties: Properties) -> bytes:
    """Encode the property flags and the properties that are set."""
    flags, parts = 0, [b""]
    for bit, value in zip(_BITS, _values(properties), strict=True):
        if value or (value is not None and value != {}):
            flags |= bit
            parts.append(_encode_property(value))
    parts[0] = flags.to_bytes(2, "big")
    return b"".join(parts)


def decode_properties(data: bytes) -> Properties:
    """Decode what follows the body's size in a content header.

    Raises:
        ValueError: If it does not follow the protocol, or holds what Python cannot hold (a year past 9999).
    """
    try:
        return _Reader(data).properties()
    except (ValueError, LookupError, struct.error, OverflowError, OSError, RecursionError, ArithmeticError) as error:
        raise ValueError(f"the properties of the message cannot be read: {error}") from error


def _encode_property(value: Any) -> bytes:
    if isinstance(value, str):
        return short_string(value)
    if isinstance(value, int):
        return _OCTETS[value]
    if isinstance(value, datetime.datetime):
        return _timestamp(value)
    return _table(value)


def _timestamp(value: datetime.datetime) -> bytes:
    return struct.pack(">Q", int(value.timestamp()))


def _table(table: Mapping[str, Any]) -> bytes:
    data = b"".join(short_string(key) + _field(value) for key, value in table.items())
    return struct.pack(">I", len(data)) + data


def _field(value: Any) -> bytes:
    """Encode a value of a table with its type; the integer types are those that RabbitMQ reads."""
    if value is None:
        return b"V"
    if isinstance(value, bool):
        return b"t" + bytes((value,))
    if isinstance(value, int):
        return next(kind + struct.pack(f">{code}", value) for kind, code, end in _INTEGERS if -end <= value < end)
    if isinstance(value, float):
        return b"d" + struct.pack(">d", value)
    if isinstance(value, str):
        return _long(b"S", value.encode())
    if isinstance(value, bytes):
        return _long(b"x", value)
    if isinstance(value, datetime.datetime):
        return b"T" + _timestamp(value)
    if isinstance(value, decimal.Decimal):
        exponent = value.as_tuple().exponent
        return b"D" + struct.pack(">Bi", -int(exponent), int(value.scaleb(-int(exponent))))
    if isinstance(value, list):
        return _long(b"A", b"".join(map(_field, value)))
    return b"F" + _table(value)


def _long(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack(">I", len(data)) + data


class _Reader:
    """Reads values one after the other; reading past the end is an error."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def properties(self) -> Properties:
        flags = self._number(">H")
        return make_properties(**{name: decode(self) for name, decode in _decoders(flags)})

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise ValueError(f"{size} bytes expected at byte {self._at}, {len(self._data) - self._at} there")
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def _number(self, code: str) -> Any:
        return struct.unpack(code, self._take(struct.calcsize(code)))[0]

    def _short(self) -> str:
        begin = self._at + 1
        end = begin + self._data[self._at]
        if end > len(self._data):
            raise ValueError(f"a string at byte {self._at} ends after the data")
        self._at = end
        return self._data[begin:end].decode()

    def _octet(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _timestamp(self) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self._number(">Q"), datetime.UTC)

    def _table(self) -> dict[str, Any]:
        inner = _Reader(self._take(self._number(">I")))
        table = {}
        while inner._at < len(inner._data):
            key = inner._short()
            table[key] = inner._field()
        return table

    def _list(self) -> list[Any]:
        inner = _Reader(self._take(self._number(">I")))
        values = []
        while inner._at < len(inner._data):
            values.append(inner._field())
        return values

    def _field(self) -> Any:
        kind = self._take(1)
        if kind in _FIXED:
            return self._number(_FIXED[kind])
        if kind not in _FIELDS:
            raise ValueError(f"unknown type {kind!r} of a field at byte {self._at - 1}")
        return _FIELDS[kind](self)

    def _text(self) -> str | bytes:
        data = self._bytes()
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data

    def _bytes(self) -> bytes:
        return self._take(self._number(">I"))

    def _decimal(self) -> decimal.Decimal:
        places, digits = self._number(">B"), self._number(">i")
        return decimal.Decimal(digits).scaleb(-places)


@functools.lru_cache
def _decoders(flags: int) -> list[tuple[str, Callable[[_Reader], Any]]]:
    """Return which properties follow these flags, and how each is read; most messages have the same."""
    present = (name for name, bit in zip(_PROPERTIES, _BITS, strict=True) if flags & bit)
    return [(name, _DECODERS.get(name, _Reader._short)) for name in present]


_DECODERS: dict[str, Callable[[_Reader], Any]] = {
    "headers": _Reader._table,
    "delivery_mode": _Reader._octet,
    "priority": _Reader._octet,
    "timestamp": _Reader._timestamp,
}
_FIELDS: dict[bytes, Callable[[_Reader], Any]] = {
    b"V": lambda reader: None,
    b"S": _Reader._text,
    b"x": _Reader._bytes,
    b"T": _Reader._timestamp,
    b"D": _Reader._decimal,
    b"F": _Reader._table,
    b"A": _Reader._list,
}
