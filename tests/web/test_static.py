"""Files of a folder over HTTP."""

from __future__ import annotations

import asyncio
import gzip
import os
from pathlib import Path

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asab_web import StaticDirProvider
from tests.support.web import WebApplication, raw, serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page with its parts, beside a file that is nobody's business."""
    (tmp_path / "secret.txt").write_text("SECRET")
    folder = tmp_path / "page"
    (folder / "docs").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / ".git").mkdir()
    (folder / ".well-known").mkdir()
    (folder / "index.html").write_text("INDEX")
    (folder / "app.js").write_text("SCRIPT")
    (folder / "docs" / "index.html").write_text("DOCS")
    (folder / ".git" / "config").write_text("SECRET")
    (folder / ".env").write_text("SECRET")
    (folder / ".well-known" / "security.txt").write_text("CONTACT")
    (folder / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "leak").symlink_to(tmp_path)
    (folder / "leak.js").symlink_to("../secret.txt")
    (folder / "loop.txt").symlink_to("loop.txt")
    os.mkfifo(folder / "pipe.txt")
    (folder / "back\\slash.txt").write_text("SECRET")
    return folder


CASES = [
    ("", 200, "INDEX"),
    ("index.html", 200, "INDEX"),
    ("app.js", 200, "SCRIPT"),
    ("app.js?v=2", 200, "SCRIPT"),
    ("docs/", 200, "DOCS"),
    ("docs/index.html", 200, "DOCS"),
    ("a/view/of/the/application", 200, "INDEX"),
    ("empty/", 200, "INDEX"),
    (".well-known/security.txt", 200, "CONTACT"),
    ("missing.js", 404, None),
    (".env", 404, None),
    (".git/config", 404, None),
    ("leak.txt", 404, None),
    ("leak/secret.txt", 404, None),
    ("../secret.txt", 404, None),
    ("%2e%2e/secret.txt", 404, None),
    ("docs/..%2f..%2fsecret.txt", 404, None),
    ("/etc/passwd.txt", 404, None),
    ("%2fetc/passwd.txt", 404, None),
    ("docs%5c..%5c..%5csecret.txt", 404, None),
    ("docs\\.git\\config", 404, None),
    ("back%5cslash.txt", 404, None),
    ("leak.js", 404, None),
    ("loop.txt", 404, None),
    ("pipe.txt", 404, None),
    ("a%00b.txt", 404, None),
    ("x" * 300 + ".txt", 404, None),
]


@pytest.mark.parametrize("root", ["/", "/app", "app/"])
def test_the_files_of_the_folder_are_served_and_nothing_else(folder: Path, root: str) -> None:
    """A page with its parts is there; hidden files, links that lead out and paths that climb are not."""
    prefix = "/" if root == "/" else "/app/"

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        for path, status, text in [*CASES, (f"{folder}/app.js", 404, None)]:
            request = f"GET {prefix}{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            head, _, body = (await raw(app.url, request)).partition(b"\r\n\r\n")
            assert (path, int(head.split()[1])) == (path, status)
            assert text is None or body == text.encode()

    serve(scenario, lambda app: StaticDirProvider(app.WebApp, root, folder))


def test_the_root_without_its_slash_is_redirected(folder: Path) -> None:
    """Relative links of the page lead below it."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/app?a=%20b") as response:
            assert (response.url.path, dict(response.url.query)) == ("/app/", {"a": " b"})
            assert await response.text() == "INDEX"

    serve(scenario, lambda app: StaticDirProvider(app.WebApp, "/app", str(folder)))


def test_a_file_that_the_browser_has_is_not_sent_again(folder: Path) -> None:
    """A page loads fast the second time."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/app.js") as response:
            known = {"If-None-Match": response.headers["ETag"]}
        async with session.get("/app.js", headers=known) as response:
            assert response.status == 304

    serve(scenario, lambda app: StaticDirProvider(app.WebApp, "/", folder, index="index.html"))


