"""The cookie and the storage, as the configuration describes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography.fernet import Fernet

import asab_web
from asab_app import Application
from asab_config import ConfigError
from asab_web.session import ServiceWebSession, Session, SessionCookie
from tests.support.web import WebApplication
from tests.support.web_sessions import cookie_of, get, run, with_session

SECTION = "asab:web:session"


def test_the_section_describes_the_cookie() -> None:
    """Behind a proxy that ends TLS, Secure is a matter of the configuration."""
    options = {
        "cookie_name": "__Secure-id",
        "cookie_domain": "example.com",
        "cookie_path": "/app",
        "cookie_secure": "yes",
        "cookie_httponly": "no",
        "cookie_samesite": "strict",
        "cookie_max_age": "30m",
    }

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        headers: dict[str, str] = {}
        for path, age in (("/put?a=1", 1800), ("/logout", 0)):
            async with browser.get(path, headers=headers) as response:
                morsel = response.cookies["__Secure-id"]
                headers["Cookie"] = f"__Secure-id={morsel.value}"
                assert (morsel["domain"], morsel["path"], morsel["secure"]) == ("example.com", "/app", True)
                assert (morsel["httponly"], morsel["samesite"]) == ("", "Strict")
                assert 0 <= age - int(morsel["max-age"]) <= 60

    run(scenario, sections={SECTION: options})


@pytest.mark.parametrize(
    ("options", "mistake"),
    [
        ({"cookie_samesite": "None"}, "cookie_samesite = 'None': browsers take None only with secure = yes"),
        ({"cookie_samesite": "sometimes"}, "cookie_samesite = 'sometimes': expected Lax, Strict or None"),
        ({"cookie_name": "__Host-id"}, "cookie_name = '__Host-id': browsers take this prefix only with secure = yes"),
        ({"cookie_name": "__secure-id", "cookie_secure": "no"}, "browsers take this prefix only with secure = yes"),
        (
            {"cookie_name": "__Host-id", "cookie_secure": "yes", "cookie_path": "/app"},
            "with __Host- there is no domain, and path is /",
        ),
        (
            {"cookie_name": "__host-id", "cookie_secure": "yes", "cookie_domain": "example.com"},
            "with __Host- there is no domain, and path is /",
        ),
        ({"cookie_name": "my session"}, "cookie_name = 'my session': expected letters, digits"),
        ({"cookie_name": "a" * 300}, "has 301 characters with domain and path, more than 200"),
        ({"cookie_domain": "http://example.com"}, "cookie_domain = 'http://example.com': expected one such as"),
        ({"cookie_path": "app"}, "cookie_path = 'app': expected / and more"),
        ({"cookie_path": "/;Secure"}, "cookie_path = '/;Secure': expected / and more"),
        ({"cookie_secure": "perhaps"}, "cookie_secure = 'perhaps': expected auto, yes or no"),
        ({"cookie_max_age": "soon"}, "cookie_max_age = 'soon': expected a time"),
        ({"idle": "0"}, "idle = '0': expected a time of more than 0 s"),
        ({"max_age": "never"}, "max_age = 'never': expected a time"),
        ({"storage": "disk"}, "storage = 'disk': expected one of memory, redis, cookie"),
        ({"storage": "redis", "redis_url": "http://u:geheim@h/"}, "expected redis://user:password@host:port/database"),
        ({"storage": "redis", "redis_timeout": "0"}, "redis_timeout = '0': expected a time"),
        ({"storage": "cookie"}, "cookie_secrets = '': expected at least one key"),
        ({"storage": "cookie", "cookie_secrets": "geheim"}, "key 1 is not one of Fernet: make one by"),
    ],
)
def test_what_browsers_would_refuse_is_refused_at_the_start(options: dict[str, str], mistake: str) -> None:
    """A cookie that a browser drops without a word costs an afternoon; a line that names the option does not."""
    application = Application.__new__(Application)
    with pytest.raises(ConfigError) as error:
        ServiceWebSession(application, "sessions", web.Application(), config=options)
    assert mistake in str(error.value)
    assert f"[{SECTION}]" in str(error.value)
    assert "geheim" not in str(error.value)


def test_a_cookie_in_code_is_held_to_the_same_rules() -> None:
    """There is no way around them."""
    with pytest.raises(ValueError, match=r"samesite = 'None': browsers take None only with secure = yes"):
        SessionCookie(samesite="None")
    assert SessionCookie(name="__Host-id", samesite="None", secure=True).name == "__Host-id"


def test_no_cache_keeps_an_answer_with_a_cookie() -> None:
    """A proxy would hand one visitor's session to the next, even where the handler thought only of its page."""

    async def cached(session: Session, request: web.Request) -> web.Response:
        session["seen"] = request.query["control"]
        return web.Response(headers={"Cache-Control": request.query["control"]})

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        for control, sent in (("public, max-age=60", "no-store"), ("private, max-age=60", "private, max-age=60")):
            browser.cookie_jar.clear()
            async with browser.get("/cached", params={"control": control}) as response:
                assert response.headers["Cache-Control"] == sent

    run(scenario, cached=cached)


