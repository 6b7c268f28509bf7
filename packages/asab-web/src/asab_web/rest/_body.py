"""The body of a request, as JSON and nothing else (RFC 8259)."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from aiohttp import hdrs, web

from asab_web.rest._invalid import InvalidRequest, Mistake

_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


def parse(body: bytes) -> Any:
    """Return the value that the bytes stand for.

    Raises:
        InvalidRequest: With status 400, if they are not JSON in UTF-8. Not-a-number and infinity are not JSON; what is
            nested too deeply to be read is refused, too.
    """
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except json.JSONDecodeError as error:
        reason = f"{error.msg} in line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    raise not_json(reason)


def not_json(reason: str) -> InvalidRequest:
    """Return the error for a body that is not JSON."""
    return InvalidRequest(400, [Mistake("body", (), f"not JSON: {reason}")])


def require_json(request: web.Request) -> None:
    """Look at the type of the body.

    A web page of another site can make a browser send text and forms with the user's cookies, but not JSON.

    Raises:
        InvalidRequest: With status 415, if it is not JSON in UTF-8.
    """
    kind, charset = request.content_type, (request.charset or "utf-8").lower()
    is_json = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
    if hdrs.CONTENT_TYPE not in request.headers or not is_json or charset not in _UTF_8:
        said = request.headers.get(hdrs.CONTENT_TYPE, "none")
        raise InvalidRequest(415, [Mistake("body", (), f"expected the type application/json in UTF-8, not {said}")])


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
