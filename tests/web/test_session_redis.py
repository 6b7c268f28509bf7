"""Sessions in Redis: shared, private, and honest about a Redis that is not there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
import redis
from aiohttp import web

import asab_web
from asab_app import Application
from asab_app.metrics import Metrics
from asab_web.session import ServiceWebSession, Session
from asab_web.session.redis import RedisSessionStorage
from tests.support.redis_server import PASSWORD, RedisServer, private_redis
from tests.support.session_storages import InRedis
from tests.support.web import WebApplication, client
from tests.support.web_sessions import COOKIE, cookie_of, get, run

SECTION = "asab:web:session"
NAME = "sessions"


def section(url: str, **options: str) -> dict[str, dict[str, str]]:
    # The timeout is for a machine that has much else to do.
    return {SECTION: {"storage": "redis", "redis_url": url, "redis_timeout": "30s", **options}}


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    return [line for line in lines if "Redis does not answer" in line]


async def healthy(app: WebApplication, ready: bool) -> str:
    """Wait for the application to be ready, or not; return why not."""
    changed = asyncio.Event()
    app.PubSub.subscribe("Application.health!", lambda *_args: changed.set())
    while app.Health.ready is not ready:
        changed.clear()
        await changed.wait()
    return "\n".join(map(str, app.Health.down))


def test_two_servers_share_their_sessions(redis_url: str) -> None:
    """A load balancer may send each request to another process; parallel ones lose nothing either."""
    shared = InRedis(redis_url)
    both_loaded = asyncio.Barrier(20)

    async def together(session: Session, request: web.Request) -> web.Response:
        await both_loaded.wait()
        session.update(request.query)
        return web.Response()

    async def scenario(app: WebApplication, browser: aiohttp.ClientSession) -> None:
        other = asab_web.WebContainer(app.WebService, "other", config={"listen": "127.0.0.1:0"})
        ServiceWebSession(app, "other", other.WebApp)

        async def handle(request: web.Request) -> web.StreamResponse:
            return await together(request["Session"], request)

        other.WebApp.router.add_get("/together", handle)
        cookie = await cookie_of(browser, "/put?first=0")
        assert cookie is not None
        urls = [f"{url}/together" for url in (app.url, other.addresses[0])]
        async with client(app.url, cookies=False) as tabs:
            tabs.headers["Cookie"] = f"{COOKIE}={cookie.value}"
            await asyncio.gather(*(get(tabs, f"{urls[i % 2]}?k{i}={i}") for i in range(20)))
        assert (await get(browser, "/"))["content"] == {"first": "0"} | {f"k{i}": str(i) for i in range(20)}

    run(scenario, sections=section(redis_url, redis_prefix=shared.prefix), together=together)
    shared.close()


def test_who_reads_redis_gets_no_session_and_everything_has_an_end(redis_url: str) -> None:
    """A backup or a monitor shows no id that opens a session, and nothing stays for ever."""
    shared = InRedis(redis_url)

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        cookie = await cookie_of(browser, "/put?color=blue")
        assert cookie is not None
        await cookie_of(browser, "/login?user=ann")
        (key,) = shared.keys()
        assert cookie.value.encode() not in key
        assert cookie.value not in str(shared.client.hgetall(key))
        left = shared.client.pttl(key)
        assert 0 < left <= 60_000
        await get(browser, "/logout")
        assert shared.keys() == []

    run(scenario, sections=section(redis_url, redis_prefix=shared.prefix, idle="1m"))
    shared.close()


def test_what_is_short_lived_ends_by_the_clock_of_redis(redis_url: str) -> None:
    """The absolute age ends it although it was used a moment ago; no process has to sweep."""
    shared = InRedis(redis_url)

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?color=blue")
        await get(browser, "/")
        (key,) = shared.keys()
        assert 0 < shared.client.pttl(key) <= 30_000

    run(scenario, sections=section(redis_url, redis_prefix=shared.prefix, idle="1h", max_age="30s"))
    shared.close()


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with private_redis() as server:
        yield server


@pytest.mark.slow
def test_without_redis_a_request_with_a_session_is_answered_503(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """At once, and the load balancer sees it; who has no session is served; afterwards all goes on."""

    async def scenario(app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await healthy(app, True)
        await get(browser, "/put?color=blue")
        server.kill()
        async with browser.get("/") as response:
            assert response.status == 503
            assert response.headers["Retry-After"] == "5"
            assert "redis" not in (await response.text()).lower()
        async with client(app.url) as stranger:
            assert await get(stranger, "/") == {"new": True, "content": {}}
            async with stranger.get("/put?a=1") as response:
                assert (response.status, "Set-Cookie" in response.headers) == (503, False)
        assert f"{NAME}: Redis does not answer for the sessions: " in await healthy(app, False)
        assert app.Health.alive
        server.start()
        await healthy(app, True)
        await get(browser, "/put?color=red")
        assert await get(browser, "/") == {"new": False, "content": {"color": "red"}}

    run(scenario, sections=section(server.url))
    assert len(errors(caplog)) == 1
    assert [r.levelname for r in caplog.records if "answers for the sessions again" in r.message] == ["NOTICE"]
    assert PASSWORD not in caplog.text


@pytest.mark.slow
def test_a_frozen_redis_keeps_nobody_waiting(server: RedisServer) -> None:
    """A hundred requests are answered within the timeout, and not one after the other."""

    async def scenario(app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?color=blue")
        server.freeze()

        async def status() -> int:
            async with browser.get("/") as response:
                return response.status

        assert set(await asyncio.gather(*(status() for _ in range(100)))) == {503}
        server.thaw()
        await healthy(app, True)
        assert await get(browser, "/") == {"new": False, "content": {"color": "blue"}}

    # One after the other this would take longer than a scenario may.
    run(scenario, sections=section(server.url, redis_timeout="3s"))


def test_a_restart_of_redis_costs_the_sessions_and_no_error(server: RedisServer) -> None:
    """The connections that it has cut are made anew without anybody noticing."""

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?color=blue")
        server.kill()
        server.start()
        assert await get(browser, "/") == {"new": True, "content": {}}

    run(scenario, sections=section(server.url))


def test_a_wrong_password_is_said_and_not_shown(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the log learns what is wrong, and no password."""

    async def scenario(app: WebApplication, browser: aiohttp.ClientSession) -> None:
        async with browser.get("/put?a=1") as response:
            assert response.status == 503
        await healthy(app, False)

    caplog.set_level(logging.DEBUG)
    run(scenario, sections=section(server.url.replace(PASSWORD, "battery-staple")))
    assert len(errors(caplog)) == 1
    assert "password" in errors(caplog)[0]
    assert "battery-staple" not in caplog.text


