"""What sessions withstand: planted, stolen and forged cookies."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asab_web.session import Session
from tests.support.certificate import CERTIFICATE, tls_section
from tests.support.web import WebApplication, client, raw
from tests.support.web_sessions import COOKIE, cookie_of, get, run


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites() -> None:
    """A script that was smuggled into a page cannot read it, and a foreign page cannot post with it."""

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        async with browser.get("/put?a=1") as response:
            cookie = response.cookies[COOKIE]
            assert response.headers["Cache-Control"] == "no-store"
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert (cookie["secure"], cookie["max-age"], cookie["domain"]) == ("", "", "")
        assert len(cookie.value) >= 43  # 256 bits

    run(scenario)


@pytest.mark.parametrize("use", [dict, len, lambda session: session.get("user"), lambda session: "user" in session])
def test_an_answer_that_depends_on_the_session_says_so_to_caches(use: Callable[[Session], object]) -> None:
    """A cache would hand the page of one visitor to the next; what all visitors get alike it may keep."""

    async def look(session: Session, _request: web.Request) -> web.Response:
        use(session)
        return web.Response(headers={"Vary": "Accept"})

    async def ignore(_session: Session, _request: web.Request) -> web.Response:
        return web.Response(headers={"Vary": "Accept"})

    async def refuse(session: Session, _request: web.Request) -> web.Response:
        use(session)
        raise web.HTTPForbidden

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        for path, vary in {"look": "Accept, Cookie", "ignore": "Accept", "refuse": "Cookie"}.items():
            async with browser.get(f"/{path}") as response:
                assert response.headers["Vary"] == vary

    run(scenario, look=look, ignore=ignore, refuse=refuse)


def test_an_id_chosen_by_a_client_is_never_taken_over() -> None:
    """Who plants a cookie in somebody's browser does not know the session that begins there."""

    async def scenario(app: WebApplication, _browser: aiohttp.ClientSession) -> None:
        planted = "A" * 43
        async with client(app.url, cookies=False) as browser:
            browser.headers["Cookie"] = f"{COOKIE}={planted}"
            cookie = await cookie_of(browser, "/login?user=eve")
            assert cookie is not None
            assert cookie.value != planted
            assert await get(browser, "/") == {"new": True, "content": {}}

    run(scenario)


def test_login_gives_a_new_id_and_ends_the_old_one() -> None:
    """An id that leaked before the login opens nothing after it. The cookie goes out with the redirect."""

    async def scenario(app: WebApplication, browser: aiohttp.ClientSession) -> None:
        before = await cookie_of(browser, "/put?cart=full")
        after = await cookie_of(browser, "/login?user=ann")
        assert before is not None
        assert after is not None
        assert before.value != after.value
        assert await get(browser, "/") == {"new": False, "content": {"cart": "full", "user": "ann"}}
        async with client(app.url, cookies=False) as thief:
            thief.headers["Cookie"] = f"{COOKIE}={before.value}"
            assert await get(thief, "/") == {"new": True, "content": {}}

    run(scenario)


def test_logout_ends_the_session_on_both_sides() -> None:
    """A copied cookie is worth nothing after the logout, and the browser drops its own."""

    async def scenario(app: WebApplication, browser: aiohttp.ClientSession) -> None:
        stolen = await cookie_of(browser, "/login?user=ann")
        dropped = await cookie_of(browser, "/logout")
        assert stolen is not None
        assert dropped is not None
        assert (dropped.value, dropped["max-age"]) == ("", "0")
        async with client(app.url, cookies=False) as thief:
            thief.headers["Cookie"] = f"{COOKIE}={stolen.value}"
            assert await get(thief, "/") == {"new": True, "content": {}}

    run(scenario)


def test_a_request_that_began_before_the_logout_does_not_bring_the_session_back() -> None:
    """A slow request in another tab does not log anybody in again."""
    loaded, logged_out = asyncio.Event(), asyncio.Event()

    async def slow(session: Session, _request: web.Request) -> web.Response:
        loaded.set()
        await logged_out.wait()
        session["visited"] = True
        return web.Response()

    async def scenario(app: WebApplication, browser: aiohttp.ClientSession) -> None:
        stolen = await cookie_of(browser, "/login?user=ann")
        assert stolen is not None
        async with client(app.url, cookies=False) as tab:
            tab.headers["Cookie"] = f"{COOKIE}={stolen.value}"
            visit = asyncio.ensure_future(cookie_of(tab, "/slow"))
            await loaded.wait()
            await get(browser, "/logout")
            logged_out.set()
            assert await visit is None
            assert await get(tab, "/") == {"new": True, "content": {}}

    run(scenario, slow=slow)


def test_ids_do_not_reach_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Who reads the log cannot take over anybody's session."""
    caplog.set_level(logging.DEBUG)
    ids: list[str] = []

    async def debug(session: Session, _request: web.Request) -> web.Response:
        logging.getLogger("app").debug("%r %s", session, session)
        raise RuntimeError(f"broken: {session!r}")

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        for path in ("/put?a=1", "/login?user=ann", "/debug", "/logout"):
            cookie = await cookie_of(browser, path)
            ids.extend([cookie.value] if cookie else [])

    run(scenario, debug=debug)
    assert [len(session_id) for session_id in ids] == [43, 43, 0]
    assert not [session_id for session_id in ids[:2] if session_id in caplog.text]


HEADER = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=200)


@pytest.mark.parametrize("storage", ["memory", "redis", "cookie"])
def test_whatever_a_client_sends_as_cookie_is_an_empty_session(storage: str, request: pytest.FixtureRequest) -> None:
    """Garbage in a cookie, forged or left over from elsewhere, is no error and opens nothing."""

    async def scenario(app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?color=blue")
        loop = asyncio.get_running_loop()

        @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
        @given(HEADER, st.sampled_from(["", f"{COOKIE}=", f'{COOKIE}="', f"{COOKIE}=a; {COOKIE}="]))
        def check(garbage: str, prefix: str) -> None:
            line = f"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {prefix}{garbage}\r\n\r\n"
            answer = asyncio.run_coroutine_threadsafe(raw(app.url, line.encode("latin-1")), loop).result()
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert answer.endswith(b'{"new": true, "content": {}}')

        await asyncio.to_thread(check)

    options = {"storage": storage, "cookie_secrets": Fernet.generate_key().decode()}
    if storage == "redis":
        options |= {"redis_url": request.getfixturevalue("redis_url"), "redis_timeout": "30s", "idle": "1m"}
    run(scenario, sections={"asab:web:session": options})


def test_the_cookie_is_secure_under_tls(tmp_path: Path) -> None:
    """A browser that got it over https never sends it in the clear."""
    sections = {"asab:web": {"listen": "127.0.0.1:0 ssl:web"}, "ssl:web": tls_section(tmp_path)}

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        trusting = ssl.create_default_context(cadata=CERTIFICATE)
        for path in ("/put?a=1", "/logout"):
            async with browser.get(path, ssl=trusting) as response:
                assert response.cookies[COOKIE]["secure"] is True

    run(scenario, sections=sections)