def test_a_folder_without_its_slash_is_redirected(folder: Path) -> None:
    """Relative links of its page lead below it; the redirect stays on this server whatever the path."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/app/docs?a=1", allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (301, "/app/docs/?a=1")
        for path in ("/app//evil.example/docs", "/app/%2fevil.example/", "/app/%5cevil.example/docs"):
            request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            assert b"Location" not in await raw(app.url, request)

    serve(scenario, lambda app: StaticDirProvider(app.WebApp, "/app", folder))


def test_a_file_comes_with_what_caches_and_browsers_need(folder: Path) -> None:
    """It is asked for again, unless its name changes with its content; and nobody guesses what it is."""
    (folder / "assets").mkdir()
    (folder / "assets" / "app-3f2a.js").write_text("HASHED")

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/app.js") as response:
            assert response.headers["Cache-Control"] == "no-cache"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Vary"] == "Accept-Encoding"
            known = {"If-Modified-Since": response.headers["Last-Modified"]}
        async with session.get("/app.js", headers=known) as response:
            assert (response.status, response.headers["Cache-Control"]) == (304, "no-cache")
        async with session.get("/assets/app-3f2a.js") as response:
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        async with session.get("/assets/view") as response:  # the page, under another address
            assert (await response.text(), response.headers["Cache-Control"]) == ("INDEX", "no-cache")

    serve(scenario, lambda app: StaticDirProvider(app.WebApp, "/", folder, immutable="assets/*"))


def test_parts_and_heads_of_files_are_served(folder: Path) -> None:
    """A film can be wound forward, a download resumed."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/app.js", headers={"Range": "bytes=2-4"}) as response:
            assert (response.status, await response.text()) == (206, "RIP")
            assert response.headers["Content-Range"] == "bytes 2-4/6"
        async with session.get("/app.js", headers={"Range": "bytes=9-"}) as response:
            assert response.status == 416
        async with session.head("/app.js") as response:
            assert (response.status, response.content_length) == (200, 6)
            assert await response.read() == b""

    serve(scenario, lambda app: StaticDirProvider(app.WebApp, "/", folder))


def test_a_compressed_file_beside_it_is_sent_to_who_can_read_it(folder: Path) -> None:
    """Files are compressed once, not for each request; one that leads out of the folder is none."""
    (folder / "app.js.gz").write_bytes(gzip.compress(b"SCRIPT"))
    (folder / "app.js.br").write_bytes(b"brotli")
    (folder.parent / "secret.gz").write_bytes(gzip.compress(b"SECRET"))
    (folder / "index.html.gz").symlink_to(folder.parent / "secret.gz")

    async def sent(app: WebApplication, path: str, accept: str) -> tuple[bytes, bytes]:
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {accept}\r\nConnection: close\r\n\r\n"
        head, _, body = (await raw(app.url, request.encode())).partition(b"\r\n\r\n")
        [kind] = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Type")]
        return kind, body

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        kind, plain = await sent(app, "/app.js", "identity")
        assert plain == b"SCRIPT"
        for accept, content in (("gzip", gzip.compress(b"SCRIPT", mtime=0)), ("br", b"brotli")):
            same_kind, body = await sent(app, "/app.js", accept)
            assert same_kind == kind
            assert body == content or gzip.decompress(body) == b"SCRIPT"
        assert (await sent(app, "/", "gzip"))[1] == b"INDEX"

    serve(scenario, lambda app: StaticDirProvider(app.WebApp, "/", folder))


def test_without_the_fallback_what_is_not_there_is_not_found(folder: Path) -> None:
    """A folder of downloads has no views."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/a/view") as response:
            assert response.status == 404
        async with session.get("/docs/") as response:
            assert await response.text() == "DOCS"
        async with session.get("/docs/", headers={"Accept-Encoding": "gzip"}) as response:
            assert response.headers["Cache-Control"] == "max-age=60"

    serve(
        scenario,
        lambda app: StaticDirProvider(app.WebApp, "/", folder, fallback=False, cache_control="max-age=60"),
    )


CLIMBING = ["..", ".", "/", "%2f", "%2e", "\\", "%5c", "%00", "%252e", "%c0%ae", ";", "%"]
PIECE = st.sampled_from([*CLIMBING, "leak", "secret.txt", "docs", "page", "x"])


def test_no_path_leads_out_of_the_folder(folder: Path) -> None:
    """However a path is written, the file beside the folder stays unread."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        loop = asyncio.get_running_loop()

        @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(PIECE, max_size=8).map("".join))
        def check(path: str) -> None:
            request = f"GET /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            answer = asyncio.run_coroutine_threadsafe(raw(app.url, request), loop).result()
            assert answer.split()[1] in (b"200", b"301", b"400", b"404")
            assert b"SECRET" not in answer

        await asyncio.to_thread(check)

    serve(scenario, lambda app: StaticDirProvider(app.WebApp, "/", folder))
