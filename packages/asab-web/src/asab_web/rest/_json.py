"""`json_response`: a value as an answer in JSON."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

_YES = frozenset({"true", "yes", "1"})


def json_response(
    request: web.BaseRequest,
    data: Any,
    pretty: bool | None = None,
    dumps: Callable[[Any], str] | None = None,
    **kwargs: Any,
) -> web.Response:
    """Answer in JSON.

    Beside what JSON knows, dates and times are written as ISO 8601, bytes as hexadecimal digits, and an object that
    has a method `rest_get()` as what that returns.

    Args:
        request: The request; `?pretty=true` in its URL indents the answer.
        data: What is to be answered.
        pretty: Whether to indent, whatever the URL says.
        dumps: Makes the text in place of all this.
        **kwargs: Handed to `aiohttp.web.Response`: `status`, `headers`, …

    Raises:
        TypeError: If `data` holds something else.
        ValueError: If it holds a number that JSON has no word for (not-a-number, infinity).
    """
    if pretty is None:
        pretty = request.query.get("pretty", "").lower() in _YES
    text = dumps(data) if dumps is not None else _dumps(data, pretty)
    return web.Response(text=text, content_type="application/json", **kwargs)


def _dumps(data: Any, pretty: bool) -> str:
    if pretty:
        return json.dumps(data, default=_default, allow_nan=False, indent=4) + "\n"
    return json.dumps(data, default=_default, allow_nan=False)


def _default(value: Any) -> Any:
    if isinstance(value, datetime.date | datetime.time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if callable(rest_get := getattr(value, "rest_get", None)):
        return rest_get()
    raise TypeError(f"JSON cannot hold a {type(value).__name__}: {value!r}")
