"""`JsonExceptionMiddleware`: errors as JSON, without internals; the log has the rest under the same id."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from asab_log import get_logger
from asab_web.rest._json import json_response

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

L = get_logger(__name__)


@web.middleware
async def JsonExceptionMiddleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into JSON with `status`, `message` and `uuid`; append it to `WebApp.middlewares`.

    HTTP errors keep status and headers, and their text is the message. A `KeyError` is 404, any other exception 500;
    what they say stays in the log, with the traceback and the same uuid. Passed on as they are: redirects, HTTP errors
    with a body that is not plain text, and what is raised after the answer has begun.
    """
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400 or error.content_type != "text/plain":
            raise
        answer = _answer(request, error.status, _message(error), error)
        answer.headers.extend((k, v) for k, v in error.headers.items() if k not in _OF_THE_BODY)
        answer.cookies.update(error.cookies)
        return answer
    except Exception as error:
        if request.writer.output_size:
            raise
        if isinstance(error, KeyError):
            return _answer(request, 404, "Not Found", error)
        return _answer(request, 500, "Internal Server Error", error)


# These describe the text that the JSON takes the place of.
_OF_THE_BODY = frozenset({hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH})


def _message(error: web.HTTPException) -> str:
    default = f"{error.status}: {error.reason}"
    return error.reason if error.text in (None, default) else str(error.text)


def _answer(request: web.Request, status: int, message: str, error: Exception) -> web.Response:
    error_id = str(uuid.uuid4())
    struct_data = {"uuid": error_id, "status": status, "method": request.method, "path": request.rel_url.raw_path}
    if isinstance(error, web.HTTPException):
        L.info("HTTP error: %s", message, struct_data=struct_data)
    else:
        L.error("A request handler failed", exc_info=error, struct_data=struct_data)
    return json_response(request, {"status": status, "message": message, "uuid": error_id}, status=status)