def test_the_default_age_of_the_cookie_is_not_beyond_the_session() -> None:
    """A cookie of a session that has ended is of no use to anybody."""

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        cookie = await cookie_of(browser, "/put?a=1")
        assert cookie is not None
        assert 590 <= int(cookie["max-age"]) <= 600

    run(scenario, sections={SECTION: {"cookie_max_age": "30d", "max_age": "10m"}})


def test_sessions_are_kept_where_the_section_says(redis_url: str, tmp_path: Path) -> None:
    """Moving from memory to Redis is a line in the configuration, and a key is a file that nobody else reads."""
    (tmp_path / "key").write_text(Fernet.generate_key().decode() + "\n")

    async def scenario(app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?color=blue")
        assert await get(browser, "/") == {"new": False, "content": {"color": "blue"}}
        service = app.get_service("sessions")
        assert isinstance(service, ServiceWebSession)
        kinds.append(type(service.Storage).__name__)
        assert await service.health() is None
        await get(browser, "/logout")

    kinds: list[str] = []
    for options in (
        {"storage": "memory", "memory": "1M"},
        {"storage": "redis", "redis_url": redis_url, "redis_prefix": "asab-test:", "redis_timeout": "30s"},
        {"storage": "cookie", "cookie_secrets": f"${{file:{tmp_path}/key}}"},
    ):
        run(scenario, sections={SECTION: options})
    assert kinds == ["InMemorySessionStorage", "RedisSessionStorage", "CookieSessionStorage"]


def test_two_servers_have_sessions_of_their_own() -> None:
    """The section of each is its own."""

    async def put(session: Session, _request: web.Request) -> web.Response:
        session["seen"] = True
        return web.Response()

    async def scenario(app: WebApplication, browser: aiohttp.ClientSession) -> None:
        container = asab_web.WebContainer(app.WebService, "private", config={"listen": "127.0.0.1:0"})
        ServiceWebSession(app, "private", container.WebApp, config_section_name="my:sessions")
        container.WebApp.router.add_get("/put", with_session(put))
        assert await cookie_of(browser, "/put?a=1") is not None
        async with browser.get(f"{container.addresses[0]}/put") as response:
            assert set(response.cookies) == {"private"}

    run(scenario, sections={"my:sessions": {"cookie_name": "private"}})


@pytest.mark.parametrize(
    ("module", "library", "extra"), [("redis", "redis", "redis"), ("encrypted", "cryptography", "cookies")]
)
def test_a_missing_library_is_named_with_its_remedy(module: str, library: str, extra: str) -> None:
    """Not everybody needs them; who does reads what to install."""
    program = f"import sys; sys.modules[{library!r}] = None; import asab_web.session.{module}"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert f"pip install 'asab-web[{extra}]'" in result.stderr.splitlines()[-1]
