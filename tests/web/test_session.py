"""Sessions as browsers meet them: cookies over real connections."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web

from asab_web.session import SESSION, Session
from tests.support.web import WebApplication, client
from tests.support.web_sessions import cookie_of, get, run


def test_what_one_request_puts_in_the_next_one_finds() -> None:
    """That is what sessions are for; another browser sees nothing of it."""

    async def scenario(app: WebApplication, browser: aiohttp.ClientSession) -> None:
        assert await get(browser, "/") == {"new": True, "content": {}}
        await get(browser, "/put?color=blue")
        assert await get(browser, "/") == {"new": False, "content": {"color": "blue"}}
        async with client(app.url) as other:
            assert await get(other, "/") == {"new": True, "content": {}}

    run(scenario)


def test_a_session_that_holds_nothing_sets_no_cookie() -> None:
    """A visitor who only reads is not tracked, and answers stay cacheable."""

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        assert await cookie_of(browser, "/") is None
        assert await cookie_of(browser, "/put") is None
        assert await cookie_of(browser, "/logout") is None
        assert await cookie_of(browser, "/put?a=1") is not None
        assert await cookie_of(browser, "/put?b=2") is None  # the browser has it already
        assert await cookie_of(browser, "/") is None

    run(scenario)


def test_what_is_written_after_the_logout_begins_another_session() -> None:
    """A farewell message reaches the browser, under an id of its own."""

    async def farewell(session: Session, _request: web.Request) -> web.Response:
        session.invalidate()
        session["message"] = "bye"
        return web.Response()

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        before = await cookie_of(browser, "/login?user=ann")
        after = await cookie_of(browser, "/farewell")
        assert before is not None
        assert after is not None
        assert before.value != after.value
        assert await get(browser, "/") == {"new": False, "content": {"message": "bye"}}

    run(scenario, farewell=farewell)


def test_a_handler_that_fails_leaves_the_session_as_it_was() -> None:
    """Half a change is none; but a logout counts even when the farewell page fails."""

    async def fail(session: Session, request: web.Request) -> web.Response:
        session["color"] = "red"
        if "logout" in request.query:
            session.invalidate()
        raise RuntimeError("broken")

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?color=blue")
        assert await cookie_of(browser, "/fail") is None
        assert await get(browser, "/") == {"new": False, "content": {"color": "blue"}}
        await cookie_of(browser, "/fail?logout")
        assert await get(browser, "/") == {"new": True, "content": {}}

    run(scenario, fail=fail)


def test_an_answer_of_500_leaves_the_session_as_it_was() -> None:
    """A middleware that turns exceptions into answers changes nothing about that."""

    async def fail(session: Session, _request: web.Request) -> web.Response:
        session["color"] = "red"
        session.rotate()
        return web.Response(status=503)

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?color=blue")
        assert await cookie_of(browser, "/fail") is None
        assert await get(browser, "/") == {"new": False, "content": {"color": "blue"}}

    run(scenario, fail=fail)


def test_a_session_whose_last_value_is_removed_is_the_same_one() -> None:
    """An emptied cart does not begin another session, with another age."""

    async def clear(session: Session, _request: web.Request) -> web.Response:
        session.clear()
        return web.Response()

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?color=blue")
        await get(browser, "/clear")
        assert await get(browser, "/") == {"new": False, "content": {}}
        assert await cookie_of(browser, "/put?color=red") is None

    run(scenario, clear=clear)


def test_a_rotation_whose_cookie_cannot_be_sent_does_not_happen(caplog: pytest.LogCaptureFixture) -> None:
    """A stream that has begun does not log anybody out."""

    async def stream(session: Session, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        session.rotate()
        session["color"] = "red"
        await response.write_eof()
        return response

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?color=blue")
        await get(browser, "/stream")
        assert await get(browser, "/") == {"new": False, "content": {"color": "blue"}}

    run(scenario, stream=stream)
    assert [record.levelname for record in caplog.records if "after its response" in record.message] == ["WARNING"]


def test_concurrent_requests_that_change_different_keys_lose_nothing() -> None:
    """A page that loads ten things at once keeps what each of them has put in."""
    both_loaded = asyncio.Barrier(2)

    async def together(session: Session, request: web.Request) -> web.Response:
        await both_loaded.wait()
        session.update(request.query)
        return web.Response()

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?a=0&b=0&c=0")
        await asyncio.gather(get(browser, "/together?a=1"), get(browser, "/together?b=2"))
        assert await get(browser, "/") == {"new": False, "content": {"a": "1", "b": "2", "c": "0"}}

    run(scenario, together=together)


def test_a_change_deep_inside_a_value_is_kept() -> None:
    """Nobody has to remember to assign a list again after appending to it."""

    async def append(session: Session, _request: web.Request) -> web.Response:
        session.setdefault("cart", []).append({"piece": len(session["cart"])})
        return web.Response()

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        for _ in range(3):
            await get(browser, "/append")
        assert (await get(browser, "/"))["content"] == {"cart": [{"piece": 0}, {"piece": 1}, {"piece": 2}]}

    run(scenario, append=append)


def test_max_age_makes_the_cookie_outlive_the_browser_and_ends_the_session() -> None:
    """ "Remember me" is one line in the login handler."""

    async def remember(session: Session, request: web.Request) -> web.Response:
        session["user"] = "ann"
        session.MaxAge = float(request.query["seconds"])
        return web.Response()

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        cookie = await cookie_of(browser, "/remember?seconds=1000")
        assert cookie is not None
        assert 990 <= int(cookie["max-age"]) <= 1000
        again = await cookie_of(browser, "/remember?seconds=2000")
        assert again is not None
        assert again.value == cookie.value
        assert 1990 <= int(again["max-age"]) <= 2000
        await get(browser, "/remember?seconds=0")
        assert await get(browser, "/") == {"new": True, "content": {}}

    run(scenario, remember=remember)


def test_a_class_of_ones_own_gives_sessions_methods() -> None:
    """Applications put their questions where the data are."""

    class MySession(Session):
        def greeting(self) -> str:
            assert isinstance(self.Storage.App, WebApplication)
            return f"Hello, {self['user']}!"

    async def greet(session: Session, request: web.Request) -> web.Response:
        assert isinstance(session, MySession)
        assert request[SESSION] is session
        return web.Response(text=session.greeting())

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await cookie_of(browser, "/login?user=ann")
        assert await get(browser, "/greet") == "Hello, ann!"

    run(scenario, session_class=MySession, greet=greet)


def test_a_session_that_begins_after_its_response_is_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    """Its cookie could not be sent any more; a line in the log says so instead of silence."""

    async def stream(session: Session, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        session["count"] = session.get("count", 0) + 1
        await response.write_eof()
        return response

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        assert await cookie_of(browser, "/stream") is None
        assert await get(browser, "/") == {"new": True, "content": {}}
        await get(browser, "/put?color=blue")
        await get(browser, "/stream")  # one that the browser knows is kept
        assert (await get(browser, "/"))["content"] == {"color": "blue", "count": 1}

    run(scenario, stream=stream)
    assert [record.levelname for record in caplog.records if "after its response" in record.message] == ["WARNING"]
