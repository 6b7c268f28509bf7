"""`session_middleware`: the session of each request, and its cookie.

The rules: an id chosen by a client is never taken over; a cookie is set only when the session holds something or has
changed, and also when the handler raises a redirect; it is HttpOnly, SameSite=Lax, and Secure under TLS. A handler
that fails leaves the session as it was, but a session that it invalidated stays so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from asab_log import get_logger
from asab_web._keys import NamedRequestKey
from asab_web.session.session import Session

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

    from asab_web.session.storage import SessionStorage

L = get_logger(__name__)

COOKIE: Final = "asab-session"

SESSION: Final[web.RequestKey[Session]] = NamedRequestKey("Session", Session)
"""The key of the session in a request; the same as `"Session"`, for type checkers."""


def session_middleware(storage: SessionStorage) -> Middleware:
    """Make the aiohttp middleware that gives every request its `request["Session"]`.

    Args:
        storage: Where the sessions are kept.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        cookie = request.cookies.get(COOKIE)
        session = (await storage.load(cookie) if cookie else None) or storage.new()
        request[SESSION] = session
        try:
            response = await handler(request)
        except web.HTTPException as answer:
            await _commit(storage, session, request, answer)
            raise
        except BaseException:
            await _forget_retired(storage, session)
            raise
        await _commit(storage, session, request, response)
        return response

    return middleware


async def _commit(
    storage: SessionStorage, session: Session, request: web.Request, response: web.StreamResponse
) -> None:
    """Store what has changed, then set the cookie: the next request may come as soon as it is out."""
    retired = await _forget_retired(storage, session)
    if session.is_new() and not session:
        if retired and not response.prepared:
            response.del_cookie(COOKIE, path="/", secure=request.secure, httponly=True, samesite="Lax")
    elif session.is_new() and response.prepared:
        L.warning("A session began after its response: the cookie is not sent, the session is not kept")
    elif session.is_changed():
        value = await storage.save(session)
        if not response.prepared and (value != request.cookies.get(COOKIE) or session.is_max_age_changed()):
            _set_cookie(session, request, response, value)


async def _forget_retired(storage: SessionStorage, session: Session) -> bool:
    retired = session.retired()
    for session_id in retired:
        await storage.delete(session_id)
    return bool(retired)


def _set_cookie(session: Session, request: web.Request, response: web.StreamResponse, value: str) -> None:
    max_age = None
    if session.MaxAge is not None:
        max_age = max(0, int(session.Created + session.MaxAge - session.Storage.time()))
    response.set_cookie(COOKIE, value, max_age=max_age, path="/", secure=request.secure, httponly=True, samesite="Lax")
    # A cache that keeps the answer would hand the session to others.
    response.headers.setdefault("Cache-Control", "no-store")
