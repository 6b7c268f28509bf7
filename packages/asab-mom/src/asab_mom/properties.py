"""`Properties`: what travels beside the body of a message, the same with every broker.

The names and limits are those of AMQP 0-9-1 (class `basic`), so that nothing is lost on the way to RabbitMQ and back.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import math
import operator
from collections.abc import Mapping
from typing import Any, cast

SHORT = OCTET = 255
"""A short string of AMQP 0-9-1 (section 4.2.5.3) has at most so many bytes of UTF-8."""
EXPIRATION_MAX = 4_294_967
"""Seconds, some 49 days: RabbitMQ's timers have 32 bits of milliseconds."""

_SHORT_STRINGS = (
    "content_type",
    "content_encoding",
    "correlation_id",
    "reply_to",
    "expiration",
    "message_id",
    "message_type",
    "user_id",
    "app_id",
)
_short_strings = operator.attrgetter(*_SHORT_STRINGS)
_SCALARS = (str, bytes, float, type(None))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """The properties of a message, as a handler gets them.

    Attributes:
        content_type: The MIME type of the body.
        content_encoding: The MIME encoding of the body.
        headers: The application's own values; str, bytes, bool, int (64 bits), float, `Decimal`, `datetime`, None, and
            lists and dictionaries of these.
        delivery_mode: 2 for a message that survives a restart of the broker, 1 for one that need not.
        priority: 0 to 255; used by priority queues.
        correlation_id: What binds a reply to its question.
        reply_to: Where the reply goes: the name of a queue.
        expiration: How long the message may wait in a queue; a whole number of milliseconds as text.
        message_id: The identity of the message; the same when it is delivered twice.
        timestamp: When it was sent, with a time zone; AMQP keeps whole seconds.
        message_type: The application's name for this kind of message.
        user_id: The broker's user who sent it; RabbitMQ checks it.
        app_id: The application that sent it.
    """

    content_type: str | None = None
    content_encoding: str | None = None
    headers: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    delivery_mode: int | None = None
    priority: int | None = None
    correlation_id: str | None = None
    reply_to: str | None = None
    expiration: str | None = None
    message_id: str | None = None
    timestamp: datetime.datetime | None = None
    message_type: str | None = None
    user_id: str | None = None
    app_id: str | None = None

    def check(self) -> None:
        """Refuse what cannot travel, before anything of the message has left.

        Raises:
            TypeError: If a value is of a wrong type.
            ValueError: If a value is out of its range.
        """
        for name, value in zip(_SHORT_STRINGS, _short_strings(self), strict=True):
            if value is not None:
                check_short(name, value)
        if self.timestamp is not None:
            _check_time("timestamp", self.timestamp)
        if self.priority is not None:
            _check_octet("priority", self.priority)
        if self.headers != {}:
            _check_header("headers", dict(self.headers))


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is dataclasses.MISSING:
        return dataclasses.field(default=field.default)
    return dataclasses.field(default_factory=field.default_factory)


_Draft: type[Any] = dataclasses.make_dataclass(
    "Properties", [(f.name, Any, _default(f)) for f in dataclasses.fields(Properties)], slots=True, kw_only=True
)
"""The same slots, not frozen."""


def make_properties(**values: Any) -> Properties:
    """Return `Properties(**values)`, in 40 % of the time: a frozen dataclass sets each of its fields by a call.

    It is a sixth of all that a message costs, each way.
    """
    draft = _Draft(**values)
    draft.__class__ = Properties
    return cast("Properties", draft)


def check_short(name: str, value: object) -> None:
    """Refuse what is not a short string of AMQP.

    Args:
        name: What the value is, for the error.
        value: Whatever was given.

    Raises:
        TypeError: If it is not a str.
        ValueError: If it is longer than 255 bytes of UTF-8.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {value!r}")
    size = len(value) if value.isascii() else len(value.encode())
    if size > SHORT:
        raise ValueError(f"{name} of {size} bytes is too long, at most {SHORT} fit: {value[:40]!r}...")


def expiration_text(seconds: float) -> str:
    """Return how AMQP says how long a message may wait in a queue: milliseconds as text, rounded up.

    Raises:
        TypeError: If it is no number.
        ValueError: If it is negative, or longer than RabbitMQ can wait.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"expiration must be a number of seconds, not {seconds!r}")
    if not 0 <= seconds <= EXPIRATION_MAX:
        raise ValueError(f"expiration = {seconds!r}: must be from 0 to {EXPIRATION_MAX} seconds")
    return str(math.ceil(round(seconds * 1000, 6)))


def _check_octet(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if not 0 <= value <= OCTET:
        raise ValueError(f"{name} = {value!r}: must be from 0 to {OCTET}")


def _check_header(place: str, value: object) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            check_short(f"a key of {place}", key)
            _check_header(f"{place}[{key!r}]", item)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            _check_header(f"{place}[{i}]", item)
    elif isinstance(value, decimal.Decimal):
        _check_decimal(place, value)
    elif isinstance(value, datetime.datetime):
        _check_time(place, value)
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise ValueError(f"{place} = {value!r} does not fit into 64 bits")
    elif not isinstance(value, _SCALARS):
        raise TypeError(f"{place} = {value!r} cannot travel in a message; convert it to a str, a number or a list")


def _check_decimal(place: str, value: decimal.Decimal) -> None:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or not -SHORT <= exponent <= 0 or int("".join(map(str, digits))) >= 2**31:
        raise ValueError(f"{place} = {value!r} does not fit into a decimal of AMQP (31 bits and up to 255 places)")


def _check_time(place: str, value: object) -> None:
    if not isinstance(value, datetime.datetime):
        raise TypeError(f"{place} must be a datetime, not {value!r}")
    if value.tzinfo is None or value.timestamp() < 0:
        raise ValueError(f"{place} = {value!r} needs a time zone and a year from 1970 on")
