"""`session_middleware`: the session of each request, and its cookie.

The rules: an id chosen by a client is never taken over; a cookie is set only when the session holds something or has
changed, and also when the handler raises a redirect. A handler that fails, so with an exception or an answer of 500 and
above, leaves the session as it was, but a session that it invalidated stays so. While the storage cannot be reached,
requests with a session are answered 503. An answer that looked at the session says `Vary: Cookie`, for caches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from asab_log import get_logger
from asab_web._keys import NamedRequestKey
from asab_web._vary import vary
from asab_web.session.cookie import SessionCookie
from asab_web.session.errors import SessionStorageError
from asab_web.session.session import Session

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

    from asab_web.session.storage import SessionStorage

L = get_logger(__name__)

SESSION: Final[web.RequestKey[Session]] = NamedRequestKey("Session", Session)
"""The key of the session in a request; the same as `"Session"`, for type checkers."""

# Seconds after which a client may try again when the storage cannot be reached.
_RETRY_AFTER: Final = "5"


def session_middleware(storage: SessionStorage, cookie: SessionCookie | None = None) -> Middleware:
    """Make the aiohttp middleware that gives every request its `request["Session"]`.

    Args:
        storage: Where the sessions are kept.
        cookie: What the cookie looks like; without one as `SessionCookie()`.
    """
    sessions = _Sessions(storage, cookie or SessionCookie())

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        session = request[SESSION] = await sessions.begin(request)
        try:
            response = await handler(request)
        except web.HTTPException as answer:
            await sessions.commit(session, request, answer)
            raise
        except BaseException:
            await sessions.end_invalidated(session)
            raise
        await sessions.commit(session, request, response)
        return response

    return middleware


class _Sessions:
    """From cookie to session and back."""

    def __init__(self, storage: SessionStorage, cookie: SessionCookie) -> None:
        self._storage = storage
        self._cookie = cookie

    async def begin(self, request: web.Request) -> Session:
        value = self._cookie.value(request)
        try:
            session = await self._storage.load(value) if value else None
        except SessionStorageError:
            raise _unavailable() from None
        return self._storage.new() if session is None else session

    async def commit(self, session: Session, request: web.Request, response: web.StreamResponse) -> None:
        """Store what has changed, then set the cookie: the next request may come as soon as it is out."""
        if session.used and not response.prepared:
            vary(response, hdrs.COOKIE)
        try:
            ended = await self.end_invalidated(session)
            value = None if response.status >= 500 else await self._save(session, response)
        except SessionStorageError as e:
            if response.prepared:
                L.error("A session is not saved, its answer has already begun: %s", e)
                return
            raise _unavailable() from None
        if value is not None:
            self._send(session, request, response, value)
        elif ended and not response.prepared:
            self._cookie.drop(request, response)

    async def end_invalidated(self, session: Session) -> bool:
        """Have the storage forget the session if the handler has invalidated it; return whether it has."""
        ended = session.ended()
        for session_id in ended:
            await self._storage.delete(session_id)
        return bool(ended)

    async def _save(self, session: Session, response: web.StreamResponse) -> str | None:
        begins = session.stored_id is None
        if (begins and not session) or not (begins or session.is_changed()):
            return None
        if session.is_new() and response.prepared:
            L.warning("A session began after its response: the cookie is not sent, the session is not kept")
            return None
        value = await self._storage.save(session)
        if value is None:
            L.info("A session has ended while a request was under way: what the request has changed is dropped")
        return value

    def _send(self, session: Session, request: web.Request, response: web.StreamResponse, value: str) -> None:
        if value == self._cookie.value(request) and not session.is_max_age_changed():
            return
        if response.prepared:
            L.warning("A session changed after its response: the cookie is not sent")
        else:
            self._cookie.set(request, response, value, session)


def _unavailable() -> web.HTTPServiceUnavailable:
    return web.HTTPServiceUnavailable(headers={"Retry-After": _RETRY_AFTER})
