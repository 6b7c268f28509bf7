"""What a server makes of sound requests: which host they ask for, their order, and what it tells of itself."""

from __future__ import annotations

import aiohttp
import pytest

from tests.support.web import Scenario, WebApplication, hello, raw, serve

HEAD = b"GET /hello HTTP/1.1\r\nHost: localhost\r\n"


def run(scenario: Scenario) -> None:
    assert serve(scenario, lambda app: app.WebApp.router.add_get("/hello", hello)) == 0


@pytest.mark.parametrize("host", [b"a b", b"example.com/@evil.com", b"a@b", b"x:port", b"[::1", "müller.de".encode()])
def test_a_host_that_is_none_is_refused(host: bytes) -> None:
    """It would come out of `request.url`, as a link to somewhere else."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        said = await raw(app.url, b"GET /hello HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 400 ")

    run(scenario)


@pytest.mark.parametrize("host", [b"Host: example.com:8080\r\n", b"Host: [::1]\r\n", b"Host:\r\n", b""])
def test_a_host_that_is_one_is_served_and_so_is_http_1_0_without(host: bytes) -> None:
    """Checks of load balancers say no host."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        assert (await raw(app.url, b"GET /hello HTTP/1.0\r\n" + host + b"\r\n")).endswith(b"Hello!\n")

    run(scenario)


@pytest.mark.parametrize(
    "request_", [HEAD + b"Connection: close\r\n\r\n", b"GET /none HTTP/1.0\r\n\r\n", b"nonsense\r\n\r\n"]
)
def test_answers_name_no_versions(request_: bytes) -> None:
    """Who looks for servers with a known hole does not find them by asking."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        said = await raw(app.url, request_)
        assert b"\r\nServer: ASAB\r\n" in said
        assert b"aiohttp" not in said

    run(scenario)


def test_pipelined_requests_are_answered_in_their_order() -> None:
    """A client may send before it has read, a thousand times; the memory that it costs is bounded by aiohttp."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        last = HEAD + b"Connection: close\r\n\r\n"
        answers = await raw(app.url, (HEAD + b"\r\n") * 999 + last)
        assert answers.count(b"HTTP/1.1 200 OK\r\n") == 1000

    run(scenario)
