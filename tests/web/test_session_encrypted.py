"""Sessions in the cookie itself."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from aiohttp import web
from cryptography.fernet import Fernet

from asab_app import Application
from asab_web.session import Session, SessionTooLargeError
from asab_web.session.encrypted import CookieSessionStorage
from asab_web.session.testing import Clock
from tests.support.web import WebApplication
from tests.support.web_sessions import COOKIE, cookie_of, get, run

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def storage(*keys: str, audience: str = "", clock: Clock | None = None) -> CookieSessionStorage:
    return CookieSessionStorage(
        Application.__new__(Application), keys, audience=audience, idle=1000, max_age=10_000, clock=clock or Clock()
    )


async def cookie(storage: CookieSessionStorage) -> str:
    session = storage.new()
    session["user"] = "ann"
    value = await storage.save(session)
    assert value is not None
    return value


async def test_keys_can_be_changed_without_logging_anybody_out() -> None:
    """The new one encrypts, the old one still decrypts, until it is taken away."""
    before = await cookie(storage(OLD))
    both = storage(NEW, OLD)
    session = await both.load(before)
    assert session is not None
    session["seen"] = True
    after = await both.save(session)
    assert after is not None
    assert await storage(NEW).load(before) is None
    renewed = await storage(NEW).load(after)
    assert renewed is not None
    assert dict(renewed) == {"user": "ann", "seen": True}


async def test_a_cookie_is_good_for_one_server_only() -> None:
    """A session of the public server opens nothing on the internal one, although they share the key."""
    value = await cookie(storage(OLD, audience="public"))
    assert await storage(OLD, audience="public").load(value) is not None
    assert await storage(OLD, audience="internal").load(value) is None


@pytest.mark.parametrize("content", [b"secret", b"[]", b'{"for": "us"}', b"\xff"])
async def test_what_another_program_has_encrypted_is_no_session(content: bytes) -> None:
    """A key that is used twice does not let one program's tokens in at the other one."""
    token = Fernet(OLD).encrypt(content).decode().rstrip("=")
    assert await storage(OLD).load(token) is None


async def test_a_cookie_shows_nothing() -> None:
    """The content is for the server alone; two cookies of the same content have nothing in common."""
    one, other = await cookie(storage(OLD)), await cookie(storage(OLD))
    assert "ann" not in one
    assert one[20:] != other[20:]


async def test_the_cookie_of_a_session_in_use_is_renewed_now_and_then() -> None:
    """Who only reads is not logged out, and not every answer carries a cookie."""
    clock = Clock()
    kept = storage(OLD, clock=clock)
    value = await cookie(kept)
    clock.now += 99
    session = await kept.load(value)
    assert session is not None
    assert not session.is_changed()
    clock.now += 1
    session = await kept.load(value)
    assert session is not None
    assert session.is_changed()


SECTION = "asab:web:session"


def test_the_whole_cookie_is_within_what_browsers_keep() -> None:
    """A session either is kept or is refused: no browser drops it without a word, whatever the cookie's attributes."""
    name = "__Secure-" + "n" * 50
    options = {
        "storage": "cookie",
        "cookie_secrets": OLD,
        "cookie_name": name,
        "cookie_domain": "d" * 60 + ".example.com",
        "cookie_path": "/" + "p" * 60,
        "cookie_secure": "yes",
        "cookie_samesite": "Strict",
        "cookie_max_age": "30d",
        "max_age": "30000d",
    }

    async def fill(session: Session, request: web.Request) -> web.Response:
        session["text"] = "x" * int(request.query["size"])
        return web.Response()

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        sizes = {}
        for size in range(2400, 3000, 10):
            async with browser.get(f"/fill?size={size}") as response:
                if response.status == 200:
                    sizes[size] = len(response.headers["Set-Cookie"])
                else:
                    assert (response.status, "Set-Cookie" in response.headers) == (500, False)
        assert 4000 < max(sizes.values()) <= 4096
        assert 2500 < max(sizes) < 2990

    run(scenario, sections={SECTION: options}, fill=fill)


def test_what_is_too_large_is_an_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever runs the server learns of it from the log, and not from users whose carts are empty."""

    async def fill(session: Session, _request: web.Request) -> web.Response:
        session["cart"] = ["book"] * 500
        raise web.HTTPSeeOther("/")

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?color=blue")
        async with browser.get("/fill") as response:
            assert response.status == 500
            assert "SessionTooLarge" not in await response.text()
        assert (await get(browser, "/"))["content"] == {"color": "blue"}

    run(scenario, sections={SECTION: {"storage": "cookie", "cookie_secrets": OLD}}, fill=fill)
    errors = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert [type(error) for error in errors] == [SessionTooLargeError]
    assert "most of them for 'cart'" in str(errors[0])


def test_the_logout_takes_the_cookie_from_the_browser() -> None:
    """That is all that it can do: a copy remains good until it runs out, as the documentation says."""

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        copied = await cookie_of(browser, "/login?user=ann")
        dropped = await cookie_of(browser, "/logout")
        assert copied is not None
        assert dropped is not None
        assert (dropped.value, dropped["max-age"]) == ("", "0")
        assert await get(browser, "/") == {"new": True, "content": {}}
        browser.cookie_jar.clear()
        async with browser.get("/", cookies={COOKIE: copied.value}) as response:
            assert await response.json() == {"new": False, "content": {"user": "ann"}}

    run(scenario, sections={SECTION: {"storage": "cookie", "cookie_secrets": OLD}})


def test_nobody_knows_how_many_there_are_and_that_is_said() -> None:
    """Who looks is not told a number that means nothing."""

    async def scenario(app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?color=blue")
        seen: Any = app.Inspection.read("sessions")
        assert (seen["sessions"], seen["note"]) == (None, CookieSessionStorage.uncounted)

    run(scenario, sections={SECTION: {"storage": "cookie", "cookie_secrets": OLD}})
