"""What answers errors, without internals; the log has the rest under the same id.

`JsonExceptionMiddleware` is for an API, and the application adds it. The rest is for the connection, which every
container has, and which gets what nobody else has answered: as functions that are called when something goes wrong,
since a wrapper around the application would cost each request a coroutine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from asab_log import get_logger
from asab_web.rest._accept import TEXT, preferred
from asab_web.rest._invalid import InvalidRequest
from asab_web.rest._problem import JSON_FIRST, TEXT_FIRST, Problem

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

L = get_logger(__name__)


@web.middleware
async def JsonExceptionMiddleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into JSON with `status`, `message` and `uuid`; append it to `WebApp.middlewares`.

    The JSON is problem details (RFC 9457), so it has `type`, `title`, `detail` and `instance`, too, and `errors` where
    the request was checked against a schema or a model. Its type is `application/problem+json`, or `application/json`
    for a client that names this in `Accept`; a client that would rather have plain text gets that.

    HTTP errors keep status and headers, and their text is the message. A `KeyError` is 404, any other exception 500;
    what they say stays in the log, with the traceback and the same uuid. Passed on as they are: redirects, HTTP errors
    with a body that is not plain text, and what is raised after the answer has begun.
    """
    try:
        return await handler(request)
    except web.HTTPException as error:
        if not _is_plain(error) or request.writer.output_size:
            raise
        return _http_error(request, error, JSON_FIRST)
    except Exception as error:
        answer = _failure(request, error, 404 if isinstance(error, KeyError) else 500, JSON_FIRST)
        if answer is None:
            raise
        return answer


def answer_http_error(request: web.BaseRequest, error: web.HTTPException) -> web.Response:
    """Return the answer to an HTTP error: the error as it is, but to a client that would rather have JSON."""
    if not _is_plain(error) or preferred(request, TEXT_FIRST) == TEXT:
        return error
    return _http_error(request, error, TEXT_FIRST)


def answer_failure(request: web.BaseRequest, error: Exception) -> web.Response | None:
    """Return the answer to what a handler has raised: an id that the log has too, and nothing of what it says.

    Returns:
        None where an answer has begun; then the client has to be cut off.
    """
    return _failure(request, error, 500, TEXT_FIRST)


def refuse_second_answer(request: web.BaseRequest, answer: web.StreamResponse) -> None:
    """Cut the client off when another answer has begun: it would take this one for a part of that, or of the next.

    Raises:
        ConnectionError: Always.
    """
    transport = request.transport
    if transport is not None and not transport.is_closing():
        L.error(
            "A request handler gave an answer when another one had begun; the client is cut off",
            struct_data={"status": answer.status, "method": request.method, "path": request.rel_url.raw_path},
        )
        transport.close()
    raise ConnectionResetError("another answer has begun")


# These describe the text that the answer takes the place of.
_OF_THE_BODY = frozenset({hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH})


def _is_plain(error: web.HTTPException) -> bool:
    return error.status >= 400 and error.content_type == TEXT


def _http_error(request: web.BaseRequest, error: web.HTTPException, offers: Sequence[str]) -> web.Response:
    mistakes = error.mistakes if isinstance(error, InvalidRequest) else ()
    problem = Problem(error.status, _message(error), mistakes)
    said = error.reason if mistakes else problem.message
    L.info("HTTP error: %s", said, struct_data=problem.struct_data(request))
    answer = problem.answer(request, offers)
    answer.headers.extend((k, v) for k, v in error.headers.items() if k not in _OF_THE_BODY)
    answer.cookies.update(error.cookies)
    return answer


def _message(error: web.HTTPException) -> str:
    default = f"{error.status}: {error.reason}"
    return error.reason if error.text in (None, default) else str(error.text)


def _failure(request: web.BaseRequest, error: Exception, status: int, offers: Sequence[str]) -> web.Response | None:
    """Answer an exception; None where an answer has begun."""
    if isinstance(error, ConnectionResetError) and (request.transport is None or request.transport.is_closing()):
        L.info("The client went away", struct_data={"method": request.method, "path": request.rel_url.raw_path})
        return web.Response(status=499, reason="Client Closed Request")  # for the access log; nobody else sees it
    if request.writer.output_size:
        return None
    if isinstance(error, web.RequestPayloadError):
        return _http_error(request, web.HTTPBadRequest(text="The request's body is damaged."), offers)
    problem = Problem(status, "Not Found" if status == 404 else "Internal Server Error")
    L.error("A request handler failed", exc_info=error, struct_data=problem.struct_data(request))
    return problem.answer(request, offers)
