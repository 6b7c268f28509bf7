"""Whose pages may read the answers."""

from __future__ import annotations

import aiohttp
import aiohttp_cors
import pytest
from aiohttp import web

from asab_web.origin import parse_origin
from tests.support.web import Scenario, WebApplication, serve

FRIEND, STRANGER = "https://app.example.com", "https://evil.example"


async def hello(_request: web.Request) -> web.Response:
    return web.Response(text="Hello!\n", headers={"Vary": "Accept", "X-Count": "1"})


async def fail(_request: web.Request) -> web.Response:
    raise web.HTTPConflict(text="No.\n")


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"x")
    return response


def run(scenario: Scenario, **options: str) -> None:
    def setup(app: WebApplication) -> None:
        app.WebApp.router.add_get("/", hello)
        app.WebApp.router.add_get("/fail", fail)
        app.WebApp.router.add_get("/stream", stream)
        below = web.Application()
        below.router.add_get("/", hello)
        app.WebApp.add_subapp("/below", below)

    serve(scenario, setup, sections={"asab:web": {"listen": "127.0.0.1:0", **options}})


async def headers(session: aiohttp.ClientSession, path: str, origin: str | None) -> dict[str, str]:
    """The headers of CORS, and `Vary`."""
    async with session.get(path, headers={"Origin": origin} if origin else {}) as response:
        found = response.headers.items()
        return {k: v for k, v in found if k.startswith("Access-Control") or k == "Vary"}


async def preflight(session: aiohttp.ClientSession, origin: str, path: str = "/") -> tuple[int, dict[str, str]]:
    asks = {"Origin": origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-other"}
    async with session.options(path, headers=asks) as response:
        found = {k: v for k, v in response.headers.items() if k.startswith("Access-Control") or k == "Vary"}
        return response.status, found


@pytest.mark.parametrize("path", ["/", "/fail", "/missing", "/stream", "/below/"])
def test_pages_of_a_configured_origin_read_every_answer(path: str) -> None:
    """Errors and streams too: a page that cannot read an error cannot tell what is wrong."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        friend = await headers(session, path, FRIEND)
        assert friend["Access-Control-Allow-Origin"] == FRIEND
        assert friend["Access-Control-Expose-Headers"] == "X-Count"
        assert "Access-Control-Allow-Credentials" not in friend

    run(scenario, cors_origins=f"{FRIEND}, http://localhost:3000", cors_expose="X-Count")


@pytest.mark.parametrize(
    "origin", [STRANGER, "null", "https://app.example.com.evil.example", "http://app.example.com", FRIEND.upper()]
)
def test_pages_of_other_origins_read_nothing(origin: str) -> None:
    """An origin is never allowed because it asks."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert await headers(session, "/", origin) == {"Vary": "Accept, Origin"}
        status, found = await preflight(session, origin)
        assert (status, found) == (403, {"Vary": "Origin"})

    run(scenario, cors_origins=FRIEND, cors_credentials="yes")


def test_a_cache_keeps_the_answers_of_different_origins_apart() -> None:
    """Otherwise it hands a page the answer without its permission, or to another the one with it."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for origin in (FRIEND, STRANGER, None):
            assert (await headers(session, "/", origin))["Vary"] == "Accept, Origin"

    run(scenario, cors_origins=FRIEND)


def test_a_preflight_request_is_answered_by_the_configuration() -> None:
    """Browsers ask first, without cookies; no login page may come in between."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        status, found = await preflight(session, FRIEND)
        assert status == 204
        assert found == {
            "Access-Control-Allow-Origin": FRIEND,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Allow-Methods": "GET, PUT",
            "Access-Control-Allow-Headers": "Content-Type, X-Token",
            "Access-Control-Max-Age": "60",
            "Vary": "Origin",
        }
        async with session.options("/") as response:  # no preflight request
            assert response.status == 405

    run(
        scenario,
        cors_origins=FRIEND,
        cors_credentials="yes",
        cors_methods="GET, PUT",
        cors_headers="Content-Type, X-Token",
        cors_max_age="1m",
    )


def test_everybody_may_read_what_is_public() -> None:
    """Without cookies an answer holds nothing of a visitor."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert await headers(session, "/", STRANGER) == {"Access-Control-Allow-Origin": "*", "Vary": "Accept"}
        assert (await preflight(session, "null"))[0] == 204

    run(scenario, cors_origins="*")


def test_without_the_option_nobody_is_allowed() -> None:
    """That is what browsers do by themselves."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert await headers(session, "/", FRIEND) == {"Vary": "Accept"}
        assert await preflight(session, FRIEND) == (405, {})

    run(scenario)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"cors_origins": "*", "cors_credentials": "yes"}, "name the origins in cors_origins in place of *"),
        ({"cors_origins": f"*, {FRIEND}"}, "* stands for all origins"),
        ({"cors_origins": "null"}, "'null' is no origin"),
        ({"cors_origins": "app.example.com"}, "'app.example.com' is no origin"),
        ({"cors_origins": "https://app.example.com/page"}, "is no origin"),
        ({"cors_origins": "https://*.example.com/?"}, "is no origin"),
        ({"cors_origins": FRIEND, "cors_headers": "*"}, "cors_headers = '*'"),
        ({"cors_origins": FRIEND, "cors_methods": "GET PUT"}, "cors_methods = 'GET PUT'"),
    ],
)
def test_what_cannot_be_meant_is_an_error(
    options: dict[str, str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Any origin with cookies would let every page act for its visitor."""

    async def scenario(_app: WebApplication, _session: aiohttp.ClientSession) -> None:
        raise AssertionError("it runs")

    with pytest.raises(SystemExit) as stopped:
        run(scenario, **options)
    assert stopped.value.code == 78
    assert text in capsys.readouterr().err


def test_aiohttp_cors_works_as_on_any_aiohttp_application() -> None:
    """Who needs other rules for each route takes the library."""

    def setup(app: WebApplication) -> None:
        cors = aiohttp_cors.setup(app.WebApp, defaults={FRIEND: {"allow_headers": ["X-Other"]}})
        cors.add(app.WebApp.router.add_put("/", hello))

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        status, found = await preflight(session, FRIEND)
        assert (status, found["Access-Control-Allow-Origin"]) == (200, FRIEND)
        assert (await preflight(session, STRANGER))[0] == 403
        async with session.put("/", headers={"Origin": FRIEND}) as response:
            assert response.headers["Access-Control-Allow-Origin"] == FRIEND

    serve(scenario, setup)


def test_origins_are_compared_as_browsers_write_them() -> None:
    """The usual port and a slash at the end are no difference."""
    assert parse_origin("HTTPS://App.Example.com:443/") == FRIEND
    assert parse_origin("http://localhost:3000") == "http://localhost:3000"
    assert parse_origin("http://[::1]:80") == "http://[::1]"
    nonsense = ["", "null", "file:///x", "https://", "https://u@h", "https://h/p", "https://h?q", "//h", "h:1"]
    for text in (*nonsense, "http://h:99999", "http://[::1", "http://é", "http://*.h"):
        assert parse_origin(text) is None
