"""The access log."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.web import WebApplication, raw, serve


async def hello(_request: web.Request) -> web.Response:
    return web.Response(text="Hello!\n")


async def ask(app: WebApplication, session: aiohttp.ClientSession) -> None:
    async with session.get("/hello?password=secret"), session.get("/no%0Asuch"):
        pass
    await raw(app.url, b"NONSENSE\r\n\r\n")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [record._struct_data for record in caplog.records if record.name == "asab_web.access"]  # type: ignore[attr-defined]


def test_each_request_is_one_record_with_its_facts_as_structured_data(caplog: pytest.LogCaptureFixture) -> None:
    """Requests can be counted and searched without parsing text; even the malformed one is there."""
    caplog.set_level(logging.INFO, "asab_web.access")
    serve(ask, lambda app: app.WebApp.router.add_get("/hello", hello))
    found = lines(caplog)
    assert [(line["method"], line["path"], line["status"]) for line in found] == [
        ("GET", "/hello", 200),
        ("GET", "/no%0Asuch", 404),
        ("UNKNOWN", "/", 400),
    ]
    assert {line["remote"] for line in found} == {"127.0.0.1"}
    assert all(isinstance(line["bytes"], int) and line["bytes"] > 0 for line in found)
    assert all(isinstance(line["duration_ms"], float) for line in found)


def test_the_query_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Tokens travel in queries, and logs are read by many."""
    caplog.set_level(logging.DEBUG, "asab_web")
    serve(ask, lambda app: app.WebApp.router.add_get("/hello", hello))
    assert lines(caplog)
    assert "secret" not in "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)


def test_without_verbose_mode_requests_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A busy server does not fill the disk unless it was asked to."""
    serve(ask, lambda app: app.WebApp.router.add_get("/hello", hello))
    assert lines(caplog) == []


def test_the_records_have_a_level_of_their_own(caplog: pytest.LogCaptureFixture) -> None:
    """A server may show its requests without everything else that the verbose mode shows."""
    serve(ask, lambda app: app.WebApp.router.add_get("/hello", hello), sections={"asab:web": options("notice")})
    assert [record.levelname for record in caplog.records if record.name == "asab_web.access"] == ["NOTICE"] * 3


def test_the_access_log_can_be_off(caplog: pytest.LogCaptureFixture) -> None:
    """The proxy in front writes one already."""
    caplog.set_level(logging.DEBUG)
    serve(ask, lambda app: app.WebApp.router.add_get("/hello", hello), sections={"asab:web": options("no")})
    assert lines(caplog) == []


def test_a_wrong_level_is_an_error_that_lists_the_levels(capsys: pytest.CaptureFixture[str]) -> None:
    """A typing error does not turn the log off."""
    with pytest.raises(SystemExit) as stopped:
        serve(ask, sections={"asab:web": options("loud")})
    assert stopped.value.code == 78
    assert "[asab:web] access_log = 'loud': expected debug, info, notice, warning or no" in capsys.readouterr().err


def test_a_request_is_one_line_whatever_it_holds(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody writes records into the log by asking for a path that looks like one."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        loop = asyncio.get_running_loop()

        @settings(max_examples=100, suppress_health_check=list(HealthCheck))
        @given(st.binary(max_size=40).filter(lambda path: not set(path) & set(b"\r\n")))
        @example(b'x"] 25-Nov-2026 ERROR forged')
        @example(b"\x1b[2J\xe2\x80\xa8\xc2\x85")
        def check(path: bytes) -> None:
            request = b"GET /" + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            asyncio.run_coroutine_threadsafe(raw(app.url, request), loop).result()
            asked.append(path)

        await asyncio.to_thread(check)

    asked: list[bytes] = []
    serve(scenario, sections={"asab:web": options("notice")})
    written = [line for line in capsys.readouterr().err.splitlines() if not line.startswith(" ")]  # no traceback
    assert len(lines(caplog)) == len(asked)
    assert len(written) == len(caplog.records)


def options(access_log: str) -> dict[str, str]:
    return {"listen": "127.0.0.1:0", "access_log": access_log}
