"""A server with sessions, whose handlers do one thing each, and how browsers look at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http.cookies import Morsel
from typing import Any

import aiohttp
from aiohttp import web

from asab_web.session import ServiceWebSession, Session
from tests.support.web import Scenario, WebApplication, serve

COOKIE = "asab-session"
Handler = Callable[[Session, web.Request], Awaitable[web.StreamResponse]]


async def show(session: Session, _request: web.Request) -> web.Response:
    return web.json_response({"new": session.is_new(), "content": dict(session)})


async def put(session: Session, request: web.Request) -> web.Response:
    session.update(request.query)
    return web.Response()


async def login(session: Session, request: web.Request) -> web.Response:
    session.rotate()
    session["user"] = request.query["user"]
    raise web.HTTPSeeOther("/")


async def logout(session: Session, _request: web.Request) -> web.Response:
    session.invalidate()
    return web.Response()


def run(
    scenario: Scenario,
    *,
    session_class: type[Session] | None = None,
    sections: Mapping[str, Mapping[str, str]] | None = None,
    **handlers: Handler,
) -> None:
    """Serve the handlers above, and others, each below its name, with sessions in memory."""

    def setup(app: WebApplication) -> None:
        ServiceWebSession(app, "sessions", app.WebApp, session_class=session_class)
        for name, handler in {"": show, "put": put, "login": login, "logout": logout, **handlers}.items():
            app.WebApp.router.add_get(f"/{name}", with_session(handler))

    assert serve(scenario, setup, sections=sections) == 0


def with_session(handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(request["Session"], request)

    return handle


async def get(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as response:
        assert response.status == 200
        return await response.json() if response.content_type == "application/json" else await response.text()


async def cookie_of(session: aiohttp.ClientSession, path: str) -> Morsel[str] | None:
    """The session cookie that an answer sets, if any."""
    async with session.get(path, allow_redirects=False) as response:
        return response.cookies.get(COOKIE)