async def test_a_rotation_that_is_done_again_is_done_once(redis_url: str) -> None:
    """When the connection breaks after Redis has done it, the second attempt finds it done and logs nobody out."""
    shared = InRedis(redis_url)
    storage = RedisSessionStorage(Application.__new__(Application), redis_url, prefix=shared.prefix)
    session = storage.new()
    session["user"] = "ann"
    cookie = await storage.save(session)
    rotated = await storage.load(cookie or "")
    assert rotated is not None
    rotated.rotate()
    assert await storage.save(rotated) == rotated.Id
    assert await storage.save(rotated) == rotated.Id
    assert len(shared.keys()) == 1
    await storage.close()
    shared.close()


def test_redis_that_is_out_of_memory_is_answered_503(server: RedisServer) -> None:
    """A flood fills Redis to the limit that it was given, and not the machine."""

    async def scenario(_app: WebApplication, browser: aiohttp.ClientSession) -> None:
        await get(browser, "/put?color=blue")
        admin = redis.Redis.from_url(server.url)
        admin.config_set("maxmemory-policy", "noeviction")
        admin.config_set("maxmemory", 1)
        async with browser.get("/put?color=red") as response:
            assert response.status == 503
        admin.config_set("maxmemory", 0)
        admin.close()
        assert (await get(browser, "/"))["content"] == {"color": "blue"}

    run(scenario, sections=section(server.url))


def test_sessions_are_counted_while_somebody_looks(redis_url: str) -> None:
    """Those of all processes, and nothing else that is in the database."""
    shared = InRedis(redis_url)
    shared.prefix += "[a*]?:"
    others = [f"{shared.prefix[:-6]}{name}" for name in ("a?:one", "[a*]?", "aa:two")]

    async def scenario(app: WebApplication, _browser: aiohttp.ClientSession) -> None:
        for _ in range(2):
            async with client(app.url) as browser:
                await cookie_of(browser, "/put?color=blue")
        before: Any = app.Inspection.read("sessions")
        assert (before["sessions"], before["note"][:15]) == (None, "Not counted yet")
        (asked,) = (task for task in asyncio.all_tasks() if task.get_name() == "what somebody looks at")
        await asked
        seen: Any = app.Inspection.read("sessions")
        assert seen["sessions"] == 2
        metrics = app.get_service("asab.MetricsService")
        assert isinstance(metrics, Metrics)
        assert metrics.snapshot()['asab_web_sessions{service="sessions"}'] == 2

    for key in others:
        shared.client.set(key, "", ex=60)
    run(scenario, sections=section(redis_url, redis_prefix=shared.prefix) | {"asab:web": {"metrics": "yes"}})
    shared.client.delete(*others)
    shared.close()
