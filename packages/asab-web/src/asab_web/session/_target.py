"""The server that `SessionStorageAttacks` attacks, and the browsers that look at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from asab_web.session.middleware import SESSION, session_middleware

if TYPE_CHECKING:
    from asab_web.session.session import Session
    from asab_web.session.storage import SessionStorage

COOKIE = "asab-session"


class Clock:
    """A clock that stands still until it is told to go on.

    Attributes:
        now: The seconds since 1970 (UTC).
    """

    now: float = 1_000_000_000.0

    def __call__(self) -> float:
        """Return the seconds since 1970 (UTC)."""
        return self.now


@dataclass
class Browser:
    """Somebody who sends a cookie, and keeps what comes back. A copy is a thief.

    Attributes:
        client: What asks the server.
        cookie: The value of the cookie, if there is one.
    """

    client: aiohttp.ClientSession
    cookie: str | None = None

    async def ask(self, path: str, **query: str) -> Any:
        """Return the content of the session that an answer shows, or its status if it is not 200."""
        cookies = {COOKIE: self.cookie} if self.cookie else {}
        async with self.client.get(path, params=query, cookies=cookies, allow_redirects=False) as response:
            if COOKIE in response.cookies:
                self.cookie = response.cookies[COOKIE].value or None
            return await response.json() if response.status == 200 else response.status

    def steal(self) -> Browser:
        """Return somebody who has a copy of the cookie as it is now."""
        return replace(self)

    def forge(self, cookie: str) -> Browser:
        """Return somebody with a cookie of their own making."""
        return replace(self, cookie=cookie)


class Target:
    """A server with sessions, whose handlers do one thing each.

    Attributes:
        storage: The storage that is attacked.
        under_way: Counts the requests that wait in `/slow`.
        proceed: Lets them go on.
    """

    def __init__(self, storage: SessionStorage) -> None:
        """Attack a storage; served by `serve`."""
        self.storage: SessionStorage = storage
        self.under_way: asyncio.Semaphore = asyncio.Semaphore(0)
        self.proceed: asyncio.Event = asyncio.Event()
        self.webapp: web.Application = web.Application(
            middlewares=[session_middleware(storage)], handler_args={"debug": False}
        )
        self.webapp.router.add_get("/", self._show)
        self.webapp.router.add_get("/{action}", self._act)
        self.webapp.router.add_get("/slow/{action}", self._slow)

    async def _show(self, request: web.Request) -> web.Response:
        session: Session = request[SESSION]
        return web.json_response(dict(session))

    async def _act(self, request: web.Request) -> web.Response:
        session: Session = request[SESSION]
        query = request.query
        match request.match_info["action"]:
            case "put":
                session.update(query)
            case "login":
                session.rotate()
                session.update(query)
            case "logout":
                session.invalidate()
            case "fill":
                session["fill"] = "x" * int(query["size"])
            case "remember":
                session.MaxAge = float(query["seconds"])
        return await self._show(request)

    async def _slow(self, request: web.Request) -> web.Response:
        self.under_way.release()
        await self.proceed.wait()
        return await self._act(request)


@asynccontextmanager
async def serve(target: Target) -> AsyncIterator[Browser]:
    """Serve it on a free port of loopback; yield somebody without a cookie."""
    runner = web.AppRunner(target.webapp, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession(url, cookie_jar=aiohttp.DummyCookieJar()) as client:
            yield Browser(client)
    finally:
        await runner.cleanup()
