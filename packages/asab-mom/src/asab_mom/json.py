"""JSON as the body of a message (RFC 8259, in UTF-8)."""

from __future__ import annotations

import json
from typing import Any

from asab_mom.properties import Properties

CONTENT_TYPE = "application/json"


def encode_json(value: object) -> bytes:
    """Return the body for a value.

    Args:
        value: None, a bool, a number, a str, and lists, tuples and dictionaries of these.

    Raises:
        TypeError: If it is something else, or has it in it.
        ValueError: If it has NaN or an infinity in it, which JSON has not, or contains itself.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def decode_json(properties: Properties, body: bytes) -> Any:
    """Return the value of a body; for use in a handler.

    Args:
        properties: Those of the message. One that does not name its type is taken for JSON.
        body: The body.

    Raises:
        ValueError: If the message says that it is something else, or is not JSON. A handler that lets it through has
            its message rejected.
    """
    kind = (properties.content_type or CONTENT_TYPE).partition(";")[0].strip().lower()
    if kind != CONTENT_TYPE and not kind.endswith("+json"):
        raise ValueError(f"the message is not JSON: its content_type is {properties.content_type!r}")
    if (properties.content_encoding or "utf-8").lower() not in ("utf-8", "identity"):
        raise ValueError(f"the message is not JSON in UTF-8: its content_encoding is {properties.content_encoding!r}")
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the body of the message is not JSON: {error}") from error
