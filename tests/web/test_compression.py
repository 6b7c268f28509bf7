"""Compressed answers."""

from __future__ import annotations

import gzip

import aiohttp
import pytest
from aiohttp import web

from asab_web.compression import accepts_gzip
from tests.support.web import Scenario, WebApplication, raw, serve

LONG = "Hello! " * 1000


async def answer(request: web.Request) -> web.Response:
    size = int(request.query.get("size", len(LONG)))
    status, kind = int(request.query.get("status", 200)), request.query.get("type", "text/plain")
    response = web.Response(text=LONG[:size], content_type=kind, status=status)
    for name in ("Content-Encoding", "Cache-Control", "ETag"):
        if name in request.query:
            response.headers[name] = request.query[name]
    return response


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    await response.write(LONG.encode())
    return response


def run(scenario: Scenario, compress: str = "yes") -> None:
    def setup(app: WebApplication) -> None:
        app.WebApp.router.add_get("/", answer)
        app.WebApp.router.add_get("/stream", stream)

    serve(scenario, setup, sections={"asab:web": {"listen": "127.0.0.1:0", "compress": compress}})


async def encoding(session: aiohttp.ClientSession, path: str, accept: str = "gzip, br") -> tuple[str, str]:
    """`Content-Encoding` and `Vary`."""
    async with session.get(path, headers={"Accept-Encoding": accept}) as response:
        await response.read()
        return response.headers.get("Content-Encoding", ""), response.headers.get("Vary", "")


def test_a_long_text_is_compressed_for_who_can_read_it() -> None:
    """Pages load faster over slow lines, and others still get them; a cache keeps the two apart."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert await encoding(session, "/") == ("gzip", "Accept-Encoding")
        assert await encoding(session, "/?type=application/json") == ("gzip", "Accept-Encoding")
        assert await encoding(session, "/", "identity") == ("", "Accept-Encoding")
        request = b"GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
        head, _, body = (await raw(app.url, request)).partition(b"\r\n\r\n")
        assert gzip.decompress(body).decode() == LONG
        assert f"Content-Length: {len(body)}".encode() in head
        async with session.head("/", headers={"Accept-Encoding": "gzip"}) as response:
            assert response.headers["Content-Encoding"] == "gzip"

    run(scenario)


@pytest.mark.parametrize(
    "path",
    [
        "/?size=100",
        "/?type=image/png",
        "/?type=application/octet-stream",
        "/?type=text/event-stream",
        "/?Cache-Control=no-transform",
        "/?status=206",
        "/stream",
        "/missing",
    ],
)
def test_what_gains_nothing_is_sent_as_it_is(path: str) -> None:
    """Pictures are compressed already, parts must fit their whole, streams must not wait."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert await encoding(session, path) == ("", "")

    run(scenario)


def test_what_the_handler_has_encoded_is_not_encoded_again() -> None:
    """The application may do it better."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        request = b"GET /?Content-Encoding=own HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n"
        request += b"Connection: close\r\n\r\n"
        assert (await raw(app.url, request)).endswith(LONG.encode())

    run(scenario)


def test_a_strong_tag_becomes_a_weak_one() -> None:
    """A strong one promises the same bytes, which a range request relies on."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for given, sent in (('"a"', 'W/"a"'), ('W/"a"', 'W/"a"')):
            async with session.get("/", params={"ETag": given}) as response:
                assert response.headers["ETag"] == sent

    run(scenario)


def test_without_the_option_nothing_is_compressed() -> None:
    """Compression costs time, and tells lengths."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert await encoding(session, "/") == ("", "")

    run(scenario, compress="no")


@pytest.mark.parametrize(
    ("header", "accepts"),
    [
        ("gzip", True),
        ("GZip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("x-gzip", True),
        ("gzip ; q=0.001", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("*, gzip;q=0.000", False),
        ("*;q=0", False),
        ("notgzip", False),
        ("gzip;q=x", False),
    ],
)
def test_who_welcomes_gzip_says_so(header: str, accepts: bool) -> None:
    """A weight of 0 means that the client cannot read it."""
    assert accepts_gzip(header) is accepts
